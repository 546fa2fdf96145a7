import type {
  IncomingPublish,
  IncomingSubscribe,
  Publication,
  Refusal,
  Subscription,
  SubscriptionEnd,
} from '../session/session.js';
import { RequestRejected } from '../session/session-errors.js';
import type { Timer } from '../util/clock.js';
import type { FragmentRun } from '../wire/encoded-run.js';
import { type FullTrackName, trackKey } from '../wire/full-track-name.js';
import { compareLocations, type Location } from '../wire/location.js';
import type { DatagramObject, SubgroupHeader } from '../wire/messages/object.js';
import type { DraftProfile } from '../wire/profile.js';
import { factsOf, NOT_CONVEYABLE, offerFor, passOnDone } from './bridge.js';
import type { RelayContext } from './context.js';
import { Downstream } from './downstream.js';
import type { GroupEntry } from './group-cache.js';
import { HeldDatagrams } from './held-datagrams.js';
import type { IntakeSource, StreamIntake } from './intake.js';
import { isOver, type JoinPlan, planJoin } from './join.js';
import { NewGroupRequests } from './new-group-requests.js';
import type { Peer } from './peer.js';
import { Publishers, type PublishersTrack } from './publishers.js';
import { endIfRangeIsOver } from './range-end.js';
import type { SubgroupLog } from './subgroup-log.js';
import { TrackStore } from './track-store.js';
import type { Upstream } from './upstream.js';
import { WaitingRoom } from './waiting-room.js';
import type { Watcher } from './watcher.js';

const MALFORMED: Refusal = { name: 'MALFORMED_TRACK', reason: 'the track is malformed' };

/**
 * One track in the relay: a subscription to each of its publishers, what is kept of it, and its subscribers. It lives
 * while anybody publishes, wants or awaits it; when it ends its name is free at once, and what is left of it serves
 * those who were there.
 */
export class RelayTrack implements PublishersTrack {
  readonly key: string;
  readonly store: TrackStore;
  readonly publishers: Publishers;
  readonly #downstreams = new Set<Downstream>();
  readonly #held = new HeldDatagrams();
  /** Those who waited are being let in, one after the other. */
  #admitting = false;
  readonly #waiting: WaitingRoom;
  readonly #newGroups: NewGroupRequests;
  /** Subscribers that are about to join. */
  #joining = 0;
  #retired = false;
  #refusal: Refusal | null = null;
  #pendingEnd: { readonly status: string; readonly reason: string } | null = null;
  #linger: Timer | null = null;
  /** Told when the track turns out malformed. */
  readonly onMalformed = new Set<() => void>();

  constructor(
    private readonly context: RelayContext,
    readonly name: FullTrackName,
  ) {
    this.key = trackKey(name);
    this.store = new TrackStore(context, name);
    this.publishers = new Publishers(context, this);
    this.#newGroups = new NewGroupRequests(this.store, this.publishers, context.policy.requestTimeoutMs);
    this.#waiting = new WaitingRoom(context, () => this.demandChanged());
  }

  get downstreams(): ReadonlySet<Downstream> {
    return this.#downstreams;
  }

  get open(): boolean {
    return this.#downstreams.size > 0 || (this.#joining === 0 && this.#waiting.size === 0);
  }

  get shared(): boolean {
    return this.publishers.total > 1;
  }

  /** What is still to come is on its way already: there is no pace to keep. */
  get finishing(): boolean {
    return this.#retired || this.publishers.areFinishing;
  }

  get isWanted(): boolean {
    return this.#downstreams.size > 0 || this.#waiting.size > 0 || this.#joining > 0;
  }

  isAwaitedBy(peer: Peer): boolean {
    return this.#waiting.has(peer);
  }

  // Subscribers

