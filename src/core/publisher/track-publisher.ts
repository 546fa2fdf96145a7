import type { MoqtError } from '../errors/moqt-error.js';
import { asMoqtError, peerName, sessionEndedError } from '../session/failure.js';
import type {
  IncomingSubscribe,
  MoqtSession,
  Publication,
  PublishedNamespace,
  SessionCloseInfo,
} from '../session/session.js';
import { type Clock, systemClock } from '../util/clock.js';
import { deferred } from '../util/deferred.js';
import { Interruption } from '../util/interruption.js';
import { Audience } from './audience.js';
import { settleOptions } from './check-options.js';
import { ObjectNumberer } from './group-policy.js';
import { joinTrack } from './join.js';
import { ObjectPlanner } from './object-planner.js';
import { offerTrack, trackOffer } from './offer.js';
import {
  DEFAULT_PUBLISH_LIMITS,
  type PublishEvent,
  type PublishOptions,
  type PublishReport,
} from './publish-options.js';
import { SourceFeed } from './source-feed.js';
import { type LogEntry, TrackLog } from './track-log.js';
import { trackHandlers } from './track-requests.js';
import { judgeEnd, reportDelivery } from './verdict.js';

const DEFAULT_DRAIN_MS = 10_000;
const MAX_LINGER_MS = 10_000;
/** The same at a relay of ours, where the transport tells only that it took everything. */
const MAX_FLUSH_MS = 500;
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
  readonly #clock: Clock;
  readonly #log: TrackLog;
  readonly #startedAt: number;
  readonly #interruption = new Interruption();
  readonly #audience: Audience;
  readonly #times = { announced: -1, firstSubscriber: -1, firstObject: -1, sourceEnded: -1, ended: -1 };
  #namespace: PublishedNamespace | undefined;
  #feed: SourceFeed | undefined;
  #numberer: ObjectNumberer | undefined;
  #planner: ObjectPlanner | undefined;
  #outcome: PublishReport['outcome'] = 'running';
  #close: SessionCloseInfo | undefined;

  constructor(session: MoqtSession, options: PublishOptions) {
    this.#session = session;
    this.#options = options;
    const limits = { ...DEFAULT_PUBLISH_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.#log = new TrackLog(limits.keep);
    this.#startedAt = this.#clock.now();
    this.#audience = new Audience({
      log: this.#log,
      profile: session.profile,
      limits,
      noWait: options.noWait ?? false,
      clock: this.#clock,
      interruption: this.#interruption,
      emit: (event) => this.#emit(event),
    });
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
      if (this.#times.ended < 0) this.#times.ended = this.#elapsed();
      signal?.removeEventListener('abort', onAbort);
      this.#audience.abandon();
      await this.#namespace?.withdraw().catch(() => {});
      uninstall();
    }
  }

  report(): PublishReport {
    const subscriptions = this.#audience.reports();
    const at = (ms: number): number | null => (ms < 0 ? null : ms);
    const times = this.#times;
    return {
      outcome: this.#outcome,
      objects: this.#feed?.objects ?? 0,
      bytes: this.#feed?.bytes ?? 0,
      groups: this.#options.source.kind === 'objects' ? (this.#planner?.groups ?? 0) : (this.#numberer?.groups ?? 0),
      unheardObjects: this.#feed?.unheard ?? 0,
      subscribers: this.#audience.size,
      subscriptions,
      delivery: reportDelivery(subscriptions),
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
    const append = (entry: LogEntry): void => this.#log.append(entry);
    const placed = this.#options.source.kind === 'objects';
    let failure: unknown;
    try {
      const offer = this.#offer();
      await this.#interruption.guard(offer).catch(async (error: unknown) => {
        // The offer knows which request the end of the session left without an answer.
        if (this.#close !== undefined) await offer;
        throw error;
      });
      if (!this.#options.noWait) {
        this.#emit({ kind: 'waiting-for-subscriber' });
        await this.#audience.until(() => this.#audience.isHeard);
      }
      await feed.run();
      this.#times.sourceEnded = this.#elapsed();
      this.#emit({ kind: 'source-ended' });
      if (placed) this.#planner?.stop(append);
      else this.#numberer?.end(append);
      this.#audience.end('TRACK_ENDED', '', 'complete');
    } catch (error) {
      failure = error;
      if (placed) this.#planner?.stop(append);
      else this.#numberer?.stop(append);
      if (this.#isStopped) this.#audience.end('GOING_AWAY', 'the publisher was stopped', 'stopped');
      else this.#audience.end('INTERNAL_ERROR', 'the publisher failed', 'stopped');
    }
    const limitMs = this.#options.drainTimeoutMs ?? DEFAULT_DRAIN_MS;
    await this.#audience.drain(limitMs, peerName(this.#session), failure !== undefined);
    if (failure !== undefined) {
      if (!this.#isStopped) throw failure;
      this.#outcome = 'stopped';
      return;
    }
    judgeEnd(this.report(), {
      noWait: this.#options.noWait ?? false,
      close: this.#close,
      peer: peerName(this.#session),
    });
    this.#times.ended = this.#elapsed();
    await this.#linger();
    this.#outcome = 'complete';
  }

  get #isStopped(): boolean {
    return this.#interruption.reason instanceof StopRequested;
  }

  /**
   * Stays a while before the namespace is withdrawn and the session ends. A relay acknowledges what it has received, not
   * what it has passed on, and some drop what they still have queued when the publisher leaves; no message of any draft
   * tells when they are done. One that is a third as fast as we were needs twice as long again as we needed. Ours passes on
   * what has arrived, but a WebTransport of others may drop what it has taken and not sent when its session closes.
   */
  async #linger(): Promise<void> {
    const { firstObject, ended } = this.#times;
    const sending = firstObject < 0 ? 0 : ended - firstObject;
    const ours = this.#session.peerSetup.implementation?.startsWith(OWN_IMPLEMENTATION) ?? false;
    const arrived = this.report().delivery !== 'handed-over';
    const limit = ours ? (arrived ? 0 : MAX_FLUSH_MS) : MAX_LINGER_MS;
    const ms = this.#options.lingerMs ?? Math.min(2 * sending, limit);
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
    this.#planner = new ObjectPlanner(this.#session.profile);
    this.#feed = new SourceFeed({
      options: this.#options,
      objectSize,
      numberer: this.#numberer,
      planner: this.#planner,
      interruption: this.#interruption,
      clock: this.#clock,
      hooks: {
        ready: () => this.#audience.ready(),
        isHeard: () => this.#audience.isHeard,
        append: (entry) => {
          if (this.#times.firstObject < 0) this.#times.firstObject = this.#elapsed();
          this.#log.append(entry);
        },
        sent: () => this.#audience.sent(),
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

  #installHandlers(): () => void {
    const outer = this.#session.handlers;
    const mine = trackHandlers(this.#options.track, outer, {
      log: this.#log,
      profile: this.#session.profile,
      joinedAt: (publication) => this.#audience.joinedAt(publication),
      onSubscribe: (request) => this.#onSubscribe(request),
    });
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
    if (this.#times.firstSubscriber < 0) this.#times.firstSubscriber = this.#elapsed();
    this.#audience.add(publication);
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
