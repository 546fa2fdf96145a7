import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../../src/core/util/bytes.js';
import {
  checkProperties,
  decodeProperties,
  encodeProperties,
  PROPERTY,
  samePropertyCoding,
  transcodeProperties,
} from '../../../../src/core/wire/properties.js';
import { EncodeError, WireError } from '../../../../src/core/wire/wire-error.js';
import { anyPairs, DRAFTS, profileOf } from '../../../support/data-arbitraries.js';

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex.replaceAll(' ', '')) as Uint8Array;
}

describe.each(DRAFTS)('properties of draft %s', (draft) => {
  const profile = profileOf(draft);

  it('read back as they were written, sorted where keys are deltas', () => {
    fc.assert(
      fc.property(anyPairs(profile), (pairs) => {
        const sorted = [...pairs].sort((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0));
        const bytes = encodeProperties(profile, pairs);
        expect(decodeProperties(profile, bytes)).toEqual(profile.data.propertyKeys === 'delta' ? sorted : pairs);
        expect(() => checkProperties(profile, bytes)).not.toThrow();
      }),
    );
  });

  it('are accepted by the check exactly when they can be read, and never called incomplete', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        const outcome = (read: () => unknown) => {
          try {
            read();
            return 'fine';
          } catch (error) {
            expect(error).toMatchObject({ name: 'WireError', incomplete: false });
            return (error as WireError).message;
          }
        };
        expect(outcome(() => checkProperties(profile, bytes))).toBe(outcome(() => decodeProperties(profile, bytes)));
      }),
    );
  });

  it('must match the parity of their type', () => {
    expect(() => encodeProperties(profile, [{ type: 1n, value: 1n }])).toThrow(EncodeError);
    expect(() => encodeProperties(profile, [{ type: 2n, value: new Uint8Array(1) }])).toThrow(EncodeError);
  });

  it('carry at most 65535 bytes', () => {
    const value = new Uint8Array(0x10000);
    expect(() => encodeProperties(profile, [{ type: 1n, value }])).toThrow(EncodeError);
    const most = encodeProperties(profile, [{ type: 1n, value: value.subarray(1) }]);
    expect(decodeProperties(profile, most)).toHaveLength(1);
    const length = profile.data.integers === 'quic' ? '80010000' : 'c10000';
    expect(() => checkProperties(profile, bytesOf(`01 ${length}`))).toThrow(/65535/);
  });
});

describe('keys of properties', () => {
  const pairs = [
    { type: PROPERTY.priorGroupIdGap, value: 5n },
    { type: PROPERTY.priorObjectIdGap, value: 6n },
  ];

  it('are absolute in draft 14 and deltas from 16 on', () => {
    expect(encodeProperties(profileOf('14'), pairs)).toEqual(bytesOf('3c05 3e06'));
    expect(encodeProperties(profileOf('16'), pairs)).toEqual(bytesOf('3c05 0206'));
    expect(encodeProperties(profileOf('18'), pairs)).toEqual(bytesOf('3c05 0206'));
  });

  it('must not exceed 2^64−1', () => {
    const bytes = bytesOf('fffffffffffffffffe 00 02 00');
    expect(() => decodeProperties(profileOf('18'), bytes)).toThrow(/2\^64/);
    expect(() => checkProperties(profileOf('18'), bytes)).toThrow(/2\^64/);
  });
});

describe('transcodeProperties', () => {
  it('keeps the pairs between any two drafts, sorted where keys become deltas', () => {
    const fits = anyPairs(profileOf('14')).filter((pairs) => pairs.every((pair) => pair.type !== PROPERTY.immutable));
    fc.assert(
      fc.property(fits, fc.constantFrom(...DRAFTS), fc.constantFrom(...DRAFTS), (pairs, from, to) => {
        const bytes = encodeProperties(profileOf(from), pairs);
        const there = transcodeProperties(profileOf(from), profileOf(to), bytes);
        const sorted = decodeProperties(profileOf(from), bytes).sort((a, b) =>
          a.type < b.type ? -1 : a.type > b.type ? 1 : 0,
        );
        const sorts = to !== '14' && from !== to;
        expect(decodeProperties(profileOf(to), there)).toEqual(
          sorts ? sorted : decodeProperties(profileOf(from), bytes),
        );
      }),
    );
  });

  it('returns the very bytes where both drafts write alike', () => {
    const bytes = bytesOf('3c05');
    expect(transcodeProperties(profileOf('18'), profileOf('18'), bytes)).toBe(bytes);
    expect(samePropertyCoding(profileOf('14'), profileOf('16'))).toBe(false);
    expect(samePropertyCoding(profileOf('16'), profileOf('18'))).toBe(false);
  });

  it('transcodes what is inside IMMUTABLE too', () => {
    const bytes = bytesOf('0b 04 3c05 3e06');
    expect(transcodeProperties(profileOf('14'), profileOf('16'), bytes)).toEqual(bytesOf('0b 04 3c05 0206'));
  });

  it('refuses malformed bytes and values that do not fit', () => {
    expect(() => transcodeProperties(profileOf('14'), profileOf('16'), bytesOf('3c'))).toThrow(WireError);
    const large = encodeProperties(profileOf('18'), [{ type: 2n, value: 1n << 63n }]);
    expect(() => transcodeProperties(profileOf('18'), profileOf('16'), large)).toThrow(EncodeError);
  });
});