  subscribe(peer: Peer, request: IncomingSubscribe): void {
    if (this.publishers.upstreams.size > 0) {
      this.context.background(this.#admitSoon(peer, request));
      return;
    }
    this.#waiting.enter({ peer, request });
    this.demandChanged();
    this.publishers.connect();
    if (!this.publishers.any) this.#unavailable();
  }

  /** PUBLISH to one that asked for the tracks below a prefix. */
  async publishTo(peer: Peer, forward: boolean): Promise<'accepted' | 'refused' | 'failed'> {
    const told = this.store.largest;
    const offer = offerFor(peer.profile, this.store.facts, told);
    if (forward) this.#beginJoin();
    try {
      const publication = await peer.session.publish(
        this.name,
        forward ? offer : { ...offer, parameters: { ...offer.parameters, forward: false } },
        { timeoutMs: this.context.policy.requestTimeoutMs },
      );
      // It gets all that came since it was told: the publisher did not wait for its answer.
      const plan = planJoin(publication.parameters.filter, told);
      this.#add(peer, publication, { ...plan, replayFrom: told?.group ?? 0n });
      return 'accepted';
    } catch (error) {
      return error instanceof RequestRejected ? 'refused' : 'failed';
    } finally {
      if (forward) this.#endJoin();
    }
  }

  refuseWaiting(refusal: Refusal): void {
    this.#waiting.refuseAll(refusal);
    this.demandChanged();
  }

  left(downstream: Downstream): void {
    if (!this.#downstreams.delete(downstream)) return;
    downstream.peer.unsubscribed(this, downstream);
    this.demandChanged();
  }

  requestNewGroup(group: bigint): void {
    this.#newGroups.ask(group);
  }

  rangeMayBeOver(downstream: Downstream): void {
    endIfRangeIsOver(this.context, this.store, downstream);
  }

  async #admitSoon(peer: Peer, request: IncomingSubscribe): Promise<void> {
    const paused = [...this.publishers.upstreams].filter((upstream) => upstream.isPaused);
    if (request.parameters.forward === false || paused.length === 0) {
      this.#admit(peer, request);
      return;
    }
    this.#beginJoin();
    await Promise.all(paused.map((upstream) => upstream.setForward(true)));
    this.#admit(peer, request);
    this.#endJoin();
  }

  #admit(peer: Peer, request: IncomingSubscribe): void {
    if (request.signal.aborted) return;
    const { filter } = request.parameters;
    const { largest, facts } = this.store;
    if (this.#retired) {
      peer.refuse(request, 'SUBSCRIBE', { name: 'DOES_NOT_EXIST', reason: 'the track has just ended' });
    } else if (isOver(filter, largest)) {
      peer.refuse(request, 'SUBSCRIBE', { name: 'INVALID_RANGE', reason: 'the last group of the range was published' });
    } else {
      let publication: Publication;
      try {
        publication = request.accept(offerFor(peer.profile, facts, largest));
      } catch {
        peer.refuse(request, 'SUBSCRIBE', NOT_CONVEYABLE);
        return;
      }
      this.#add(peer, publication, planJoin(filter, largest));
    }
  }

  #add(peer: Peer, publication: Publication, plan: JoinPlan): void {
    const downstream = new Downstream(this.context, this, peer, publication, plan, this.store.largest);
    this.#downstreams.add(downstream);
    peer.subscribed(this, downstream);
    this.context.tally.subscriptionsAccepted++;
    this.context.emit({ type: 'subscribed', session: peer.id, track: this.name });
    downstream.join();
    const { newGroupRequest } = publication.parameters;
    if (newGroupRequest !== undefined) this.#newGroups.ask(newGroupRequest);
    this.demandChanged();
    if (this.#retired && this.#pendingEnd !== null) downstream.finish(this.#pendingEnd.status, this.#pendingEnd.reason);
  }

