import { BIG, type DataCursor, INCOMPLETE } from './data-cursor.js';
import type { DataLimits, DataProfile, FlaggedFetchLayout, RangeKind } from './data-layout.js';
import { HeaderWriter, statusCode } from './header-writer.js';
import type { FetchEntry, ObjectHeader, ObjectStatus } from './messages/object.js';
import type { GroupOrder } from './messages/parameters.js';
import { NO_BYTES, ObjectStreamDecoder } from './object-stream.js';
import { EncodeError, WireError } from './wire-error.js';
import { ByteWriter } from './writer.js';

/** Serialization flags (draft-18 §11.4.4). The low two bits say where the subgroup ID is. */
const SUBGROUP_ZERO = 0;
const SUBGROUP_PRIOR = 1;
const SUBGROUP_PRIOR_PLUS_ONE = 2;
const SUBGROUP_PRESENT = 3;
const FLAG_OBJECT = 0x04;
const FLAG_GROUP = 0x08;
const FLAG_PRIORITY = 0x10;
const FLAG_PROPERTIES = 0x20;
const KNOWN_FLAGS = SUBGROUP_PRESENT | FLAG_OBJECT | FLAG_GROUP | FLAG_PRIORITY | FLAG_PROPERTIES;

/**
 * What flags can refer to. After an end of range the location is the range's, the rest that of the last object
 * (draft-18 §11.4.4.2).
 */
interface Prior {
  location: { group: bigint; object: bigint } | null;
  object: { subgroup: bigint | null; priority: number } | null;
}

/** FETCH_HEADER: what the stream begins with. */
export function encodeFetchHeader(profile: DataProfile, requestId: bigint): Uint8Array {
  const writer = new ByteWriter(profile.data.varints, 16);
  writer.varint(profile.data.streamTypes.fetch);
  writer.varint(requestId);
  return writer.finish();
}

/** Reads a FETCH stream from its first byte on. `groupOrder` is what the fetch asked for: deltas depend on it (18+). */
export class FetchDecoder extends ObjectStreamDecoder<FetchEntry> {
  /** Null until the stream's header has arrived. */
  requestId: bigint | null = null;
  private readonly prior: Prior = { location: null, object: null };
  /** Fields read so far of the object at hand. */
  private group = 0n;
  private id = 0n;
  private subgroup: bigint | null = 0n;
  private priority = 0;

  constructor(
    profile: DataProfile,
    private readonly groupOrder: GroupOrder,
    limits: DataLimits,
  ) {
    super(profile, limits);
  }

  protected override readStreamHeader(cursor: DataCursor): boolean {
    const type = cursor.integer();
    if (type === INCOMPLETE) return false;
    if (type !== this.layout.streamTypes.fetch) {
      throw new WireError(`stream type ${type === BIG ? cursor.big : type} is not FETCH_HEADER`);
    }
    this.requestId = cursor.bigInteger();
    return this.requestId !== null;
  }

  protected override readObjectHeader(cursor: DataCursor, entries: FetchEntry[]): boolean {
    const layout = this.layout.fetch;
    if (layout.kind === 'absolute') {
      return this.readAbsolute(cursor) && this.readRest(cursor, true, true, entries);
    }
    const flags = layout.flagsAreOneByte ? cursor.byte() : cursor.integer();
    if (flags === INCOMPLETE) return false;
    const range = layout.ranges.get(flags);
    if (range !== undefined) return this.readRange(cursor, range, entries);
    if (flags === BIG || (flags & ~(KNOWN_FLAGS | layout.datagramFlag)) !== 0) {
      throw new WireError(
        `serialization flags ${flags === BIG ? cursor.big : `0x${flags.toString(16)}`} are not defined`,
      );
    }
    return (
      this.readFlagged(cursor, layout, flags) &&
      this.readRest(cursor, (flags & FLAG_PROPERTIES) !== 0, layout.status, entries)
    );
  }

  protected override piece(header: ObjectHeader, offset: number, bytes: Uint8Array, complete: boolean): FetchEntry {
    return { kind: 'object', header, offset, bytes, complete };
  }

  /** Draft-14 §10.4.4. */
  private readAbsolute(cursor: DataCursor): boolean {
    const group = cursor.bigInteger();
    if (group === null) return false;
    const subgroup = cursor.bigInteger();
    if (subgroup === null) return false;
    const id = cursor.bigInteger();
    if (id === null) return false;
    const priority = cursor.byte();
    if (priority === INCOMPLETE) return false;
    this.group = group;
    this.subgroup = subgroup;
    this.id = id;
    this.priority = priority;
    return true;
  }

