import { MoqtError } from '../errors/moqt-error.js';
import { asMoqtError, peerName, sessionEndedError } from '../session/failure.js';
import type {
  IncomingSubscribe,
  MoqtSession,
  Publication,
  PublishedNamespace,
  SessionCloseInfo,
  SessionHandlers,
} from '../session/session.js';
import { type Clock, systemClock } from '../util/clock.js';
import { type Deferred, deferred } from '../util/deferred.js';
import { Interruption } from '../util/interruption.js';
import { trackKey } from '../wire/full-track-name.js';
import type { Location } from '../wire/location.js';
import { settleOptions } from './check-options.js';
import { ObjectNumberer } from './group-policy.js';
import { joinTrack } from './join.js';
import { ObjectPlanner } from './object-planner.js';
import { offerTrack, trackOffer } from './offer.js';
import { PublicationWriter } from './publication-writer.js';
import {
  DEFAULT_PUBLISH_LIMITS,
  type PublishEvent,
  type PublishLimits,
  type PublishOptions,
  type PublishReport,
} from './publish-options.js';
import { SourceFeed } from './source-feed.js';
import { TrackLog } from './track-log.js';
import { answerFetch, answerTrackStatus } from './track-requests.js';
import { judgeEnd, reportDelivery } from './verdict.js';

const DEFAULT_DRAIN_MS = 10_000;
const MAX_LINGER_MS = 5_000;
/** Our own relay keeps what it has received when a publisher leaves after the end of its track. */
const OWN_IMPLEMENTATION = 'moqt/';

/** The signal asked for an orderly end. */
class StopRequested extends Error {
  override readonly name = 'StopRequested';
}

/** One published track: its log, its subscribers, and the life of both from the offer to the last acknowledgement. */
export class TrackPublisher {
  readonly #session: MoqtSession;
  readonly #options: PublishOptions;
  readonly #limits: PublishLimits;
  readonly #clock: Clock;
  readonly #log: TrackLog;
  readonly #key: string;
  readonly #startedAt: number;
  readonly #interruption = new Interruption();
  readonly #writers = new Set<PublicationWriter>();
  /** Largest location when each publication began, for joining fetches. */
  readonly #joinedAt = new WeakMap<Publication, Location | null>();
  readonly #times = { announced: -1, firstSubscriber: -1, firstObject: -1, sourceEnded: -1, ended: -1 };
  #ended: PublicationWriter[] = [];
  #namespace: PublishedNamespace | undefined;
  #feed: SourceFeed | undefined;
  #numberer: ObjectNumberer | undefined;
  #planner: ObjectPlanner | undefined;
  #changed: Deferred<void> | undefined;
  #progress = 0;
  #outcome: PublishReport['outcome'] = 'running';
  #close: SessionCloseInfo | undefined;

  constructor(session: MoqtSession, options: PublishOptions) {
    this.#session = session;
    this.#options = options;
    this.#limits = { ...DEFAULT_PUBLISH_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.#log = new TrackLog(this.#limits.keep);
    this.#key = trackKey(options.track);
    this.#startedAt = this.#clock.now();
  }

