import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MoqtError } from '../../../../src/core/errors/moqt-error.js';
import type { TraceEvent } from '../../../../src/core/records/trace-event.js';
import { MoqtraceReader } from '../../../../src/core/trace/moqtrace/reader.js';
import { MoqtraceWriter } from '../../../../src/core/trace/moqtrace/writer.js';
import { objectHeaderEvent, objectSizeEvent } from '../../../../src/core/trace/object-sink.js';
import type { TraceItem } from '../../../../src/core/trace/trace-item.js';
import { concatBytes, fromHex, utf8 } from '../../../../src/core/util/bytes.js';
import { traceEvent, traceHeader } from '../../../support/trace-arbitraries.js';

const HEADER = { protocol: 'moq-transport-18', perspective: 'client', detail: 'headers', startTime: 1_700_000_000_000 };
const EVENT: TraceEvent = { kind: 2, sequence: 0, timeUs: 5, streamId: 2n ** 62n, errorCode: 0n };

function write(header: typeof HEADER, events: readonly TraceEvent[]): Uint8Array {
  const writer = new MoqtraceWriter();
  return concatBytes([writer.header(header), ...events.map((event) => writer.event(event).slice()), writer.end()]);
}

function read(bytes: Uint8Array, chunk = bytes.length || 1): TraceItem[] {
  const reader = new MoqtraceReader();
  const items: TraceItem[] = [];
  for (let at = 0; at < bytes.length; at += chunk) items.push(...reader.push(bytes.slice(at, at + chunk)));
  return [...items, ...reader.end()];
}

const eventsOf = (items: readonly TraceItem[]) => items.flatMap((item) => (item.type === 'event' ? [item.event] : []));
const notesOf = (items: readonly TraceItem[]) => items.flatMap((item) => (item.type === 'note' ? [item.note] : []));

