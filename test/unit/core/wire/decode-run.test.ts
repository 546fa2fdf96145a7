import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRun } from '../../../../src/core/wire/decode-run.js';
import { PROFILES } from '../../../../src/core/wire/drafts/index.js';
import type { ObjectFragment } from '../../../../src/core/wire/messages/object.js';
import { encodeSubgroupHeader, SubgroupDecoder, SubgroupEncoder } from '../../../../src/core/wire/subgroup.js';

const LIMITS = { maxObjectBytes: 1 << 20, maxPropertiesBytes: 1 << 10 };
/** One property: type 0x40, value 5. */
const PROPERTIES = { quic: Uint8Array.of(0x40, 0x40, 5), vi64: Uint8Array.of(0x40, 5) };

const objects = fc.array(
  fc.record({ skip: fc.integer({ min: 0, max: 300 }), length: fc.nat({ max: 200 }), withProperties: fc.boolean() }),
  { minLength: 1, maxLength: 30 },
);

describe('decodeRun', () => {
  it('gives the pieces of every run again, however the stream was cut', () => {
    const profiles = fc.constantFrom(...PROFILES);
    const subgroups = fc.constantFrom(0n, 7n, null);
    const starts = fc.constantFrom(0n, 5n, (1n << 60n) + 1n);
    fc.assert(
      fc.property(
        profiles,
        subgroups,
        starts,
        fc.boolean(),
        objects,
        fc.infiniteStream(fc.integer({ min: 1, max: 400 })),
        (profile, subgroup, start, hasProperties, all, cuts) => {
          const fixed = { trackAlias: 1n, group: 3n, priority: 9, endOfGroup: false, firstObject: false };
          const encoder = new SubgroupEncoder(profile, { hasProperties });
          const parts = [encodeSubgroupHeader(profile, { ...fixed, subgroup, hasProperties })];
          let object = start;
          for (const { skip, length, withProperties } of all) {
            object += BigInt(skip);
            const properties =
              hasProperties && withProperties && length > 0 ? PROPERTIES[profile.data.integers] : new Uint8Array();
            parts.push(encoder.objectHeader({ object, properties }, length), new Uint8Array(length).fill(length));
            object++;
          }
          const stream = new Uint8Array(Buffer.concat(parts));
          const decoder = new SubgroupDecoder(profile, LIMITS);
          const again: ObjectFragment[] = [];
          const before: ObjectFragment[] = [];
          for (let at = 0; at < stream.length; ) {
            const end = Math.min(stream.length, at + (cuts.next().value as number));
            const pieces = decoder.push(stream.subarray(at, end));
            at = end;
            const { encoded } = pieces;
            if (encoded === undefined) continue;
            before.push(...pieces);
            again.push(...decodeRun(encoded, pieces[0] as ObjectFragment));
          }
          expect(again).toEqual(before);
        },
      ),
    );
  });
});