  async run(): Promise<PublishReport> {
    const { signal } = this.#options;
    const onAbort = (): void => this.#interruption.trigger(new StopRequested('stopped by the caller'));
    let uninstall = (): void => {};
    try {
      const feed = this.#createFeed();
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      uninstall = this.#installHandlers();
      void this.#session.closed.then((close) => {
        this.#close = close;
        this.#interruption.trigger(this.#sessionEnded(close));
      });
      await this.#publish(feed);
      return this.report();
    } catch (error) {
      this.#outcome = 'failed';
      throw asMoqtError(error, 'publish', this.#session);
    } finally {
      this.#times.ended = this.#elapsed();
      signal?.removeEventListener('abort', onAbort);
      for (const writer of this.#writers) writer.abandon();
      await this.#namespace?.withdraw().catch(() => {});
      uninstall();
    }
  }

  report(): PublishReport {
    const writers = [...this.#ended, ...this.#writers];
    const at = (ms: number): number | null => (ms < 0 ? null : ms);
    const times = this.#times;
    return {
      outcome: this.#outcome,
      objects: this.#feed?.objects ?? 0,
      bytes: this.#feed?.bytes ?? 0,
      groups: this.#options.source.kind === 'objects' ? (this.#planner?.groups ?? 0) : (this.#numberer?.groups ?? 0),
      unheardObjects: this.#feed?.unheard ?? 0,
      subscribers: this.#writers.size,
      subscriptions: writers.map((writer) => writer.report()),
      delivery: reportDelivery(writers.map((writer) => writer.report())),
      times: {
        announcedMs: at(times.announced),
        firstSubscriberMs: at(times.firstSubscriber),
        firstObjectMs: at(times.firstObject),
        sourceEndedMs: at(times.sourceEnded),
        endedMs: at(times.ended),
      },
    };
  }

  async #publish(feed: SourceFeed): Promise<void> {
    const append = (entry: Parameters<TrackLog['append']>[0]): void => this.#log.append(entry);
    let failure: unknown;
    try {
      await this.#interruption.guard(this.#offer());
      if (!this.#options.noWait) {
        this.#emit({ kind: 'waiting-for-subscriber' });
        await this.#until(() => this.#isHeard());
      }
      await feed.run();
      this.#times.sourceEnded = this.#elapsed();
      this.#emit({ kind: 'source-ended' });
      if (this.#options.source.kind === 'objects') this.#planner?.stop(append);
      else this.#numberer?.end(append);
    } catch (error) {
      failure = error;
      const stopped = this.#interruption.reason instanceof StopRequested;
      const [status, reason] = stopped
        ? ['GOING_AWAY', 'the publisher was stopped']
        : ['INTERNAL_ERROR', 'the publisher failed'];
      for (const writer of this.#writers) writer.endWith(status, reason, 'stopped');
      if (this.#options.source.kind === 'objects') this.#planner?.stop(append);
      else this.#numberer?.stop(append);
    }
    this.#log.end();
    for (const writer of [...this.#writers]) writer.pump();
    await this.#drain();
    if (failure !== undefined) {
      if (!(this.#interruption.reason instanceof StopRequested)) throw failure;
      this.#outcome = 'stopped';
      return;
    }
    judgeEnd(this.report(), {
      noWait: this.#options.noWait ?? false,
      close: this.#close,
      peer: peerName(this.#session),
    });
    await this.#linger();
    this.#outcome = 'complete';
  }

  /**
   * Stays a while before the namespace is withdrawn and the session ends. A relay acknowledges what it has received, not
   * what it has passed on, and some drop what they still have queued when the publisher leaves; no message of any draft
   * tells when they are done. One that is half as fast as we were needs as long again as we needed.
   */
  async #linger(): Promise<void> {
    const { firstObject, sourceEnded } = this.#times;
    const sending = firstObject < 0 ? 0 : sourceEnded - firstObject;
    const ours = this.#session.peerSetup.implementation?.startsWith(OWN_IMPLEMENTATION) ?? false;
    const ms = this.#options.lingerMs ?? (ours ? 0 : Math.min(sending, MAX_LINGER_MS));
    if (ms <= 0 || this.#close !== undefined) return;
    this.#emit({ kind: 'lingering', ms });
    const wake = deferred<void>();
    const timer = this.#clock.after(ms, () => wake.resolve());
    // A signal, or the end of the session, only makes it shorter.
    await this.#interruption.guard(wake.promise).catch(() => {});
    timer.cancel();
  }

  #createFeed(): SourceFeed {
    const { objectSize, groupEvery } = settleOptions(this.#session, this.#options);
    const { forwarding, priority } = this.#options;
    this.#numberer = new ObjectNumberer(groupEvery, forwarding ?? 'subgroup', priority, this.#clock);
    this.#planner = new ObjectPlanner(() => this.#session.profile.features.mixedForwarding);
    this.#feed = new SourceFeed({
      options: this.#options,
      objectSize,
      numberer: this.#numberer,
      planner: this.#planner,
      interruption: this.#interruption,
      clock: this.#clock,
      hooks: {
        ready: () => this.#ready(),
        isHeard: () => this.#isHeard(),
        append: (entry) => {
          if (this.#times.firstObject < 0) this.#times.firstObject = this.#elapsed();
          this.#log.append(entry);
        },
        sent: () => this.#sent(),
      },
    });
    return this.#feed;
  }

  async #offer(): Promise<void> {
    await offerTrack(this.#session, this.#options, this.#log, {
      namespace: (namespace) => {
        this.#namespace = namespace;
        this.#emit({ kind: 'namespace-accepted' });
        void namespace.cancelled.then(({ kind, reason }) => {
          if (kind === 'peer') this.#emit({ kind: 'namespace-revoked', reason: reason ?? '' });
        });
      },
      publication: (publication) => {
        this.#emit({ kind: 'publish-accepted', forward: publication.forward });
        this.#add(publication);
      },
    });
    this.#times.announced = this.#elapsed();
  }

  /** Takes the requests for this track; everything else goes to whoever had the session before. */
  #installHandlers(): () => void {
    const outer = this.#session.handlers;
    const mine: SessionHandlers = {
      ...outer,
      onSubscribe: (request) => {
        if (trackKey(request.track) === this.#key) this.#onSubscribe(request);
        else if (outer.onSubscribe) outer.onSubscribe(request);
        else request.reject({ name: 'DOES_NOT_EXIST', reason: 'this track is not published here' });
      },
      onTrackStatus: (request) => {
        if (trackKey(request.track) === this.#key) answerTrackStatus(request, this.#log);
        else if (outer.onTrackStatus) outer.onTrackStatus(request);
        else request.reject({ name: 'DOES_NOT_EXIST', reason: 'this track is not published here' });
      },
      onFetch: (request) => {
        const { target, joining } = request;
        const track = target.type === 'standalone' ? target.track : joining?.track;
        if (track !== undefined && trackKey(track) === this.#key) {
          answerFetch(
            request,
            this.#log,
            this.#session.profile,
            (publication) => this.#joinedAt.get(publication) ?? null,
          )
            // The fetcher cancelled or the session ended: its own matter, not the track's.
            .catch(() => {});
        } else if (outer.onFetch) outer.onFetch(request);
        else request.reject({ name: 'DOES_NOT_EXIST', reason: 'this track is not published here' });
      },
    };
    this.#session.handlers = mine;
    return () => {
      // Someone may have joined after us; what they pass on still ends up with us, and is refused by then.
      if (this.#session.handlers === mine) this.#session.handlers = outer;
    };
  }

  #onSubscribe(request: IncomingSubscribe): void {
    if (this.#log.ended) {
      request.reject({ name: 'DOES_NOT_EXIST', reason: 'the track has ended' });
      return;
    }
    const join = joinTrack(request.parameters.filter, this.#log);
    if (join.kind === 'refused') {
      request.reject({ name: 'INVALID_RANGE', reason: join.reason });
      return;
    }
    this.#add(request.accept(trackOffer(this.#session, this.#options, this.#log)));
  }

  #add(publication: Publication): void {
    const writer = new PublicationWriter(
      publication,
      this.#log,
      this.#session.profile,
      {
        onProgress: () => this.#onProgress(),
        onFatal: (error) => this.#interruption.trigger(error),
        onStreamStopped: (stopped, { code }) =>
          this.#emit({ kind: 'stream-stopped', subscription: stopped.report(), code }),
      },
      this.#clock,
    );
    this.#writers.add(writer);
    this.#joinedAt.set(publication, this.#log.largest);
    if (this.#times.firstSubscriber < 0) this.#times.firstSubscriber = this.#elapsed();
    this.#emit({ kind: 'subscribed', subscription: writer.report() });
    writer.pump();
    this.#onProgress();
  }

  /** Somebody takes objects right now. */
  #isHeard(): boolean {
    for (const writer of this.#writers) if (writer.isForwarding) return true;
    return false;
  }

  /** The fastest subscriber is close enough to the head of the log for more to be read. */
  #hasRoom(): boolean {
    for (const writer of this.#writers) {
      if (writer.isForwarding && this.#log.headOffset - writer.offset <= this.#limits.readAhead) return true;
    }
    return false;
  }

  #ready(): Promise<void> | undefined {
    if (this.#interruption.reason !== undefined) return Promise.reject(this.#interruption.reason);
    if (this.#hasRoom()) return undefined;
    // Nobody listens and nobody is waited for: let the event loop see who comes.
    if (this.#options.noWait && !this.#isHeard()) return new Promise((resolve) => setImmediate(resolve));
    return this.#until(() => this.#hasRoom() || ((this.#options.noWait ?? false) && !this.#isHeard()));
  }

  /** Hands what was appended to the subscribers, ends those who are too slow, and forgets what nobody needs. */
  #sent(): void {
    let fastest = 0;
    for (const writer of this.#writers) {
      writer.notePause();
      writer.pump();
      if (writer.isForwarding) fastest = Math.max(fastest, writer.offset);
    }
    let lowest = this.#log.head;
    for (const writer of this.#writers) {
      if (!writer.isForwarding) continue;
      if (fastest - writer.offset > this.#limits.lag) writer.tooFarBehind();
      else lowest = Math.min(lowest, writer.cursor);
    }
    this.#log.trim(lowest);
  }

  #onProgress(): void {
    this.#progress++;
    for (const writer of this.#writers) {
      if (writer.end === null) continue;
      this.#writers.delete(writer);
      this.#ended.push(writer);
      this.#emit({ kind: 'subscription-ended', subscription: writer.report() });
    }
    this.#changed?.resolve();
    this.#changed = undefined;
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      this.#changed ??= deferred();
      await this.#interruption.guard(this.#changed.promise);
    }
  }

  /** Until every subscription has ended, or nothing has moved for the drain timeout. */
  async #drain(): Promise<void> {
    const limit = this.#options.drainTimeoutMs ?? DEFAULT_DRAIN_MS;
    while (this.#writers.size > 0) {
      this.#changed ??= deferred();
      const { promise } = this.#changed;
      if (limit === 0) {
        await promise;
        continue;
      }
      const seen = this.#progress;
      const wake = this.#changed;
      const timer = this.#clock.after(limit, () => wake.resolve());
      await promise;
      timer.cancel();
      if (this.#progress !== seen) continue;
      throw new MoqtError('MOQT_E_INCOMPLETE', `the last objects were not delivered: nothing moved for ${limit} ms`, {
        stage: 'publish',
        cause: 'publish.drain',
        peer: peerName(this.#session),
      });
    }
  }

  #sessionEnded(close: SessionCloseInfo): MoqtError {
    return sessionEndedError(close, {
      stage: 'publish',
      afterData: (this.#feed?.objects ?? 0) > 0,
      peer: peerName(this.#session),
    });
  }

  #elapsed(): number {
    return this.#clock.now() - this.#startedAt;
  }

  #emit(event: PublishEvent): void {
    this.#options.onEvent?.(event);
  }
}
