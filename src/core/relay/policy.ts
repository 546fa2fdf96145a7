/** The bounds of a relay. All are hard: what would pass one is refused, ended or dropped, and counted. */
export interface RelayPolicy {
  readonly maxSessions: number;
  /** Tracks known at a time, over all sessions. */
  readonly maxTracks: number;
  /** Payload held in memory at a time, over all tracks: caches and what slow subscribers have yet to take. */
  readonly maxBufferBytes: number;
  /** Cached objects of one track: as many of its last groups as fit. 0 caches nothing. */
  readonly cacheBytes: number;
  /** How far a subscription may fall behind the fastest one of its track, in bytes. */
  readonly maxLagBytes: number;
  /** The same in streams that were received to their end while this subscription has not yet finished sending them. */
  readonly maxLagStreams: number;
  /** Longest time that a SUBSCRIBE waits for a publisher, ms. */
  readonly maxRendezvousMs: number;
  readonly maxNamespacesPerSession: number;
  readonly maxNamespaceSubscriptionsPerSession: number;
  /** Subscriptions that one session holds as a subscriber, those that wait included. */
  readonly maxSubscriptionsPerSession: number;
  readonly maxFetchesPerSession: number;
  /** How long a subscription to a publisher outlives its last subscriber, with FORWARD 0; ms. */
  readonly lingerMs: number;
  /** Deadline of requests that the relay sends, ms. */
  readonly requestTimeoutMs: number;
  /** How long after PUBLISH_DONE streams that it announced are waited for, ms without any progress. */
  readonly endQuietMs: number;
  /** How long a subscriber of a track that has ended may go without taking anything, ms. */
  readonly drainStallMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_POLICY: RelayPolicy = {
  maxSessions: 1000,
  maxTracks: 10_000,
  maxBufferBytes: 256 * MIB,
  cacheBytes: 16 * MIB,
  maxLagBytes: 16 * MIB,
  maxLagStreams: 1000,
  maxRendezvousMs: 30_000,
  maxNamespacesPerSession: 1000,
  maxNamespaceSubscriptionsPerSession: 100,
  maxSubscriptionsPerSession: 1000,
  maxFetchesPerSession: 100,
  lingerMs: 5000,
  requestTimeoutMs: 10_000,
  endQuietMs: 2000,
  drainStallMs: 30_000,
};
