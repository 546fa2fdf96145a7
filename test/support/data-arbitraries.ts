import fc from 'fast-check';
import { profileByDraft } from '../../src/core/wire/drafts/index.js';
import type { ObjectStatus } from '../../src/core/wire/messages/object.js';
import type { KeyValuePair } from '../../src/core/wire/messages/parameters.js';
import type { DraftProfile } from '../../src/core/wire/profile.js';
import { encodeProperties } from '../../src/core/wire/properties.js';

export const DRAFTS = ['14', '16', '18'] as const;

export function profileOf(draft: string): DraftProfile {
  const profile = profileByDraft(draft);
  if (profile === undefined) throw new Error(`no profile for draft ${draft}`);
  return profile;
}

/** Small, around the boundaries of each varint form, around 2^53, and the largest that fits. */
export function anyInteger(max: bigint): fc.Arbitrary<bigint> {
  const edges = [0x3fn, 0x40n, 0x7fn, 0x80n, 0x3fffn, 0x4000n, 0x3fff_ffffn, 1n << 30n, 1n << 49n, 1n << 53n, max];
  return fc.oneof(
    { weight: 4, arbitrary: fc.bigInt({ min: 0n, max: 20n }) },
    { weight: 2, arbitrary: fc.constantFrom(...edges, ...edges.map((edge) => edge - 1n)) },
    { weight: 1, arbitrary: fc.bigInt({ min: 0n, max }) },
  );
}

export function anyPairs(profile: DraftProfile): fc.Arbitrary<KeyValuePair[]> {
  const max = profile.data.varints.max;
  const type = fc.oneof(fc.constantFrom(0x3cn, 0x3en, 0x0bn, 0x40n, 0x41n), fc.bigInt({ min: 0n, max }));
  return fc.array(
    type.chain((t) =>
      fc.record({
        type: fc.constant(t),
        value: (t & 1n) === 0n ? anyInteger(max) : fc.uint8Array({ maxLength: 20 }),
      }),
    ),
    { maxLength: 4 },
  );
}

export interface AnyObject {
  readonly status: ObjectStatus;
  readonly properties: Uint8Array;
  readonly payload: Uint8Array;
}

/** An object that the draft can carry: properties and payload only where its status allows them. */
export function anyObject(profile: DraftProfile, withProperties: boolean): fc.Arbitrary<AnyObject> {
  const statuses = [...profile.data.statuses.values()];
  return fc
    .record({
      status: fc.oneof({ weight: 3, arbitrary: fc.constant<ObjectStatus>('normal') }, fc.constantFrom(...statuses)),
      pairs: withProperties ? anyPairs(profile) : fc.constant<KeyValuePair[]>([]),
      payload: fc.uint8Array({ maxLength: 90 }),
    })
    .map(({ status, pairs, payload }) => ({
      status,
      properties: profile.data.statusesWithProperties.has(status)
        ? encodeProperties(profile, pairs)
        : new Uint8Array(0),
      payload: status === 'normal' ? payload : new Uint8Array(0),
    }));
}

/** The bytes cut into chunks at the given places (taken modulo the length), in order. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    chunks.push(bytes.subarray(start, end));
    start = end;
  }
  return chunks;
}

export function oneByOne(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

export const anyCuts: fc.Arbitrary<number[]> = fc.array(fc.nat(), { maxLength: 12 });
