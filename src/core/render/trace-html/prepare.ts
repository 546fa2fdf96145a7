import {
  type AnnotationEvent,
  type Trace,
  type TraceEvent,
  type TraceHeader,
  traceDraft,
} from '../../records/trace-event.js';
import { formatBytes, formatMs } from '../quantity.js';
import { Endings } from './endings.js';
import { joinExchanges } from './exchanges.js';
import { pageText } from './fields.js';
import { Room } from './limits.js';
import { markOf } from './marks.js';
import { type MessageFacts, messageFacts } from './messages.js';
import type { TraceNames } from './names.js';
import type { PageData, PageMark } from './page-data.js';
import { allSeries, isMetrics } from './series.js';
import { StreamTable } from './streams.js';
import { TrackTable } from './tracks.js';

/** A trace as the document of its page. Bounded by `room`; what is left out is counted in `cuts`. */
export function preparePage(trace: Trace, names: TraceNames, room = new Room()): PageData {
  const { header, events, notes } = trace;
  const peers = new PeerTable();
  const endings = new Endings(names);

  const facts: MessageFacts[] = [];
  for (const event of events) {
    if (event.kind !== 0) continue;
    const made = room.take('messages') ? messageFacts(event, peers.of(event), names) : null;
    if (made === null) continue;
    facts.push(made);
    endings.message(made);
  }
  const { exchanges, of } = joinExchanges(facts);
  const messages = facts.map(({ page }, index) => ({ ...page, exchange: of[index] ?? -1 }));

  const table = new TrackTable(facts, exchanges, of);
  const data = new StreamTable(table, room, names);
  const marks: PageMark[] = [];
  const metrics: AnnotationEvent[] = [];
  let [begin, end] = [Number.POSITIVE_INFINITY, 0];
  for (const event of events) {
    const peer = peers.of(event);
    begin = Math.min(begin, event.timeUs);
    end = Math.max(end, event.timeUs);
    if (event.kind === 1) data.opened(event, peer);
    else if (event.kind === 2 && (data.closed(event, peer) || event.errorCode === 0n)) continue;
    else if (event.kind === 3) data.header(event, peer);
    else if (event.kind === 4) data.payload(event, peer);
    else if (event.kind === 7 && isMetrics(event)) metrics.push(event);
    else if (event.kind !== 0) {
      endings.event(event);
      const mark = markOf(event, peer, names);
      if (mark === null || !room.take('marks')) continue;
      marks.push(mark);
      begin = Math.min(begin, mark.from);
    }
  }
  for (const [code, times] of data.resets) endings.reset(code, times);
  if (events.length === 0) begin = 0;

  const { streams, objects } = data;
  return {
    title: header.endpoint === undefined ? 'MoQT trace' : pageText(header.endpoint),
    facts: headerFacts(header, end - begin, events.length),
    counts: [
      ['control messages', count(room.total('messages'))],
      ['requests', count(exchanges.length)],
      ['tracks', count(table.tracks.length)],
      ['streams', count(streams.filter(({ type }) => type !== 'datagram').length)],
      ['datagrams', count(streams.filter(({ type }) => type === 'datagram').length)],
      ['resets', count([...data.resets.values()].reduce((sum, one) => sum + one, 0))],
      ['objects', count(room.total('objects'))],
      ['payload', formatBytes(objects.size.reduce((sum, size) => sum + Math.max(0, size), 0))],
    ],
    endings: endings.all(),
    notes: notes.map(({ message }) => pageText(message)),
    cuts: room.cuts(),
    startTime: header.startTime,
    begin,
    end: Math.max(end, begin + 1),
    ...sides(header),
    peers: peers.names,
    messages,
    exchanges,
    marks: marks.sort((a, b) => a.t - b.t),
    tracks: table.tracks,
    streams,
    objects,
    series: allSeries({ messages, exchanges, objects, streams, tracks: table.tracks, metrics }),
  };
}

/** Sessions by the name that events carry; most traces have one, without a name. */
class PeerTable {
  readonly names: string[] = [];
  readonly #index = new Map<string, number>();

  of(event: TraceEvent): number {
    const name = event.peer ?? '';
    let index = this.#index.get(name);
    if (index === undefined) {
      index = this.names.push(name === '' ? 'session' : pageText(name)) - 1;
      this.#index.set(name, index);
    }
    return index;
  }
}

function headerFacts(header: TraceHeader, durationUs: number, events: number): PageData['facts'] {
  const facts: [string, string | undefined][] = [
    ['Draft', traceDraft(header.protocol) ?? header.protocol],
    ['Transport', header.transport],
    ['Endpoint', header.endpoint],
    ['Seen from', header.perspective],
    ['Began', dateText(header.startTime)],
    ['Duration', formatMs(durationUs / 1000)],
    ['Events', count(events)],
    ['Detail', header.detail],
    ['Written by', header.source],
    ['Session', header.sessionId],
    ['Left out at the source', header.sampling === undefined ? undefined : 'yes, by sampling'],
  ];
  return facts.flatMap(([label, value]) =>
    value === undefined || value === '' ? [] : [[label, pageText(value)] as const],
  );
}

function sides(header: TraceHeader): { here: string; there: string } {
  if (header.perspective === 'client') return { here: 'client (this side)', there: 'server' };
  if (header.perspective === 'server') return { here: 'server (this side)', there: 'client' };
  return { here: 'this side', there: 'the other side' };
}

/** What cannot be a date is shown as the number it is. */
function dateText(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? String(epochMs) : date.toISOString();
}

function count(value: number): string {
  return value.toLocaleString('en');
}
