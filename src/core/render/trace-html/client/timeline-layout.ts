import { lowerBound, packRows, type Span } from './lanes.js';
import { type Model, type Ref, refIndex } from './model.js';
import type { State } from './state.js';

export const AXIS_HEIGHT = 24;
const HEADING_HEIGHT = 20;
export const ROW_HEIGHT = 14;
const BAND_HEIGHT = 22;
/** Rows of one track; beyond it streams overlap, which is said. */
const MAX_ROWS = 48;
const MAX_REQUEST_ROWS = 8;

/** One line of the timeline, its items in order of time. */
export interface Row {
  readonly y: number;
  readonly height: number;
  readonly kind: 'marks' | 'messages' | 'requests' | 'streams';
  readonly label: string;
  readonly items: readonly Ref[];
}

export interface Heading {
  readonly y: number;
  readonly text: string;
  readonly note: string;
}

export interface Layout {
  readonly rows: readonly Row[];
  readonly headings: readonly Heading[];
  readonly height: number;
}

/** Where everything is, of what the filters leave in. Heights do not depend on what time is looked at. */
export function layOut(model: Model, state: State): Layout {
  const { data } = model;
  const rows: Row[] = [];
  const headings: Heading[] = [];
  let y = AXIS_HEIGHT;
  const add = (kind: Row['kind'], label: string, items: readonly Ref[], height: number) => {
    rows.push({ y, height, kind, label, items });
    y += height;
  };
  const shown = (refs: readonly Ref[]) => refs.filter((ref) => state.shows(ref));

  const marks = shown(data.marks.map((_, index) => `k${index}` as Ref));
  if (marks.length > 0) add('marks', 'events', marks, BAND_HEIGHT);

  const messages = shown(model.rows.filter((ref) => ref.startsWith('m')));
  for (const sent of [true, false]) {
    const some = messages.filter((ref) => model.message(ref)?.sent === sent);
    if (some.length > 0) add('messages', sent ? 'sent' : 'received', some, BAND_HEIGHT - 4);
  }
  const requests = messages.filter((ref) => {
    const exchange = data.exchanges[model.message(ref)?.exchange ?? -1];
    return exchange !== undefined && exchange.request === refIndex(ref) && exchange.answer !== -1;
  });
  const gap = (data.end - data.begin) * 0.004;
  pack(requests, (ref) => requestSpan(model, ref), MAX_REQUEST_ROWS, gap).lines.forEach((items, index) => {
    add('requests', index === 0 ? 'answers' : '', items, ROW_HEIGHT);
  });

  const byTrack: Ref[][] = data.tracks.map(() => []);
  for (const index of data.streams.keys()) byTrack[data.streams[index]?.track ?? -1]?.push(`s${index}`);
  for (const [track, streams] of byTrack.entries()) {
    const some = shown(streams);
    if (some.length === 0) continue;
    const { name, sent } = data.tracks[track] as { name: string; sent: boolean };
    const { lines, overlaps } = pack(some, (ref) => streamSpan(model, ref), MAX_ROWS, gap / 4);
    const note = overlaps === 0 ? '' : `, ${overlaps} drawn over others`;
    headings.push({
      y,
      text: `${sent ? '↑' : '↓'} ${name}`,
      note: `${some.length} ${some.length === 1 ? 'stream' : 'streams'}${note}`,
    });
    y += HEADING_HEIGHT;
    for (const items of lines) add('streams', '', items, ROW_HEIGHT);
    y += 6;
  }
  return { rows, headings, height: y + 8 };
}

export function requestSpan(model: Model, ref: Ref): Span {
  const request = model.message(ref);
  const answer = model.data.messages[model.data.exchanges[request?.exchange ?? -1]?.answer ?? -1];
  const from = request?.t ?? 0;
  return { from, to: Math.max(from, answer?.t ?? from) };
}

export function streamSpan(model: Model, ref: Ref): Span {
  const stream = model.stream(ref);
  return stream === null ? { from: 0, to: 0 } : { from: stream.t, to: Math.max(stream.t, model.endOf(stream)) };
}

export function spanOf(model: Model, row: Row, ref: Ref): Span {
  if (row.kind === 'streams') return streamSpan(model, ref);
  if (row.kind === 'requests') return requestSpan(model, ref);
  const mark = model.mark(ref);
  const t = model.time(ref);
  return { from: mark?.from ?? t, to: t };
}

function pack(refs: readonly Ref[], spanOf: (ref: Ref) => Span, maxRows: number, gap: number) {
  const { row, rows, overlaps } = packRows(refs.map(spanOf), gap, maxRows);
  const lines: Ref[][] = refs.length === 0 ? [] : Array.from({ length: rows }, () => []);
  for (const [index, ref] of refs.entries()) lines[row[index] as number]?.push(ref);
  return { lines, overlaps };
}

/** The item of a row that is at a time, or the nearest within `reach`. */
export function itemAt(model: Model, row: Row, t: number, reach: number): Ref | null {
  const { items } = row;
  // Marks are in order of their ends: a stage is told of when it is over.
  const key = row.kind === 'marks' ? 'to' : 'from';
  const begin = (index: number) => spanOf(model, row, items[index] as Ref)[key];
  const after = lowerBound(items.length, begin, t);
  let best: Ref | null = null;
  let distance = reach;
  for (let index = Math.max(0, after - 24); index < Math.min(items.length, after + 24); index++) {
    const ref = items[index] as Ref;
    const { from, to } = spanOf(model, row, ref);
    const away = t < from ? from - t : t > to ? t - to : 0;
    if (away <= distance && (away < distance || best === null || away === 0)) {
      best = ref;
      distance = away;
    }
  }
  return best;
}
