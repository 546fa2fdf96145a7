import type { Location } from '../wire/location.js';
import type { SubscriptionFilter } from '../wire/messages/parameters.js';

/** Where a subscription begins and ends. */
export interface JoinPlan {
  /** Objects before it are not sent. */
  readonly floor: Location;
  /** The first group of which what is cached is sent, too; null: only what begins from now on. */
  readonly replayFrom: bigint | null;
  /** Inclusive; null: open end. */
  readonly endGroup: bigint | null;
}

const START: Location = { group: 0n, object: 0n };

/**
 * What a filter means when `largest` is the largest object of the track (draft-18 §5.1.2). No filter, and an absolute
 * start, begin with what there is: the last group, from the cache.
 */
export function planJoin(filter: SubscriptionFilter | undefined, largest: Location | null): JoinPlan {
  const lastGroup = largest?.group ?? 0n;
  switch (filter?.type) {
    case 'largest-object':
      return {
        floor: largest === null ? START : { group: largest.group, object: largest.object + 1n },
        replayFrom: null,
        endGroup: null,
      };
    case 'next-group-start':
      return {
        floor: largest === null ? START : { group: largest.group + 1n, object: 0n },
        replayFrom: null,
        endGroup: null,
      };
    case 'absolute-start':
      return { floor: filter.start, replayFrom: lastGroup, endGroup: null };
    case 'absolute-range':
      return { floor: filter.start, replayFrom: lastGroup, endGroup: filter.endGroup };
    case undefined:
      return { floor: START, replayFrom: lastGroup, endGroup: null };
  }
}

/** A range that is over cannot be subscribed to: it is for FETCH. */
export function isOver(filter: SubscriptionFilter | undefined, largest: Location | null): boolean {
  return filter?.type === 'absolute-range' && largest !== null && filter.endGroup < largest.group;
}
