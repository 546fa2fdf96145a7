import type { DraftProfile } from '../profile.js';
import type { Json, JsonObject } from './json.js';

/** What the bytes of a view are: a control message, a stream from its first byte, or one datagram. */
export type ViewKind = 'control' | 'subgroup' | 'datagram' | 'fetch-asc' | 'fetch-desc';

export interface DecodedView {
  readonly decoded: JsonObject;
  /** Bytes after what was decoded. */
  readonly rest: number;
  /** What was decoded, written in the shortest form. */
  readonly canonical: Uint8Array;
}

/** One kind of view, both ways. */
export interface ViewCodec {
  /** Throws WireError: incomplete when the bytes end early. */
  decode(profile: DraftProfile, bytes: Uint8Array): DecodedView;
  /** Throws EncodeError for fields that are unknown, missing, or of another shape. */
  encode(profile: DraftProfile, decoded: Json): Uint8Array;
}
