import { concatBytes, toHex } from '../../util/bytes.js';
import type { DataLimits, DataProfile, RangeKind } from '../data-layout.js';
import { decodeDatagram, encodeDatagram } from '../datagram.js';
import { encodeFetchHeader, FetchDecoder, FetchEncoder } from '../fetch.js';
import type { FetchEntry, ObjectFragment, ObjectHeader, ObjectStatus } from '../messages/object.js';
import type { GroupOrder } from '../messages/parameters.js';
import { encodeSubgroupHeader, SubgroupDecoder, SubgroupEncoder } from '../subgroup.js';
import { EncodeError, WireError } from '../wire-error.js';
import { type Fields, integerField, objectField, readBytes, readInteger, readList } from './data-fields.js';

/** The kinds of `moqt decode` and `moqt encode` that carry objects. `fetch` needs the group order to decode deltas. */
export type DataViewKind = 'subgroup' | 'datagram' | 'fetch-asc' | 'fetch-desc';

/** The JSON view of one stream or datagram, and the bytes that our encoder writes for it. */
export interface DataView {
  readonly decoded: Fields;
  readonly canonical: Uint8Array;
}

/** The input is in memory as a whole, which bounds what it can hold. */
const LIMITS: DataLimits = { maxObjectBytes: Number.MAX_SAFE_INTEGER, maxPropertiesBytes: Number.MAX_SAFE_INTEGER };

/**
 * The JSON view of a whole data stream or datagram. Throws WireError, `incomplete` when only bytes are missing at the
 * end: after a complete object a stream is complete.
 */
export function decodeDataView(profile: DataProfile, kind: DataViewKind, bytes: Uint8Array): DataView {
  if (kind === 'subgroup') return decodeSubgroup(profile, bytes);
  if (kind === 'datagram') return decodeDatagramView(profile, bytes);
  return decodeFetch(profile, orderOf(kind), bytes);
}

/** The bytes of a JSON view. Throws EncodeError for unknown, missing or ill-typed fields and what does not fit the draft. */
export function encodeDataView(profile: DataProfile, kind: DataViewKind, decoded: unknown): Uint8Array {
  if (kind === 'subgroup') return encodeSubgroup(profile, decoded);
  if (kind === 'datagram') return encodeDatagramView(profile, decoded);
  return encodeFetch(profile, orderOf(kind), decoded);
}

function orderOf(kind: 'fetch-asc' | 'fetch-desc'): GroupOrder {
  return kind === 'fetch-asc' ? 'ascending' : 'descending';
}

function decodeSubgroup(profile: DataProfile, bytes: Uint8Array): DataView {
  const decoder = new SubgroupDecoder(profile, LIMITS);
  const fragments = decodeAll(decoder, bytes);
  const { header } = decoder;
  if (header === null) throw incomplete();
  // The header as it was written: without the ID that the first object gave it.
  const subgroup = decoder.subgroupIsFirstObject ? null : header.subgroup;
  const canonical = [encodeSubgroupHeader(profile, { ...header, subgroup })];
  const encoder = new SubgroupEncoder(profile, header);
  const objects = fragments.map(({ header: object, bytes: payload }) => {
    canonical.push(encoder.objectHeader(object, payload.length), payload);
    return {
      object_id: String(object.object),
      properties_hex: toHex(object.properties),
      object_status: payload.length === 0 ? statusField(profile, object.status) : null,
      payload_hex: toHex(payload),
    };
  });
  const decoded = {
    track_alias: String(header.trackAlias),
    group_id: String(header.group),
    subgroup_id: subgroup === null ? null : String(subgroup),
    publisher_priority: header.priority === null ? null : String(header.priority),
    objects,
  };
  return { decoded, canonical: concatBytes(canonical) };
}

