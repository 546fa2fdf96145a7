import { describe, expect, it } from 'vitest';
import type { NewTraceEvent, Trace, TraceEvent } from '../../../../src/core/records/trace-event.js';
import { diffTraces } from '../../../../src/core/trace/diff.js';
import { filterTrace, type TraceFilter } from '../../../../src/core/trace/filter.js';
import { loadTrace } from '../../../../src/core/trace/read-trace.js';
import { traceStats } from '../../../../src/core/trace/stats.js';
import type { TraceItem } from '../../../../src/core/trace/trace-item.js';

const HEADER = { protocol: 'moq-transport-18', perspective: 'client', detail: 'headers', startTime: 1000 };

/** Events one ms apart. */
const timed = (events: readonly NewTraceEvent[]): TraceEvent[] =>
  events.map((event, i) => ({ ...event, sequence: i, timeUs: i * 1000 }) as TraceEvent);

async function* items(events: readonly TraceEvent[]): AsyncGenerator<TraceItem> {
  yield { type: 'header', header: HEADER };
  for (const event of events) yield { type: 'event', event };
}

const subscribe = (alias: bigint): NewTraceEvent[] => [
  {
    kind: 0,
    direction: 'sent',
    messageType: 3n,
    streamId: 0n,
    message: { message_type: 'subscribe', request_id: '0', track_namespace: ['live', 'a'], track_name: 'cam' },
  },
  {
    kind: 0,
    direction: 'received',
    messageType: 4n,
    streamId: 0n,
    message: { message_type: 'subscribe_ok', track_alias: String(alias) },
  },
];
const object = (streamId: bigint, group: bigint, id: bigint, size = 10): NewTraceEvent[] => [
  { kind: 3, streamId, group, object: id, priority: 128, status: 0 },
  { kind: 4, streamId, group, object: id, size },
];
const run = (alias: bigint, order: readonly bigint[]): NewTraceEvent[] => [
  ...subscribe(alias),
  { kind: 1, streamId: 3n, direction: 'received', streamType: 'subgroup', trackAlias: alias, group: 0n, subgroup: 0n },
  ...order.flatMap((id) => object(3n, 0n, id)),
  { kind: 2, streamId: 3n, errorCode: 0n },
];
const trace = (events: readonly NewTraceEvent[]): Trace => ({ header: HEADER, events: timed(events), notes: [] });

describe('traceStats', () => {
  it('counts a track by the name that its messages give', async () => {
    const stats = await traceStats(items(timed(run(7n, [0n, 1n, 2n]))));
    expect(stats.tracks).toMatchObject([
      { name: 'live/a cam', trackAlias: 7n, direction: 'received', streams: 1, groups: 1, objects: 3, bytes: 30 },
    ]);
    expect(stats.tracks[0]?.gapUs).toMatchObject({ count: 2, p50: 2000, max: 2000 });
    expect(stats.messages.map(({ name, direction }) => `${direction} ${name}`)).toEqual([
      'sent subscribe',
      'received subscribe_ok',
    ]);
    expect(stats).toMatchObject({ events: 10, streamsReset: 0, dropped: 0 });
  });
});

describe('diffTraces', () => {
  it('finds two runs the same, whatever the alias', () => {
    expect(diffTraces(trace(run(7n, [0n, 1n, 2n])), trace(run(9n, [0n, 1n, 2n]))).same).toBe(true);
  });

  it('tells loss from another order, and counts only what moved', () => {
    const { same, tracks } = diffTraces(trace(run(1n, [0n, 1n, 2n, 3n, 4n])), trace(run(1n, [0n, 2n, 3n, 1n, 5n])));
    expect(same).toBe(false);
    expect(tracks).toMatchObject([
      { common: 4, onlyFirst: ['0.4'], onlyFirstCount: 1, onlySecond: ['0.5'], reordered: 1 },
    ]);
  });

  it('measures lateness from the first object that both have', () => {
    const first = trace(run(1n, [0n, 1n]));
    const late = {
      ...first,
      events: first.events.map((e) => ({ ...e, timeUs: e.timeUs + (e.kind === 3 && e.object === 1n ? 700 : 200) })),
    };
    expect(diffTraces(first, late as Trace).tracks[0]?.laterUs).toMatchObject({ count: 2, max: 500 });
  });

  it('says which messages only one run has', () => {
    const { messages } = diffTraces(trace(subscribe(1n)), trace(subscribe(1n).slice(0, 1)));
    expect(messages).toEqual({ common: 1, onlyFirst: ['received subscribe_ok'], onlySecond: [] });
  });
});

describe('filterTrace', () => {
  const events = timed([
    ...run(7n, [0n, 1n]),
    { kind: 1, streamId: 5n, direction: 'sent', streamType: 'subgroup', trackAlias: 8n, group: 4n },
    ...object(5n, 4n, 0n),
  ]);
  const kept = async (filter: TraceFilter) =>
    (await loadTrace(filterTrace(items(events), filter))).events.map(({ sequence }) => sequence);

  it.each<[string, TraceFilter, number[]]>([
    ['everything', {}, events.map((_, i) => i)],
    ['kinds', { kinds: ['stream-closed'] }, [7]],
    ['messages', { messages: ['subscribe_ok'] }, [1]],
    ['what was sent, objects by their stream', { direction: 'sent' }, [0, 8, 9, 10]],
    ['an alias', { trackAliases: [8n] }, [8, 9, 10]],
    ['groups', { groups: { first: 1n, last: 4n } }, [8, 9, 10]],
    ['a stream', { streams: [3n] }, [2, 3, 4, 5, 6, 7]],
    ['a time', { fromUs: 1000, untilUs: 2000 }, [1, 2]],
    ['a session that is not there', { peers: ['2'] }, []],
  ])('lets %s through', async (_, filter, expected) => {
    expect(await kept(filter)).toEqual(expected);
  });
});
