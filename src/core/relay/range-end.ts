import type { RelayContext } from './context.js';
import type { Downstream } from './downstream.js';
import type { TrackStore } from './track-store.js';

/** Ends a subscription of a range of groups once all of them were sent; looked at whenever that may have come about. */
export function endIfRangeIsOver(context: RelayContext, store: TrackStore, downstream: Downstream): void {
  if (!isRangeOver(store, downstream)) return;
  const again = (): void => {
    if (isRangeOver(store, downstream)) downstream.finish('SUBSCRIPTION_ENDED', 'the range was sent');
  };
  // Streams of the range that were overtaken by the next group still get their time.
  context.clock.after(context.policy.endQuietMs, again, { background: true });
}

function isRangeOver({ largest, cache }: TrackStore, { endGroup, isIdle }: Downstream): boolean {
  if (endGroup === null || largest === null || largest.group <= endGroup || !isIdle) return false;
  for (const entry of cache.values()) if (entry.id <= endGroup && !entry.isOver) return false;
  return true;
}
