import type { Location } from '../wire/location.js';

/** Objects that a FETCH asks for; `end` as on the wire: its object is plus one, and 0 means the whole group. */
export interface FetchRange {
  readonly start: Location;
  readonly end: Location;
}

export function isEmptyRange({ start, end }: FetchRange): boolean {
  if (start.group !== end.group) return start.group > end.group;
  return end.object !== 0n && start.object >= end.object;
}

/** The end that FETCH_OK states: not beyond what has been published (draft-18 §10.13). */
export function endOf({ end }: FetchRange, largest: Location): Location {
  const beyond =
    end.group > largest.group ||
    (end.group === largest.group && (end.object === 0n || end.object > largest.object + 1n));
  return beyond ? { group: largest.group, object: largest.object + 1n } : end;
}

/** What is left of a range, in the order of the response, once everything up to `last` has been sent. */
export function restAfter({ start, end }: FetchRange, last: Location, descending: boolean): FetchRange[] {
  const next = { group: last.group, object: last.object + 1n };
  if (!descending) return [{ start: next, end }].filter((range) => !isEmptyRange(range));
  const ofGroup = { start: next, end: last.group === end.group ? end : { group: last.group, object: 0n } };
  const below = { start, end: { group: last.group - 1n, object: 0n } };
  return [ofGroup, below].filter((range) => !isEmptyRange(range));
}
