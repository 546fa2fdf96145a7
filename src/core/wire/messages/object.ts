/** Object status (draft-18 §11.2.1.1; DoesNotExist only in 14 and 15). */
export type ObjectStatus = 'normal' | 'does-not-exist' | 'end-of-group' | 'end-of-track';

/** Everything about an object but its payload. */
export interface ObjectHeader {
  readonly group: bigint;
  /** Null for an object that came as a datagram. */
  readonly subgroup: bigint | null;
  readonly object: bigint;
  /** Publisher priority 0 (highest) … 255. */
  readonly priority: number;
  readonly status: ObjectStatus;
  /** Raw key-value pairs as they were on the wire of this draft, empty when there are none. */
  readonly properties: Uint8Array;
  /** Bytes of payload; 0 for any status but normal. */
  readonly payloadLength: number;
}

/**
 * A piece of an object as it came off a stream: one per object and chunk read. `bytes` is a view into the chunk.
 * The first piece has offset 0, the last one `complete`; an object without payload is one complete piece of 0 bytes.
 */
export interface ObjectFragment {
  readonly header: ObjectHeader;
  /** Offset of `bytes` in the payload. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly complete: boolean;
}

/** An object that arrived or leaves as a datagram. */
export interface DatagramObject {
  readonly header: ObjectHeader;
  /** The END_OF_GROUP bit. */
  readonly endOfGroup: boolean;
  readonly payload: Uint8Array;
}

/** SUBGROUP_HEADER (draft-18 §11.4.2). */
export interface SubgroupHeader {
  readonly trackAlias: bigint;
  readonly group: bigint;
  /** Null until the first object when the type says "the first object's ID". */
  readonly subgroup: bigint | null;
  /** Null: the track's default priority (the DEFAULT_PRIORITY bit, from 15). */
  readonly priority: number | null;
  /** Every object carries a properties field. */
  readonly hasProperties: boolean;
  /** The subgroup contains the largest object of its group. */
  readonly endOfGroup: boolean;
  /** The stream begins with the subgroup's first object (from 18; elsewhere false). */
  readonly firstObject: boolean;
}

/** An entry of a FETCH stream: an object, or the end of a range of objects that are absent or unknown (from 16). */
export type FetchEntry =
  | {
      readonly kind: 'object';
      readonly header: ObjectHeader;
      readonly offset: number;
      readonly bytes: Uint8Array;
      readonly complete: boolean;
    }
  | {
      readonly kind: 'end-of-range';
      readonly range: 'non-existent' | 'unknown';
      readonly group: bigint;
      readonly object: bigint;
    };
