import { toHex } from '../../util/bytes.js';
import { decodeDatagram, encodeDatagram } from '../datagram.js';
import { WireError } from '../wire-error.js';
import {
  bytesField,
  fieldsFromJson,
  integerField,
  optionalView,
  priorityField,
  statusField,
  statusView,
} from './data-fields.js';
import type { ViewCodec } from './view-codec.js';

const FIELDS = ['track_alias', 'group_id', 'object_id', 'publisher_priority', 'object_status', 'payload_hex'];

/** One OBJECT_DATAGRAM. The view has no place for its properties: they are in the canonical bytes only. */
export const datagramView: ViewCodec = {
  decode(profile, bytes) {
    const datagram = decodeDatagram(profile, bytes);
    if (datagram.kind === 'padding') throw new WireError('a padding datagram carries no object');
    const { trackAlias, inheritsPriority, hasStatus, object } = datagram;
    const { group, object: id, status, properties } = object.header;
    const { payload, endOfGroup } = object;
    const priority = inheritsPriority ? null : object.header.priority;
    return {
      decoded: {
        track_alias: String(trackAlias),
        group_id: String(group),
        object_id: String(id),
        publisher_priority: optionalView(priority),
        object_status: hasStatus ? statusView(profile, status) : null,
        payload_hex: toHex(payload),
      },
      rest: 0,
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
  },

  encode(profile, decoded) {
    const fields = fieldsFromJson(decoded, FIELDS, 'decoded');
    const payload = bytesField(fields, 'payload_hex');
    return encodeDatagram(profile, {
      trackAlias: integerField(fields, 'track_alias'),
      group: integerField(fields, 'group_id'),
      object: integerField(fields, 'object_id'),
      priority: priorityField(profile, fields),
      status: statusField(profile, fields, payload, false),
      explicitStatus: fields.object_status !== null,
      payload,
    });
  },
};
