import { BIG, DataCursor, INCOMPLETE } from './data-cursor.js';
import type { DataProfile } from './data-layout.js';
import { checkSubgroupType } from './subgroup.js';
import { EncodeError, WireError } from './wire-error.js';
import { ByteWriter } from './writer.js';

export type UniStreamKind = 'control' | 'subgroup' | 'fetch' | 'padding';

export interface IdentifiedUniStream {
  readonly kind: UniStreamKind;
  /** Bytes of the type. The decoders of subgroup and fetch streams want them too: they read from the first byte on. */
  readonly typeLength: number;
}

/**
 * What a unidirectional stream carries, from its first bytes (draft-18 §3.3); null when they are too few. Throws
 * WireError for a type that the draft does not assign.
 */
export function identifyUniStream(profile: DataProfile, firstBytes: Uint8Array): IdentifiedUniStream | null {
  const layout = profile.data;
  const cursor = new DataCursor(layout.varints, layout.integers);
  cursor.load(firstBytes, 0, firstBytes.length);
  const type = cursor.integer();
  if (type === INCOMPLETE) return null;
  const typeLength = cursor.position;
  if (type === layout.streamTypes.fetch) return { kind: 'fetch', typeLength };
  if (type === layout.streamTypes.control) return { kind: 'control', typeLength };
  if (type === layout.streamTypes.padding) return { kind: 'padding', typeLength };
  if (type === BIG) throw new WireError(`stream type ${cursor.big} is not one that this draft assigns`);
  checkSubgroupType(layout, type);
  return { kind: 'subgroup', typeLength };
}

/** The first bytes of a PADDING stream, after which zeros follow; throws EncodeError where the draft has none (to 17). */
export function encodePaddingStreamType(profile: DataProfile): Uint8Array {
  const type = profile.data.streamTypes.padding;
  if (type === null) throw new EncodeError('this draft has no padding streams');
  const writer = new ByteWriter(profile.data.varints, 16);
  writer.varint(type);
  return writer.finish();
}