  private readFlagged(cursor: DataCursor, layout: FlaggedFetchLayout, flags: number): boolean {
    const { location, object } = this.prior;
    const hasGroup = (flags & FLAG_GROUP) !== 0;
    const hasObject = (flags & FLAG_OBJECT) !== 0;
    const isDatagram = (flags & layout.datagramFlag) !== 0;
    const mode = flags & SUBGROUP_PRESENT;
    if (location === null && !(hasGroup && hasObject)) throw refersToNothing('location');
    if (object === null && (flags & FLAG_PRIORITY) === 0) throw refersToNothing('priority');

    let group = location?.group ?? 0n;
    if (hasGroup) {
      const written = cursor.bigInteger();
      if (written === null) return false;
      group = this.groupId(layout, written);
    }
    let subgroup: bigint | null = 0n;
    if (isDatagram) {
      // The two bits that say where the subgroup ID is are ignored (draft-18 §11.4.4.1), so it cannot be present.
      subgroup = null;
    } else if (mode === SUBGROUP_PRESENT) {
      subgroup = cursor.bigInteger();
      if (subgroup === null) return false;
    } else if (mode !== SUBGROUP_ZERO) {
      if (object === null || object.subgroup === null) throw refersToNothing('subgroup');
      subgroup = object.subgroup + (mode === SUBGROUP_PRIOR_PLUS_ONE ? 1n : 0n);
      this.checkId(subgroup, 'subgroup');
    }
    let id: bigint;
    if (hasObject) {
      const written = cursor.bigInteger();
      if (written === null) return false;
      id = layout.ids === 'delta' && location !== null && !hasGroup ? location.object + written : written;
    } else {
      id = (location as { object: bigint }).object + 1n;
    }
    this.checkId(id, 'object');
    let priority = object?.priority ?? 0;
    if ((flags & FLAG_PRIORITY) !== 0) {
      priority = cursor.byte();
      if (priority === INCOMPLETE) return false;
    }
    this.group = group;
    this.subgroup = subgroup;
    this.id = id;
    this.priority = priority;
    return true;
  }

  /** A group ID that is present (draft-18 §11.4.4.1). */
  private groupId(layout: FlaggedFetchLayout, written: bigint): bigint {
    const { location } = this.prior;
    if (layout.ids === 'absolute' || location === null) return written;
    const group = this.groupOrder === 'ascending' ? location.group + written + 1n : location.group - written - 1n;
    this.checkId(group, 'group');
    return group;
  }

  private checkId(id: bigint, what: string): void {
    if (id < 0n || id > this.layout.varints.max) throw new WireError(`a ${what} ID of ${id} overflows`);
  }

  /** Properties, length and status, which follow the IDs in every draft. */
  private readRest(cursor: DataCursor, hasProperties: boolean, hasStatus: boolean, entries: FetchEntry[]): boolean {
    let properties = NO_BYTES;
    if (hasProperties) {
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
    if (payloadLength === 0 && hasStatus) {
      const code = cursor.integer();
      if (code === INCOMPLETE) return false;
      status = this.status(code, properties.length > 0);
    }
    const { group, subgroup, id: object, priority } = this;
    const layout = this.layout.fetch;
    properties = this.keepProperties(properties);
    this.prior.location = { group, object };
    const keeps = layout.kind === 'flags' && layout.priorSubgroup === 'last-known' ? this.prior.object?.subgroup : null;
    this.prior.object = { subgroup: subgroup ?? keeps ?? null, priority };
    this.begin({ group, subgroup, object, priority, status, properties, payloadLength }, entries);
    return true;
  }

  /**
   * The end of a range. Draft-18 §11.4.4.2 says only that "the Group ID and Object ID fields are present"; they are
   * read as absolute, as implementations do.
   */
  private readRange(cursor: DataCursor, range: RangeKind, entries: FetchEntry[]): boolean {
    const group = cursor.bigInteger();
    if (group === null) return false;
    const object = cursor.bigInteger();
    if (object === null) return false;
    this.prior.location = { group, object };
    entries.push({ kind: 'end-of-range', range, group, object });
    return true;
  }
}

/** Writes the entries of one FETCH stream. Payload never passes through here. */
export class FetchEncoder {
  private readonly writer: HeaderWriter;
  private readonly prior: Prior = { location: null, object: null };

  constructor(
    private readonly profile: DataProfile,
    private readonly groupOrder: GroupOrder,
  ) {
    this.writer = new HeaderWriter(profile.data);
  }

