import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeVarints } from '../../../../../src/core/transport/webtransport/h3/varint.js';
import {
  CAPSULE,
  CapsuleError,
  encodeCapsule,
  encodeClose,
  encodeVarintCapsule,
} from '../../../../../src/core/transport/webtransport-h2/capsules.js';
import { concatBytes, utf8 } from '../../../../../src/core/util/bytes.js';
import { capsuleLog, type Seen } from '../../../../support/raw-capsule-peer.js';

const streamCapsule = (id: number, data: Uint8Array, fin = false): Uint8Array =>
  encodeCapsule(fin ? CAPSULE.STREAM_FIN : CAPSULE.STREAM, concatBytes([encodeVarints(id), data]));

function decode(...pieces: Uint8Array[]): Seen[] {
  const seen: Seen[] = [];
  const decoder = capsuleLog(seen);
  for (const piece of pieces) decoder.push(piece);
  return seen;
}

/** Pieces of one stream capsule as one. */
function joined(seen: readonly Seen[]): Seen[] {
  const all: Seen[] = [];
  for (const one of seen) {
    const last = all.at(-1);
    if (one.type === 'stream' && last?.type === 'stream' && last.id === one.id && !last.fin) {
      all[all.length - 1] = { ...one, length: last.length + one.length };
    } else all.push(one);
  }
  return all;
}

const id = fc.nat(2 ** 31 - 1);
const code = fc.bigInt(0n, 2n ** 62n - 1n);
const limit = fc.nat({ max: Number.MAX_SAFE_INTEGER });

/** A capsule and what it says. */
type Case = readonly [Uint8Array, Seen | null];
const says = (bytes: Uint8Array, seen: Seen | null): Case => [bytes, seen];

const capsule: fc.Arbitrary<Case> = fc.oneof(
  fc
    .tuple(id, fc.uint8Array({ maxLength: 300 }), fc.boolean())
    .map(([stream, data, fin]) =>
      says(streamCapsule(stream, data, fin), { type: 'stream', id: stream, length: data.length, fin }),
    ),
  fc.tuple(id, code, fc.option(limit)).map(([stream, value, reliableSize]) => {
    const size = reliableSize === null ? [] : [reliableSize];
    const bytes = encodeVarintCapsule(CAPSULE.RESET_STREAM, stream, value, ...size);
    return says(bytes, { type: 'reset', id: stream, code: value, reliableSize });
  }),
  fc
    .tuple(id, code)
    .map(([stream, value]) =>
      says(encodeVarintCapsule(CAPSULE.STOP_SENDING, stream, value), { type: 'stop', id: stream, code: value }),
    ),
  limit.map((value) => says(encodeVarintCapsule(CAPSULE.MAX_DATA, value), { type: 'max-data', value })),
  fc
    .tuple(id, limit)
    .map(([stream, value]) =>
      says(encodeVarintCapsule(CAPSULE.MAX_STREAM_DATA, stream, value), { type: 'max-stream-data', id: stream, value }),
    ),
  limit.map((value) =>
    says(encodeVarintCapsule(CAPSULE.MAX_STREAMS_UNI, value), { type: 'max-streams', kind: 'uni', value }),
  ),
  fc
    .uint8Array({ maxLength: 300 })
    .map((data) => says(encodeCapsule(CAPSULE.DATAGRAM, data), { type: 'datagram', value: data.length })),
  fc.constant(says(encodeCapsule(CAPSULE.DRAIN_SESSION, new Uint8Array(0)), { type: 'drain' })),
  fc
    .tuple(fc.bigInt(0n, 0xffff_ffffn), fc.string({ unit: 'grapheme', maxLength: 50 }))
    .map(([value, reason]) =>
      says(encodeClose(value, reason), { type: 'close', code: value, reason: reason.replace(/^\ufeff/, '') }),
    ),
  fc.uint8Array({ maxLength: 100 }).map((data) => says(encodeCapsule(CAPSULE.PADDING, data), null)),
  fc.uint8Array({ maxLength: 100 }).map((data) => says(encodeCapsule(0x2c0ffee, data), null)),
);

