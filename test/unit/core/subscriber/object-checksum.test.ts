import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectChecksum } from '../../../../src/core/subscriber/object-checksum.js';

const SUMMED = 2048;

/** More than is summed, at any place in its buffer. */
const payloads = fc
  .tuple(fc.uint8Array({ maxLength: 64 }), fc.nat({ max: SUMMED + 500 }), fc.nat({ max: 20 }))
  .map(([seed, length, offset]) => {
    const buffer = new Uint8Array(offset + length);
    for (let i = 0; i < length; i++) buffer[offset + i] = (seed[i % Math.max(1, seed.length)] ?? 0) + (i >> 6);
    return buffer.subarray(offset);
  });

function inPieces(payload: Uint8Array, cuts: readonly number[]): number {
  const checksum = new ObjectChecksum();
  checksum.add(Uint8Array.of(1, 2, 3));
  checksum.begin();
  let from = 0;
  for (const cut of [...cuts.map((at) => Math.min(at, payload.length)).sort((a, b) => a - b), payload.length]) {
    checksum.add(payload.subarray(from, cut));
    from = cut;
  }
  return checksum.value;
}

describe('ObjectChecksum', () => {
  it('is the same however the payload is cut', () => {
    fc.assert(
      fc.property(payloads, fc.array(fc.nat({ max: SUMMED + 500 }), { maxLength: 8 }), (payload, cuts) => {
        expect(inPieces(payload, cuts)).toBe(ObjectChecksum.of(payload));
      }),
    );
  });

  it('is another when a byte of the first 2 KiB is another', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.integer({ min: 1, max: 255 }), (payload, place, change) => {
        fc.pre(payload.length > 0);
        const changed = payload.slice();
        const at = place % Math.min(payload.length, SUMMED);
        changed[at] = (changed[at] as number) ^ change;
        expect(ObjectChecksum.of(changed)).not.toBe(ObjectChecksum.of(payload));
      }),
    );
  });

  it('is another when two words have changed places', () => {
    const payload = Uint8Array.from({ length: 64 }, (_, i) => i);
    for (const [from, to] of [
      [0, 4],
      [0, 16],
      [4, 60],
    ] as const) {
      const changed = payload.slice();
      changed.copyWithin(to, from, from + 4);
      changed.set(payload.subarray(to, to + 4), from);
      expect(ObjectChecksum.of(changed)).not.toBe(ObjectChecksum.of(payload));
    }
  });

  it('tells lengths apart, of zeros too', () => {
    const sums = [0, 1, 3, 4, 15, 16, 17, 1200, SUMMED, SUMMED + 1, 70_000].map((length) =>
      ObjectChecksum.of(new Uint8Array(length)),
    );
    expect(new Set(sums).size).toBe(sums.length);
    for (const sum of sums) expect(Number.isSafeInteger(sum)).toBe(true);
  });

  it('does not look beyond the first 2 KiB', () => {
    const payload = new Uint8Array(SUMMED + 100);
    const sum = ObjectChecksum.of(payload);
    payload[SUMMED] = 1;
    expect(ObjectChecksum.of(payload)).toBe(sum);
  });
});
