import type { FetchResponse, IncomingFetch, OutgoingFetch, Refusal } from '../session/session.js';
import type { FullTrackName } from '../wire/full-track-name.js';
import type { Location } from '../wire/location.js';
import { factsOf, NOT_CONVEYABLE, offerFor, passOnFailure, resetCode } from './bridge.js';
import type { RelayContext } from './context.js';
import { coverage, inResponseOrder, nothingKnown, type Part } from './fetch-coverage.js';
import { endOf, type FetchRange, isEmptyRange, restAfter } from './fetch-range.js';
import { canSayUnknown, FetchResponseWriter, NoLongerKnown } from './fetch-writer.js';
import { BudgetSpent, FillBudget } from './fill-budget.js';
import type { Peer } from './peer.js';
import type { RelayTrack } from './track.js';

/** How long FETCH_OK is held back for the first entry of the response, ms: what breaks that soon is refused instead. */
const FIRST_ENTRY_MS = 500;

const NOTHING_THERE: Refusal = { name: 'INVALID_RANGE', reason: 'there is no object in this range' };
const NOBODY: Refusal = { name: 'DOES_NOT_EXIST', reason: 'nobody publishes this track' };

/** Answers a FETCH from the cache where it knows the whole range, else from a publisher. Never rejects. */
export function serveFetch(context: RelayContext, peer: Peer, request: IncomingFetch): Promise<void> {
  const wanted = resolve(peer, request);
  if ('name' in wanted) {
    peer.refuse(request, 'FETCH', wanted);
    return Promise.resolve();
  }
  return new FetchService(context, peer, request, wanted).serve();
}

type Entries = ReturnType<FetchResponse['read']>;

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

/** One FETCH of a subscriber. */
class FetchService {
  readonly #descending: boolean;
  readonly #budget: FillBudget;

  constructor(
    private readonly context: RelayContext,
    private readonly peer: Peer,
    private readonly request: IncomingFetch,
    private readonly wanted: Wanted,
  ) {
    const { groupOrder, fillTimeout } = request.parameters;
    this.#descending = groupOrder === 'descending';
    this.#budget = new FillBudget(context.clock, fillTimeout, context.policy.requestTimeoutMs);
  }

  async serve(): Promise<void> {
    const { range } = this.wanted;
    const track = this.context.knownTrack(this.wanted.track);
    const largest = track?.store.largest ?? null;
    const isKnown = track !== undefined && largest !== null && !startsBeyond(range, largest);
    const parts = isKnown ? this.#partsOf(track, range, largest) : null;
    if (track !== undefined && parts?.every(({ kind }) => kind === 'known')) {
      await this.#fromCache(track, parts);
      return;
    }
    if (largest !== null && startsBeyond(range, largest) && track?.publishers.arePaused === false) {
      this.#refuse(NOTHING_THERE);
      return;
    }
    const refusal = await this.#fromPublishers();
    if (refusal === null) return;
    const isUseful = this.#budget.isSpent || parts?.some(({ kind }) => kind === 'known');
    if (track !== undefined && parts !== null && isUseful && canSayUnknown(this.peer.profile)) {
      // What is here may have become more, or less, meanwhile.
      await this.#fromCache(track, this.#partsOf(track, range, track.store.largest as Location));
    } else this.#refuse(refusal);
  }

