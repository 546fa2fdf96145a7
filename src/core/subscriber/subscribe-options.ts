import type { SessionNotice, SubscriptionEnd } from '../session/session.js';
import type { Clock } from '../util/clock.js';
import type { FullTrackName } from '../wire/full-track-name.js';
import type { Location } from '../wire/location.js';
import type { GroupOrder, Parameters, SubscriptionFilter } from '../wire/messages/parameters.js';
import type { Assertions } from './assertions.js';

/** What is subscribed to, and when that is over. */
export interface SubscribeOptions {
  readonly track: FullTrackName;
  /**
   * `objects`: every item is a whole object. `pieces`: payload is handed on as it arrives, so that an object of any size
   * needs no memory; not with the order `arrival`. Default `objects`.
   */
  readonly items?: 'objects' | 'pieces';
  /**
   * `group` (default): by group, subgroup and object, what comes early is held back. `arrival`: whole objects as they are
   * complete. `latest`: as `group`, but older groups are given up for the newest.
   */
  readonly order?: 'group' | 'arrival' | 'latest';
  /** Where to begin. Default: LargestObject where the draft wants a filter, else none. */
  readonly filter?: SubscriptionFilter | 'current-group';
  /** 0 (first) … 255. */
  readonly priority?: number;
  readonly groupOrder?: GroupOrder;
  /** Added to SUBSCRIBE: authorization tokens, delivery timeouts, a new-group request. */
  readonly parameters?: Pick<
    Parameters,
    'authorizationTokens' | 'objectDeliveryTimeout' | 'subgroupDeliveryTimeout' | 'newGroupRequest'
  >;
  /** Wait for a publisher that is not there yet: for so many ms, or for ever (0). */
  readonly waitMs?: number;
  /** ms for the answer to SUBSCRIBE when no publisher is waited for; default: the session's. */
  readonly requestTimeoutMs?: number;
  /** End after so many objects. */
  readonly count?: number;
  /** End after so many ms, counted from the answer to SUBSCRIBE. */
  readonly forMs?: number;
  /** Give up (exit 9) when nothing arrives for so many ms; 0, the default, leaves that to the transport. */
  readonly idleMs?: number;
  /** Missing data is counted, and is no error. */
  readonly allowGaps?: boolean;
  readonly assertions?: Assertions;
  readonly limits?: Partial<SubscribeLimits>;
  /** Must not throw. */
  readonly onEvent?: (event: SubscribeEvent) => void;
  readonly clock?: Clock;
  /** An orderly end: the subscription is cancelled and the items end. */
  readonly signal?: AbortSignal;
}

/** How long, and how much of it, something that is missing is waited for. */
export interface SubscribeLimits {
  /** Bytes that may be held back while something that comes first is missing. Default 64 MiB. */
  readonly reorderBound: number;
  /** ms that something missing is waited for while later data is here. Default 2 s. */
  readonly reorderWaitMs: number;
  /** ms of quiet after which a track that has ended is taken to be over, where nothing tells. Default 2 s. */
  readonly quietMs: number;
  /** ms without data after which streams that the publisher counted are given up. Default 10 s. */
  readonly streamWaitMs: number;
  /** ms that PUBLISH_DONE may be behind END_OF_TRACK. Default 500 ms. */
  readonly doneWaitMs: number;
}

export const DEFAULT_SUBSCRIBE_LIMITS: SubscribeLimits = {
  reorderBound: 64 * 1024 * 1024,
  reorderWaitMs: 2000,
  quietMs: 2000,
  streamWaitMs: 10_000,
  doneWaitMs: 500,
};

/** What happens while a track is subscribed to. */
export type SubscribeEvent =
  /** The peer does not have the track yet; the next try is in `retryInMs`. */
  | { readonly kind: 'waiting'; readonly attempt: number; readonly answer: string; readonly retryInMs: number }
  /** No answer yet while a publisher is waited for: the peer may hold the request until one comes. Told once. */
  | { readonly kind: 'held' }
  | { readonly kind: 'subscribed'; readonly info: SubscriptionInfo }
  | { readonly kind: 'publish-accepted'; readonly info: SubscriptionInfo }
  | { readonly kind: 'done'; readonly end: SubscriptionEnd }
  | { readonly kind: 'notice'; readonly notice: SessionNotice };

/** How the subscription came about. */
export interface SubscriptionInfo {
  readonly origin: 'subscribe' | 'publish';
  readonly trackAlias: bigint;
  /** What the publisher had when the subscription began; null: nothing, or it did not say. */
  readonly largest: Location | null;
  readonly groupOrder: GroupOrder | null;
  /** SUBSCRIBEs sent. */
  readonly attempts: number;
}

/** What arrived so far, or in the end. Times are milliseconds since subscribe() was called. */
export interface SubscribeReport {
  readonly outcome: 'running' | 'complete' | 'count' | 'time' | 'stopped' | 'failed';
  readonly subscription: SubscriptionInfo;
  /** Objects with status normal that were handed on, whole ones only. */
  readonly objects: number;
  /** Payload bytes handed on. */
  readonly bytes: number;
  readonly groups: number;
  /** Objects with another status. */
  readonly statuses: number;
  readonly datagrams: number;
  readonly streams: number;
  readonly missing: {
    readonly groups: bigint;
    readonly objects: bigint;
    /** Streams that broke off or never came. */
    readonly streams: bigint;
  };
  readonly duplicates: number;
  /** Objects that came after their place had been passed, and were dropped. */
  readonly late: number;
  readonly resetStreams: number;
  /**
   * The publisher said that the track has ended, but its last group lacks the end of group that all before it had: a
   * relay may have dropped the tail. What came has no gap, so that the outcome stays `complete`.
   */
  readonly endMarkMissing: boolean;
  /** Groups that a newer one made uninteresting (order `latest`). */
  readonly skippedGroups: number;
  /** Datagrams that were dropped because nobody took them in time. */
  readonly droppedDatagrams: number;
  readonly end: SubscriptionEnd | null;
  readonly endOfTrack: Location | null;
  /** Hex; null unless it was asked for. */
  readonly sha256: string | null;
  readonly times: {
    readonly subscribeOkMs: number;
    readonly firstObjectMs: number | null;
    readonly lastObjectMs: number | null;
    readonly endedMs: number | null;
  };
}
