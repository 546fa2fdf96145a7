import type { DraftProfile } from '../profile.js';
import { EncodeError, WireError } from '../wire-error.js';
import { controlView } from './control-view.js';
import { datagramView } from './datagram-view.js';
import { fetchView } from './fetch-view.js';
import type { Json } from './json.js';
import { subgroupView } from './subgroup-view.js';
import type { DecodedView, ViewCodec, ViewKind } from './view-codec.js';

export type { Json, JsonObject } from './json.js';
export type { DecodedView, ViewCodec, ViewKind } from './view-codec.js';

const CODECS: Readonly<Record<ViewKind, ViewCodec>> = {
  control: controlView,
  subgroup: subgroupView,
  datagram: datagramView,
  'fetch-asc': fetchView('ascending'),
  'fetch-desc': fetchView('descending'),
};

/** The kinds that can be viewed, for messages and help. */
export const VIEW_KINDS = Object.keys(CODECS) as readonly ViewKind[];

export function isViewKind(kind: string): kind is ViewKind {
  return Object.hasOwn(CODECS, kind);
}

/** What the bytes say, field by field, as JSON. Throws WireError. */
export function decodeView(profile: DraftProfile, kind: ViewKind, bytes: Uint8Array): DecodedView {
  return CODECS[kind].decode(profile, bytes);
}

/** The bytes of what `decodeView` shows. Throws EncodeError. */
export function encodeView(profile: DraftProfile, kind: ViewKind, decoded: Json): Uint8Array {
  try {
    return CODECS[kind].encode(profile, decoded);
  } catch (error) {
    // A value that is not allowed on the wire is one that cannot be encoded.
    throw error instanceof WireError ? new EncodeError(error.message) : error;
  }
}