function encodeSubgroup(profile: DataProfile, decoded: unknown): Uint8Array {
  const fields = objectField(decoded, 'decoded', [
    'track_alias',
    'group_id',
    'subgroup_id',
    'publisher_priority',
    'objects',
  ]);
  const objects = readList(fields, 'objects').map((item, i) =>
    objectField(item, `objects[${i}]`, ['object_id', 'properties_hex', 'object_status', 'payload_hex']),
  );
  const header = {
    trackAlias: integerField(fields, 'track_alias'),
    group: integerField(fields, 'group_id'),
    subgroup: readInteger(fields, 'subgroup_id'),
    priority: readPriority(profile, fields),
    hasProperties: objects.some((object) => object.properties_hex !== ''),
    endOfGroup: false,
    firstObject: false,
  };
  const encoder = new SubgroupEncoder(profile, header);
  const parts = [encodeSubgroupHeader(profile, header)];
  for (const object of objects) {
    const payload = readBytes(object, 'payload_hex');
    const status = readStatus(profile, object, payload, true);
    parts.push(
      encoder.objectHeader(
        { object: integerField(object, 'object_id'), status, properties: readBytes(object, 'properties_hex') },
        payload.length,
      ),
      payload,
    );
  }
  return concatBytes(parts);
}

function decodeDatagramView(profile: DataProfile, bytes: Uint8Array): DataView {
  const datagram = decodeDatagram(profile, bytes);
  if (datagram.kind === 'padding') throw new WireError('a padding datagram carries no object');
  const { trackAlias, inheritsPriority, hasStatus, object } = datagram;
  const { group, object: id, status, properties } = object.header;
  const priority = inheritsPriority ? null : object.header.priority;
  const { payload, endOfGroup } = object;
  return {
    decoded: {
      track_alias: String(trackAlias),
      group_id: String(group),
      object_id: String(id),
      publisher_priority: priority === null ? null : String(priority),
      object_status: hasStatus ? statusField(profile, status) : null,
      payload_hex: toHex(payload),
    },
    canonical: encodeDatagram(profile, {
      trackAlias,
      group,
      object: id,
      priority,
      status,
      properties,
      endOfGroup,
      explicitStatus: hasStatus,
      payload,
    }),
  };
}

function encodeDatagramView(profile: DataProfile, decoded: unknown): Uint8Array {
  const fields = objectField(decoded, 'decoded', [
    'track_alias',
    'group_id',
    'object_id',
    'publisher_priority',
    'object_status',
    'payload_hex',
  ]);
  const payload = readBytes(fields, 'payload_hex');
  return encodeDatagram(profile, {
    trackAlias: integerField(fields, 'track_alias'),
    group: integerField(fields, 'group_id'),
    object: integerField(fields, 'object_id'),
    priority: readPriority(profile, fields),
    status: readStatus(profile, fields, payload, false),
    explicitStatus: fields.object_status !== null,
    payload,
  });
}

function decodeFetch(profile: DataProfile, order: GroupOrder, bytes: Uint8Array): DataView {
  const decoder = new FetchDecoder(profile, order, LIMITS);
  const entries = decodeAll(decoder, bytes);
  const { requestId } = decoder;
  if (requestId === null) throw incomplete();
  const encoder = new FetchEncoder(profile, order);
  const canonical = [encodeFetchHeader(profile, requestId)];
  for (const entry of entries) {
    if (entry.kind === 'object') canonical.push(encoder.objectHeader(entry.header), entry.bytes);
    else canonical.push(encoder.endOfRange(entry.range, entry.group, entry.object));
  }
  return {
    decoded: { request_id: String(requestId), objects: entries.map((entry) => fetchEntryView(profile, entry)) },
    canonical: concatBytes(canonical),
  };
}

function fetchEntryView(profile: DataProfile, entry: FetchEntry): Fields {
  if (entry.kind === 'end-of-range') {
    return {
      group_id: String(entry.group),
      subgroup_id: null,
      object_id: String(entry.object),
      publisher_priority: null,
      properties_hex: '',
      object_status: null,
      end_of_range: RANGE_NAMES[entry.range],
      payload_hex: '',
    };
  }
  const { header, bytes } = entry;
  const showsStatus = bytes.length === 0 && fetchHasStatus(profile);
  return {
    group_id: String(header.group),
    subgroup_id: header.subgroup === null ? null : String(header.subgroup),
    object_id: String(header.object),
    publisher_priority: String(header.priority),
    properties_hex: toHex(header.properties),
    object_status: showsStatus ? statusField(profile, header.status) : null,
    end_of_range: null,
    payload_hex: toHex(bytes),
  };
}

