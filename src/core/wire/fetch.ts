import { BIG, type DataCursor, INCOMPLETE } from './data-cursor.js';
import type { DataLimits, DataProfile, FlaggedFetchLayout, RangeKind } from './data-layout.js';
import {
  FLAG_GROUP,
  FLAG_OBJECT,
  FLAG_PRIORITY,
  FLAG_PROPERTIES,
  KNOWN_FLAGS,
  type PriorEntry,
  SUBGROUP_PRESENT,
  SUBGROUP_PRIOR_PLUS_ONE,
  SUBGROUP_ZERO,
} from './fetch-flags.js';
import type { FetchEntry, ObjectHeader, ObjectStatus } from './messages/object.js';
import type { GroupOrder } from './messages/parameters.js';
import { NO_BYTES, ObjectStreamDecoder } from './object-stream.js';
import { WireError } from './wire-error.js';

export { encodeFetchHeader, FetchEncoder } from './fetch-encoder.js';

/** Reads a FETCH stream from its first byte on. `groupOrder` is what the fetch asked for: deltas depend on it (18+). */
export class FetchDecoder extends ObjectStreamDecoder<FetchEntry> {
  /** Null until the stream's header has arrived. */
  requestId: bigint | null = null;
  private readonly prior: PriorEntry = { location: null, object: null };
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

function refersToNothing(what: string): WireError {
  return new WireError(`serialization flags refer to the ${what} of a prior object, and there is none`);
}
