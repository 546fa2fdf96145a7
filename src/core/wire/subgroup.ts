import { BIG, type DataCursor, INCOMPLETE } from './data-cursor.js';
import type { DataLayout, DataLimits, DataProfile } from './data-layout.js';
import type { EncodedRun, FragmentRun } from './encoded-run.js';
import { HeaderWriter, statusCode } from './header-writer.js';
import type { ObjectFragment, ObjectHeader, ObjectStatus, SubgroupHeader } from './messages/object.js';
import { NO_BYTES, ObjectStreamDecoder } from './object-stream.js';
import { EncodeError, WireError } from './wire-error.js';
import { ByteWriter } from './writer.js';

export const DEFAULT_PRIORITY = 128;

const MODE_ZERO = 0;
const MODE_FIRST_OBJECT = 1;
const MODE_EXPLICIT = 2;
const MODE_RESERVED = 3;

/** The type bits of a subgroup header that this draft assigns; throws WireError for any other type. */
export function checkSubgroupType(layout: DataLayout, type: number): void {
  const bits = layout.subgroup;
  const known =
    bits.base |
    bits.properties |
    bits.endOfGroup |
    bits.defaultPriority |
    bits.firstObject |
    (MODE_RESERVED << bits.idModeShift);
  if (!isSubgroupType(layout, type) || (type & ~known) !== 0) {
    throw new WireError(`stream type 0x${type.toString(16)} is not one that this draft assigns`);
  }
  if (((type >> bits.idModeShift) & 3) === MODE_RESERVED) {
    throw new WireError(`subgroup type 0x${type.toString(16)} uses the reserved subgroup ID mode 3`);
  }
}

/** True for a type whose form is that of a subgroup header, valid or not. */
function isSubgroupType(layout: DataLayout, type: number): boolean {
  const bits = layout.subgroup;
  const mask = 0x1f | bits.defaultPriority | bits.firstObject;
  return type >= 0 && type <= 0x7f && (type & ~mask) === 0 && (type & bits.base) !== 0;
}

/**
 * SUBGROUP_HEADER (draft-18 §11.4.2). The priority is written unless it is null and the draft has the DEFAULT_PRIORITY
 * bit; null becomes 128 where it has not. FIRST_OBJECT is a hint, and left out where the draft has no bit for it.
 */
export function encodeSubgroupHeader(profile: DataProfile, header: SubgroupHeader): Uint8Array {
  const layout = profile.data;
  const bits = layout.subgroup;
  const inherits = header.priority === null && bits.defaultPriority !== 0;
  const mode = header.subgroup === null ? MODE_FIRST_OBJECT : header.subgroup === 0n ? MODE_ZERO : MODE_EXPLICIT;
  const writer = new ByteWriter(layout.varints, 32);
  writer.varint(
    bits.base |
      (header.hasProperties ? bits.properties : 0) |
      (mode << bits.idModeShift) |
      (header.endOfGroup ? bits.endOfGroup : 0) |
      (inherits ? bits.defaultPriority : 0) |
      (header.firstObject ? bits.firstObject : 0),
  );
  writer.varint(header.trackAlias);
  writer.varint(header.group);
  if (mode === MODE_EXPLICIT) writer.varint(header.subgroup as bigint);
  if (!inherits) writer.uint8(header.priority ?? DEFAULT_PRIORITY);
  return writer.finish();
}

/** What stands before an object's payload. */
export interface SubgroupObject {
  readonly object: bigint;
  readonly status?: ObjectStatus;
  /** Raw key-value pairs in this draft's encoding. */
  readonly properties?: Uint8Array;
}

/** Writes the object headers of one subgroup stream. Payload never passes through here. */
export class SubgroupEncoder {
  private readonly writer: HeaderWriter;
  private readonly layout: DataLayout;
  private readonly hasProperties: boolean;
  /** The smallest ID that may come. */
  private next = 0n;
  /** `next` as a number while it is exact, so that consecutive IDs need no comparison of bigints with the bounds. */
  private nextNumber = 0;

