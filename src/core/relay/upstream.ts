import type { IncomingSubgroup, Subscription, SubscriptionEnd, SubscriptionSink } from '../session/session.js';
import { type Deferred, deferred } from '../util/deferred.js';
import type { Location } from '../wire/location.js';
import type { DatagramObject } from '../wire/messages/object.js';
import type { Parameters } from '../wire/messages/parameters.js';
import type { RelayContext } from './context.js';
import { type IntakeSource, type IntakeTrack, StreamIntake } from './intake.js';
import type { Peer } from './peer.js';

/** What an upstream needs of its track. */
export interface UpstreamTrack extends IntakeTrack {
  datagram(from: Upstream, object: DatagramObject): void;
  /** The publisher forwards again. `answered`: its draft says so, with the largest object if there is one. */
  resumed(answered: boolean, largest: Location | undefined): void;
  upstreamEnded(upstream: Upstream, end: SubscriptionEnd): void;
}

/** The start of everything, for the drafts whose updates must repeat it. */
const FROM_THE_START: Location = { group: 0n, object: 0n };

const DATAGRAM_QUIET_MS = 100;

/** Our one subscription to one publisher of a track. */
export class Upstream implements IntakeSource {
  readonly intakes = new Set<StreamIntake>();
  #subscription: Subscription | null = null;
  #forward: boolean;
  #wanted: boolean;
  #updating: Promise<void> | null = null;
  #ended = false;
  #finishing = false;
  /** Streams that PUBLISH_DONE announced; null: it did not say. */
  #expected: bigint | null = null;
  #quiet: Deferred<void> | null = null;
  #datagrams = false;
  #lastActivity: number;

  constructor(
    private readonly context: RelayContext,
    private readonly track: UpstreamTrack,
    readonly peer: Peer,
    forward: boolean,
    /** FORWARD follows the subscribers; otherwise it stays as it began. */
    private readonly steered = true,
  ) {
    this.#forward = forward;
    this.#wanted = forward;
    this.#lastActivity = context.clock.now();
  }

  readonly sink: SubscriptionSink = {
    onSubgroup: (stream) => this.#onSubgroup(stream),
    onDatagram: (object) => {
      if (this.#ended) return;
      this.context.tally.datagramsReceived++;
      this.#datagrams = true;
      this.#lastActivity = this.context.clock.now();
      this.track.datagram(this, object);
    },
  };

  /** The publisher has answered. */
  begin(subscription: Subscription): void {
    this.#subscription = subscription;
    this.context.background(subscription.ended.then((end) => this.#onEnd(end)));
  }

  get subscription(): Subscription | null {
    return this.#subscription;
  }

  get finishing(): boolean {
    return this.#finishing;
  }

  get forward(): boolean {
    return this.#forward;
  }

  /** The FORWARD state has to change before objects flow. */
  get isPaused(): boolean {
    return !this.#forward || this.#updating !== null;
  }

  wake(): void {
    for (const intake of this.intakes) intake.wake();
  }

  /**
   * Brings the FORWARD state about. Toggles are merged: one update is under way at a time. Resolves when the publisher
   * has answered, or has not within the request timeout. Never rejects.
   */
  setForward(forward: boolean): Promise<void> {
    if (!this.steered) return Promise.resolve();
    this.#wanted = forward;
    if (this.#subscription === null || this.#ended) return Promise.resolve();
    if (this.#updating === null && this.#forward !== forward) {
      this.#updating = this.#update().finally(() => {
        this.#updating = null;
      });
    }
    return this.#updating ?? Promise.resolve();
  }

  /** We want no more of it. */
  cancel(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#subscription?.cancel();
    for (const intake of this.intakes) intake.stop('CANCELLED');
    this.#quiet?.resolve();
  }

  async #update(): Promise<void> {
    while (this.#forward !== this.#wanted && !this.#ended) {
      const forward = this.#wanted;
      try {
        const answer = await (this.#subscription as Subscription).update(this.#parameters(forward), {
          timeoutMs: this.context.policy.requestTimeoutMs,
        });
        this.#forward = forward;
        if (forward) this.track.resumed(this.peer.profile.features.updateIsAnswered, answer.largestObject);
      } catch {
        // A publisher that refuses or does not answer keeps what it had; if it ends the subscription we are told.
        return;
      }
    }
  }

