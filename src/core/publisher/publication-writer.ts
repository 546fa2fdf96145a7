import type { MoqtError } from '../errors/moqt-error.js';
import { asMoqtError } from '../session/failure.js';
import type { Publication } from '../session/session.js';
import { RequestCancelled } from '../session/session-errors.js';
import { SessionClosed, StreamReset, StreamStopped } from '../transport/transport-errors.js';
import { type Clock, systemClock } from '../util/clock.js';
import type { Location } from '../wire/location.js';
import { compareLocations } from '../wire/location.js';
import type { DraftProfile } from '../wire/profile.js';
import { EntrySender } from './entry-sender.js';
import { joinTrack } from './join.js';
import type { PublicationEnd, PublicationReport } from './publication-report.js';
import type { TrackLog } from './track-log.js';
import { WriterStreams } from './writer-streams.js';

export interface WriterHooks {
  /** Room was made, or the writer ended. */
  onProgress(): void;
  /** An error that concerns the whole publisher: an object that no subscriber could get. */
  onFatal(error: MoqtError): void;
  /** The peer stopped a stream with this code. */
  onStreamStopped(writer: PublicationWriter, code: bigint): void;
}

/**
 * Sends one subscriber its part of the log, on streams of its own and at its own pace. Nothing is awaited while the
 * transport takes what it is given.
 */
