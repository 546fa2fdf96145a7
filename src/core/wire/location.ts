/** A place in a track (draft-18 §1.4.2). Both IDs are unsigned 62-bit (drafts to 16) or 64-bit (from 17) integers. */
export interface Location {
  readonly group: bigint;
  readonly object: bigint;
}

/** Negative when `a` comes before `b`, 0 when equal, positive otherwise. */
export function compareLocations(a: Location, b: Location): number {
  if (a.group !== b.group) return a.group < b.group ? -1 : 1;
  if (a.object !== b.object) return a.object < b.object ? -1 : 1;
  return 0;
}
