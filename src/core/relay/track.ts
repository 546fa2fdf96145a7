import type { IncomingPublish, Publication, Refusal, Subscription, SubscriptionEnd } from '../session/session.js';
import type { Timer } from '../util/clock.js';
import type { FragmentRun } from '../wire/encoded-run.js';
import { type FullTrackName, trackKey } from '../wire/full-track-name.js';
import { compareLocations, type Location } from '../wire/location.js';
import type { DatagramObject, SubgroupHeader } from '../wire/messages/object.js';
import type { DraftProfile } from '../wire/profile.js';
import { Admission, type AdmissionTrack } from './admission.js';
import { factsOf, passOnDone } from './bridge.js';
import type { RelayContext } from './context.js';
import { Downstream } from './downstream.js';
import type { GroupEntry } from './group-cache.js';
import { HeldDatagrams } from './held-datagrams.js';
import type { IntakeSource, StreamIntake } from './intake.js';
import type { JoinPlan } from './join.js';
import { NewGroupRequests } from './new-group-requests.js';
import type { Peer } from './peer.js';
import { Publishers, type PublishersTrack } from './publishers.js';
import { endIfRangeIsOver } from './range-end.js';
import type { SubgroupLog } from './subgroup-log.js';
import { TrackStore } from './track-store.js';
import type { Upstream } from './upstream.js';
import type { Watcher } from './watcher.js';

const MALFORMED: Refusal = { name: 'MALFORMED_TRACK', reason: 'the track is malformed' };

/**
 * One track in the relay: a subscription to each of its publishers, what is kept of it, and its subscribers. It lives
 * while anybody publishes, wants or awaits it; when it ends its name is free at once, and what is left of it serves
 * those who were there.
 */
export class RelayTrack implements PublishersTrack, AdmissionTrack {
  readonly key: string;
  readonly store: TrackStore;
  readonly publishers: Publishers;
  readonly admission: Admission;
  readonly #downstreams = new Set<Downstream>();
  readonly #held = new HeldDatagrams();
  readonly #newGroups: NewGroupRequests;
  #retired = false;
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
    this.admission = new Admission(context, this);
  }

  get downstreams(): ReadonlySet<Downstream> {
    return this.#downstreams;
  }

  get open(): boolean {
    return this.#downstreams.size > 0 || this.admission.isEmpty;
  }

  get shared(): boolean {
    return this.publishers.total > 1;
  }

  /** What is still to come is on its way already: there is no pace to keep. */
  get finishing(): boolean {
    return this.#retired || this.publishers.areFinishing;
  }

  get retired(): boolean {
    return this.#retired;
  }

  get isWanted(): boolean {
    return this.#downstreams.size > 0 || !this.admission.isEmpty;
  }

  // Subscribers

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

  add(peer: Peer, publication: Publication, plan: JoinPlan): void {
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

  joinEnded(): void {
    this.#releaseHeld();
    if (!this.admission.isJoining) this.#retire();
    this.demandChanged();
  }

  // Publishers

  /** Takes a PUBLISH as the way to this publisher, and offers the track to those who watch for it. */
  published(peer: Peer, request: IncomingPublish, watchers: readonly Watcher[]): void {
    const takers = watchers.filter((watcher) => watcher.willTake(this, peer));
    // Until they are offered the track they count as about to join: the publisher may begin at once.
    const watched = takers.some(({ forward }) => forward);
    if (watched) this.admission.expectJoin();
    this.publishers.accept(peer, request, this.#wantsForward);
    for (const watcher of takers) watcher.track(this);
    if (watched) this.admission.endJoin();
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
    this.admission.admitAll();
  }

  newGroupToAskFor(): bigint | undefined {
    const { newGroupRequest } = this.admission;
    if (newGroupRequest !== undefined) this.#newGroups.carried(newGroupRequest);
    return newGroupRequest;
  }

  failed(refusal: Refusal): void {
    this.admission.refusedBy(refusal);
    if (this.publishers.any || this.#retired) return;
    this.admission.unavailable();
    if (this.#downstreams.size > 0) this.#end('INTERNAL_ERROR', 'the last publisher has gone');
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
    if (!this.admission.isJoining) this.#retire();
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
    const isFirst = this.#downstreams.size === 0 && this.admission.isExpecting;
    if (!isFirst && this.#held.isEmpty) this.#passOn(from, object);
    else if (!this.#held.hold(from, object)) this.context.tally.datagramsDropped++;
  }

  #releaseHeld(): void {
    if (this.admission.isExpecting) return;
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
    this.admission.refuseAll(MALFORMED);
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
    if (this.admission.wantsForward) return true;
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
