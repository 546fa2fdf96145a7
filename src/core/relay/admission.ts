import type { IncomingSubscribe, Publication, Refusal } from '../session/session.js';
import { RequestRejected } from '../session/session-errors.js';
import type { FullTrackName } from '../wire/full-track-name.js';
import { NOT_CONVEYABLE, offerFor } from './bridge.js';
import type { RelayContext } from './context.js';
import { isOver, type JoinPlan, planJoin } from './join.js';
import type { Peer } from './peer.js';
import type { Publishers } from './publishers.js';
import type { TrackStore } from './track-store.js';
import { WaitingRoom } from './waiting-room.js';

/** The track, as those see it who are on their way into it. */
export interface AdmissionTrack {
  readonly name: FullTrackName;
  readonly store: TrackStore;
  readonly publishers: Publishers;
  /** It takes no subscribers any more. */
  readonly retired: boolean;
  add(peer: Peer, publication: Publication, plan: JoinPlan): void;
  /** One who was about to join has joined, or stayed away. */
  joinEnded(): void;
  demandChanged(): void;
}

/** The way into a track: its subscribers to be, from the request to the answer. */
export class Admission {
  readonly #waiting: WaitingRoom;
  /** Those who waited are being let in, one after the other. */
  #admitting = false;
  /** Subscribers that are about to join. */
  #joining = 0;
  /** What a publisher refused our SUBSCRIBE with. */
  #refusal: Refusal | null = null;

  constructor(
    private readonly context: RelayContext,
    private readonly track: AdmissionTrack,
  ) {
    this.#waiting = new WaitingRoom(context, () => track.demandChanged());
  }

  /** Nobody waits or is about to join. */
  get isEmpty(): boolean {
    return this.#joining === 0 && this.#waiting.size === 0;
  }

  get isJoining(): boolean {
    return this.#joining > 0;
  }

  /** Somebody may be a subscriber before this turn is over, or later. */
  get isExpecting(): boolean {
    return this.#admitting || !this.isEmpty;
  }

  /** Somebody wants objects, not only the subscription. */
  get wantsForward(): boolean {
    return this.#joining > 0 || this.#waiting.wantsForward;
  }

  /** The largest NEW_GROUP_REQUEST of those who wait. */
  get newGroupRequest(): bigint | undefined {
    return this.#waiting.newGroupRequest;
  }

  has(peer: Peer): boolean {
    return this.#waiting.has(peer);
  }

  subscribe(peer: Peer, request: IncomingSubscribe): void {
    const { publishers } = this.track;
    if (publishers.upstreams.size > 0) {
      this.context.background(this.#admitSoon(peer, request));
      return;
    }
    this.#waiting.enter({ peer, request });
    this.track.demandChanged();
    publishers.connect();
    if (!publishers.any) this.unavailable();
  }

  /** PUBLISH to one that asked for the tracks below a prefix. */
  async publishTo(peer: Peer, forward: boolean): Promise<'accepted' | 'refused' | 'failed'> {
    const { name, store } = this.track;
    const told = store.largest;
    const offer = offerFor(peer.profile, store.facts, told);
    if (forward) this.#beginJoin();
    try {
      const publication = await peer.session.publish(
        name,
        forward ? offer : { ...offer, parameters: { ...offer.parameters, forward: false } },
        { timeoutMs: this.context.policy.requestTimeoutMs },
      );
      // It gets all that came since it was told: the publisher did not wait for its answer.
      const plan = planJoin(publication.parameters.filter, told);
      this.track.add(peer, publication, { ...plan, replayFrom: told?.group ?? 0n });
      return 'accepted';
    } catch (error) {
      return error instanceof RequestRejected ? 'refused' : 'failed';
    } finally {
      if (forward) this.endJoin();
    }
  }

  /** Somebody is about to join, which the caller tells the track with whatever else changes; `endJoin` must follow. */
  expectJoin(): void {
    this.#joining++;
  }

  endJoin(): void {
    this.#joining--;
    this.track.joinEnded();
  }

  /** A publisher is there. */
  admitAll(): void {
    this.#admitting = true;
    for (const { peer, request } of this.#waiting.takeAll()) this.context.background(this.#admitSoon(peer, request));
    this.#admitting = false;
    this.track.demandChanged();
  }

  /** One that was asked does not publish the track; others may. */
  refusedBy(refusal: Refusal): void {
    if (this.#refusal === null || this.#refusal.name === 'DOES_NOT_EXIST') this.#refusal = refusal;
  }

  /** Nobody publishes the track or is being asked. */
  unavailable(): void {
    const refusal = this.#refusal;
    this.#refusal = null;
    this.#waiting.unavailable(refusal);
    this.track.demandChanged();
  }

  refuseAll(refusal: Refusal): void {
    this.#waiting.refuseAll(refusal);
    this.track.demandChanged();
  }

  async #admitSoon(peer: Peer, request: IncomingSubscribe): Promise<void> {
    const paused = [...this.track.publishers.upstreams].filter((upstream) => upstream.isPaused);
    if (request.parameters.forward === false || paused.length === 0) {
      this.#admit(peer, request);
      return;
    }
    this.#beginJoin();
    await Promise.all(paused.map((upstream) => upstream.setForward(true)));
    this.#admit(peer, request);
    this.endJoin();
  }

  #admit(peer: Peer, request: IncomingSubscribe): void {
    if (request.signal.aborted) return;
    const { filter } = request.parameters;
    const { largest, facts } = this.track.store;
    if (this.track.retired) {
      peer.refuse(request, 'SUBSCRIBE', { name: 'DOES_NOT_EXIST', reason: 'the track has just ended' });
    } else if (isOver(filter, largest)) {
      peer.refuse(request, 'SUBSCRIBE', { name: 'INVALID_RANGE', reason: 'the last group of the range was published' });
    } else {
      let publication: Publication;
      try {
        publication = request.accept(offerFor(peer.profile, facts, largest));
      } catch {
        peer.refuse(request, 'SUBSCRIBE', NOT_CONVEYABLE);
        return;
      }
      this.track.add(peer, publication, planJoin(filter, largest));
    }
  }

  #beginJoin(): void {
    this.expectJoin();
    this.track.demandChanged();
  }
}
