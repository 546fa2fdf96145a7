import { type FullTrackName, trackKey } from '../../wire/full-track-name.js';
import type { ActiveSubscription } from './subscription.js';
import { TrackCounts } from './track-counts.js';

/** A SUBSCRIBE of ours that awaits its answer. */
export interface PendingSubscribe {
  /** The peer published the track itself, and that was accepted. */
  supersede(): void;
}

/** What we receive from the peer: by Request ID for joining fetches, by track against duplicates. */
export class Subscriptions {
  /** Established subscriptions, and PUBLISH requests of the peer that await an answer. */
  readonly tracks = new TrackCounts();
  readonly #byRequestId = new Map<bigint, ActiveSubscription>();
  readonly #pending = new Map<string, Set<PendingSubscribe>>();

  get(requestId: bigint): ActiveSubscription | undefined {
    return this.#byRequestId.get(requestId);
  }

  add(subscription: ActiveSubscription): void {
    const release = this.tracks.add(subscription.track);
    this.#byRequestId.set(subscription.requestId, subscription);
    void subscription.ended.then(() => {
      release();
      this.#byRequestId.delete(subscription.requestId);
    });
  }

  addPending(track: FullTrackName, pending: PendingSubscribe): () => void {
    const key = trackKey(track);
    const all = this.#pending.get(key) ?? new Set();
    this.#pending.set(key, all.add(pending));
    return () => {
      all.delete(pending);
      if (all.size === 0) this.#pending.delete(key);
    };
  }

  /** Ends our pending SUBSCRIBEs for a track, as accepting a PUBLISH for it demands (draft-18 §5.1). */
  supersedePending(track: FullTrackName): void {
    for (const pending of [...(this.#pending.get(trackKey(track)) ?? [])]) pending.supersede();
  }
}
