import { concatBytes, toHex } from '../../util/bytes.js';
import type { DataProfile, RangeKind } from '../data-layout.js';
import { encodeFetchHeader, FetchDecoder, FetchEncoder } from '../fetch.js';
import type { FetchEntry, ObjectHeader } from '../messages/object.js';
import type { GroupOrder } from '../messages/parameters.js';
import { EncodeError } from '../wire-error.js';
import {
  bytesField,
  decodeWhole,
  endsEarly,
  fieldsFromJson,
  integerField,
  optionalIntegerField,
  optionalView,
  statusField,
  statusView,
  VIEW_LIMITS,
} from './data-fields.js';
import { arrayFromJson, type Json, type JsonObject } from './json.js';
import type { ViewCodec } from './view-codec.js';

const STREAM_FIELDS = ['request_id', 'objects'];
/** What the end of a range has none of, and the view shows as empty. */
const EMPTY_AT_END_OF_RANGE = {
  subgroup_id: null,
  publisher_priority: null,
  properties_hex: '',
  object_status: null,
  payload_hex: '',
};
const OBJECT_FIELDS = ['group_id', 'object_id', 'end_of_range', ...Object.keys(EMPTY_AT_END_OF_RANGE)];
const RANGE_NAMES: Readonly<Record<RangeKind, string>> = { 'non-existent': 'non_existent', unknown: 'unknown' };

/** A whole FETCH stream of a request for this group order, on which the deltas of draft 18 depend. */
export function fetchView(order: GroupOrder): ViewCodec {
  return {
    decode(profile, bytes) {
      const decoder = new FetchDecoder(profile, order, VIEW_LIMITS);
      const entries = decodeWhole(decoder, bytes);
      const { requestId } = decoder;
      if (requestId === null) throw endsEarly();
      const encoder = new FetchEncoder(profile, order);
      const canonical = [encodeFetchHeader(profile, requestId)];
      for (const entry of entries) {
        if (entry.kind === 'object') canonical.push(encoder.objectHeader(entry.header), entry.bytes);
        else canonical.push(encoder.endOfRange(entry.range, entry.group, entry.object));
      }
      const objects = entries.map((entry) => entryView(profile, entry));
      return { decoded: { request_id: String(requestId), objects }, rest: 0, canonical: concatBytes(canonical) };
    },

    encode(profile, decoded) {
      const fields = fieldsFromJson(decoded, STREAM_FIELDS, 'decoded');
      const encoder = new FetchEncoder(profile, order);
      const parts = [encodeFetchHeader(profile, integerField(fields, 'request_id'))];
      for (const json of arrayFromJson(fields.objects as Json, 'objects')) {
        const object = fieldsFromJson(json, OBJECT_FIELDS, 'object');
        if (object.end_of_range === null) {
          const payload = bytesField(object, 'payload_hex');
          parts.push(encoder.objectHeader(readHeader(profile, object, payload)), payload);
        } else {
          const range = readRange(object);
          parts.push(encoder.endOfRange(range, integerField(object, 'group_id'), integerField(object, 'object_id')));
        }
      }
      return concatBytes(parts);
    },
  };
}

function entryView(profile: DataProfile, entry: FetchEntry): JsonObject {
  if (entry.kind === 'end-of-range') {
    const { subgroup_id, publisher_priority, properties_hex, object_status, payload_hex } = EMPTY_AT_END_OF_RANGE;
    return {
      group_id: String(entry.group),
      subgroup_id,
      object_id: String(entry.object),
      publisher_priority,
      properties_hex,
      object_status,
      end_of_range: RANGE_NAMES[entry.range],
      payload_hex,
    };
  }
  const { header, bytes } = entry;
  return {
    group_id: String(header.group),
    subgroup_id: optionalView(header.subgroup),
    object_id: String(header.object),
    publisher_priority: String(header.priority),
    properties_hex: toHex(header.properties),
    object_status: bytes.length === 0 && hasStatus(profile) ? statusView(profile, header.status) : null,
    end_of_range: null,
    payload_hex: toHex(bytes),
  };
}

function readHeader(profile: DataProfile, fields: JsonObject, payload: Uint8Array): ObjectHeader {
  return {
    group: integerField(fields, 'group_id'),
    subgroup: optionalIntegerField(fields, 'subgroup_id'),
    object: integerField(fields, 'object_id'),
    priority: Number(integerField(fields, 'publisher_priority')),
    status: statusField(profile, fields, payload, hasStatus(profile)),
    properties: bytesField(fields, 'properties_hex'),
    payloadLength: payload.length,
  };
}

function readRange(fields: JsonObject): RangeKind {
  for (const [name, empty] of Object.entries(EMPTY_AT_END_OF_RANGE)) {
    if (fields[name] !== empty) throw new EncodeError(`${name} must be ${JSON.stringify(empty)} at the end of a range`);
  }
  for (const kind of ['non-existent', 'unknown'] as const) if (RANGE_NAMES[kind] === fields.end_of_range) return kind;
  throw new EncodeError('end_of_range must be null, "non_existent" or "unknown"');
}

function hasStatus(profile: DataProfile): boolean {
  const { fetch } = profile.data;
  return fetch.kind === 'absolute' || fetch.status;
}
