import type { Location } from '../../wire/location.js';

/**
 * True when a range of FETCH or FETCH_OK ends before it starts. The end is as on the wire: its object is plus one, and 0
 * means the whole group (draft-18 §10.12.1).
 */
export function endsBeforeStart(start: Location, end: Location): boolean {
  if (end.group !== start.group) return end.group < start.group;
  return end.object !== 0n && end.object < start.object;
}
