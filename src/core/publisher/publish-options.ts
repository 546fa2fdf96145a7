import type { Clock } from '../util/clock.js';
import type { FullTrackName } from '../wire/full-track-name.js';
import type { GroupOrder, Parameters } from '../wire/messages/parameters.js';
import type { Forwarding, GroupPolicy } from './group-policy.js';
import type { PlacedObject } from './object-planner.js';
import type { Pace } from './pacer.js';
import type { PublicationReport } from './publication-report.js';

/** What is published. Chunks and payloads must not be changed after they were given. */
export type PublishSource =
  /** Bytes that are cut into objects of `objectSize`. */
  | { readonly kind: 'bytes'; readonly chunks: AsyncIterable<Uint8Array> }
  /** Records, each an object, in batches of any size. */
  | {
      readonly kind: 'records';
      readonly batches: AsyncIterable<readonly Uint8Array[]>;
      /** A batch is made when it is asked for, and says when that was: it is not asked for before it is due. */
      readonly madeOnDemand?: boolean;
    }
  /** Objects with their places; groups, forwarding, priority and the end of the track are as given. */
  | { readonly kind: 'objects'; readonly batches: AsyncIterable<readonly PlacedObject[]> };

/** How the track is offered: announce its namespace and wait for SUBSCRIBE, send PUBLISH, or both. */
export type Via = 'namespace' | 'publish' | 'both';

/** What is published, and how. */
export interface PublishOptions {
  readonly track: FullTrackName;
  readonly source: PublishSource;
  /** Default `namespace`. */
  readonly via?: Via;
  /** Read the source at once, whether anybody listens or not. Default: wait for somebody, so that nothing is lost. */
  readonly noWait?: boolean;
  /** Bytes of an object when bytes are cut; default 16 KiB, or what fits a datagram. */
  readonly objectSize?: number;
  /** Default: 4 MiB when bytes are cut, else 1000 objects or 1 s. */
  readonly groupEvery?: GroupPolicy;
  /** Default `subgroup`. Not for placed objects, which bring theirs. */
  readonly forwarding?: Forwarding;
  /** 0 (first) … 255; default 128. */
  readonly priority?: number;
  readonly groupOrder?: GroupOrder;
  readonly pace?: Pace;
  /** Stop after so many objects. */
  readonly count?: number;
  /** Added to PUBLISH and PUBLISH_NAMESPACE, for example authorization tokens. */
  readonly parameters?: Pick<Parameters, 'authorizationTokens'>;
  /** ms; default: the session's. */
  readonly requestTimeoutMs?: number;
  /** ms without any progress, once the transport has taken the last bytes, before they are given up; 0 is none. Default 10 s. */
  readonly drainTimeoutMs?: number;
  /**
   * ms to stay after everything was delivered, because some relays drop what they still have queued when the publisher
   * leaves. Default: as long as sending took, at most 10 s; at moqt's own relay 0, or at most 0.5 s where
   * the transport does not tell what has arrived.
   */
  readonly lingerMs?: number;
  readonly limits?: Partial<PublishLimits>;
  /** Must not throw. */
  readonly onEvent?: (event: PublishEvent) => void;
  readonly clock?: Clock;
  /** An orderly end: what was read is sent, then PUBLISH_DONE. */
  readonly signal?: AbortSignal;
}

/** Bytes. */
export interface PublishLimits {
  /** How far the source may be ahead of the fastest subscriber. Default 256 KiB. */
  readonly readAhead: number;
  /**
   * How much may wait in the queues of a subscriber's streams. A stream whose window opens by a round trip at a time holds up
   * only itself: the groups that follow use the path meanwhile. Default 8 MiB.
   */
  readonly queue: number;
  /** How far a subscriber may be behind the fastest before its subscription ends. Default 32 MiB. */
  readonly lag: number;
  /** How much of the current group is kept for subscribers who join late. Default 8 MiB. */
  readonly keep: number;
}

export const DEFAULT_PUBLISH_LIMITS: PublishLimits = {
  readAhead: 256 * 1024,
  queue: 8 * 1024 * 1024,
  lag: 32 * 1024 * 1024,
  keep: 8 * 1024 * 1024,
};

/** What happens while a track is published. Reasons are as the peer sent them. */
export type PublishEvent =
  | { readonly kind: 'namespace-accepted' }
  | { readonly kind: 'publish-accepted'; readonly forward: boolean }
  | { readonly kind: 'waiting-for-subscriber' }
  | { readonly kind: 'subscribed'; readonly subscription: PublicationReport }
  | { readonly kind: 'subscription-ended'; readonly subscription: PublicationReport }
  | { readonly kind: 'stream-stopped'; readonly subscription: PublicationReport; readonly code: bigint }
  /** The peer takes back its acceptance of the namespace; subscriptions go on. */
  | { readonly kind: 'namespace-revoked'; readonly reason: string }
  | { readonly kind: 'source-ended' }
  /** Everything was delivered; the session stays for `ms` more. */
  | { readonly kind: 'lingering'; readonly ms: number }
  | { readonly kind: 'notice'; readonly message: string };

/** What was done so far, or in the end. Times are milliseconds since publish() was called. */
export interface PublishReport {
  readonly outcome: 'running' | 'complete' | 'stopped' | 'failed';
  /** Taken from the source. */
  readonly objects: number;
  readonly bytes: number;
  readonly groups: number;
  /** Objects that nobody listened to (`noWait` only). */
  readonly unheardObjects: number;
  /** Subscriptions that are open now; those that have ended are in `subscriptions` too. */
  readonly subscribers: number;
  readonly subscriptions: readonly PublicationReport[];
  /** What is known of the delivery of the streams of the complete subscriptions: the weakest of them. */
  readonly delivery: 'acknowledged' | 'handed-over' | 'none';
  readonly times: {
    readonly announcedMs: number | null;
    readonly firstSubscriberMs: number | null;
    readonly firstObjectMs: number | null;
    readonly sourceEndedMs: number | null;
    readonly endedMs: number | null;
  };
}
