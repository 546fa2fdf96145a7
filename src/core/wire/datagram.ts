import { BIG, DataCursor, INCOMPLETE } from './data-cursor.js';
import type { DataProfile } from './data-layout.js';
import { statusCode } from './header-writer.js';
import type { DatagramObject, ObjectHeader, ObjectStatus } from './messages/object.js';
import { NO_BYTES, objectStatus } from './object-stream.js';
import { checkProperties } from './properties.js';
import { DEFAULT_PRIORITY } from './subgroup.js';
import { EncodeError, WireError } from './wire-error.js';
import { ByteWriter } from './writer.js';

/** What an object needs to leave as a datagram. */
export interface OutgoingDatagramFields {
  readonly trackAlias: bigint;
  readonly group: bigint;
  readonly object: bigint;
  /** Omitted: 128. Null: the track's default where the draft has the DEFAULT_PRIORITY bit, else 128. */
  readonly priority?: number | null;
  readonly status?: ObjectStatus;
  /** Raw key-value pairs in this draft's encoding. */
  readonly properties?: Uint8Array;
  readonly endOfGroup?: boolean;
  /** Write the status Normal of an object without payload, which says the same as an empty payload. */
  readonly explicitStatus?: boolean;
  readonly payload?: Uint8Array;
}

export type DecodedDatagram =
  | {
      readonly kind: 'object';
      readonly trackAlias: bigint;
      /** The DEFAULT_PRIORITY bit: `object.header.priority` is the default that was passed in. */
      readonly inheritsPriority: boolean;
      /** The STATUS bit. */
      readonly hasStatus: boolean;
      /** Properties and payload are views into the datagram. */
      readonly object: DatagramObject;
    }
  /** To be discarded (draft-18 §11.5.2). */
  | { readonly kind: 'padding' };

/**
 * OBJECT_DATAGRAM (draft-18 §11.3.1) as one buffer, since a datagram cannot be sent in pieces. Throws EncodeError when
 * the draft cannot carry the object.
 */
export function encodeDatagram(profile: DataProfile, fields: OutgoingDatagramFields): Uint8Array {
  const layout = profile.data;
  const bits = layout.datagram;
  const { status = 'normal', properties = NO_BYTES, payload = NO_BYTES, endOfGroup = false } = fields;
  const code = statusCode(layout, status, payload.length, properties.length > 0);
  const hasStatus = status !== 'normal' || (fields.explicitStatus === true && payload.length === 0);
  if (hasStatus && endOfGroup) {
    throw new EncodeError(`a datagram with status ${status} cannot also signal the end of the group`);
  }
  const inherits = fields.priority === null && bits.defaultPriority !== 0;
  // ZERO_OBJECT_ID would save a byte; the plain types are those that every implementation reads.
  const type =
    (properties.length > 0 ? bits.properties : 0) |
    (endOfGroup ? bits.endOfGroup : 0) |
    (inherits ? bits.defaultPriority : 0) |
    (hasStatus ? bits.status : 0);
  const writer = new ByteWriter(layout.varints, 48 + properties.length + payload.length);
  writer.varint(type);
  writer.varint(fields.trackAlias);
  writer.varint(fields.group);
  writer.varint(fields.object);
  if (!inherits) writer.uint8(fields.priority ?? DEFAULT_PRIORITY);
  if (properties.length > 0) writer.lengthPrefixed(properties);
  if (hasStatus) writer.varint(code);
  else writer.bytes(payload);
  return writer.finish();
}

/** The bytes of a PADDING datagram of `length` zeros; throws EncodeError where the draft has none (to 17). */
export function encodePaddingDatagram(profile: DataProfile, length: number): Uint8Array {
  const type = profile.data.paddingDatagram;
  if (type === null) throw new EncodeError('this draft has no padding datagrams');
  const writer = new ByteWriter(profile.data.varints, 16 + length);
  writer.varint(type);
  writer.bytes(new Uint8Array(length));
  return writer.finish();
}

/**
 * One datagram. Throws WireError for a type the draft does not assign, a malformed field, or bytes that are missing
 * (`incomplete`: only more bytes could make it whole, but a datagram has no more, so for a session it is a violation
 * all the same).
 */
export function decodeDatagram(
  profile: DataProfile,
  bytes: Uint8Array,
  defaultPriority: number | ((trackAlias: bigint) => number) = DEFAULT_PRIORITY,
): DecodedDatagram {
  const layout = profile.data;
  const bits = layout.datagram;
  const cursor = new DataCursor(layout.varints, layout.integers);
  cursor.load(bytes, 0, bytes.length);
  const type = there(cursor.integer());
  if (type === layout.paddingDatagram) return { kind: 'padding' };
  if (type === BIG || !bits.valid.has(type)) {
    throw new WireError(
      `datagram type ${type === BIG ? cursor.big : `0x${type.toString(16)}`} is not one that this draft assigns`,
    );
  }
  const trackAlias = there(cursor.bigInteger());
  const group = there(cursor.bigInteger());
  const object = (type & bits.zeroObjectId) === 0 ? there(cursor.bigInteger()) : 0n;
  const inheritsPriority = (type & bits.defaultPriority) !== 0;
  const written = inheritsPriority ? null : there(cursor.byte());
  const properties = (type & bits.properties) === 0 ? NO_BYTES : readProperties(profile, cursor);
  let status: ObjectStatus = 'normal';
  let payload = NO_BYTES;
  const hasStatus = (type & bits.status) !== 0;
  if (!hasStatus) {
    payload = bytes.subarray(cursor.position);
  } else {
    status = objectStatus(layout, there(cursor.integer()), properties.length > 0);
    const left = bytes.length - cursor.position;
    if (left > 0) throw new WireError(`a status datagram has ${left} bytes after the status`);
  }
  const header: ObjectHeader = {
    group,
    subgroup: null,
    object,
    priority: written ?? (typeof defaultPriority === 'number' ? defaultPriority : defaultPriority(trackAlias)),
    status,
    properties,
    payloadLength: payload.length,
  };
  const endOfGroup = (type & bits.endOfGroup) !== 0;
  return { kind: 'object', trackAlias, inheritsPriority, hasStatus, object: { header, endOfGroup, payload } };
}

/** A datagram must not announce properties and then have none (draft-14 §10.3.1). */
function readProperties(profile: DataProfile, cursor: DataCursor): Uint8Array {
  const length = there(cursor.integer());
  if (length === 0) throw new WireError('a datagram announces properties but their length is 0');
  if (length === BIG || !cursor.has(length)) throw incomplete();
  const properties = cursor.take(length);
  checkProperties(profile, properties);
  return properties;
}

function there<T extends number | bigint | null>(value: T): Exclude<T, null> {
  if (value === null || value === INCOMPLETE) throw incomplete();
  return value as Exclude<T, null>;
}

function incomplete(): WireError {
  return new WireError('the datagram ends within a field', { incomplete: true });
}
