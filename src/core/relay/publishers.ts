import type { IncomingPublish, Refusal, Subscription } from '../session/session.js';
import type { FullTrackName } from '../wire/full-track-name.js';
import type { Parameters } from '../wire/messages/parameters.js';
import { passOnFailure } from './bridge.js';
import type { RelayContext } from './context.js';
import type { Peer } from './peer.js';
import { Upstream, type UpstreamTrack } from './upstream.js';

/** The track, as its publishers see it. */
export interface PublishersTrack extends UpstreamTrack {
  readonly name: FullTrackName;
  /** A publisher has accepted our SUBSCRIBE, or we its PUBLISH. */
  established(upstream: Upstream, subscription: Subscription): void;
  /** What a SUBSCRIBE that is about to be sent has to carry as NEW_GROUP_REQUEST (draft-18 §10.2.13). */
  newGroupToAskFor(): bigint | undefined;
  /** A publisher did not accept our SUBSCRIBE. */
  failed(refusal: Refusal): void;
}

/** Those who publish a track: one subscription to each, and those that are being asked. */
export class Publishers {
  readonly upstreams = new Set<Upstream>();
  readonly #connecting = new Map<Peer, AbortController>();
  /** All that there ever were. */
  #total = 0;

  constructor(
    private readonly context: RelayContext,
    private readonly track: PublishersTrack,
  ) {}

  get total(): number {
    return this.#total;
  }

  /** There is one, or one is being asked. */
  get any(): boolean {
    return this.upstreams.size > 0 || this.#connecting.size > 0;
  }

  /** Objects may be published that do not come here. */
  get arePaused(): boolean {
    for (const upstream of this.upstreams) if (!upstream.isPaused) return false;
    return true;
  }

  /** All have sent PUBLISH_DONE. */
  get areFinishing(): boolean {
    for (const upstream of this.upstreams) if (!upstream.finishing) return false;
    return true;
  }

  /** One has offered the track by PUBLISH. */
  get anyOffered(): boolean {
    for (const { subscription } of this.upstreams) if (subscription?.origin === 'publish') return true;
    return false;
  }

  includes(peer: Peer): boolean {
    for (const upstream of this.upstreams) if (upstream.peer === peer) return true;
    return false;
  }

  add(upstream: Upstream): void {
    this.upstreams.add(upstream);
    this.#total++;
  }

  /** Subscribes to whoever publishes the namespace and is not asked yet. */
  connect(): void {
    for (const peer of this.context.namespaces.publishersOf(this.track.name.namespace)) {
      if (!peer.isOpen || this.#connecting.has(peer) || this.includes(peer)) continue;
      this.context.background(this.#subscribeTo(peer));
    }
  }

  /**
   * Accepts a PUBLISH. One that offered FORWARD 0 waits for a subscriber and is switched as they come and go. One that
   * begins at once is taken as it is: objects are on their way already, holding it back would tear its groups apart, and
   * publishers that never meant to wait may not take a REQUEST_UPDATE at all.
   */
  accept(peer: Peer, request: IncomingPublish, wanted: boolean): void {
    // Our own SUBSCRIBE to it must be over before we accept (draft-18 §5.1).
    this.#connecting.get(peer)?.abort(new Error('the publisher sent PUBLISH'));
    const waits = request.parameters.forward === false;
    const forward = wanted || !waits;
    const upstream = new Upstream(this.context, this.track, peer, forward, waits);
    const answer: Parameters = peer.profile.features.unfiltered
      ? { forward }
      : { forward, filter: { type: 'absolute-start', start: { group: 0n, object: 0n } } };
    this.context.tally.publishesAccepted++;
    this.track.established(upstream, request.accept(answer, upstream.sink));
  }

  /** Nobody wants the track: subscriptions that we asked for end, those that were offered to us stay. */
  letGo(): void {
    for (const abort of this.#connecting.values()) abort.abort(new Error('the subscriber has gone'));
    for (const upstream of [...this.upstreams]) {
      if (upstream.subscription?.origin === 'publish') continue;
      this.upstreams.delete(upstream);
      upstream.cancel();
    }
  }

  cancelAll(): void {
    for (const abort of this.#connecting.values()) abort.abort(new Error('the track has ended'));
    for (const upstream of [...this.upstreams]) {
      this.upstreams.delete(upstream);
      upstream.cancel();
    }
  }

  async #subscribeTo(peer: Peer): Promise<void> {
    const abort = new AbortController();
    this.#connecting.set(peer, abort);
    const upstream = new Upstream(this.context, this.track, peer, true);
    const { unfiltered } = peer.profile.features;
    // Draft 14 has neither.
    const newGroupRequest = unfiltered ? this.track.newGroupToAskFor() : undefined;
    const parameters: Parameters = {
      ...(!unfiltered && { filter: { type: 'largest-object' } as const }),
      ...(newGroupRequest !== undefined && { newGroupRequest }),
    };
    let subscription: Subscription;
    try {
      subscription = await peer.session.subscribe(this.track.name, parameters, upstream.sink, {
        timeoutMs: this.context.policy.requestTimeoutMs,
        signal: abort.signal,
      });
    } catch (error) {
      this.#connecting.delete(peer);
      this.track.failed(passOnFailure(peer.profile, error));
      return;
    }
    this.#connecting.delete(peer);
    this.context.tally.upstreamSubscriptions++;
    this.track.established(upstream, subscription);
  }
}
