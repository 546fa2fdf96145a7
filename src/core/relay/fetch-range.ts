import type { Location } from '../wire/location.js';
import type { SubgroupLog } from './subgroup-log.js';
import type { RelayTrack } from './track.js';

/** Objects that a FETCH asks for; `end` as on the wire: its object is plus one, and 0 means the whole group. */
export interface FetchRange {
  readonly start: Location;
  readonly end: Location;
}

export function isEmptyRange({ start, end }: FetchRange): boolean {
  if (start.group !== end.group) return start.group > end.group;
  return end.object !== 0n && start.object >= end.object;
}

export function inRange({ start, end }: FetchRange, group: bigint, object: bigint): boolean {
  if (group < start.group || (group === start.group && object < start.object)) return false;
  return group < end.group || (group === end.group && (end.object === 0n || object < end.object));
}

/** The end that FETCH_OK states: not beyond what has been published (draft-18 §10.13). */
export function endOf({ end }: FetchRange, largest: Location): Location {
  const beyond =
    end.group > largest.group ||
    (end.group === largest.group && (end.object === 0n || end.object > largest.object + 1n));
  return beyond ? { group: largest.group, object: largest.object + 1n } : end;
}

/**
 * The first group from which on the cache knows every object of the range, null when it does not even know the last one.
 * A group is known when all its streams came from their beginning and none broke off.
 */
export function knownFrom(track: RelayTrack, range: FetchRange): bigint | null {
  const { largest } = track.store;
  if (largest === null || track.store.hasDatagrams) return null;
  let known: bigint | null = null;
  const beyond = range.end.group > largest.group;
  const last = beyond ? largest.group : range.end.group;
  for (let group = last; group >= range.start.group; group--) {
    const from = group === range.start.group ? range.start.object : 0n;
    if (!isKnown(track, group, from, group === largest.group)) break;
    known = group;
  }
  return known;
}

function isKnown(track: RelayTrack, group: bigint, from: bigint, isLast: boolean): boolean {
  const entry = track.store.cache.get(group);
  if (entry === undefined || !entry.retained || entry.logs.size === 0) return false;
  let first: bigint | null = null;
  for (const log of entry.logs) {
    if (!log.isWhole || log.end?.kind === 'reset' || (log.end === null && !isLast)) return false;
    const begins = firstObject(log);
    if (begins !== null && (first === null || begins < first)) first = begins;
  }
  return first !== null && first <= from;
}

function firstObject(log: SubgroupLog): bigint | null {
  if (log.length === log.base) return null;
  return log.at(log.base).fragments[0]?.header.object ?? null;
}
