/** As on the wire; `does-not-exist` in drafts 14 and 15 only. */
export type RecordStatus = 'normal' | 'does-not-exist' | 'end-of-group' | 'end-of-track';

/** How an object travelled: on the stream of its subgroup, or as a datagram. */
export type RecordForwarding = 'subgroup' | 'datagram';

/** A property: an integer under an even type, bytes under an odd one. */
export interface RecordProperty {
  readonly type: bigint;
  readonly value: bigint | Uint8Array;
}

/** What every record says of its track. */
export interface RecordOrigin {
  readonly namespace: readonly Uint8Array[];
  readonly track: Uint8Array;
  /** Wall clock, milliseconds since the epoch with fractions; null when unknown. */
  readonly receivedAt: number | null;
}

/** One object of a track, whole. */
export interface ObjectRecord extends RecordOrigin {
  readonly kind: 'object';
  readonly group: bigint;
  /** Null exactly for datagrams. */
  readonly subgroup: bigint | null;
  readonly object: bigint;
  /** 0 (first) … 255. */
  readonly priority: number;
  readonly forwarding: RecordForwarding;
  readonly status: RecordStatus;
  readonly properties: readonly RecordProperty[];
  /** Empty for any status but normal. */
  readonly payload: Uint8Array;
}

/** What ought to be in the track and is not. */
export type GapExtent =
  | { readonly what: 'groups'; readonly firstGroup: bigint; readonly lastGroup: bigint }
  | { readonly what: 'objects'; readonly group: bigint; readonly firstObject: bigint; readonly lastObject: bigint }
  /** A stream broke off: what would have followed on it is unknown. `code` is that of a reset. */
  | { readonly what: 'stream'; readonly group: bigint; readonly subgroup: bigint | null; readonly code?: bigint }
  /** Streams that the publisher counted never arrived. */
  | { readonly what: 'streams'; readonly count: bigint };

export type GapRecord = RecordOrigin & { readonly kind: 'gap' } & GapExtent;

/** Why nothing follows: the track has ended, or the subscriber had enough, or it failed. */
export type EndReason = 'track' | 'count' | 'time' | 'stopped' | 'failed';

export interface EndRecord extends RecordOrigin {
  readonly kind: 'end';
  readonly why: EndReason;
}

export type TrackRecord = ObjectRecord | GapRecord | EndRecord;