  constructor(profile: DataProfile, header: { readonly hasProperties: boolean }) {
    this.layout = profile.data;
    this.writer = new HeaderWriter(this.layout);
    this.hasProperties = header.hasProperties;
  }

  /**
   * The bytes before the payload of the next object. IDs must ascend. Throws EncodeError (and the encoder goes on as
   * if it had not been called) when the object does not fit the stream or the draft.
   */
  objectHeader(object: SubgroupObject, payloadLength: number): Uint8Array {
    const id = object.object;
    const isNext = id === this.next;
    if (!isNext || this.nextNumber >= Number.MAX_SAFE_INTEGER) this.checkId(id);
    const properties = object.properties ?? NO_BYTES;
    if (properties.length > 0 && !this.hasProperties) {
      throw new EncodeError('the subgroup was opened without properties, but an object has some');
    }
    const status = object.status ?? 'normal';
    const code = statusCode(this.layout, status, payloadLength, properties.length > 0);
    const { writer } = this;
    writer.begin(properties.length);
    if (isNext) writer.integer(0);
    else writer.bigInteger(id - this.next);
    if (this.hasProperties) writer.lengthPrefixed(properties);
    writer.integer(payloadLength);
    if (payloadLength === 0) writer.integer(code);
    if (isNext) {
      this.next = id + 1n;
      this.nextNumber++;
    } else this.goOnAfter(id);
    return writer.finish();
  }

  /**
   * The bytes in which the pieces came, when they mean the same on this stream; else null. The encoder goes on after them.
   * The first piece must be the one that is due.
   */
  encodedAlready(pieces: FragmentRun): Uint8Array | null {
    const { encoded } = pieces;
    if (encoded === undefined || encoded.layout !== this.layout || encoded.hasProperties !== this.hasProperties) {
      return null;
    }
    if (encoded.previous !== this.next - 1n) return null;
    this.goOnAfter((pieces[pieces.length - 1] as ObjectFragment).header.object);
    return encoded.bytes;
  }

  private checkId(id: bigint): void {
    const { max } = this.layout.varints;
    if (id < this.next) throw new EncodeError(`object ${id} does not come after object ${this.next - 1n}`);
    if (id > max) throw new EncodeError(`object ID ${id} is above ${max}`);
  }

  private goOnAfter(id: bigint): void {
    this.next = id + 1n;
    this.nextNumber = Math.min(Number(this.next), Number.MAX_SAFE_INTEGER);
  }
}

/** Reads a subgroup stream from its first byte on. */
export class SubgroupDecoder extends ObjectStreamDecoder<ObjectFragment> {
  /** Null until all of it has arrived. The subgroup ID of mode 1 appears with the first object. */
  header: SubgroupHeader | null = null;
  /** The header has no subgroup ID: it is that of the first object. */
  subgroupIsFirstObject = false;
  protected subgroup: bigint | null = null;
  protected priority = DEFAULT_PRIORITY;
  protected first = true;
  protected previous = -1n;
  /** `previous` as a number while it is exact, so that the overflow check costs nothing. */
  protected previousNumber = -1;

  /**
   * @param defaultPriority the priority of objects whose header leaves it to the track: the track's default, or how to
   *   find it from the track alias.
   */
  constructor(
    profile: DataProfile,
    limits: DataLimits,
    private readonly defaultPriority: number | ((trackAlias: bigint) => number) = DEFAULT_PRIORITY,
  ) {
    super(profile, limits);
  }

