import { PROPERTY } from '../wire/properties.js';
import type { Publishers } from './publishers.js';
import type { TrackStore } from './track-store.js';

/** NEW_GROUP_REQUESTs of subscribers, passed on where they can have an effect (draft-18 §10.2.13). */
export class NewGroupRequests {
  /** Outstanding until the largest group grows. */
  #asked: bigint | null = null;

  constructor(
    private readonly store: TrackStore,
    private readonly publishers: Publishers,
    private readonly timeoutMs: number,
  ) {}

  /** A SUBSCRIBE to a publisher carries it. */
  carried(group: bigint): void {
    if (this.#asked === null || this.#asked < group) this.#asked = group;
  }

  ask(group: bigint): void {
    const { largest } = this.store;
    if (this.store.fact(PROPERTY.dynamicGroups) !== 1n) return;
    if (group !== 0n && largest !== null && group <= largest.group) return;
    if (this.#asked !== null && this.#asked >= group) return;
    this.#asked = group;
    for (const { subscription } of this.publishers.upstreams) {
      subscription?.update({ newGroupRequest: group }, { timeoutMs: this.timeoutMs }).catch(() => {
        // A publisher need not grant it.
      });
    }
  }

  groupBegan(): void {
    this.#asked = null;
  }
}
