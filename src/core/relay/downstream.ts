import type { Publication } from '../session/session.js';
import { RequestCancelled } from '../session/session-errors.js';
import { SessionClosed } from '../transport/transport-errors.js';
import type { Clock, Timer } from '../util/clock.js';
import type { Location } from '../wire/location.js';
import type { DatagramObject } from '../wire/messages/object.js';
import type { Parameters } from '../wire/messages/parameters.js';
import type { DraftProfile } from '../wire/profile.js';
import { PROPERTY } from '../wire/properties.js';
import { EncodeError, WireError } from '../wire/wire-error.js';
import { adaptHeader, doneStatus, factOf } from './bridge.js';
import type { RelayContext } from './context.js';
import { Cursor, type CursorOwner } from './cursor.js';
import type { JoinPlan } from './join.js';
import { planJoin } from './join.js';
import type { Peer } from './peer.js';
import type { SubgroupLog } from './subgroup-log.js';
import type { Tally } from './tally.js';
import type { RelayTrack } from './track.js';
import { UnsentStreams } from './unsent-streams.js';

/** One subscription of one subscriber. */
export class Downstream implements CursorOwner {
  readonly profile: DraftProfile;
  readonly clock: Clock;
  readonly tally: Tally;
  readonly unsent = new UnsentStreams();
  readonly #cursors = new Set<Cursor>();
  #plan: JoinPlan;
  #forward: boolean;
  #lagBytes = 0;
  #lagStreams = 0;
  #ending: { readonly status: string; readonly reason: string } | null = null;
  #ended = false;
  #lastProgress = 0;
  #stallTimer: Timer | null = null;
  objectTimeoutMs = 0;
  subgroupTimeoutMs = 0;