  override push(chunk: Uint8Array): ObjectFragment[] & FragmentRun {
    const { previous } = this;
    const pieces: ObjectFragment[] & { encoded?: EncodedRun } = super.push(chunk);
    const { runStart, runEnd, layout, header } = this;
    if (pieces.length > 0 && runStart >= 0 && this.failure === null && header !== null) {
      const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset + runStart, runEnd - runStart);
      pieces.encoded = { layout, hasProperties: header.hasProperties, previous, bytes };
    }
    return pieces;
  }

  protected override readStreamHeader(cursor: DataCursor): boolean {
    const header = readSubgroupHeader(this.layout, cursor);
    if (header === null) return false;
    this.header = header;
    this.subgroup = header.subgroup;
    this.subgroupIsFirstObject = header.subgroup === null;
    const { defaultPriority } = this;
    this.priority =
      header.priority ?? (typeof defaultPriority === 'number' ? defaultPriority : defaultPriority(header.trackAlias));
    return true;
  }

  protected override readObjectHeader(cursor: DataCursor, entries: ObjectFragment[]): boolean {
    const delta = cursor.integer();
    if (delta === INCOMPLETE) return false;
    const bigDelta = delta === BIG ? cursor.big : 0n;
    const header = this.header as SubgroupHeader;
    let properties = NO_BYTES;
    if (header.hasProperties) {
      const length = cursor.integer();
      if (length === INCOMPLETE) return false;
      this.checkPropertiesLength(length);
      if (!cursor.has(length)) return false;
      if (length > 0) properties = cursor.take(length);
    }
    const payloadLength = cursor.integer();
    if (payloadLength === INCOMPLETE) return false;
    this.checkPayloadLength(payloadLength);
    let status: ObjectStatus = 'normal';
    if (payloadLength === 0) {
      const code = cursor.integer();
      if (code === INCOMPLETE) return false;
      status = this.status(code, properties.length > 0);
    }
    const object = this.nextObject(delta, bigDelta);
    if (this.first) this.firstObject(object, header);
    this.begin(
      {
        group: header.group,
        subgroup: this.subgroup,
        object,
        priority: this.priority,
        status,
        properties: this.keepProperties(properties),
        payloadLength,
      },
      entries,
    );
    return true;
  }

  protected override piece(header: ObjectHeader, offset: number, bytes: Uint8Array, complete: boolean): ObjectFragment {
    return { header, offset, bytes, complete };
  }

  /** The ID that is `delta` + 1 after the previous one; the first one is `delta` (draft-18 §11.4.2). */
  private nextObject(delta: number, bigDelta: bigint): bigint {
    const next = this.previousNumber + 1 + delta;
    let object: bigint;
    if (delta >= 0 && next <= Number.MAX_SAFE_INTEGER) {
      object = this.previous + 1n;
      if (delta > 0) object += BigInt(delta);
      this.previousNumber = next;
    } else {
      object = this.previous + 1n + (delta === BIG ? bigDelta : BigInt(delta));
      if (object > this.layout.varints.max) throw new WireError(`object ID ${object} overflows`);
      this.previousNumber = Number.MAX_SAFE_INTEGER;
    }
    this.previous = object;
    return object;
  }

  private firstObject(object: bigint, header: SubgroupHeader): void {
    this.first = false;
    if (header.subgroup !== null) return;
    this.subgroup = object;
    this.header = { ...header, subgroup: object };
  }
}

/** Reads SUBGROUP_HEADER; null when bytes are missing. Throws WireError when the draft does not assign the type. */
function readSubgroupHeader(layout: DataLayout, cursor: DataCursor): SubgroupHeader | null {
  const bits = layout.subgroup;
  const type = cursor.integer();
  if (type === INCOMPLETE) return null;
  if (type === BIG) throw new WireError(`stream type ${cursor.big} is not one that this draft assigns`);
  checkSubgroupType(layout, type);
  const mode = (type >> bits.idModeShift) & 3;
  const trackAlias = cursor.bigInteger();
  if (trackAlias === null) return null;
  const group = cursor.bigInteger();
  if (group === null) return null;
  const subgroup = mode === MODE_EXPLICIT ? cursor.bigInteger() : 0n;
  if (subgroup === null) return null;
  let priority: number | null = null;
  if ((type & bits.defaultPriority) === 0) {
    priority = cursor.byte();
    if (priority === INCOMPLETE) return null;
  }
  return {
    trackAlias,
    group,
    subgroup: mode === MODE_FIRST_OBJECT ? null : subgroup,
    priority,
    hasProperties: (type & bits.properties) !== 0,
    endOfGroup: (type & bits.endOfGroup) !== 0,
    firstObject: (type & bits.firstObject) !== 0,
  };
}
