import type { DataProfile } from './data-layout.js';
import type { KeyValuePair } from './messages/parameters.js';
import { ByteReader } from './reader.js';
import { EncodeError, WireError } from './wire-error.js';
import { ByteWriter } from './writer.js';

/** Types of track and object properties (draft-18 §12; "extension headers" to 16). */
export const PROPERTY = {
  objectDeliveryTimeout: 0x02n,
  maxCacheDuration: 0x04n,
  subgroupDeliveryTimeout: 0x06n,
  immutable: 0x0bn,
  defaultPublisherPriority: 0x0en,
  defaultPublisherGroupOrder: 0x22n,
  dynamicGroups: 0x30n,
  priorGroupIdGap: 0x3cn,
  priorObjectIdGap: 0x3en,
} as const;

/** Most bytes in the value of a pair with an odd type (draft-18 §1.4.3). */
export const MAX_PROPERTY_VALUE_BYTES = 0xffff;
/** Largest type, also where the varint itself carries less (draft-16 §1.4.2). */
const MAX_PROPERTY_TYPE = (1n << 64n) - 1n;

const OVERRUN = { message: 'a property runs past the end of the properties' };

function createReader(profile: DataProfile, bytes: Uint8Array): ByteReader {
  return new ByteReader(profile.data.varints, bytes, 0, bytes.length, OVERRUN);
}

/** The type of the next pair. */
function readType(profile: DataProfile, reader: ByteReader, previous: number | bigint): number | bigint {
  const written = reader.varint();
  if (profile.data.propertyKeys === 'absolute') return written;
  if (typeof previous === 'number' && typeof written === 'number' && previous + written <= Number.MAX_SAFE_INTEGER) {
    return previous + written;
  }
  const type = BigInt(previous) + BigInt(written);
  if (type > MAX_PROPERTY_TYPE) throw new WireError(`property type ${type} is above 2^64−1`);
  return type;
}

function isOdd(type: number | bigint): boolean {
  return typeof type === 'number' ? type % 2 === 1 : (type & 1n) === 1n;
}

/**
 * Checks that `bytes` are a sequence of key-value pairs of this draft, without building them.
 * Throws WireError when they are not.
 */
export function checkProperties(profile: DataProfile, bytes: Uint8Array): void {
  const reader = createReader(profile, bytes);
  let type: number | bigint = 0;
  while (reader.remaining > 0) {
    type = readType(profile, reader, type);
    if (isOdd(type)) reader.lengthPrefixed(MAX_PROPERTY_VALUE_BYTES, 'the length of a property');
    else reader.varint();
  }
}

/**
 * The pairs of a properties field (without its length), in wire order. Byte values are views into `bytes`.
 * Throws WireError (never incomplete: the field's length bounds it).
 */
export function decodeProperties(profile: DataProfile, bytes: Uint8Array): KeyValuePair[] {
  const reader = createReader(profile, bytes);
  const pairs: KeyValuePair[] = [];
  let type: number | bigint = 0;
  while (reader.remaining > 0) {
    type = readType(profile, reader, type);
    const value = isOdd(type)
      ? reader.lengthPrefixed(MAX_PROPERTY_VALUE_BYTES, 'the length of a property')
      : reader.bigVarint();
    pairs.push({ type: BigInt(type), value });
  }
  return pairs;
}

/**
 * The bytes of a properties field, without its length. Where keys are deltas the pairs are sorted by type (pairs of
 * one type keep their order). Throws EncodeError when a value does not match its type's parity or does not fit.
 */
export function encodeProperties(profile: DataProfile, pairs: readonly KeyValuePair[]): Uint8Array {
  const delta = profile.data.propertyKeys === 'delta';
  const ordered = delta ? [...pairs].sort((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0)) : pairs;
  const writer = new ByteWriter(profile.data.varints, 64);
  let previous = 0n;
  for (const { type, value } of ordered) {
    writer.varint(delta ? type - previous : type);
    previous = type;
    if (typeof value === 'bigint') {
      if ((type & 1n) === 1n) throw new EncodeError(`property type ${type} is odd and needs bytes, not an integer`);
      writer.varint(value);
    } else {
      if ((type & 1n) === 0n) throw new EncodeError(`property type ${type} is even and needs an integer, not bytes`);
      if (value.length > MAX_PROPERTY_VALUE_BYTES) {
        throw new EncodeError(`property type ${type} has ${value.length} bytes, above ${MAX_PROPERTY_VALUE_BYTES}`);
      }
      writer.lengthPrefixed(value);
    }
  }
  return writer.finish();
}

/** True when both drafts write properties alike, so that bytes of one can be passed on in the other. */
export function samePropertyCoding(from: DataProfile, to: DataProfile): boolean {
  return from.data.propertyKeys === to.data.propertyKeys && from.data.integers === to.data.integers;
}

/**
 * Properties of one draft as bytes of another; `bytes` itself where both write them alike. The value of IMMUTABLE is
 * itself a sequence of pairs and is transcoded as one: to leave it would make it unreadable in the other draft.
 * Throws WireError when `bytes` are not well-formed, EncodeError when a value does not fit the other draft.
 */
export function transcodeProperties(from: DataProfile, to: DataProfile, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || samePropertyCoding(from, to)) return bytes;
  return encodeProperties(
    to,
    decodeProperties(from, bytes).map((pair) =>
      pair.type === PROPERTY.immutable && pair.value instanceof Uint8Array
        ? { type: pair.type, value: encodeProperties(to, decodeProperties(from, pair.value)) }
        : pair,
    ),
  );
}