  #partsOf(track: RelayTrack, range: FetchRange, largest: Location): Part[] {
    if (startsBeyond(range, largest)) return nothingKnown(range);
    return coverage(track.store, { start: range.start, end: endOf(range, largest) }, this.context.clock.now());
  }

  #refuse(refusal: Refusal): void {
    this.peer.refuse(this.request, 'FETCH', refusal);
  }

  async #fromCache(track: RelayTrack, parts: readonly Part[]): Promise<void> {
    const { context, peer, request } = this;
    context.tally.fetchesFromCache++;
    const end = endOf(this.wanted.range, track.store.largest as Location);
    const { parameters, trackProperties } = offerFor(peer.profile, track.store.facts, null);
    const { groupOrder: _, ...others } = parameters ?? {};
    let out: OutgoingFetch;
    try {
      out = await request.accept({ endOfTrack: false, end, parameters: others, trackProperties });
    } catch {
      // Unless the requester has gone, which makes this moot.
      this.#refuse(NOT_CONVEYABLE);
      return;
    }
    const stop = (): void => out.reset(resetCode(peer.profile, 'MALFORMED_TRACK'));
    track.onMalformed.add(stop);
    try {
      await this.#writerTo(out).fromCache(track, inResponseOrder(parts, this.#descending), this.#budget);
      out.end();
    } catch {
      out.reset(resetCode(peer.profile, 'UNKNOWN_OBJECT_STATUS'));
    } finally {
      track.onMalformed.delete(stop);
    }
  }

  #writerTo(out: OutgoingFetch): FetchResponseWriter {
    return new FetchResponseWriter(this.context, this.peer.profile, out, this.#descending);
  }

  /** Null when it was answered, else why not. */
  async #fromPublishers(): Promise<Refusal | null> {
    const { context, request } = this;
    const { track: name } = this.wanted;
    const track = context.knownTrack(name);
    const publishers = new Set<Peer>([...(track?.publishers.upstreams ?? [])].map((upstream) => upstream.peer));
    for (const publisher of context.namespaces.publishersOf(name.namespace)) publishers.add(publisher);
    let refusal: Refusal = NOBODY;
    for (const publisher of publishers) {
      if (!publisher.isOpen || request.signal.aborted) continue;
      if (this.#budget.isSpent) return { name: 'TIMEOUT', reason: 'the publisher did not answer in time' };
      const refused = await this.#forward(publisher);
      if (refused === null) return null;
      refusal = refused;
    }
    return refusal;
  }

  async #forward(publisher: Peer): Promise<Refusal | null> {
    const { context, peer, request } = this;
    const { track, range } = this.wanted;
    const { groupOrder } = request.parameters;
    const response = publisher.session.fetch(
      { type: 'standalone', track, ...range },
      groupOrder === undefined ? {} : { groupOrder },
      { timeoutMs: context.policy.requestTimeoutMs, signal: request.signal },
    );
    let out: OutgoingFetch;
    let end: Location;
    let first: Entries;
    try {
      const ok = await this.#budget.wait(response.ok);
      end = ok.end;
      first = response.read();
      await this.#untilBegun(first);
      const facts = factsOf(publisher.profile, ok.parameters, ok.trackProperties);
      const { parameters, trackProperties } = offerFor(peer.profile, facts, null);
      const { groupOrder: _, ...others } = parameters ?? {};
      out = await request.accept({ endOfTrack: ok.endOfTrack, end, parameters: others, trackProperties });
    } catch (error) {
      response.cancel();
      if (error instanceof BudgetSpent) return { name: 'TIMEOUT', reason: error.message };
      return passOnFailure(publisher.profile, error);
    }
    context.tally.fetchesForwarded++;
    context.background(out.cancelled.then(() => response.cancel()));
    const relayed = new RelayedFetch(publisher, response, out, this.#writerTo(out), this.#budget);
    try {
      const isWhole = await relayed.run(first);
      if (!isWhole) await this.#fillUp(out, { start: range.start, end }, relayed.last);
      out.end();
    } catch (error) {
      response.cancel();
      out.reset(resetCode(peer.profile, error instanceof NoLongerKnown ? 'UNKNOWN_OBJECT_STATUS' : 'INTERNAL_ERROR'));
    }
    return null;
  }

  /** Until the response begins, or seems to be only slow. Rejects when it breaks off: a stream that is reset may lose its header. */
  async #untilBegun(first: Entries): Promise<void> {
    try {
      await this.#budget.wait(first, FIRST_ENTRY_MS);
    } catch (error) {
      if (!(error instanceof BudgetSpent)) throw error;
    }
  }

  /** What the publisher did not send in time: from the cache what is there, the rest as unknown. */
  async #fillUp(out: OutgoingFetch, range: FetchRange, last: Location | null): Promise<void> {
    const track = this.context.knownTrack(this.wanted.track);
    const largest = track?.store.largest ?? null;
    const parts: Part[] = [];
    for (const rest of last === null ? [range] : restAfter(range, last, this.#descending)) {
      const known = track === undefined || largest === null ? nothingKnown(rest) : this.#partsOf(track, rest, largest);
      parts.push(...inResponseOrder(known, this.#descending));
    }
    await this.#writerTo(out).fromCache(track, parts, this.#budget);
  }
}

/** A publisher's response on its way to the requester. */
class RelayedFetch {
  /** The last location that was passed on. */
  last: Location | null = null;

  constructor(
    private readonly publisher: Peer,
    private readonly response: FetchResponse,
    private readonly out: OutgoingFetch,
    private readonly writer: FetchResponseWriter,
    private readonly budget: FillBudget,
  ) {}

  /** `first`: what `read` gives first. False when the publisher took too long. Rejects when it broke off, or the requester did. */
  async run(first: Entries): Promise<boolean> {
    let pieces: Uint8Array[] = [];
    for (let next = first; ; next = this.response.read()) {
      let entries: Awaited<Entries>;
      try {
        entries = await this.budget.wait(next);
      } catch (error) {
        if (!(error instanceof BudgetSpent)) throw error;
        this.response.cancel();
        return false;
      }
      if (entries === null) return true;
      for (const entry of entries) {
        if (entry.kind === 'end-of-range') {
          await this.out.endOfRange(entry.range, { group: entry.group, object: entry.object });
          this.last = { group: entry.group, object: entry.object };
          continue;
        }
        if (entry.offset === 0) pieces = [];
        pieces.push(entry.bytes);
        if (!entry.complete) continue;
        await this.writer.object(entry.header, pieces, this.publisher.profile);
        this.last = { group: entry.header.group, object: entry.header.object };
      }
    }
  }
}
