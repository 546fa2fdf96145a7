import type { FormatValue } from '../../core/render/format.js';
import type { ReceivedObject } from '../../core/subscriber/track-item.js';
import { formatNamespace, formatTrackName } from '../../core/url/namespace.js';
import type { FullTrackName } from '../../core/wire/full-track-name.js';

/** What `--format` can show of an object. */
export const OBJECT_VARIABLES = [
  'namespace',
  'track',
  'group',
  'subgroup',
  'object',
  'priority',
  'status',
  'forwarding',
  'size',
  'received_at',
] as const;

export function objectVariables(
  track: FullTrackName,
  { header, payload, forwarding, receivedAt }: ReceivedObject,
): Record<(typeof OBJECT_VARIABLES)[number], FormatValue> {
  return {
    namespace: formatNamespace(track.namespace),
    track: formatTrackName(track.name),
    group: header.group,
    subgroup: header.subgroup,
    object: header.object,
    priority: header.priority,
    status: header.status,
    forwarding,
    size: payload.length,
    received_at: new Date(receivedAt).toISOString(),
  };
}
