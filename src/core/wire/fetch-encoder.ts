import type { DataProfile, FlaggedFetchLayout, RangeKind } from './data-layout.js';
import {
  FLAG_GROUP,
  FLAG_OBJECT,
  FLAG_PRIORITY,
  FLAG_PROPERTIES,
  type PriorEntry,
  SUBGROUP_PRESENT,
  SUBGROUP_PRIOR,
  SUBGROUP_PRIOR_PLUS_ONE,
  SUBGROUP_ZERO,
} from './fetch-flags.js';
import { HeaderWriter, statusCode } from './header-writer.js';
import type { ObjectHeader } from './messages/object.js';
import type { GroupOrder } from './messages/parameters.js';
import { EncodeError } from './wire-error.js';
import { ByteWriter } from './writer.js';

/** FETCH_HEADER: what the stream begins with. */
export function encodeFetchHeader(profile: DataProfile, requestId: bigint): Uint8Array {
  const writer = new ByteWriter(profile.data.varints, 16);
  writer.varint(profile.data.streamTypes.fetch);
  writer.varint(requestId);
  return writer.finish();
}

/** Writes the entries of one FETCH stream. Payload never passes through here. */
export class FetchEncoder {
  private readonly writer: HeaderWriter;
  private readonly prior: PriorEntry = { location: null, object: null };

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
