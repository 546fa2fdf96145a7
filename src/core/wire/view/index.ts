import type { DraftProfile } from '../profile.js';
import { EncodeError, WireError } from '../wire-error.js';
import { controlView } from './control-view.js';
import { type DataViewKind, decodeDataView, encodeDataView } from './data-view.js';
import type { Json, JsonObject } from './json.js';
import type { DecodedView, ViewCodec, ViewKind } from './view-codec.js';

export type { Json, JsonObject } from './json.js';
export type { DecodedView, ViewCodec, ViewKind } from './view-codec.js';

/** A stream or a datagram is read to its end, so nothing is left over. */
function dataView(kind: DataViewKind): ViewCodec {
  return {
    decode(profile, bytes) {
      const { decoded, canonical } = decodeDataView(profile, kind, bytes);
      return { decoded: decoded as JsonObject, rest: 0, canonical };
    },
    encode: (profile, decoded) => encodeDataView(profile, kind, decoded),
  };
}

const CODECS: Readonly<Record<ViewKind, ViewCodec>> = {
  control: controlView,
  subgroup: dataView('subgroup'),
  datagram: dataView('datagram'),
  'fetch-asc': dataView('fetch-asc'),
  'fetch-desc': dataView('fetch-desc'),
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
