import { MoqtError } from '../errors/moqt-error.js';
import type { Publication } from '../session/session.js';
import type { Clock } from '../util/clock.js';
import { type Deferred, deferred } from '../util/deferred.js';
import type { Interruption } from '../util/interruption.js';
import { afterTurn } from '../util/turn.js';
import type { Location } from '../wire/location.js';
import type { DraftProfile } from '../wire/profile.js';
import type { PublicationEnd, PublicationReport } from './publication-report.js';
import { PublicationWriter } from './publication-writer.js';
import type { PublishEvent, PublishLimits } from './publish-options.js';
import type { TrackLog } from './track-log.js';

/** Reports of subscriptions that have ended, the newest of them; so many subscribers may come and go that all are too many. */
const MAX_ENDED_REPORTS = 1000;

export interface AudienceOptions {
  readonly log: TrackLog;
  readonly profile: DraftProfile;
  readonly limits: PublishLimits;
  readonly noWait: boolean;
  readonly clock: Clock;
  readonly interruption: Interruption;
  readonly emit: (event: PublishEvent) => void;
}

/** All subscribers of one track: what they get, how far the source may be ahead of them, and who is too slow. */
export class Audience {
  readonly #options: AudienceOptions;
  readonly #writers = new Set<PublicationWriter>();
  /** Largest location when each publication began, for joining fetches. */
  readonly #joinedAt = new WeakMap<Publication, Location | null>();
  readonly #ended: PublicationReport[] = [];
  #changed: Deferred<void> | undefined;
  #progress = 0;
  /** How far the fastest subscriber has come, in bytes of the log. */
  #furthest = 0;

  constructor(options: AudienceOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#writers.size;
  }

  /** Of the subscriptions that have ended and of those that go on. */
  reports(): PublicationReport[] {
    return [...this.#ended, ...[...this.#writers].map((writer) => writer.report())];
  }

  joinedAt(publication: Publication): Location | null {
    return this.#joinedAt.get(publication) ?? null;
  }

  add(publication: Publication): void {
    const { log, profile, limits, clock, interruption, emit } = this.#options;
    const hooks = {
      onProgress: () => this.#onProgress(),
      onFatal: (error: MoqtError) => interruption.trigger(error),
      onStreamStopped: (stopped: PublicationWriter, code: bigint) =>
        emit({ kind: 'stream-stopped', subscription: stopped.report(), code }),
    };
    const writer = new PublicationWriter(publication, log, profile, hooks, limits.queue, clock);
    this.#writers.add(writer);
    this.#joinedAt.set(publication, log.largest);
    emit({ kind: 'subscribed', subscription: writer.report() });
    writer.pump();
    this.#onProgress();
  }

  /** Somebody takes objects right now. */
  get isHeard(): boolean {
    for (const writer of this.#writers) if (writer.isForwarding) return true;
    return false;
  }

  /** Undefined when the source may be read; else resolves once it may. Rejects when it was interrupted. */
  ready(): Promise<void> | undefined {
    const { interruption, noWait } = this.#options;
    if (interruption.reason !== undefined) return Promise.reject(interruption.reason);
    if (this.#hasRoom) return undefined;
    // Nobody listens and nobody is waited for: let the event loop see who comes.
    if (noWait && !this.isHeard) return new Promise((resolve) => afterTurn(resolve));
    return this.until(() => this.#hasRoom || (noWait && !this.isHeard));
  }

  /** Until the condition holds, which is looked at whenever a subscriber moves, comes or goes. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      this.#changed ??= deferred();
      await this.#options.interruption.guard(this.#changed.promise);
    }
  }

  /** Hands what was appended to the subscribers, ends those who are too slow, and forgets what nobody needs. */
  sent(): void {
    const { log } = this.#options;
    for (const writer of this.#writers) {
      writer.notePause();
      writer.pump();
    }
    this.#endTooSlow();
    let lowest = log.head;
    for (const writer of this.#writers) if (writer.isForwarding) lowest = Math.min(lowest, writer.cursor);
    log.trim(lowest);
  }

  #endTooSlow(): void {
    for (const writer of this.#writers) this.#furthest = Math.max(this.#furthest, writer.takenOffset);
    const least = this.#furthest - this.#options.limits.lag;
    for (const writer of this.#writers) if (writer.isForwarding && writer.takenOffset < least) writer.tooFarBehind();
  }

  /** Nothing more comes: everyone gets the rest of the log, then PUBLISH_DONE with this status. */
  end(status: string, reason: string, end: PublicationEnd): void {
    this.#options.log.end();
    for (const writer of [...this.#writers]) {
      writer.endWith(status, reason, end);
      writer.pump();
    }
  }

  /**
   * Until every subscription has ended. When nothing has moved for `limitMs` (0: for ever), those who are still behind are
   * given up; that is an error unless somebody else got everything. While all of them hold back what is still to be sent
   * there is no limit, as there was none before the source ended: they set the pace. It applies at once when the publisher
   * was interrupted, and with `hurry`.
   */
  async drain(limitMs: number, peer: string, hurry: boolean): Promise<void> {
    const { clock, interruption } = this.#options;
    while (this.#writers.size > 0) {
      this.#changed ??= deferred();
      const wake = this.#changed;
      const seen = this.#progress;
      const queued = this.#queuedBytes;
      const isHurried = hurry || interruption.reason !== undefined;
      const isPaced = !isHurried && [...this.#writers].every((writer) => writer.isBehind);
      const timer = limitMs === 0 || isPaced ? undefined : clock.after(limitMs, () => wake.resolve());
      if (isHurried) await wake.promise;
      // An interruption only brings the limit into force.
      else await interruption.guard(wake.promise).catch(() => {});
      timer?.cancel();
      if (this.#progress !== seen || this.#queuedBytes !== queued || isPaced) continue;
      if (!isHurried && interruption.reason !== undefined) continue;
      if (!this.#ended.some(({ end }) => end === 'complete')) {
        const message = `the last objects were not delivered: nothing moved for ${limitMs} ms`;
        throw new MoqtError('MOQT_E_INCOMPLETE', message, { stage: 'publish', cause: 'publish.drain', peer });
      }
      for (const writer of [...this.#writers]) {
        writer.tooFarBehind();
        writer.abandon('too-far-behind');
      }
    }
  }

  /** Resets whatever is still on its way. */
  abandon(): void {
    for (const writer of [...this.#writers]) writer.abandon('stopped');
  }

  /** The fastest subscriber is close enough to the head of the log for more to be read. */
  get #hasRoom(): boolean {
    const { log, limits } = this.#options;
    for (const writer of this.#writers) {
      if (writer.isForwarding && log.headOffset - writer.offset <= limits.readAhead) return true;
    }
    return false;
  }

  /** What the transport has yet to take, for all subscribers. */
  get #queuedBytes(): number {
    let bytes = 0;
    for (const writer of this.#writers) bytes += writer.queuedBytes;
    return bytes;
  }

  #onProgress(): void {
    this.#progress++;
    this.#endTooSlow();
    for (const writer of this.#writers) {
      if (writer.end === null) continue;
      this.#writers.delete(writer);
      const report = writer.report();
      this.#ended.push(report);
      if (this.#ended.length > MAX_ENDED_REPORTS) this.#ended.shift();
      this.#options.emit({ kind: 'subscription-ended', subscription: report });
    }
    this.#changed?.resolve();
    this.#changed = undefined;
  }
}
