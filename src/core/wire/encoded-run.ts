import type { DataLayout } from './data-layout.js';
import type { ObjectFragment } from './messages/object.js';

/** The bytes of a subgroup stream in which pieces came: another stream of the draft can carry them as they are. */
export interface EncodedRun {
  /** The coding that the bytes are in. */
  readonly layout: DataLayout;
  /** Every object has a properties field. */
  readonly hasProperties: boolean;
  /** The object before those that begin in the run, from which their IDs count; −1 at the start of the stream. */
  readonly previous: bigint;
  /** Exactly the pieces with the headers of those that begin, a view into what was read. */
  readonly bytes: Uint8Array;
}

/** Pieces in the order of their stream. A list made from some of them, or with changes, has no `encoded`. */
export interface FragmentRun extends ReadonlyArray<ObjectFragment> {
  readonly encoded?: EncodedRun;
}
