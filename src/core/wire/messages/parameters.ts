import type { TrackNamespace } from '../full-track-name.js';
import type { Location } from '../location.js';

/** The order of groups (draft-18 §10.2.8). */
export type GroupOrder = 'ascending' | 'descending';

/**
 * Which objects of a track a subscription wants (draft-18 §5.1.2). `endGroup` is always the absolute, inclusive last
 * group; the codec of each draft turns it into what the wire wants.
 */
export type SubscriptionFilter =
  | { readonly type: 'next-group-start' }
  | { readonly type: 'largest-object' }
  | { readonly type: 'absolute-start'; readonly start: Location }
  | { readonly type: 'absolute-range'; readonly start: Location; readonly endGroup: bigint };

/** Token structure (draft-18 §10.2.2). */
export type AuthorizationToken =
  | { readonly alias: 'delete'; readonly tokenAlias: bigint }
  | { readonly alias: 'register'; readonly tokenAlias: bigint; readonly tokenType: bigint; readonly value: Uint8Array }
  | { readonly alias: 'use-alias'; readonly tokenAlias: bigint }
  | { readonly alias: 'use-value'; readonly tokenType: bigint; readonly value: Uint8Array };

/** A key-value pair of which we know no more than its type: even types carry an integer, odd ones bytes. */
export interface KeyValuePair {
  readonly type: bigint;
  readonly value: bigint | Uint8Array;
}

/**
 * Message parameters, draft-neutral. What draft 14 carries as fixed fields (priority, order, forward, filter, largest
 * location, expires) is here too: the codec puts each value where its draft wants it, and reports an EncodeError when
 * a draft has no place for a value that was set. Absent means absent on the wire (or the draft's default in a fixed field).
 * Times are milliseconds.
 */
export interface Parameters {
  readonly authorizationTokens?: readonly AuthorizationToken[];
  /** DELIVERY_TIMEOUT, from 18 OBJECT_DELIVERY_TIMEOUT. */
  readonly objectDeliveryTimeout?: bigint;
  readonly subgroupDeliveryTimeout?: bigint;
  readonly maxCacheDuration?: bigint;
  readonly rendezvousTimeout?: bigint;
  readonly expires?: bigint;
  /** In 14 ContentExists and its Location. Absent: no object published yet. */
  readonly largestObject?: Location;
  readonly fillTimeout?: bigint;
  /** A parameter in 15 only; a track property from 16. */
  readonly publisherPriority?: number;
  readonly dynamicGroups?: boolean;
  readonly forward?: boolean;
  readonly subscriberPriority?: number;
  readonly filter?: SubscriptionFilter;
  readonly groupOrder?: GroupOrder;
  readonly newGroupRequest?: bigint;
  readonly trackNamespacePrefix?: TrackNamespace;
  /** Parameters that the draft lets us ignore (14, 15), in wire order. */
  readonly unknown?: readonly KeyValuePair[];
}

/** Setup options, draft-neutral (draft-18 §10.3.1; "setup parameters" before 16). */
export interface SetupOptions {
  readonly path?: string;
  readonly authority?: string;
  readonly maxRequestId?: bigint;
  readonly maxAuthTokenCacheSize?: bigint;
  readonly authorizationTokens?: readonly AuthorizationToken[];
  readonly implementation?: string;
  readonly unknown?: readonly KeyValuePair[];
}