describe('a .moqtrace file', () => {
  it('reads back as what was written, however its bytes are cut', () => {
    fc.assert(
      fc.property(
        traceHeader,
        fc.array(traceEvent, { maxLength: 6 }),
        fc.integer({ min: 1, max: 200 }),
        (header, events, chunk) => {
          const items = read(write(header as typeof HEADER, events), chunk);
          expect(items[0]).toEqual({ type: 'header', header });
          expect(eventsOf(items)).toEqual(events);
          expect(notesOf(items)).toEqual([]);
        },
      ),
    );
  });

  it('has the same bytes for an object, whether it was an event or not', () => {
    const uint = fc.oneof(
      fc.nat({ max: 30 }),
      fc.nat({ max: 300 }),
      fc.nat({ max: 70_000 }),
      fc.nat(),
      fc.nat({ max: 2 ** 40 }),
    );
    const uint64 = fc.oneof(uint.map(BigInt), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
    const peer = fc.option(fc.string({ maxLength: 300 }), { nil: undefined });
    const place = fc.record({ peer, streamId: uint64, group: uint64 });
    const object = fc.tuple(place, uint, uint, uint64, fc.nat({ max: 255 }), fc.nat({ max: 3 }), uint);
    fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 4 }), (objects) => {
        const writer = new MoqtraceWriter();
        for (const [at, sequence, timeUs, id, priority, status, size] of objects) {
          const header = { ...objectHeaderEvent(at, id, priority, status), sequence, timeUs };
          const payload = { ...objectSizeEvent(at, id, size), sequence: sequence + 1, timeUs };
          const expected = concatBytes([
            writer.event(header).slice(),
            size > 0 ? writer.event(payload).slice() : new Uint8Array(0),
          ]);
          const room = writer.objects.room(at);
          const bytes = new Uint8Array(room + 1);
          const end = writer.objects.object(bytes, 1, sequence, timeUs, at, id, priority, status, size);
          expect(bytes.slice(1, end)).toEqual(expected);
          const alone = writer.objects.size(bytes, 0, sequence + 1, timeUs, at, id, size);
          expect(bytes.slice(0, alone)).toEqual(writer.event(payload).slice());
        }
      }),
    );
  });

  it('gives everything before a cut, and says that it was cut', () => {
    fc.assert(
      fc.property(fc.array(traceEvent, { minLength: 1, maxLength: 5 }), fc.nat(), (events, at) => {
        const head = write(HEADER, []).length;
        const bytes = write(HEADER, events);
        const cut = head + (at % (bytes.length - head));
        const ends = events.map((_, i) => write(HEADER, events.slice(0, i)).length);
        const items = read(bytes.subarray(0, cut), 7);
        const whole = eventsOf(items);
        expect(whole).toEqual(events.slice(0, whole.length));
        expect(notesOf(items).map(({ kind }) => kind)).toEqual(ends.includes(cut) ? [] : ['truncated']);
      }),
    );
  });

  it('survives any flipped byte with a typed error, a note, or other values', () => {
    fc.assert(
      fc.property(
        fc.array(traceEvent, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (events, at, flip) => {
          const bytes = write(HEADER, events);
          bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ flip;
          try {
            expect(eventsOf(read(bytes)).length).toBeLessThanOrEqual(bytes.length);
          } catch (error) {
            expect(error).toBeInstanceOf(MoqtError);
            expect((error as MoqtError).code).toBe('MOQT_E_INCOMPLETE');
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['another kind of file', utf8('{"qlog_version":"0.3"}')],
    ['a header that is cut', write(HEADER, []).subarray(0, 40)],
    ['an unknown version', concatBytes([utf8('MOQTRACE'), Uint8Array.of(3, 0, 0, 0, 1, 0, 0, 0, 0xa0)])],
    ['a header of 4 GiB', concatBytes([utf8('MOQTRACE'), Uint8Array.of(2, 0, 0, 0, 255, 255, 255, 255, 0xa0)])],
    ['a header without a protocol', concatBytes([utf8('MOQTRACE'), Uint8Array.of(2, 0, 0, 0, 1, 0, 0, 0, 0xa0)])],
  ])('refuses %s', (_, bytes) => {
    expect(() => read(bytes)).toThrow(MoqtError);
  });

  it('refuses a length beyond its bound before it allocates', () => {
    const items = read(concatBytes([write(HEADER, [EVENT]), fromHex('5b0000ffffffffffff') as Uint8Array]));
    expect(eventsOf(items)).toEqual([EVENT]);
    expect(notesOf(items)).toMatchObject([{ kind: 'corrupt', atByte: write(HEADER, [EVENT]).length }]);
  });

  it('refuses nesting without end', () => {
    const items = read(concatBytes([write(HEADER, []), new Uint8Array(1000).fill(0x81)]));
    expect(notesOf(items)).toMatchObject([{ kind: 'corrupt' }]);
  });

  it('refuses an array that announces more elements than an event has bytes, at once', () => {
    const items = read(concatBytes([write(HEADER, []), fromHex('9affffffff00') as Uint8Array]));
    expect(notesOf(items)).toMatchObject([{ kind: 'corrupt' }]);
  });

  it('takes a version-1 file, floats for integers, tag 64 for bytes and keys without an end', () => {
    const bytes = write(HEADER, []);
    bytes[8] = 1;
    // {"n": 0.0, "t": 1e3 (half), "e": 4.0, "sid": 2^33 as float64, "g": 0, "o": 1, "sz": 2, "pl": 64(h'0102')}, indefinite.
    const event =
      'bf616ef90000617419 03e8 6165f94400637369 64fb4200000000000000 616700616f0162737a0262706cd840420102ff';
    const items = read(concatBytes([bytes, fromHex(event.replaceAll(' ', '')) as Uint8Array]));
    expect(eventsOf(items)).toEqual([
      {
        kind: 4,
        sequence: 0,
        timeUs: 1000,
        streamId: 2n ** 33n,
        group: 0n,
        object: 1n,
        size: 2,
        payload: Uint8Array.of(1, 2),
      },
    ]);
  });

  it('reads on into further segments', () => {
    const one = write(HEADER, [EVENT]);
    const items = read(concatBytes([one, one, one]), 5);
    expect(items.map(({ type }) => type)).toEqual(['header', 'event', 'header', 'event', 'header', 'event']);
  });

  it('keeps an event of a known kind that lacks what it must have, and a key whose value has another type', () => {
    const odd = { kind: 'unknown', eventType: 3, sequence: 1, timeUs: 2, fields: { sid: 4 } } as const;
    const extra = { ...EVENT, extra: { reason: 'more' } };
    expect(eventsOf(read(write(HEADER, [odd, extra])))).toEqual([odd, extra]);
  });

  it('skips records that are no events, and counts them', () => {
    const junk = concatBytes(Array.from({ length: 30 }, () => Uint8Array.of(0xa0)));
    const items = read(concatBytes([write(HEADER, []), junk, new MoqtraceWriter().event(EVENT)]));
    expect(eventsOf(items)).toEqual([EVENT]);
    expect(notesOf(items)).toHaveLength(21);
    expect(notesOf(items).at(-1)?.message).toMatch(/^30 /);
  });
});
