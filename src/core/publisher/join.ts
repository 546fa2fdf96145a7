import type { Location } from '../wire/location.js';
import type { SubscriptionFilter } from '../wire/messages/parameters.js';
import type { TrackLog } from './track-log.js';

/** Where in the log a subscription begins, and which objects pass its filter. */
export type Join =
  | {
      readonly kind: 'join';
      /** Sequence number of the first entry that is looked at. */
      readonly cursor: number;
      /** Objects before it do not pass. */
      readonly start: Location | null;
      /** Objects of later groups do not pass. */
      readonly endGroup: bigint | null;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * The place that a filter asks for (draft-18 §5.1.2). Without a filter, and with an absolute start in the past, a
 * subscriber gets the current group as far as it is kept, since that is all a publisher has.
 */
export function joinTrack(filter: SubscriptionFilter | undefined, log: TrackLog): Join {
  const { largest } = log;
  const fromKept = { kind: 'join', cursor: log.joinPoint, start: null, endGroup: null } as const;
  if (filter === undefined || largest === null) {
    return filter === undefined || filter.type === 'largest-object' || filter.type === 'next-group-start'
      ? fromKept
      : { ...fromKept, ...range(filter) };
  }
  switch (filter.type) {
    case 'largest-object':
      return { ...fromKept, cursor: log.head };
    case 'next-group-start':
      return { ...fromKept, cursor: log.head, start: { group: largest.group + 1n, object: 0n } };
    case 'absolute-start':
      return { ...fromKept, ...range(filter) };
    case 'absolute-range':
      if (filter.endGroup < (log.currentGroup ?? 0n)) {
        return { kind: 'refused', reason: `group ${filter.endGroup} and all before it are gone` };
      }
      return { ...fromKept, ...range(filter) };
  }
}

function range(filter: SubscriptionFilter): { start: Location | null; endGroup: bigint | null } {
  if (filter.type === 'absolute-start') return { start: filter.start, endGroup: null };
  if (filter.type === 'absolute-range') return { start: filter.start, endGroup: filter.endGroup };
  return { start: null, endGroup: null };
}