/** `bytes` cut into pieces of the given lengths, in turn. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const end = Math.min(bytes.length, at + (lengths[i % lengths.length] as number));
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });

describe('capsules', () => {
  it('say the same whatever the pieces they arrive in', () => {
    fc.assert(
      fc.property(fc.array(capsule, { maxLength: 8 }), cuts, (capsules, lengths) => {
        const bytes = concatBytes(capsules.map(([encoded]) => encoded));
        const expected = joined(capsules.flatMap(([, seen]) => (seen === null ? [] : [seen])));
        expect(joined(decode(...cut(bytes, lengths)))).toEqual(expected);
      }),
    );
  });

  it('that are broken give a CapsuleError, or something else to read, and nothing worse', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(capsule, { minLength: 1, maxLength: 6 }), flips, cuts, (capsules, changes, lengths) => {
        const bytes = concatBytes(capsules.map(([encoded]) => encoded)).slice();
        for (const [at, by] of changes) bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ by;
        const outcomes = [[bytes], cut(bytes, lengths)].map((pieces) => {
          try {
            return joined(decode(...pieces));
          } catch (error) {
            expect(error).toBeInstanceOf(CapsuleError);
            return (error as Error).message;
          }
        });
        expect(outcomes[0]).toEqual(outcomes[1]);
      }),
      { numRuns: 500 },
    );
  });

  it('made of noise give a CapsuleError or nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        try {
          decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CapsuleError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('pass stream data on before the capsule is complete', () => {
    const whole = streamCapsule(5, new Uint8Array(1000), true);
    const seen: Seen[] = [];
    const decoder = capsuleLog(seen);
    decoder.push(whole.subarray(0, 100));
    expect(seen).toMatchObject([{ type: 'stream', id: 5, fin: false }]);
    expect(decoder.atBoundary).toBe(false);
    decoder.push(whole.subarray(100));
    expect(seen.at(-1)).toMatchObject({ type: 'stream', id: 5, fin: true });
    expect(decoder.atBoundary).toBe(true);
  });

  it('of unknown types are skipped however long, without a buffer for them', () => {
    expect(decode(encodeVarints(0x1234567, 2 ** 50), new Uint8Array(1000))).toEqual([]);
    expect(decode(encodeVarints(CAPSULE.PADDING, 2 ** 50), new Uint8Array(1000))).toEqual([]);
  });

  it('with datagrams that are too large are dropped and told', () => {
    const large = encodeCapsule(CAPSULE.DATAGRAM, new Uint8Array(65_536));
    expect(decode(large, encodeCapsule(CAPSULE.DATAGRAM, utf8('x')))).toEqual([
      { type: 'datagram-too-large' },
      { type: 'datagram', value: 1 },
    ]);
  });

  it.each([
    ['a stream capsule without an ID', encodeCapsule(CAPSULE.STREAM, new Uint8Array(0)), /STREAM capsule/],
    ['a stream ID that does not fit', encodeCapsule(CAPSULE.STREAM, Uint8Array.of(0xc0, 0, 0)), /no room/],
    ['a close without a code', encodeCapsule(CAPSULE.CLOSE_SESSION, new Uint8Array(3)), /CLOSE_SESSION capsule of 3/],
    ['a close that never ends', encodeVarints(CAPSULE.CLOSE_SESSION, 2 ** 40), /CLOSE_SESSION capsule of/],
    ['a drain with a value', encodeCapsule(CAPSULE.DRAIN_SESSION, utf8('x')), /DRAIN_SESSION capsule of 1/],
    ['a limit without a value', encodeCapsule(CAPSULE.MAX_DATA, new Uint8Array(0)), /MAX_DATA capsule of 0/],
    ['a limit that is cut short', encodeCapsule(CAPSULE.MAX_DATA, Uint8Array.of(0x40)), /cut short/],
    ['a limit with bytes behind it', encodeCapsule(CAPSULE.MAX_DATA, Uint8Array.of(1, 2)), /1 bytes too many/],
    ['a reset without a code', encodeCapsule(CAPSULE.RESET_STREAM, Uint8Array.of(0x40, 1)), /cut short/],
    ['too many streams', encodeVarintCapsule(CAPSULE.MAX_STREAMS_BIDI, 2n ** 60n + 2048n), /2\^60/],
    ['blocked at too many streams', encodeVarintCapsule(CAPSULE.STREAMS_BLOCKED_A, 2n ** 61n), /2\^60/],
  ])('refuse %s', (_, bytes, message) => {
    expect(() => decode(bytes)).toThrow(CapsuleError);
    expect(() => decode(bytes)).toThrow(message);
    expect(() => decode(...cut(bytes, [1]))).toThrow(message);
  });

  it('are not read behind a stop', () => {
    const seen: Seen[] = [];
    const decoder = capsuleLog(seen);
    decoder.push(encodeVarintCapsule(CAPSULE.MAX_DATA, 1));
    decoder.stop();
    decoder.push(encodeVarintCapsule(CAPSULE.MAX_DATA, 2));
    expect(seen).toEqual([{ type: 'max-data', value: 1 }]);
  });
});
