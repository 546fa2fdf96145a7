import type { IncomingSubscribe, Refusal } from '../session/session.js';
import type { Timer } from '../util/clock.js';
import type { RelayContext } from './context.js';
import type { Peer } from './peer.js';

export interface Waiter {
  readonly peer: Peer;
  readonly request: IncomingSubscribe;
}

interface Place extends Waiter {
  timer: Timer | null;
  readonly onAbort: () => void;
}

const NO_PUBLISHER: Refusal = { name: 'DOES_NOT_EXIST', reason: 'nobody publishes this track' };

/** SUBSCRIBEs for one track that cannot be answered yet: a publisher is being asked, or none is there. */
export class WaitingRoom {
  readonly #places = new Set<Place>();

  constructor(
    private readonly context: RelayContext,
    /** Somebody left without being let in. */
    private readonly onLeft: () => void,
  ) {}

  get size(): number {
    return this.#places.size;
  }

  /** Somebody here wants objects, not only the subscription. */
  get wantsForward(): boolean {
    for (const { request } of this.#places) if (request.parameters.forward !== false) return true;
    return false;
  }

  /** The largest NEW_GROUP_REQUEST. */
  get newGroupRequest(): bigint | undefined {
    let largest: bigint | undefined;
    for (const { request } of this.#places) {
      const { newGroupRequest } = request.parameters;
      if (newGroupRequest !== undefined && (largest === undefined || newGroupRequest > largest)) {
        largest = newGroupRequest;
      }
    }
    return largest;
  }

  has(peer: Peer): boolean {
    for (const place of this.#places) if (place.peer === peer) return true;
    return false;
  }

  enter(waiter: Waiter): void {
    const place: Place = {
      ...waiter,
      timer: null,
      onAbort: () => {
        this.#remove(place);
        this.onLeft();
      },
    };
    this.#places.add(place);
    waiter.peer.waiting++;
    waiter.request.signal.addEventListener('abort', place.onAbort, { once: true });
  }

  /** Everybody, who are then no longer here. */
  takeAll(): Waiter[] {
    const all = [...this.#places];
    for (const place of all) this.#remove(place);
    return all;
  }

  /**
   * There is no publisher now, or those that there are refused. Who gave a RENDEZVOUS_TIMEOUT goes on waiting for one
   * (draft-18 §10.2.6), unless the refusal says more than that the track is not there; the others are refused.
   */
  unavailable(refusal: Refusal | null): void {
    const answer = refusal ?? NO_PUBLISHER;
    for (const place of [...this.#places]) {
      if (place.timer !== null) continue;
      const patience = this.#patience(place);
      if (patience > 0 && answer.name === 'DOES_NOT_EXIST') {
        this.context.tally.subscriptionsHeld++;
        place.timer = this.context.clock.after(patience, () => {
          this.#refuse(place, { name: 'TIMEOUT', reason: 'no publisher came in time' });
          this.onLeft();
        });
      } else this.#refuse(place, answer);
    }
  }

  refuseAll(refusal: Refusal): void {
    for (const place of [...this.#places]) this.#refuse(place, refusal);
  }

  /** ms. */
  #patience(place: Place): number {
    const asked = place.request.parameters.rendezvousTimeout ?? 0n;
    const most = BigInt(this.context.policy.maxRendezvousMs);
    return Number(asked < most ? asked : most);
  }

  #refuse(place: Place, refusal: Refusal): void {
    this.#remove(place);
    place.peer.refuse(place.request, 'SUBSCRIBE', refusal);
  }

  #remove(place: Place): void {
    if (!this.#places.delete(place)) return;
    place.peer.waiting--;
    place.timer?.cancel();
    place.request.signal.removeEventListener('abort', place.onAbort);
  }
}
