import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeVarints,
  takeVarint,
  varintSize,
  writeVarint,
} from '../../../../../../src/core/transport/webtransport/h3/varint.js';
import { fromHex } from '../../../../../../src/core/util/bytes.js';

describe('varints of RFC 9000', () => {
  it.each([
    ['25', 37],
    ['4025', 37],
    ['7bbd', 15_293],
    ['9d7f3e7d', 494_878_333],
  ])('reads the example %s of RFC 9000 §A.1', (hex, value) => {
    expect(takeVarint(fromHex(hex) as Uint8Array, { offset: 0 })).toBe(value);
  });

  it('gives back every value it wrote, in the fewest bytes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const bytes = encodeVarints(value);
        expect(bytes.length).toBe(varintSize(value));
        const cursor = { offset: 0 };
        expect(takeVarint(bytes, cursor)).toBe(value);
        expect(cursor.offset).toBe(bytes.length);
      }),
    );
  });

  it('leaves the cursor alone when the buffer ends inside a varint', () => {
    const cursor = { offset: 0 };
    expect(takeVarint(Uint8Array.of(0xc0, 0, 0), cursor)).toBeNull();
    expect(takeVarint(new Uint8Array(0), cursor)).toBeNull();
    expect(cursor.offset).toBe(0);
  });

  it('refuses what is no varint or does not fit', () => {
    expect(() => encodeVarints(-1)).toThrow(RangeError);
    expect(() => encodeVarints(2 ** 53)).toThrow(RangeError);
    expect(() => writeVarint(new Uint8Array(1), 0, 64)).toThrow(RangeError);
  });
});
