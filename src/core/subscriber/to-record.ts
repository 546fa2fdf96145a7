import type { TrackRecord } from '../records/object-record.js';
import type { FullTrackName } from '../wire/full-track-name.js';
import type { DraftProfile } from '../wire/profile.js';
import { decodeProperties } from '../wire/properties.js';
import type { ReceivedPiece, TrackItem } from './track-item.js';

const NO_PROPERTIES: readonly never[] = [];

/**
 * An item as a record that publishing takes back: properties decoded, names added. Pieces of objects have no such form.
 * Throws WireError for properties that do not follow the profile's draft.
 */
export function toRecord(
  item: Exclude<TrackItem, ReceivedPiece>,
  track: FullTrackName,
  profile: DraftProfile,
): TrackRecord {
  const origin = { namespace: track.namespace, track: track.name };
  if (item.kind !== 'object') return { ...origin, receivedAt: null, ...item };
  const { header, payload, forwarding, receivedAt } = item;
  const { group, subgroup, object, priority, status, properties } = header;
  return {
    kind: 'object',
    ...origin,
    group,
    subgroup,
    object,
    priority,
    forwarding,
    status,
    properties: properties.length === 0 ? NO_PROPERTIES : decodeProperties(profile, properties),
    receivedAt,
    payload,
  };
}