export class PublicationWriter {
  readonly publication: Publication;
  readonly #log: TrackLog;
  readonly #profile: DraftProfile;
  readonly #hooks: WriterHooks;
  readonly #streams: WriterStreams;
  readonly #maxQueued: number;
  readonly #sender: EntrySender;
  #cursor = 0;
  #start: Location | null = null;
  #endGroup: bigint | null = null;
  #joined = false;
  #waiting = false;
  /** What streams wait for that the writer has gone ahead of. */
  readonly #ahead = new Set<Promise<void>>();
  #state: 'open' | 'finishing' | 'ended' = 'open';
  #end: PublicationEnd | null = null;
  #endWhenDelivered: PublicationEnd = 'complete';
  #doneSent = false;
  #lastStatus: { status: string; reason: string; end: PublicationEnd } = {
    status: 'TRACK_ENDED',
    reason: '',
    end: 'complete',
  };
  #paused = false;
  #endIfLost: PublicationEnd = 'partial';

  constructor(
    publication: Publication,
    log: TrackLog,
    profile: DraftProfile,
    hooks: WriterHooks,
    /** Bytes that may wait in the queues of its streams. */
    maxQueued: number,
    clock: Clock = systemClock,
  ) {
    this.publication = publication;
    this.#log = log;
    this.#profile = profile;
    this.#hooks = hooks;
    this.#maxQueued = maxQueued;
    this.#streams = new WriterStreams(publication, () => this.#streamSettled());
    this.#sender = new EntrySender(publication, log, profile, this.#streams, clock);
    publication.onUpdate = (update) => {
      if (update.filter !== undefined && this.#joined) this.#narrow();
      const { largest } = log;
      this.pump();
      this.#hooks.onProgress();
      // Whoever turns forwarding on learns where that is (draft-18 §5.1.1).
      return update.forward === true && largest !== null ? { largestObject: largest } : undefined;
    };
    void publication.cancelled.then(({ kind }) => {
      if (kind === 'session-closed') this.#close('session-closed');
      else if (kind === 'peer') this.#peerLeft();
    });
  }

  /** It wants objects now: it counts for the pace of the source and for what the log must keep. */
  get isForwarding(): boolean {
    return this.#state === 'open' && this.publication.forward;
  }
  get end(): PublicationEnd | null {
    return this.#end;
  }
  /** The transport has yet to take what the subscriber asked for: it sets the pace. */
  get isBehind(): boolean {
    return this.isForwarding && (this.#cursor < this.#log.head || this.#ahead.size > 0);
  }
  /** Bytes that were written and that the transport has not taken. */
  get queuedBytes(): number {
    return this.#streams.queuedBytes;
  }
  /** Sequence number of the next entry to send. */
  get cursor(): number {
    return this.#cursor;
  }
  /** Bytes of the log behind the cursor. */
  get offset(): number {
    return this.#log.offsetOf(this.#cursor);
  }
  /** The same, less what waits in the queues of its streams. */
  get takenOffset(): number {
    return this.offset - this.queuedBytes;
  }

  report(): PublicationReport {
    const { origin, requestId } = this.publication;
    const { opened, acknowledged, handedOver, notDelivered } = this.#streams;
    const { objects, bytes, datagrams, skipped } = this.#sender;
    return {
      origin,
      requestId,
      end: this.#end,
      objects,
      bytes,
      datagrams,
      streams: opened,
      acknowledged,
      handedOver,
      notDelivered,
      skippedObjects: skipped,
    };
  }

  /** Sends what there is, until the transport asks to wait. Never throws. */
  pump(): void {
    if (this.#waiting || this.#state !== 'open') return;
    if (!this.publication.isOpen) return;
    try {
      if (this.publication.forward) {
        this.#join();
        if (this.#state !== 'open') return;
        while (this.#cursor < this.#log.head) {
          // Whatever it went ahead of pumps again.
          if (this.#ahead.size > 0 && this.#streams.queuedBytes >= this.#maxQueued) return;
          const pause = this.#sendNext();
          if (pause !== undefined && this.#sender.taken === 0) {
            this.#waitFor(pause);
            return;
          }
          if (pause !== undefined) this.#goAheadOf(pause);
          if (this.#state !== 'open') return;
        }
      }
      if (this.#log.ended && this.#ahead.size === 0) this.#endOfLog();
    } catch (error) {
      if (error instanceof StreamStopped) this.#streams.stopLast();
      this.#fail(error);
    }
  }

  #endOfLog(): void {
    if (this.publication.forward) {
      this.finish(this.#lastStatus.status, this.#lastStatus.reason, this.#lastStatus.end);
      return;
    }
    if (this.#cursor < this.#log.head) this.#streams.resetOpen('CANCELLED');
    this.finish(this.#lastStatus.status, this.#lastStatus.reason, 'paused');
  }

  /** What PUBLISH_DONE says when the end of the log is reached. */
  endWith(status: string, reason: string, end: PublicationEnd): void {
    this.#lastStatus = { status, reason, end };
  }

  /** PUBLISH_DONE, after the streams that are open were ended. */
  finish(status: string, reason: string, end: PublicationEnd): void {
    if (this.#state !== 'open') return;
    this.#state = 'finishing';
    this.#endWhenDelivered = end;
    this.#streams.endAll();
    this.#sendDone(status, reason);
  }

  /** The subscriber cannot keep up with the fastest one: its streams are reset and its subscription ends. */
  tooFarBehind(): void {
    if (this.#state !== 'open') return;
    this.#state = 'finishing';
    this.#endWhenDelivered = 'too-far-behind';
    const resets = this.#profile.codes('stream-reset');
    this.#streams.abandon(resets.has('TOO_FAR_BEHIND') ? 'TOO_FAR_BEHIND' : 'DELIVERY_TIMEOUT');
    this.#sendDone('TOO_FAR_BEHIND', 'the subscriber is too slow for this track');
  }

  /** Gives up at once: whatever is still on its way is reset. */
  abandon(end: PublicationEnd): void {
    this.#close(end);
  }

  #sendDone(status: string, reason: string): void {
    this.publication.done(status, reason).then(
      () => {
        this.#doneSent = true;
        this.#settle();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #streamSettled(): void {
    if (this.#state === 'finishing') this.#settle();
    this.#hooks.onProgress();
  }

  /** Someone who leaves after the last byte was written may have read them all: the streams tell. */
  #peerLeft(): void {
    if (this.#state !== 'finishing') {
      this.#close('left');
      return;
    }
    this.#doneSent = true;
    if (this.#endWhenDelivered === 'complete') this.#endIfLost = 'left';
    this.#settle();
  }

  #settle(): void {
    if (this.#state !== 'finishing' || !this.#doneSent || this.#streams.undelivered > 0) return;
    const end = this.#endWhenDelivered;
    const lost = this.#streams.notDelivered > 0 || this.#sender.skipped > 0;
    this.#close(end === 'complete' && lost ? this.#endIfLost : end);
  }

  #close(end: PublicationEnd): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#end = end;
    this.#streams.abandon('CANCELLED');
    this.#hooks.onProgress();
  }

  /** Finds its place when forwarding begins: by its filter the first time, at the next object after a pause. */
  #join(): void {
    if (!this.#joined) {
      this.#joined = true;
      const join = joinTrack(this.publication.parameters.filter, this.#log);
      if (join.kind === 'refused') {
        this.finish('SUBSCRIPTION_ENDED', join.reason, 'complete');
        return;
      }
      this.#cursor = join.cursor;
      this.#start = join.start;
      this.#endGroup = join.endGroup;
    } else if (this.#paused) {
      if (this.#cursor < this.#log.head) {
        // What was published meanwhile is left out, so open streams have holes now (draft-18 §11.4.3).
        this.#streams.resetOpen('CANCELLED');
        this.#cursor = this.#log.head;
      }
    }
    this.#paused = false;
  }

  /** A new filter can only make the range smaller (draft-18 §10.9). */
  #narrow(): void {
    const { filter } = this.publication.parameters;
    if (filter?.type === 'absolute-start' || filter?.type === 'absolute-range') {
      this.#start = filter.start;
      this.#endGroup = filter.type === 'absolute-range' ? filter.endGroup : null;
    }
  }

  /** Called by the publisher before it lets the log forget: a subscriber that does not forward keeps nothing. */
  notePause(): void {
    if (this.#state === 'open' && this.#joined && !this.publication.forward) this.#paused = true;
  }

  /** Sends the entry at the cursor. A promise: wait for it and call again. */
  #sendNext(): Promise<void> | undefined {
    const entry = this.#log.at(this.#cursor);
    if (entry.kind === 'group-closed') {
      this.#cursor++;
      this.#streams.endGroup(entry.group);
      return undefined;
    }
    if (this.#endGroup !== null && entry.group > this.#endGroup) {
      this.finish('SUBSCRIPTION_ENDED', '', 'complete');
      return undefined;
    }
    if (this.#start !== null && compareLocations(entry, this.#start) < 0) {
      this.#cursor++;
      return undefined;
    }
    const pause = this.#sender.send(entry, this.#cursor);
    this.#cursor += this.#sender.taken;
    return pause;
  }

  #waitFor(pause: Promise<void>): void {
    this.#waiting = true;
    pause.then(
      () => {
        this.#waiting = false;
        this.pump();
        this.#hooks.onProgress();
      },
      (error: unknown) => {
        this.#waiting = false;
        this.#fail(error);
      },
    );
  }

  /** The stream has a queue of its own: others can go on. */
  #goAheadOf(pause: Promise<void>): void {
    if (this.#ahead.has(pause)) return;
    this.#ahead.add(pause);
    pause.then(
      () => {
        this.#ahead.delete(pause);
        this.pump();
        this.#hooks.onProgress();
      },
      (error: unknown) => {
        this.#ahead.delete(pause);
        this.#fail(error);
      },
    );
  }

  /** Nobody can get this object: the subscriber is told before the whole track ends. */
  #failFor(error: unknown): void {
    if (this.#state === 'open') {
      this.#streams.abandon('INTERNAL_ERROR');
      this.finish('INTERNAL_ERROR', 'the publisher failed', 'stopped');
    } else this.#close('stopped');
    this.#hooks.onFatal(asMoqtError(error, 'publish'));
  }

  #fail(error: unknown): void {
    if (this.#state === 'ended') return;
    if (error instanceof StreamStopped) {
      this.#hooks.onStreamStopped(this, error.code);
      this.pump();
      this.#hooks.onProgress();
    } else if (error instanceof RequestCancelled) {
      this.#peerLeft();
    } else if (error instanceof SessionClosed) {
      this.#close('session-closed');
    } else if (error instanceof StreamReset) {
      // A write that we cut short ourselves.
      this.pump();
    } else {
      this.#failFor(error);
    }
  }
}
