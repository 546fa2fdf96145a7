import fc from 'fast-check';
import {
  Tagged,
  type TraceEvent,
  type TraceHeader,
  type TraceMap,
  type TraceValue,
} from '../../src/core/records/trace-event.js';

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const small = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const bytes = fc.uint8Array({ maxLength: 40 });
/** What encoding would change is not a value of a trace: lone surrogates, and integers that are bigint without need. */
const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const bigger = fc.oneof(
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }),
  fc.bigInt({ min: -(2n ** 200n), max: -(2n ** 53n) - 1n }),
);

export const traceValue: fc.Arbitrary<TraceValue> = fc.letrec<{ value: TraceValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double(),
    bigger,
    text,
    bytes,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', '$hex', '$pairs', 'type')), tie('value'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
    fc.array(fc.tuple(fc.integer(), tie('value')), { minLength: 1, maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.tuple(fc.bigInt({ min: 65n, max: 2n ** 63n }), tie('value')).map(([tag, value]) => new Tagged(tag, value)),
  ),
})).value;

export const traceMap: fc.Arbitrary<TraceMap> = fc.dictionary(text, traceValue, { maxKeys: 4, noNullPrototype: true });

/** Keys that no kind of event has, now or later. */
const extra = fc.option(
  fc.dictionary(
    text.map((t) => `x-${t}`),
    traceValue,
    { minKeys: 1, maxKeys: 3, noNullPrototype: true },
  ),
  { nil: undefined },
);

const base = { sequence: small, timeUs: fc.nat({ max: 2 ** 40 }), peer: fc.option(text, { nil: undefined }), extra };
const direction = fc.constantFrom('sent' as const, 'received' as const);
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });

export const traceEvent: fc.Arbitrary<TraceEvent> = fc
  .oneof(
    fc.record({
      kind: fc.constant(0 as const),
      direction,
      messageType: uint64,
      message: fc.oneof(traceMap, traceValue),
      streamId: maybe(uint64),
      raw: maybe(bytes),
      ...base,
    }),
    fc.record({
      kind: fc.constant(1 as const),
      streamId: uint64,
      direction,
      streamType: fc.constantFrom('subgroup' as const, 'datagram' as const, 'fetch' as const),
      trackAlias: maybe(uint64),
      group: maybe(uint64),
      subgroup: maybe(uint64),
      fetchRequestId: maybe(uint64),
      header: maybe(bytes),
      ...base,
    }),
    fc.record({ kind: fc.constant(2 as const), streamId: uint64, errorCode: uint64, ...base }),
    fc.record({
      kind: fc.constant(3 as const),
      streamId: fc.constantFrom(2n, 6n, 2n ** 62n),
      group: fc.bigInt({ min: 0n, max: 2n }),
      object: uint64,
      priority: fc.nat({ max: 255 }),
      status: fc.nat({ max: 3 }),
      ...base,
    }),
    fc.record({
      kind: fc.constant(4 as const),
      streamId: fc.constantFrom(2n, 6n, 2n ** 62n),
      group: fc.bigInt({ min: 0n, max: 2n }),
      object: uint64,
      size: small,
      payload: maybe(bytes),
      ...base,
    }),
    fc.record({ kind: fc.constant(5 as const), from: text, to: text, ...base }),
    fc.record({
      kind: fc.constant(6 as const),
      errorCode: uint64,
      reason: text,
      streamId: maybe(uint64),
      errorKind: maybe(text),
      rawLength: maybe(small),
      raw: maybe(bytes),
      ...base,
    }),
    fc.record({
      kind: fc.constant(7 as const),
      label: fc.oneof(text, fc.constantFrom('stage', 'transport:packet_sent', 'moqt:odd')),
      data: traceValue,
      ...base,
    }),
    fc.record({
      kind: fc.constant(8 as const),
      endpoint: maybe(text),
      transport: maybe(text),
      role: maybe(text),
      side: maybe(text),
      ...base,
    }),
    fc.record({ kind: fc.constant(9 as const), errorCode: uint64, reason: maybe(text), ...base }),
    fc.record({
      kind: fc.constant('unknown' as const),
      eventType: fc.integer({ min: 10, max: 1000 }),
      fields: fc.dictionary(
        text.map((t) => `x-${t}`),
        traceValue,
        { maxKeys: 4, noNullPrototype: true },
      ),
      sequence: small,
      timeUs: fc.nat({ max: 2 ** 40 }),
      peer: maybe(text),
    }),
  )
  .map((event) => withoutAbsent(event) as TraceEvent);

export const traceHeader: fc.Arbitrary<TraceHeader> = fc
  .record({
    protocol: fc.oneof(fc.constantFrom('moq-transport-18', 'draft-14'), text),
    perspective: fc.oneof(fc.constantFrom('client', 'server', 'observer'), text),
    detail: text,
    startTime: fc.oneof(small, fc.double({ noNaN: true, noDefaultInfinity: true })),
    endTime: maybe(small),
    transport: maybe(text),
    source: maybe(text),
    endpoint: maybe(text),
    sessionId: maybe(text),
    segment: maybe(traceMap),
    sampling: maybe(traceMap),
    custom: maybe(traceMap),
    extra,
  })
  .map((header) => withoutAbsent(header) as unknown as TraceHeader);

function withoutAbsent(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}