function encodeFetch(profile: DataProfile, order: GroupOrder, decoded: unknown): Uint8Array {
  const fields = objectField(decoded, 'decoded', ['request_id', 'objects']);
  const encoder = new FetchEncoder(profile, order);
  const parts = [encodeFetchHeader(profile, integerField(fields, 'request_id'))];
  for (const [i, item] of readList(fields, 'objects').entries()) {
    const object = objectField(item, `objects[${i}]`, [
      'group_id',
      'subgroup_id',
      'object_id',
      'publisher_priority',
      'properties_hex',
      'object_status',
      'end_of_range',
      'payload_hex',
    ]);
    const group = integerField(object, 'group_id');
    const id = integerField(object, 'object_id');
    const payload = readBytes(object, 'payload_hex');
    if (object.end_of_range !== null) {
      parts.push(encoder.endOfRange(readRange(object), group, id));
      continue;
    }
    const header: ObjectHeader = {
      group,
      subgroup: readInteger(object, 'subgroup_id'),
      object: id,
      priority: Number(integerField(object, 'publisher_priority')),
      status: readStatus(profile, object, payload, fetchHasStatus(profile)),
      properties: readBytes(object, 'properties_hex'),
      payloadLength: payload.length,
    };
    parts.push(encoder.objectHeader(header), payload);
  }
  return concatBytes(parts);
}

const RANGE_NAMES: Readonly<Record<RangeKind, string>> = { 'non-existent': 'non_existent', unknown: 'unknown' };

function readRange(fields: Fields): RangeKind {
  const name = fields.end_of_range;
  for (const kind of ['non-existent', 'unknown'] as const) {
    if (RANGE_NAMES[kind] !== name) continue;
    for (const [field, empty] of Object.entries({ subgroup_id: null, publisher_priority: null, object_status: null })) {
      if (fields[field] !== empty) throw new EncodeError(`${field} must be null at the end of a range`);
    }
    for (const field of ['properties_hex', 'payload_hex']) {
      if (fields[field] !== '') throw new EncodeError(`${field} must be empty at the end of a range`);
    }
    return kind;
  }
  throw new EncodeError('end_of_range must be null, "non_existent" or "unknown"');
}

function fetchHasStatus(profile: DataProfile): boolean {
  const { fetch } = profile.data;
  return fetch.kind === 'absolute' || fetch.status;
}

function statusField(profile: DataProfile, status: ObjectStatus): string {
  for (const [code, name] of profile.data.statuses) if (name === status) return String(code);
  throw new RangeError(`the draft has no status ${status}`);
}

/** `required`: an object without payload has a status on this kind of stream. */
function readStatus(profile: DataProfile, fields: Fields, payload: Uint8Array, required: boolean): ObjectStatus {
  const code = readInteger(fields, 'object_status');
  if (code === null) {
    if (required && payload.length === 0)
      throw new EncodeError('object_status is missing for an object without payload');
    return 'normal';
  }
  if (payload.length > 0) throw new EncodeError('object_status must be null for an object with payload');
  const status = profile.data.statuses.get(Number(code));
  if (status === undefined) throw new EncodeError(`object_status ${code} is not one that this draft defines`);
  return status;
}

function readPriority(profile: DataProfile, fields: Fields): number | null {
  const priority = readInteger(fields, 'publisher_priority');
  if (priority === null && profile.data.subgroup.defaultPriority === 0) {
    throw new EncodeError('publisher_priority cannot be null: this draft has no default priority');
  }
  return priority === null ? null : Number(priority);
}

/** Everything in `bytes`; each object is one entry because it was pushed as one chunk. */
function decodeAll<T extends ObjectFragment | FetchEntry>(
  decoder: { push(chunk: Uint8Array): T[]; readonly failure: WireError | null; readonly atBoundary: boolean },
  bytes: Uint8Array,
): T[] {
  const entries = decoder.push(bytes);
  if (decoder.failure !== null) throw decoder.failure;
  if (!decoder.atBoundary) throw incomplete();
  return entries;
}

function incomplete(): WireError {
  return new WireError('the bytes end within a header or an object', { incomplete: true });
}
