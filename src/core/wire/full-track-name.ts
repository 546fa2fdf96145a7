import { bytesEqual, toLatin1 } from '../util/bytes.js';

export { MAX_FULL_TRACK_NAME_BYTES, MAX_NAMESPACE_FIELDS } from '../url/name-limits.js';

/** A namespace is a tuple of byte strings (draft-18 §2.4.1), never a path. */
export type TrackNamespace = readonly Uint8Array[];

/** Namespace and name together identify a track (draft-18 §2.4.1). */
export interface FullTrackName {
  readonly namespace: TrackNamespace;
  readonly name: Uint8Array;
}

/** A string that is equal for equal namespaces and only for those: a map key, not for display. */
export function namespaceKey(namespace: TrackNamespace): string {
  let key = '';
  for (const field of namespace) key += `${field.length}:${toLatin1(field)}`;
  return key;
}

/** A string that is equal for equal full track names and only for those: a map key, not for display. */
export function trackKey(track: FullTrackName): string {
  return `${namespaceKey(track.namespace)}|${toLatin1(track.name)}`;
}

/** True when the first fields of `namespace` are exactly `prefix`, field by field. */
export function hasPrefix(namespace: TrackNamespace, prefix: TrackNamespace): boolean {
  if (prefix.length > namespace.length) return false;
  for (let i = 0; i < prefix.length; i++) {
    if (!bytesEqual(namespace[i] as Uint8Array, prefix[i] as Uint8Array)) return false;
  }
  return true;
}
