import type { ObjectHeader } from '../wire/messages/object.js';

/** A whole object. */
export interface ReceivedObject {
  readonly kind: 'object';
  readonly header: ObjectHeader;
  readonly payload: Uint8Array;
  readonly forwarding: 'subgroup' | 'datagram';
  /** Wall clock, milliseconds since the epoch with fractions. */
  readonly receivedAt: number;
}

/** A part of an object as it arrived; the parts of one object come one after another. */
export interface ReceivedPiece {
  readonly kind: 'piece';
  readonly header: ObjectHeader;
  /** Of `payload` in the object's payload. */
  readonly offset: number;
  readonly payload: Uint8Array;
  /** The last part of its object. */
  readonly complete: boolean;
  readonly forwarding: 'subgroup' | 'datagram';
  readonly receivedAt: number;
}

/** Something that ought to be here is not. */
export type Gap =
  | { readonly kind: 'gap'; readonly what: 'groups'; readonly firstGroup: bigint; readonly lastGroup: bigint }
  | {
      readonly kind: 'gap';
      readonly what: 'objects';
      readonly group: bigint;
      readonly firstObject: bigint;
      readonly lastObject: bigint;
    }
  /** A stream was reset, or ended or fell silent in the middle: what would have followed is unknown. */
  | {
      readonly kind: 'gap';
      readonly what: 'stream';
      readonly group: bigint;
      readonly subgroup: bigint | null;
      /** Application code of the reset, when there was one. */
      readonly code?: bigint;
    }
  /** Streams that the publisher counted never arrived. */
  | { readonly kind: 'gap'; readonly what: 'streams'; readonly count: bigint };

/** Nothing follows. */
export interface TrackEnd {
  readonly kind: 'end';
  /** `track`: the track has ended; `count`, `time`, `stopped`: the subscriber had enough. */
  readonly why: 'track' | 'count' | 'time' | 'stopped' | 'failed';
}

/** What a subscription yields, in order. */
export type TrackItem = ReceivedObject | ReceivedPiece | Gap | TrackEnd;
