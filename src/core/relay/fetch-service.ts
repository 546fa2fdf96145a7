import type { IncomingFetch, OutgoingFetch, Refusal } from '../session/session.js';
import { concatBytes } from '../util/bytes.js';
import type { FullTrackName } from '../wire/full-track-name.js';
import type { Location } from '../wire/location.js';
import type { ObjectHeader } from '../wire/messages/object.js';
import type { DraftProfile } from '../wire/profile.js';
import { adaptHeader, factsOf, NOT_CONVEYABLE, offerFor, passOnFailure, resetCode } from './bridge.js';
import type { RelayContext } from './context.js';
import { endOf, type FetchRange, inRange, isEmptyRange, knownFrom } from './fetch-range.js';
import type { GroupEntry } from './group-cache.js';
import type { StreamIntake } from './intake.js';
import type { Peer } from './peer.js';
import type { SubgroupLog } from './subgroup-log.js';
import type { RelayTrack } from './track.js';

const NOTHING_THERE: Refusal = { name: 'INVALID_RANGE', reason: 'there is no object in this range' };

/** Answers a FETCH from the cache where it knows the whole range, else from a publisher. Never rejects. */
export async function serveFetch(context: RelayContext, peer: Peer, request: IncomingFetch): Promise<void> {
  const wanted = resolve(peer, request);
  if ('name' in wanted) {
    peer.refuse(request, 'FETCH', wanted);
    return;
  }
  const track = context.knownTrack(wanted.track);
  const known = track === undefined ? null : knownFrom(track, wanted.range);
  if (track !== undefined && known === wanted.range.start.group) {
    context.tally.fetchesFromCache++;
    await fromCache(context, peer, request, track, wanted.range, known);
    return;
  }
  if (track?.store.largest != null && startsBeyond(wanted.range, track.store.largest) && !track.publishers.arePaused) {
    peer.refuse(request, 'FETCH', NOTHING_THERE);
    return;
  }
  const refusal = await fromPublisher(context, peer, request, wanted.track, wanted.range);
  if (refusal === null) return;
  if (
    track !== undefined &&
    known !== null &&
    canSayUnknown(peer.profile) &&
    request.parameters.groupOrder !== 'descending'
  ) {
    context.tally.fetchesFromCache++;
    await fromCache(context, peer, request, track, wanted.range, known);
    return;
  }
  peer.refuse(request, 'FETCH', refusal);
}

interface Wanted {
  readonly track: FullTrackName;
  readonly range: FetchRange;
}

function resolve(peer: Peer, request: IncomingFetch): Wanted | Refusal {
  const { target } = request;
  if (target.type === 'standalone') {
    const { track, start, end } = target;
    return isEmptyRange({ start, end })
      ? { name: 'INVALID_RANGE', reason: 'the range ends before it starts' }
      : { track, range: { start, end } };
  }
  const subscription = request.joining === undefined ? undefined : peer.subscriptionOf(request.joining);
  if (subscription === undefined) {
    return { name: 'INVALID_JOINING_REQUEST_ID', reason: 'that subscription is not established' };
  }
  const { track, downstream } = subscription;
  const { joined } = downstream;
  if (!downstream.forward || joined === null) return NOTHING_THERE;
  const { joiningStart } = target;
  const relative = joined.group > joiningStart ? joined.group - joiningStart : 0n;
  const group = target.type === 'relative-joining' ? relative : joiningStart;
  const range = { start: { group, object: 0n }, end: { group: joined.group, object: joined.object + 1n } };
  return isEmptyRange(range) ? NOTHING_THERE : { track: track.name, range };
}

function startsBeyond({ start }: FetchRange, largest: Location): boolean {
  return start.group > largest.group || (start.group === largest.group && start.object > largest.object);
}

/** Drafts that can mark a range of a FETCH response as unknown. */
function canSayUnknown({ data }: DraftProfile): boolean {
  return data.fetch.kind === 'flags' && data.fetch.ranges.size > 0;
}

function canSayStatus({ data }: DraftProfile): boolean {
  return data.fetch.kind === 'absolute' || data.fetch.status;
}

/** `known`: the first group that is here whole; what comes before it is said to be unknown. */
async function fromCache(
  context: RelayContext,
  peer: Peer,
  request: IncomingFetch,
  track: RelayTrack,
  range: FetchRange,
  known: bigint,
): Promise<void> {
  const largest = track.store.largest as Location;
  const end = endOf(range, largest);
  const { parameters, trackProperties } = offerFor(peer.profile, track.store.facts, null);
  const { groupOrder: _, ...others } = parameters ?? {};
  let out: OutgoingFetch;
  try {
    out = await request.accept({ endOfTrack: false, end, parameters: others, trackProperties });
  } catch {
    // Unless the requester has gone, which makes this moot.
    peer.refuse(request, 'FETCH', NOT_CONVEYABLE);
    return;
  }
  const stop = (): void => out.reset(resetCode(peer.profile, 'MALFORMED_TRACK'));
  track.onMalformed.add(stop);
  try {
    if (known > range.start.group) {
      await out.endOfRange('unknown', { group: known - 1n, object: peer.profile.features.maxVarint });
    }
    const groups = groupsBetween(known, end.group);
    if (request.parameters.groupOrder === 'descending') groups.reverse();
    for (const group of groups) {
      const entry = track.store.cache.get(group);
      // Evicted while the requester was slow.
      if (!entry?.retained) throw new Error('no longer cached');
      await writeGroup(context, peer, out, entry, { start: range.start, end });
    }
    out.end();
  } catch {
    out.reset(resetCode(peer.profile, 'UNKNOWN_OBJECT_STATUS'));
  } finally {
    track.onMalformed.delete(stop);
  }
}