  /**
   * The bytes before the payload of the next object. Throws EncodeError, with nothing changed, when the object does not
   * fit: a status in a draft whose fetches carry none, or (18+) a location against the group order.
   */
  objectHeader(header: ObjectHeader): Uint8Array {
    const layout = this.profile.data.fetch;
    const { properties, payloadLength } = header;
    const withStatus = layout.kind === 'absolute' || layout.status;
    if (header.status !== 'normal' && !withStatus) {
      throw new EncodeError(`this draft cannot carry the status ${header.status} in a FETCH response`);
    }
    const code = statusCode(this.profile.data, header.status, payloadLength, properties.length > 0);
    const { writer } = this;
    writer.begin(properties.length);
    const hasProperties = layout.kind === 'absolute' ? this.writeAbsolute(header) : this.writeFlagged(layout, header);
    if (hasProperties) writer.lengthPrefixed(properties);
    writer.integer(payloadLength);
    if (payloadLength === 0 && withStatus) writer.integer(code);
    this.prior.location = { group: header.group, object: header.object };
    // After an object without subgroup the next one writes its own: decoders differ in what it could refer to.
    this.prior.object = { subgroup: header.subgroup, priority: header.priority };
    return writer.finish();
  }

  /** The end of a range. Throws EncodeError where the draft has none (14, 15). */
  endOfRange(range: RangeKind, group: bigint, object: bigint): Uint8Array {
    const layout = this.profile.data.fetch;
    const code = layout.kind === 'flags' ? [...layout.ranges].find(([, kind]) => kind === range)?.[0] : undefined;
    if (code === undefined) throw new EncodeError(`this draft cannot carry the end of a range in a FETCH response`);
    const { writer } = this;
    writer.begin(0);
    writer.integer(code);
    writer.bigInteger(group);
    writer.bigInteger(object);
    this.prior.location = { group, object };
    return writer.finish();
  }

  /** Draft 14 has no objects without subgroup: a datagram's subgroup ID is its object ID (§10.4.4). */
  private writeAbsolute(header: ObjectHeader): true {
    this.writer.bigInteger(header.group);
    this.writer.bigInteger(header.subgroup ?? header.object);
    this.writer.bigInteger(header.object);
    this.writer.byte(header.priority);
    return true;
  }

  private writeFlagged(layout: FlaggedFetchLayout, header: ObjectHeader): boolean {
    const { location, object: last } = this.prior;
    const newGroup = location === null || location.group !== header.group;
    const hasObject = newGroup || header.object !== location.object + 1n;
    const hasPriority = last === null || last.priority !== header.priority;
    const hasProperties = header.properties.length > 0;
    const subgroup = header.subgroup ?? (layout.datagramFlag === 0 ? header.object : null);
    const mode = subgroupMode(subgroup, last?.subgroup ?? null);
    const group = newGroup ? this.groupField(layout, header.group) : 0n;
    const object = this.objectField(layout, header.object, newGroup);
    const { writer } = this;
    writer.integer(
      (subgroup === null ? layout.datagramFlag : mode) |
        (newGroup ? FLAG_GROUP : 0) |
        (hasObject ? FLAG_OBJECT : 0) |
        (hasPriority ? FLAG_PRIORITY : 0) |
        (hasProperties ? FLAG_PROPERTIES : 0),
    );
    if (newGroup) writer.bigInteger(group);
    if (subgroup !== null && mode === SUBGROUP_PRESENT) writer.bigInteger(subgroup);
    if (hasObject) writer.bigInteger(object);
    if (hasPriority) writer.byte(header.priority);
    return hasProperties;
  }

  private groupField(layout: FlaggedFetchLayout, group: bigint): bigint {
    const { location } = this.prior;
    if (layout.ids === 'absolute' || location === null) return group;
    const delta = this.groupOrder === 'ascending' ? group - location.group - 1n : location.group - group - 1n;
    if (delta < 0n) throw new EncodeError(`group ${group} after ${location.group} is not ${this.groupOrder}`);
    return delta;
  }

  private objectField(layout: FlaggedFetchLayout, object: bigint, newGroup: boolean): bigint {
    const { location } = this.prior;
    if (layout.ids === 'absolute' || newGroup || location === null) return object;
    if (object < location.object) throw new EncodeError(`object ${object} comes after object ${location.object}`);
    return object - location.object;
  }
}

function subgroupMode(subgroup: bigint | null, prior: bigint | null): number {
  if (subgroup === 0n || subgroup === null) return SUBGROUP_ZERO;
  if (subgroup === prior) return SUBGROUP_PRIOR;
  return prior !== null && subgroup === prior + 1n ? SUBGROUP_PRIOR_PLUS_ONE : SUBGROUP_PRESENT;
}

function refersToNothing(what: string): WireError {
  return new WireError(`serialization flags refer to the ${what} of a prior object, and there is none`);
}
