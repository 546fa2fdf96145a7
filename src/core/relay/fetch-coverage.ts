import type { Location } from '../wire/location.js';
import type { ObjectFragment } from '../wire/messages/object.js';
import type { DraftProfile } from '../wire/profile.js';
import { decodeProperties, PROPERTY } from '../wire/properties.js';
import type { FetchRange } from './fetch-range.js';
import type { GroupEntry } from './group-cache.js';
import type { StreamIntake } from './intake.js';
import type { TrackStore } from './track-store.js';

/**
 * A piece of a range: objects `from` to `to` of one group, or all objects of the groups `low` to `high`. Known: of these,
 * everything that exists is in the cache. Unknown: it may exist. `to` is inclusive; null: to the end of the group.
 */
export interface Part {
  readonly kind: 'known' | 'unknown';
  readonly low: bigint;
  readonly high: bigint;
  readonly from: bigint;
  readonly to: bigint | null;
}

/** What a group's cached streams say of it. */
interface Outline {
  /** Objects that are here or arriving, by ID; true: still young enough to be served. */
  readonly objects: ReadonlyMap<bigint, boolean>;
  /** For an object, how many IDs just before it do not exist (PRIOR_OBJECT_ID_GAP). */
  readonly gaps: ReadonlyMap<bigint, bigint>;
  /** How many groups just before this one do not exist (PRIOR_GROUP_ID_GAP). */
  readonly groupGap: bigint;
  /** From this ID on nothing exists; null: nobody said where the group ends. */
  readonly end: bigint | null;
  /** All its streams came to their end and a later group has begun: what has not come does not exist. */
  readonly isOver: boolean;
}

/**
 * What the cache knows of a range that ends within what was published, in ascending order. An object is known when it is
 * here. A hole is known when a gap property explains it, or its group is over. What comes before the first object that is
 * here of a group is unknown: the relay may have joined in its middle. Of a track with datagrams, which are not kept,
 * only a property explains a hole. `now` is on the relay's clock.
 */
export function coverage(store: TrackStore, { start, end }: FetchRange, now: number): Part[] {
  const parts: Part[] = [];
  const groups = [...store.cache.values()]
    .filter(({ id, retained, logs }) => retained && logs.size > 0 && id >= start.group && id <= end.group)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const fromOf = (group: bigint): bigint => (group === start.group ? start.object : 0n);
  const toOf = (group: bigint): bigint | null => (group === end.group && end.object > 0n ? end.object - 1n : null);
  let next = start.group;
  for (const entry of groups) {
    const outline = outlineOf(store, entry, now);
    const gap = entry.id - outline.groupGap;
    if (gap > next) parts.push(...unknown(next, gap - 1n, fromOf(next), null));
    parts.push(...coverGroup(entry.id, outline, fromOf(entry.id), toOf(entry.id)));
    next = entry.id + 1n;
  }
  if (next <= end.group) parts.push(...unknown(next, end.group, fromOf(next), toOf(end.group)));
  return parts;
}

/** A range of which nothing is here. */
export function nothingKnown({ start, end }: FetchRange): Part[] {
  return unknown(start.group, end.group, start.object, end.object === 0n ? null : end.object - 1n);
}

/** Parts in the order of a response: groups may descend, objects never do. */
export function inResponseOrder(parts: readonly Part[], descending: boolean): Part[] {
  if (!descending) return [...parts];
  return [...parts].sort((a, b) => (a.low === b.low ? 0 : a.low < b.low ? 1 : -1));
}

/** Where a part ends in the order of a response. */
export function endOfPart({ low, high, to }: Part, descending: boolean, maxObject: bigint): Location {
  return { group: descending ? low : high, object: to ?? maxObject };
}

/** Split so that every part is of one group or of whole groups. */
function unknown(low: bigint, high: bigint, from: bigint, to: bigint | null): Part[] {
  const kind = 'unknown';
  if (low === high) return [{ kind, low, high, from, to }];
  const parts: Part[] = [];
  let [first, last] = [low, high];
  if (from > 0n) {
    parts.push({ kind, low, high: low, from, to: null });
    first++;
  }
  if (to !== null) last--;
  if (first <= last) parts.push({ kind, low: first, high: last, from: 0n, to: null });
  if (to !== null) parts.push({ kind, low: high, high, from: 0n, to });
  return parts;
}

function coverGroup(group: bigint, outline: Outline, from: bigint, to: bigint | null): Part[] {
  const parts: Part[] = [];
  const push = (kind: Part['kind'], first: bigint, last: bigint | null): void => {
    const before = parts.at(-1);
    if (before?.kind === kind) parts[parts.length - 1] = { ...before, to: last };
    else parts.push({ kind, low: group, high: group, from: first, to: last });
  };
  const { objects, gaps, end, isOver } = outline;
  let next = from;
  let isFirst = true;
  for (const [id, isFresh] of [...objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (to !== null && id > to) break;
    if (id > next) {
      const explained = isOver && !isFirst ? next : id - (gaps.get(id) ?? 0n);
      if (explained > next) push('unknown', next, explained - 1n);
      if (explained < id) push('known', explained > next ? explained : next, id - 1n);
    }
    if (id >= next) {
      push(isFresh ? 'known' : 'unknown', id, id);
      next = id + 1n;
    }
    isFirst = false;
  }
  if (to !== null && next > to) return parts;
  const isKnown = !isFirst && (isOver || (end !== null && next >= end));
  push(isKnown ? 'known' : 'unknown', next, to);
  return parts;
}

function outlineOf(store: TrackStore, entry: GroupEntry<StreamIntake>, now: number): Outline {
  const objects = new Map<bigint, boolean>();
  const gaps = new Map<bigint, bigint>();
  const largest = store.largest?.group ?? entry.id;
  const oldest = now - store.maxCacheMs;
  let groupGap = 0n;
  let end: bigint | null = null;
  let isOver = entry.id < largest && !store.hasDatagrams;
  for (const log of entry.logs) {
    if (log.end?.kind !== 'fin') isOver = false;
    for (let i = log.base; i < log.length; i++) {
      const batch = log.at(i);
      for (const { header, offset } of batch.fragments) {
        if (offset !== 0) continue;
        const { object, status, properties } = header;
        objects.set(object, batch.receivedAt >= oldest);
        if (status === 'end-of-group' || status === 'end-of-track') end = object + 1n;
        if (properties.length === 0) continue;
        const prior = priorGaps(log.profile, properties);
        if (prior.object > 0n) gaps.set(object, prior.object);
        if (prior.group > groupGap) groupGap = prior.group;
      }
    }
    const last = log.lastStarted;
    if (last === null) continue;
    // One that broke off within an object, or was taken over from another publisher, lacks that object.
    if (log.end !== null && log.lastComplete !== last) objects.delete(last);
    if (log.header.endOfGroup && log.end?.kind === 'fin') end = last + 1n;
  }
  return { objects, gaps, groupGap, end, isOver };
}

function priorGaps(profile: DraftProfile, properties: ObjectFragment['header']['properties']) {
  const gaps = { object: 0n, group: 0n };
  for (const { type, value } of decodeProperties(profile, properties)) {
    if (typeof value !== 'bigint') continue;
    if (type === PROPERTY.priorObjectIdGap) gaps.object = value;
    else if (type === PROPERTY.priorGroupIdGap) gaps.group = value;
  }
  return gaps;
}