function groupsBetween(first: bigint, last: bigint): bigint[] {
  const groups: bigint[] = [];
  for (let group = first; group <= last; group++) groups.push(group);
  return groups;
}

async function writeGroup(
  context: RelayContext,
  peer: Peer,
  out: OutgoingFetch,
  entry: GroupEntry<StreamIntake>,
  range: FetchRange,
): Promise<void> {
  const found: { header: ObjectHeader; pieces: readonly Uint8Array[]; from: DraftProfile }[] = [];
  for (const log of entry.logs) {
    await untilComplete(context, log, entry.id, range);
    for (const object of log.objects(0n)) {
      if (inRange(range, entry.id, object.header.object)) found.push({ ...object, from: log.profile });
    }
  }
  found.sort((a, b) => (a.header.object < b.header.object ? -1 : a.header.object > b.header.object ? 1 : 0));
  let last: bigint | null = null;
  for (const { header, pieces, from } of found) {
    if (header.object === last) continue;
    last = header.object;
    await writeObject(context, peer, out, header, pieces, from);
  }
}

/** An object of the range that is just arriving is waited for: where a joining FETCH ends, the subscription goes on after it. */
async function untilComplete(context: RelayContext, log: SubgroupLog, group: bigint, range: FetchRange): Promise<void> {
  const object = log.lastStarted;
  if (object === null || !inRange(range, group, object)) return;
  const deadline = context.clock.now() + context.policy.requestTimeoutMs;
  while (log.end === null && (log.lastComplete === null || log.lastComplete < object)) {
    const rest = deadline - context.clock.now();
    if (rest <= 0) throw new Error('the object did not come in time');
    await new Promise<void>((resolve) => {
      const timer = context.clock.after(rest, () => done());
      const done = (): void => {
        timer.cancel();
        log.followers.delete(done);
        resolve();
      };
      log.followers.add(done);
    });
  }
}

function writeObject(
  context: RelayContext,
  peer: Peer,
  out: OutgoingFetch,
  header: ObjectHeader,
  pieces: readonly Uint8Array[],
  from: DraftProfile,
): Promise<void> | undefined {
  const { status } = header;
  if (status !== 'normal' && (!canSayStatus(peer.profile) || !peer.profile.features.doesNotExistStatus)) {
    context.tally.statusesLeftOut++;
    return undefined;
  }
  const { properties } = adaptHeader(from, peer.profile, header);
  const { group, subgroup, object, priority } = header;
  return out.writeObject({ group, subgroup, object, priority, status, properties }, concatBytes(pieces));
}

/** Null when it was answered, else why not. */
async function fromPublisher(
  context: RelayContext,
  peer: Peer,
  request: IncomingFetch,
  name: FullTrackName,
  range: FetchRange,
): Promise<Refusal | null> {
  const track = context.knownTrack(name);
  const publishers = new Set<Peer>([...(track?.publishers.upstreams ?? [])].map((upstream) => upstream.peer));
  for (const publisher of context.namespaces.publishersOf(name.namespace)) publishers.add(publisher);
  let refusal: Refusal = { name: 'DOES_NOT_EXIST', reason: 'nobody publishes this track' };
  for (const publisher of publishers) {
    if (!publisher.isOpen || request.signal.aborted) continue;
    const refused = await forward(context, peer, request, publisher, name, range);
    if (refused === null) return null;
    refusal = refused;
  }
  return refusal;
}

async function forward(
  context: RelayContext,
  peer: Peer,
  request: IncomingFetch,
  publisher: Peer,
  track: FullTrackName,
  { start, end }: FetchRange,
): Promise<Refusal | null> {
  const { groupOrder } = request.parameters;
  const response = publisher.session.fetch(
    { type: 'standalone', track, start, end },
    groupOrder === undefined ? {} : { groupOrder },
    { timeoutMs: context.policy.requestTimeoutMs, signal: request.signal },
  );
  let out: OutgoingFetch;
  try {
    const ok = await response.ok;
    const facts = factsOf(publisher.profile, ok.parameters, ok.trackProperties);
    const { parameters, trackProperties } = offerFor(peer.profile, facts, null);
    const { groupOrder: _, ...others } = parameters ?? {};
    out = await request.accept({ endOfTrack: ok.endOfTrack, end: ok.end, parameters: others, trackProperties });
  } catch (error) {
    response.cancel();
    return passOnFailure(publisher.profile, error);
  }
  context.tally.fetchesForwarded++;
  context.background(out.cancelled.then(() => response.cancel()));
  try {
    let pieces: Uint8Array[] = [];
    for (let entries = await response.read(); entries !== null; entries = await response.read()) {
      for (const entry of entries) {
        if (entry.kind === 'end-of-range') {
          await out.endOfRange(entry.range, { group: entry.group, object: entry.object });
          continue;
        }
        if (entry.offset === 0) pieces = [];
        pieces.push(entry.bytes);
        if (entry.complete) await writeObject(context, peer, out, entry.header, pieces, publisher.profile);
      }
    }
    out.end();
  } catch {
    response.cancel();
    out.reset(resetCode(peer.profile, 'INTERNAL_ERROR'));
  }
  return null;
}
