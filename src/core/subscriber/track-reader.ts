import { MoqtError } from '../errors/moqt-error.js';
import { peerName } from '../session/failure.js';
import type { MoqtSession, Subscription, SubscriptionEnd, SubscriptionSink } from '../session/session.js';
import { type Clock, systemClock } from '../util/clock.js';
import { type Deferred, deferred } from '../util/deferred.js';
import { ArrivalOrder } from './arrival-order.js';
import { AssertionChecker } from './assertions.js';
import { GroupOrder } from './group-order.js';
import { ItemCollector } from './item-collector.js';
import { Relief } from './relief.js';
import {
  DEFAULT_SUBSCRIBE_LIMITS,
  type SubscribeLimits,
  type SubscribeOptions,
  type SubscribeReport,
  type SubscriptionInfo,
} from './subscribe-options.js';
import { TrackIntake } from './track-intake.js';
import type { TrackEnd, TrackItem } from './track-item.js';
import type { TrackOrder } from './track-order.js';
import { endState, judgeTrack } from './track-verdict.js';

/** One subscription from its first stream to its end: pulls items out of what arrives. */
export class TrackReader {
  readonly #session: MoqtSession;
  readonly #options: SubscribeOptions;
  readonly #limits: SubscribeLimits;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #intake: TrackIntake;
  readonly #order: TrackOrder;
  readonly #groupOrder: GroupOrder | undefined;
  readonly #items: ItemCollector;
  readonly #relief: Relief;
  readonly #done = deferred<SubscribeReport>();
  #checker: AssertionChecker | undefined;
  #subscription: Subscription | undefined;
  #info: SubscriptionInfo | undefined;
  #okAt = 0;
  #end: SubscriptionEnd | null = null;
  #endAt = 0;
  #endedAt: number | null = null;
  #wake: Deferred<void> | undefined;
  #dirty = false;
  #stopping: TrackEnd['why'] | null = null;
  #draining: TrackEnd['why'] | null = null;
  #outcome: SubscribeReport['outcome'] = 'running';
  #error: MoqtError | undefined;