  constructor(
    private readonly context: RelayContext,
    private readonly track: RelayTrack,
    readonly peer: Peer,
    readonly publication: Publication,
    plan: JoinPlan,
    /** The largest object when it joined: where a joining FETCH ends. */
    public joined: Location | null,
  ) {
    this.profile = peer.profile;
    this.clock = context.clock;
    this.tally = context.tally;
    this.#plan = plan;
    this.#forward = publication.forward;
    this.#readTimeouts();
    publication.onUpdate = (update) => this.#onUpdate(update);
    context.background(publication.cancelled.then(() => this.#detach('CANCELLED', 'cancelled')));
  }

  get floor(): Location {
    return this.#plan.floor;
  }

  get endGroup(): bigint | null {
    return this.#plan.endGroup;
  }

  get forward(): boolean {
    return this.#forward;
  }

  get isIdle(): boolean {
    return this.#cursors.size === 0;
  }

  /** Joins the streams that are there. */
  join(): void {
    if (!this.#forward) return;
    const { replayFrom } = this.#plan;
    for (const entry of this.track.store.cache.values()) {
      if (replayFrom !== null && entry.id < replayFrom) continue;
      const replay = replayFrom !== null && entry.retained;
      for (const log of [...entry.logs]) {
        if (replay && this.#isFresh(log)) this.#follow(log, 'start');
        else if (log.end === null) this.#follow(log, 'next');
      }
    }
  }

  /** A stream has begun. */
  offer(log: SubgroupLog): void {
    if (this.#forward && this.#ending === null) this.#follow(log, 'start');
  }

  datagram(object: DatagramObject, from: DraftProfile): void {
    if (!this.#forward || this.#ending !== null || this.#ended) return;
    const { group, object: id, status, priority } = object.header;
    if (!this.#covers(group) || (group === this.floor.group && id < this.floor.object)) return;
    if (status === 'does-not-exist' && !this.profile.features.doesNotExistStatus) {
      this.tally.statusesLeftOut++;
      return;
    }
    try {
      const { properties } = adaptHeader(from, this.profile, object.header);
      const sent = this.publication.sendDatagram({
        group,
        object: id,
        status,
        priority,
        properties,
        endOfGroup: object.endOfGroup,
        payload: object.payload,
      });
      if (sent === 'queued') {
        this.tally.datagramsSent++;
        this.tally.bytesSent += object.payload.length;
      } else if (sent === 'full') this.tally.datagramsDropped++;
      else this.tally.datagramsTooLarge++;
    } catch (error) {
      if (error instanceof EncodeError || error instanceof WireError) this.tally.notRepresentable++;
      else if (!(error instanceof RequestCancelled || error instanceof SessionClosed)) this.report(error);
    }
  }

  addLag(bytes: number, streams: number): void {
    this.#lagBytes += bytes;
    this.#lagStreams += streams;
    if (bytes <= 0 && streams <= 0) return;
    const { maxLagBytes, maxLagStreams } = this.context.policy;
    if (this.#lagBytes <= maxLagBytes && this.#lagStreams <= maxLagStreams) return;
    if (this.#ended || this.track.finishing) return;
    this.context.caps.hit('max-lag', this.#lagBytes > maxLagBytes ? maxLagBytes : maxLagStreams);
    this.cut('TOO_FAR_BEHIND', 'the subscriber fell too far behind the fastest one');
  }

  /** What it holds in memory, in bytes. */
  get backlog(): number {
    let cost = 0;
    for (const cursor of this.#cursors) cost += cursor.backlog;
    return cost;
  }

  progressed(): void {
    this.#lastProgress = this.clock.now();
  }

  report(error: unknown): void {
    this.context.report(error);
  }

  left(cursor: Cursor): void {
    this.#cursors.delete(cursor);
    this.progressed();
    if (this.#ending !== null && this.#cursors.size === 0) this.#done();
    else if (this.endGroup !== null && this.#cursors.size === 0) this.track.rangeMayBeOver(this);
  }

  /** The track has ended: PUBLISH_DONE follows once everything was sent, or nothing moves any more. */
  finish(status: string, reason: string): void {
    if (this.#ending !== null || this.#ended) return;
    this.#ending = { status, reason };
    if (this.#cursors.size === 0) this.#done();
    else this.#watchForStall();
  }

  /** Ends it now: resets its streams, then PUBLISH_DONE. The others of the track do not notice. */
  cut(status: string, reason: string): void {
    if (this.#ended) return;
    if (status === 'TOO_FAR_BEHIND') this.tally.tooFarBehind++;
    this.#ending = { status, reason };
    for (const cursor of [...this.#cursors]) cursor.abort(status);
    this.#done();
  }

  #done(): void {
    if (this.#ended || this.#ending === null) return;
    const { status, reason } = this.#ending;
    this.#detach(status, status);
    this.publication.done(doneStatus(this.profile, status), reason).catch(() => {
      // The session is gone, and with it the one who would have read it.
    });
  }

  /** Leaves the track. Streams that are still open are reset. */
  #detach(code: string, status: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stallTimer?.cancel();
    for (const cursor of [...this.#cursors]) cursor.abort(code);
    this.track.left(this);
    this.context.emit({ type: 'subscription-ended', session: this.peer.id, track: this.track.name, status });
  }

  #watchForStall(): void {
    const { drainStallMs } = this.context.policy;
    this.progressed();
    const look = (): void => {
      const rest = this.#lastProgress + drainStallMs - this.clock.now();
      if (rest <= 0) this.cut('TOO_FAR_BEHIND', 'the subscriber takes nothing and the track has ended');
      else this.#stallTimer = this.clock.after(rest, look, { background: true });
    };
    look();
  }

  #follow(log: SubgroupLog, from: 'start' | 'next'): void {
    if (this.#ended || !this.#covers(log.group)) return;
    const cursor = new Cursor(this, log, from);
    this.#cursors.add(cursor);
    cursor.start();
  }

  #covers(group: bigint): boolean {
    const { floor, endGroup } = this.#plan;
    return group >= floor.group && (endGroup === null || group <= endGroup);
  }

  /** Objects older than a timeout or than the cache may keep them are not sent any more. */
  #isFresh(log: SubgroupLog): boolean {
    if (log.length === 0 || log.base === log.length) return true;
    const age = this.clock.now() - log.at(log.base).receivedAt;
    return age <= this.track.store.maxCacheMs && (this.objectTimeoutMs === 0 || age <= this.objectTimeoutMs);
  }

  #readTimeouts(): void {
    const { parameters } = this.publication;
    const { facts } = this.track.store;
    this.objectTimeoutMs = smaller(parameters.objectDeliveryTimeout, factOf(facts, PROPERTY.objectDeliveryTimeout));
    this.subgroupTimeoutMs = smaller(
      parameters.subgroupDeliveryTimeout,
      factOf(facts, PROPERTY.subgroupDeliveryTimeout),
    );
  }

  /** What is returned goes into the answer. */
  #onUpdate(update: Parameters): Parameters {
    const { largest } = this.track.store;
    const answer = largest === null ? {} : { largestObject: largest };
    if (this.#ended) return answer;
    this.#readTimeouts();
    if (update.filter !== undefined) {
      this.#plan = { ...planJoin(update.filter, this.track.store.largest), replayFrom: null };
      for (const cursor of [...this.#cursors]) {
        if (!this.#covers(cursor.log.group)) cursor.abort('CANCELLED');
      }
    }
    if (update.newGroupRequest !== undefined) this.track.requestNewGroup(update.newGroupRequest);
    if (this.publication.forward === this.#forward) return answer;
    this.#forward = this.publication.forward;
    if (this.#forward) {
      this.joined = this.track.store.largest;
      this.#plan = { ...this.#plan, replayFrom: null };
      this.join();
    } else {
      // What is left out of a stream because of the FORWARD state makes it incomplete (draft-18 §11.4.3).
      for (const cursor of [...this.#cursors]) cursor.abort('CANCELLED');
    }
    this.track.demandChanged();
    return answer;
  }
}

/** The smaller of two timeouts in ms of which 0 and absence mean none. */
function smaller(a: bigint | undefined, b: bigint | undefined): number {
  const values = [Number(a ?? 0n), Number(b ?? 0n)].filter((value) => value > 0);
  return values.length === 0 ? 0 : Math.min(...values);
}