  #beginJoin(): void {
    this.#joining++;
    this.demandChanged();
  }

  #endJoin(): void {
    this.#joining--;
    this.#releaseHeld();
    if (this.#joining === 0 && this.#pendingEnd !== null) this.#retire();
    this.demandChanged();
  }

  // Publishers

  /** Takes a PUBLISH as the way to this publisher, and offers the track to those who watch for it. */
  published(peer: Peer, request: IncomingPublish, watchers: readonly Watcher[]): void {
    const takers = watchers.filter((watcher) => watcher.willTake(this, peer));
    // Until they are offered the track they count as about to join: the publisher may begin at once.
    const watched = takers.some(({ forward }) => forward);
    if (watched) this.#joining++;
    this.publishers.accept(peer, request, this.#wantsForward);
    for (const watcher of takers) watcher.track(this);
    if (watched) this.#endJoin();
  }

  established(upstream: Upstream, subscription: Subscription): void {
    const { peer } = upstream;
    const facts = factsOf(peer.profile, subscription.parameters, subscription.trackProperties);
    if (this.#retired) {
      subscription.cancel();
      return;
    }
    this.publishers.add(upstream);
    this.store.facts = facts;
    const { largestObject } = subscription.parameters;
    // The first that is heard of it is no new group.
    if (this.store.largest === null) this.store.noteLargest(largestObject);
    else this.#noteLargest(largestObject);
    upstream.begin(subscription);
    this.context.emit({ type: 'track-published', session: peer.id, track: this.name, via: subscription.origin });
    this.#admitting = true;
    for (const { peer: waiter, request } of this.#waiting.takeAll()) {
      this.context.background(this.#admitSoon(waiter, request));
    }
    this.#admitting = false;
    this.demandChanged();
  }

  newGroupToAskFor(): bigint | undefined {
    const { newGroupRequest } = this.#waiting;
    if (newGroupRequest !== undefined) this.#newGroups.carried(newGroupRequest);
    return newGroupRequest;
  }

  failed(refusal: Refusal): void {
    if (this.#refusal === null || this.#refusal.name === 'DOES_NOT_EXIST') this.#refusal = refusal;
    if (this.publishers.any || this.#retired) return;
    this.#unavailable();
    if (this.#downstreams.size > 0) this.#end('INTERNAL_ERROR', 'the last publisher has gone');
  }

  #unavailable(): void {
    const refusal = this.#refusal;
    this.#refusal = null;
    this.#waiting.unavailable(refusal);
    this.demandChanged();
  }

  resumed(answered: boolean, largest: Location | undefined): void {
    const before = this.store.largest;
    this.#noteLargest(largest);
    // What was published while nobody listened is not here: who joins now must not get what was kept before it.
    const gap = !answered || (largest !== undefined && (before === null || compareLocations(largest, before) > 0));
    if (gap) this.store.cache.evictAll();
  }

  upstreamEnded(upstream: Upstream, end: SubscriptionEnd): void {
    if (!this.publishers.upstreams.delete(upstream)) return;
    const { peer } = upstream;
    const status = end.kind === 'done' ? passOnDone(peer.profile, end.status) : 'INTERNAL_ERROR';
    this.context.emit({ type: 'track-ended', session: peer.id, track: this.name, status });
    if (this.publishers.any) this.demandChanged();
    else this.#end(status, end.kind === 'done' ? end.reason : 'the publisher has gone');
  }

  #end(status: string, reason: string): void {
    this.#pendingEnd = { status, reason };
    if (this.#joining === 0) this.#retire();
  }

  /** Those who are still here get the rest, then PUBLISH_DONE. */
  #retire(): void {
    if (this.#retired || this.#pendingEnd === null) return;
    this.#forget();
    const { status, reason } = this.#pendingEnd;
    for (const downstream of [...this.#downstreams]) downstream.finish(status, reason);
    this.store.cache.evictAll();
  }

  // Data

  get defaultPriority(): number {
    return this.store.defaultPriority;
  }

  entry(group: bigint): GroupEntry<StreamIntake> {
    return this.store.cache.open(group);
  }

  openLog(entry: GroupEntry<StreamIntake>, header: SubgroupHeader, subgroup: bigint, from: DraftProfile): SubgroupLog {
    const log = this.store.openLog(entry, header, subgroup, from, () => this.shared);
    for (const downstream of this.#downstreams) downstream.offer(log);
    return log;
  }

  append(entry: GroupEntry<StreamIntake>, log: SubgroupLog, fragments: FragmentRun): void {
    if (this.store.append(entry, log, fragments)) this.#groupBegan();
  }

  datagram(from: Upstream, object: DatagramObject): void {
    const isFirst = this.#downstreams.size === 0 && this.#isAboutToBeJoined;
    if (!isFirst && this.#held.isEmpty) this.#passOn(from, object);
    else if (!this.#held.hold(from, object)) this.context.tally.datagramsDropped++;
  }

  get #isAboutToBeJoined(): boolean {
    return this.#admitting || this.#joining > 0 || this.#waiting.size > 0;
  }

  #releaseHeld(): void {
    if (this.#isAboutToBeJoined) return;
    for (const [from, object] of this.#held.takeAll()) this.#passOn(from, object);
  }

  #passOn(from: Upstream, object: DatagramObject): void {
    this.store.hasDatagrams = true;
    this.context.tally.bytesReceived += object.payload.length;
    if (this.shared && this.store.sawDatagram(object)) {
      this.droppedDuplicate();
      return;
    }
    this.#noteLargest(object.header);
    for (const downstream of this.#downstreams) downstream.datagram(object, from.peer.profile);
  }

  report(error: unknown): void {
    this.context.report(error);
  }

  droppedDuplicate(): void {
    this.context.tally.duplicatesDropped++;
  }

  malformed(source: IntakeSource, reason: string): void {
    if (this.#retired) return;
    this.context.tally.malformedTracks++;
    for (const upstream of this.publishers.upstreams) {
      if (upstream !== source) continue;
      this.context.emit({ type: 'malformed-track', session: upstream.peer.id, track: this.name, reason });
    }
    this.#forget();
    this.publishers.cancelAll();
    this.#waiting.refuseAll(MALFORMED);
    for (const downstream of [...this.#downstreams]) downstream.cut('MALFORMED_TRACK', reason);
    for (const tell of [...this.onMalformed]) tell();
    this.store.cache.dispose();
  }

  #noteLargest(location: Location | undefined): void {
    if (location === undefined) return;
    if (this.store.noteLargest({ group: location.group, object: location.object })) this.#groupBegan();
  }

  #groupBegan(): void {
    this.#newGroups.groupBegan();
    for (const downstream of this.#downstreams) if (downstream.endGroup !== null) this.rangeMayBeOver(downstream);
  }

  // Life

  get #wantsForward(): boolean {
    if (this.#joining > 0 || this.#waiting.wantsForward) return true;
    for (const downstream of this.#downstreams) if (downstream.forward) return true;
    return false;
  }

  /** Who wants what has changed: FORWARD follows, streams that waited are looked at again, and an unused track goes. */
  demandChanged(): void {
    if (this.#retired) return;
    this.#releaseHeld();
    const forward = this.#wantsForward;
    for (const upstream of this.publishers.upstreams) {
      void upstream.setForward(forward);
      upstream.wake();
    }
    if (this.isWanted) {
      this.#linger?.cancel();
      this.#linger = null;
    } else if (!this.publishers.any) this.letGoIfUnused();
    else if (this.#linger === null) {
      this.#linger = this.context.clock.after(this.context.policy.lingerMs, () => this.#letGo(), { background: true });
    }
  }

  #letGo(): void {
    this.#linger = null;
    this.publishers.letGo();
    this.letGoIfUnused();
  }

  letGoIfUnused(): void {
    if (this.#retired || this.isWanted || this.publishers.any) return;
    this.#forget();
    this.store.cache.dispose();
  }

  #forget(): void {
    this.#retired = true;
    this.#linger?.cancel();
    this.context.forget(this);
  }
}