  constructor(session: MoqtSession, options: SubscribeOptions, startedAt: number) {
    this.#session = session;
    this.#options = options;
    this.#limits = { ...DEFAULT_SUBSCRIBE_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.#startedAt = startedAt;
    const arrival = options.order === 'arrival';
    const whole = arrival || options.items !== 'pieces';
    this.#groupOrder = arrival
      ? undefined
      : new GroupOrder({
          reorderWaitMs: this.#limits.reorderWaitMs,
          latest: options.order === 'latest',
          descending: options.groupOrder === 'descending',
          clock: this.#clock,
        });
    this.#order = this.#groupOrder ?? new ArrivalOrder();
    this.#items = new ItemCollector({ whole, count: options.count ?? Number.POSITIVE_INFINITY, clock: this.#clock });
    this.#intake = new TrackIntake({
      order: this.#order,
      whole,
      reorderBound: this.#limits.reorderBound,
      profile: session.profile,
      clock: this.#clock,
      onChange: () => this.#changed(),
    });
    this.#items.onDatagram = (payload) => this.#intake.release(payload);
    this.#relief = new Relief(this.#order, this.#intake, this.#items, (message) =>
      options.onEvent?.({ kind: 'notice', notice: { kind: 'reorder-bound', message } }),
    );
    // Whoever reads the items sees the error there; `done` need not be observed.
    this.#done.promise.catch(() => {});
  }

  get sink(): SubscriptionSink {
    return this.#intake;
  }
  get session(): MoqtSession {
    return this.#session;
  }
  get done(): Promise<SubscribeReport> {
    return this.#done.promise;
  }
  get info(): SubscriptionInfo {
    return this.#info as SubscriptionInfo;
  }

  /** The publisher has answered. */
  start(subscription: Subscription, attempts: number): void {
    const { options, info } = { options: this.#options, info: describe(subscription, attempts) };
    this.#subscription = subscription;
    this.#info = info;
    this.#okAt = this.#clock.now();
    this.#groupOrder?.expect(info.largest?.group ?? 0n, info.largest === null);
    if (options.assertions !== undefined) {
      this.#checker = new AssertionChecker(options.assertions, this.#okAt);
      this.#items.checker = this.#checker;
    }
    void subscription.ended.then((end) => {
      this.#end = end;
      this.#endAt = this.#clock.now();
      this.#options.onEvent?.({ kind: 'done', end });
      this.#changed();
    });
    const { signal } = options;
    if (signal?.aborted) this.stop('stopped');
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.stop('stopped');

  /** Ends the subscription; items that were not handed on yet are dropped. */
  stop(why: 'stopped'): void {
    this.#stopping ??= why;
    this.#changed();
  }

  /** The next items, at least one; null after the last. Rejects with the reason why the track is not complete. */
  async nextBatch(): Promise<readonly TrackItem[] | null> {
    for (;;) {
      if (this.#outcome !== 'running') {
        if (this.#error !== undefined) throw this.#error;
        return null;
      }
      this.#dirty = false;
      const deadline = this.#step();
      const items = this.#items.drain();
      if (items.length > 0) return items;
      if (this.#outcome === 'running') await this.#sleep(deadline);
    }
  }

  report(): SubscribeReport {
    const { objects, bytes, groups, statuses, missing, skippedGroups, firstObjectAt, lastObjectAt } = this.#items;
    const intake = this.#intake;
    const since = (at: number | null): number | null => (at === null ? null : at - this.#startedAt);
    return {
      outcome: this.#outcome,
      subscription: this.info,
      objects,
      bytes,
      groups,
      statuses,
      datagrams: intake.datagrams,
      streams: intake.streams,
      missing: { ...missing },
      duplicates: intake.duplicates,
      late: intake.late,
      resetStreams: intake.resetStreams,
      skippedGroups,
      droppedDatagrams: intake.droppedDatagrams,
      end: this.#end,
      endOfTrack: intake.endOfTrack,
      endMarkMissing: this.#endMarkMissing,
      sha256: this.#checker?.sha256 ?? null,
      times: {
        subscribeOkMs: this.#okAt - this.#startedAt,
        firstObjectMs: since(firstObjectAt),
        lastObjectMs: since(lastObjectAt),
        endedMs: since(this.#endedAt),
      },
    };
  }

  /** Collects what is due. Returns the clock time at which something is due although nothing arrives. */
  #step(): number | null {
    if (this.#draining !== null) return this.#drain(this.#draining);
    if (this.#stopping !== null) {
      this.#finish(this.#stopping);
      return null;
    }
    this.#order.take(this.#items, false);
    this.#intake.sweep();
    const failure = this.#intake.failure ?? this.#items.failure;
    if (failure !== null) {
      this.#fail(failure);
      return null;
    }
    if (this.#items.isFull || this.#checker?.isSatisfied) {
      this.#finish('count');
      return null;
    }
    if (!this.#items.isEmpty) {
      this.#relief.reset();
      return null;
    }
    return this.#checkDeadlines();
  }

  #checkDeadlines(): number | null {
    const now = this.#clock.now();
    const { forMs, idleMs } = this.#options;
    try {
      this.#checker?.check(now);
    } catch (error) {
      this.#fail(error as MoqtError);
      return null;
    }
    const end = endState({
      end: this.#end,
      endAt: this.#endAt,
      intake: this.#intake,
      isEmpty: this.#order.isEmpty,
      limits: this.#limits,
      now,
    });
    if (end.over) return this.#drain('track');
    const forAt = forMs === undefined || forMs === 0 ? null : this.#okAt + forMs;
    if (forAt !== null && now >= forAt) return this.#drain('time');
    const idleAt = idleMs === undefined || idleMs === 0 ? null : Math.max(this.#intake.lastDataAt, this.#okAt) + idleMs;
    if (idleAt !== null && now >= idleAt) {
      const options = { stage: 'data', cause: 'track.idle', peer: peerName(this.#session) } as const;
      this.#fail(new MoqtError('MOQT_E_INCOMPLETE', `nothing arrived for ${idleMs} ms`, options));
      return null;
    }
    return earliest(
      this.#relief.check(now),
      this.#order.holdUntil,
      end.until,
      forAt,
      idleAt,
      this.#checker?.deadline ?? null,
    );
  }

  /** Hands on what is left without waiting for anything, then ends. */
  #drain(why: TrackEnd['why']): null {
    this.#draining = why;
    this.#order.take(this.#items, why === 'track');
    const failure = this.#items.failure;
    if (failure !== null) this.#fail(failure);
    else if (this.#items.isEmpty || this.#items.isFull) {
      if (why === 'track') {
        this.#items.missingStreams(this.#end, this.#intake.streams);
        if (this.#endMarkMissing) this.#tellOfMissingMark();
      }
      this.#finish(why);
    }
    return null;
  }

  /** The publisher called the track ended, but its last group lacks the mark that its other groups have. */
  get #endMarkMissing(): boolean {
    return this.#end?.kind === 'done' && this.#intake.endOfTrack === null && this.#items.endMarkMissing;
  }

  #tellOfMissingMark(): void {
    const message =
      'the last group does not say where it ends, as all before it do: the end of the track may be missing';
    this.#options.onEvent?.({ kind: 'notice', notice: { kind: 'end-mark-missing', message } });
  }

  #finish(why: TrackEnd['why']): void {
    this.#release();
    if (why !== 'stopped') {
      try {
        judgeTrack({
          why,
          end: this.#end,
          endOfTrack: this.#intake.endOfTrack,
          missing: this.#items.missing,
          allowGaps: this.#options.allowGaps ?? false,
          hasData: this.#items.firstObjectAt !== null,
          peer: peerName(this.#session),
        });
        this.#checker?.end();
      } catch (error) {
        this.#settle('failed', error as MoqtError);
        return;
      }
    }
    this.#items.end(why);
    this.#settle(why === 'track' ? 'complete' : why === 'failed' ? 'failed' : why, undefined);
  }

  #fail(error: MoqtError): void {
    this.#release();
    this.#settle('failed', error);
  }

  #settle(outcome: SubscribeReport['outcome'], error: MoqtError | undefined): void {
    this.#outcome = outcome;
    this.#endedAt = this.#clock.now();
    this.#error = error;
    if (error === undefined) this.#done.resolve(this.report());
    else {
      this.#items.end('failed');
      this.#done.reject(error);
    }
  }

  #release(): void {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#intake.stop();
    if (this.#end === null) this.#subscription?.cancel();
  }

  #changed(): void {
    this.#dirty = true;
    this.#wake?.resolve();
    this.#wake = undefined;
  }

  async #sleep(deadline: number | null): Promise<void> {
    this.#intake.arm();
    if (this.#dirty) return;
    this.#wake ??= deferred();
    const { promise } = this.#wake;
    if (deadline === null) return promise;
    const timer = this.#clock.after(Math.max(0, deadline - this.#clock.now()), () => this.#changed());
    await promise;
    timer.cancel();
  }
}

function describe(subscription: Subscription, attempts: number): SubscriptionInfo {
  const { origin, trackAlias, parameters } = subscription;
  return {
    origin,
    trackAlias,
    largest: parameters.largestObject ?? null,
    groupOrder: parameters.groupOrder ?? null,
    attempts,
  };
}

function earliest(...times: (number | null)[]): number | null {
  let first: number | null = null;
  for (const time of times) if (time !== null && (first === null || time < first)) first = time;
  return first;
}
