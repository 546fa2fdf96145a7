import type { NewTraceEvent, Trace, TraceEvent, TraceHeader } from '../../src/core/records/trace-event.js';
import { utf8 } from '../../src/core/util/bytes.js';

/** What a peer would say who wants to run something in the reader's browser. */
export const HOSTILE =
  '</script><!--<script>document.title="taken"</script><img src=x onerror="document.title=1">\u2028\u202e';

const HEADER: TraceHeader = {
  protocol: 'moq-transport-18',
  perspective: 'client',
  detail: 'headers+sizes',
  startTime: Date.UTC(2026, 0, 2, 3, 4, 5),
  transport: 'webtransport',
  source: 'moqt/0.0.0',
  endpoint: 'https://relay.test/live',
};

/** Numbers and orders events; times are in ms. */
export function traceOf(
  timed: readonly (readonly [ms: number, event: NewTraceEvent])[],
  header: Partial<TraceHeader> = {},
): Trace {
  const sorted = [...timed].sort(([a], [b]) => a - b);
  const events = sorted.map(
    ([ms, event], sequence) => ({ ...event, sequence, timeUs: Math.round(ms * 1000) }) as TraceEvent,
  );
  return { header: { ...HEADER, ...header }, events, notes: [] };
}

/**
 * A subscriber's session with two tracks, as a person would meet it: stages, requests, one of them refused, groups on streams of
 * their own, some objects and one group missing, a reset, round-trip times, and hostile text.
 */
export function sampleTrace({ groups = 24, perGroup = 30 }: { groups?: number; perGroup?: number } = {}): Trace {
  const events: (readonly [number, NewTraceEvent])[] = [];
  const add = (ms: number, event: NewTraceEvent) => events.push([ms, event]);
  const control = (
    ms: number,
    direction: 'sent' | 'received',
    type: number,
    message: Record<string, unknown>,
    stream = 0n,
  ) =>
    add(ms, {
      kind: 0,
      direction,
      messageType: BigInt(type),
      message: message as never,
      streamId: stream,
      raw: utf8(JSON.stringify(message)),
    });
  const stage = (stageName: string, startMs: number, endMs: number) =>
    add(endMs, { kind: 7, label: 'stage', data: { stage: stageName, startMs, endMs } });

  stage('dns', 0, 2.4);
  stage('quic', 2.4, 31.2);
  stage('webtransport', 31.2, 58.8);
  add(59, { kind: 5, from: 'connecting', to: 'setup' });
  control(59.4, 'sent', 0x2f00, { options: [{ type: '0x7', name: 'implementation', value: 'moqt' }] }, 2n);
  control(86.1, 'received', 0x2f00, { options: [{ type: '0x7', name: 'implementation', value: HOSTILE }] }, 3n);
  add(86.4, { kind: 5, from: 'setup', to: 'established' });
  const tracks = ['video', 'audio'];
  for (const [index, track] of tracks.entries()) {
    const stream = BigInt(4 * index);
    control(
      88 + index,
      'sent',
      0x3,
      { request_id: String(2 * index), track_namespace: ['live', 'room1'], track_name: track },
      stream,
    );
    control(121 + 4 * index, 'received', 0x4, { track_alias: String(7 + index), parameters: [] }, stream);
  }
  control(90, 'sent', 0x3, { request_id: '4', track_namespace: ['live', HOSTILE], track_name: 'screen' }, 8n);
  control(133, 'received', 0x5, { error_code: '0x10', reason: 'no such track' }, 8n);
  add(180, { kind: 7, label: 'notice', data: { kind: 'gap', message: 'group 9 was announced and never came' } });

  let stream = 3n;
  for (let group = 0; group < groups; group++) {
    for (const [index] of tracks.entries()) {
      if (group === 9 && index === 0) continue;
      stream += 4n;
      const begin = 140 + group * 50 + index * 4;
      const isReset = group === 15 && index === 0;
      add(begin, {
        kind: 1,
        streamId: stream,
        direction: 'received',
        streamType: 'subgroup',
        trackAlias: BigInt(7 + index),
        group: BigInt(group),
        subgroup: 0n,
        header: utf8(`header ${group}`),
      });
      const count = index === 0 ? perGroup : 10;
      for (let object = 0; object < count; object++) {
        if ((group === 4 && object > 10 && object < 14) || (isReset && object > 18)) continue;
        const at = begin + 1 + (object * 44) / count;
        const size = object === 0 ? 24_000 : 900 + ((group * 31 + object * 57) % 40) * 90;
        add(at, {
          kind: 3,
          streamId: stream,
          group: BigInt(group),
          object: BigInt(object),
          priority: 128,
          status: object === count - 1 ? 1 : 0,
        });
        add(at + 0.05, {
          kind: 4,
          streamId: stream,
          group: BigInt(group),
          object: BigInt(object),
          size: index === 0 ? size : 320,
        });
      }
      if (group < groups - 1)
        add(begin + (isReset ? 30 : 47), { kind: 2, streamId: stream, errorCode: isReset ? 0x2n : 0n });
    }
  }
  const end = 150 + groups * 50;
  for (let ms = 100; ms < end; ms += 40) {
    add(ms, {
      kind: 7,
      label: 'metrics',
      data: { rttMs: 26 + 5 * Math.sin(ms / 130) + (ms > 800 && ms < 900 ? 22 : 0) },
    });
  }
  add(end, { kind: 6, errorCode: 0x3n, reason: `PROTOCOL_VIOLATION: ${HOSTILE}`, errorKind: 'protocol' });
  add(end + 1, { kind: 5, from: 'established', to: 'closed' });
  return traceOf(events);
}