  #parameters(forward: boolean): Parameters {
    const { features } = this.peer.profile;
    if (features.unfiltered) return { forward };
    // A fixed field of the update, which must not narrow or widen what was agreed.
    return { forward, filter: { type: 'absolute-start', start: this.#start() } };
  }

  #start(): Location {
    const subscription = this.#subscription as Subscription;
    const largest = subscription.parameters.largestObject;
    if (subscription.origin === 'publish' || largest === undefined) return FROM_THE_START;
    return { group: largest.group, object: largest.object + 1n };
  }

  #onSubgroup(stream: IncomingSubgroup): void {
    if (this.#ended) {
      stream.stop('CANCELLED');
      return;
    }
    this.context.tally.streamsReceived++;
    this.progressed();
    const intake = new StreamIntake(this.track, this, this.peer.profile, stream);
    this.intakes.add(intake);
    this.context.background(
      intake.run().then(() => {
        this.intakes.delete(intake);
        this.progressed();
      }),
    );
  }

  progressed(): void {
    this.#lastActivity = this.context.clock.now();
    if (this.#quiet !== null && this.#isComplete()) this.#quiet.resolve();
  }

  async #onEnd(end: SubscriptionEnd): Promise<void> {
    if (this.#ended) return;
    await this.#lastStreams(end);
    // Cancelled while we waited.
    if (this.#ended) return;
    this.#ended = true;
    for (const intake of this.intakes) intake.stop('INTERNAL_ERROR');
    if (end.kind === 'done' && end.streamCount !== null && this.#missing(end.streamCount) > 0) {
      this.context.tally.streamsMissing += this.#missing(end.streamCount);
    }
    // Lets go of the alias, and of streams that were announced and did not come.
    this.#subscription?.cancel();
    this.track.upstreamEnded(this, end);
  }

  #missing(count: bigint): number {
    return Math.max(0, Number(count) - (this.#subscription?.streamsReceived ?? 0));
  }

  #isComplete(): boolean {
    return this.intakes.size === 0 && this.#expected !== null && this.#missing(this.#expected) === 0;
  }

  /** PUBLISH_DONE overtakes the streams it counts: they are waited for as long as something moves. */
  async #lastStreams(end: SubscriptionEnd): Promise<void> {
    const { clock, policy } = this.context;
    if (end.kind === 'done') {
      this.#expected = end.streamCount;
      this.#finishing = true;
      this.wake();
    } else this.#expected = 0n;
    this.progressed();
    while (!this.#isComplete() && !this.#ended) {
      const idle = clock.now() - this.#lastActivity;
      if (idle >= policy.endQuietMs) return;
      const quiet = deferred();
      this.#quiet = quiet;
      const timer = clock.after(policy.endQuietMs - idle, () => quiet.resolve());
      await quiet.promise;
      timer.cancel();
    }
    this.#quiet = null;
    await this.#lastDatagrams();
  }

  /** PUBLISH_DONE overtakes datagrams too, and nothing counts those: a moment without any is the end of them. */
  async #lastDatagrams(): Promise<void> {
    const { clock } = this.context;
    for (let idle = 0; this.#datagrams && !this.#ended && idle < DATAGRAM_QUIET_MS; ) {
      const quiet = deferred();
      this.#quiet = quiet;
      clock.after(DATAGRAM_QUIET_MS - idle, () => quiet.resolve());
      await quiet.promise;
      idle = clock.now() - this.#lastActivity;
    }
    this.#quiet = null;
  }
}
