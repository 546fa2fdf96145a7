import { concatBytes, toHex } from '../../util/bytes.js';
import type { DataProfile } from '../data-layout.js';
import type { SubgroupHeader } from '../messages/object.js';
import { encodeSubgroupHeader, SubgroupDecoder, SubgroupEncoder } from '../subgroup.js';
import {
  bytesField,
  decodeWhole,
  endsEarly,
  fieldsFromJson,
  integerField,
  optionalIntegerField,
  optionalView,
  priorityField,
  statusField,
  statusView,
  VIEW_LIMITS,
} from './data-fields.js';
import { arrayFromJson, type Json } from './json.js';
import type { ViewCodec } from './view-codec.js';

const STREAM_FIELDS = ['track_alias', 'group_id', 'subgroup_id', 'publisher_priority', 'objects'];
const OBJECT_FIELDS = ['object_id', 'properties_hex', 'object_status', 'payload_hex'];

/** A whole subgroup stream. `subgroup_id` null: the first object's ID; `publisher_priority` null: the track's default. */
export const subgroupView: ViewCodec = {
  decode(profile, bytes) {
    const decoder = new SubgroupDecoder(profile, VIEW_LIMITS);
    const fragments = decodeWhole(decoder, bytes);
    if (decoder.header === null) throw endsEarly();
    // The header as it was written: without the ID that the first object gave it.
    const subgroup = decoder.subgroupIsFirstObject ? null : decoder.header.subgroup;
    const header: SubgroupHeader = { ...decoder.header, subgroup };
    const canonical = [encodeSubgroupHeader(profile, header)];
    const encoder = new SubgroupEncoder(profile, header);
    const objects = fragments.map(({ header: object, bytes: payload }) => {
      canonical.push(encoder.objectHeader(object, payload.length), payload);
      return {
        object_id: String(object.object),
        properties_hex: toHex(object.properties),
        object_status: payload.length === 0 ? statusView(profile, object.status) : null,
        payload_hex: toHex(payload),
      };
    });
    const decoded = {
      track_alias: String(header.trackAlias),
      group_id: String(header.group),
      subgroup_id: optionalView(subgroup),
      publisher_priority: optionalView(header.priority),
      objects,
    };
    return { decoded, rest: 0, canonical: concatBytes(canonical) };
  },

  encode(profile, decoded) {
    const fields = fieldsFromJson(decoded, STREAM_FIELDS, 'decoded');
    const objects = arrayFromJson(fields.objects as Json, 'objects').map((json) => readObject(profile, json));
    const header: SubgroupHeader = {
      trackAlias: integerField(fields, 'track_alias'),
      group: integerField(fields, 'group_id'),
      subgroup: optionalIntegerField(fields, 'subgroup_id'),
      priority: priorityField(profile, fields),
      hasProperties: objects.some(({ properties }) => properties.length > 0),
      endOfGroup: false,
      firstObject: false,
    };
    const encoder = new SubgroupEncoder(profile, header);
    const parts = [encodeSubgroupHeader(profile, header)];
    for (const object of objects) parts.push(encoder.objectHeader(object, object.payload.length), object.payload);
    return concatBytes(parts);
  },
};

function readObject(profile: DataProfile, json: Json) {
  const fields = fieldsFromJson(json, OBJECT_FIELDS, 'object');
  const payload = bytesField(fields, 'payload_hex');
  return {
    object: integerField(fields, 'object_id'),
    status: statusField(profile, fields, payload, true),
    properties: bytesField(fields, 'properties_hex'),
    payload,
  };
}
