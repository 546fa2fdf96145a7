import { MoqtError } from '../errors/moqt-error.js';
import { asMoqtError } from '../session/failure.js';
import type { OutgoingSubgroup, Publication } from '../session/session.js';
import { RequestCancelled } from '../session/session-errors.js';
import { SessionClosed, StreamReset, StreamStopped } from '../transport/transport-errors.js';
import { type Clock, systemClock } from '../util/clock.js';
import type { Location } from '../wire/location.js';
import { compareLocations } from '../wire/location.js';
import type { DraftProfile } from '../wire/profile.js';
import { encodeProperties } from '../wire/properties.js';
import { joinTrack } from './join.js';
import type { LogEntry, TrackLog, TrackObject } from './track-log.js';
import { WriterStreams } from './writer-streams.js';

/** How a subscription ended, seen from the publisher. */
export type PublicationEnd =
  /** Everything from its start to the end of the track, or of its range, was delivered. */
  | 'complete'
  /** The end was reached, but streams that the peer stopped were not delivered. */
  | 'partial'
  /** The subscriber left. */
  | 'left'
  | 'too-far-behind'
  | 'session-closed'
  /** The track ended while the subscriber had asked not to be sent objects. */
  | 'paused'
  /** The publisher stopped before the end of the track. */
  | 'stopped';

export interface PublicationReport {
  readonly origin: 'subscribe' | 'publish';
  readonly requestId: bigint;
  /** Null while it goes on. */
  readonly end: PublicationEnd | null;
  readonly objects: number;
  readonly bytes: number;
  readonly datagrams: number;
  readonly streams: number;
  /** Streams known to have arrived. */
  readonly acknowledged: number;
  /** Streams that left this process; the transport cannot say more. */
  readonly handedOver: number;
  /** Streams that the peer stopped, or that were lost with the session. */
  readonly notDelivered: number;
  /** Objects that were not sent because their stream had been stopped. */
  readonly skippedObjects: number;
}

export interface WriterHooks {
  /** Room was made, or the writer ended. */
  onProgress(): void;
  /** An error that concerns the whole publisher: an object that no subscriber could get. */
  onFatal(error: MoqtError): void;
  onStreamStopped(writer: PublicationWriter, error: StreamStopped): void;
}

const DATAGRAM_RETRY_MS = 1;
/** Entries that go out in one write, where the session offers that. */
const MAX_BATCH = 64;
const MAX_BATCH_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * Sends one subscriber its part of the log, on streams of its own and at its own pace. Nothing is awaited while the
 * transport takes what it is given.
 */
export class PublicationWriter {
  readonly publication: Publication;
  readonly #log: TrackLog;
  readonly #profile: DraftProfile;
  readonly #hooks: WriterHooks;
  readonly #clock: Clock;
  readonly #streams: WriterStreams;
  #cursor = 0;
  #start: Location | null = null;
  #endGroup: bigint | null = null;
  #joined = false;
  #waiting = false;
  #state: 'open' | 'finishing' | 'ended' = 'open';
  #end: PublicationEnd | null = null;
  #endWhenDelivered: PublicationEnd = 'complete';
  #doneSent = false;
  #objects = 0;
  #bytes = 0;
  #datagrams = 0;
  #skipped = 0;

  constructor(
    publication: Publication,
    log: TrackLog,
    profile: DraftProfile,
    hooks: WriterHooks,
    clock: Clock = systemClock,
  ) {
    this.publication = publication;
    this.#log = log;
    this.#profile = profile;
    this.#hooks = hooks;
    this.#clock = clock;
    this.#streams = new WriterStreams(publication, () => this.#streamSettled());
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
  /** Sequence number of the next entry to send. */
  get cursor(): number {
    return this.#cursor;
  }
  /** Bytes of the log behind the cursor. */
  get offset(): number {
    return this.#log.offsetOf(this.#cursor);
  }

  report(): PublicationReport {
    const { origin, requestId } = this.publication;
    const { opened, acknowledged, handedOver, notDelivered } = this.#streams;
    return {
      origin,
      requestId,
      end: this.#end,
      objects: this.#objects,
      bytes: this.#bytes,
      datagrams: this.#datagrams,
      streams: opened,
      acknowledged,
      handedOver,
      notDelivered,
      skippedObjects: this.#skipped,
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
          const pause = this.#sendNext();
          if (pause !== undefined) {
            this.#waitFor(pause);
            return;
          }
          if (this.#state !== 'open') return;
        }
      }
      if (this.#log.ended) this.#endOfLog();
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
    if (this.#cursor < this.#log.head) this.#streams.resetAll('CANCELLED');
    this.finish(this.#lastStatus.status, this.#lastStatus.reason, 'paused');
  }

  /** What PUBLISH_DONE says when the end of the log is reached. */
  endWith(status: string, reason: string, end: PublicationEnd): void {
    this.#lastStatus = { status, reason, end };
  }
  #lastStatus: { status: string; reason: string; end: PublicationEnd } = {
    status: 'TRACK_ENDED',
    reason: '',
    end: 'complete',
  };

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
    this.#streams.resetAll(resets.has('TOO_FAR_BEHIND') ? 'TOO_FAR_BEHIND' : 'DELIVERY_TIMEOUT');
    this.#sendDone('TOO_FAR_BEHIND', 'the subscriber is too slow for this track');
  }

  /** Gives up at once: whatever is still on its way is reset. */
  abandon(): void {
    this.#streams.resetAll('CANCELLED');
    this.#close('stopped');
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
  #endIfLost: PublicationEnd = 'partial';

  #settle(): void {
    if (this.#state !== 'finishing' || !this.#doneSent || this.#streams.undelivered > 0) return;
    const end = this.#endWhenDelivered;
    const lost = this.#streams.notDelivered > 0 || this.#skipped > 0;
    this.#close(end === 'complete' && lost ? this.#endIfLost : end);
  }

  #close(end: PublicationEnd): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#end = end;
    this.#streams.resetAll('CANCELLED');
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
        this.#streams.resetAll('CANCELLED');
        this.#cursor = this.#log.head;
      }
    }
    this.#paused = false;
  }
  #paused = false;

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
    return entry.subgroup === null ? this.#sendDatagram(entry) : this.#sendOnStream(entry, entry.subgroup);
  }

  #sendOnStream(entry: TrackObject, subgroup: bigint): Promise<void> | undefined {
    const stream = this.#streams.find(entry.group, subgroup);
    if (stream === undefined) return this.#streams.open(entry, subgroup);
    if (stream === 'stopped') {
      this.#cursor++;
      if (entry.status === 'normal') this.#skipped++;
      if (entry.fin) this.#streams.end(entry.group, subgroup);
      return undefined;
    }
    const count = stream.writeFragments === undefined ? 1 : Math.max(1, this.#runLength(entry));
    const pause = count > 1 ? this.#writeRun(stream, count) : this.#writeOne(stream, entry);
    const last = count > 1 ? (this.#log.at(this.#cursor + count - 1) as TrackObject) : entry;
    this.#cursor += count;
    if (last.fin) this.#streams.end(entry.group, subgroup);
    return pause === undefined ? undefined : this.#streams.guard(pause, entry.group, subgroup);
  }

  #writeOne(stream: OutgoingSubgroup, entry: TrackObject): Promise<void> | undefined {
    const { object, status, payload } = entry;
    if (status === 'normal') this.#objects++;
    this.#bytes += payload.length;
    this.#streams.count(payload.length, status !== 'normal');
    if (status === 'normal' && entry.properties.length === 0) return stream.writeObject({ object }, payload);
    return stream.writeObject({ object, status, properties: this.#encode(entry) }, payload);
  }

  /** How many entries from the cursor on go to the same stream and need nothing but their payload. */
  #runLength(first: TrackObject): number {
    let bytes = 0;
    let count = 0;
    const available = Math.min(this.#log.head - this.#cursor, MAX_BATCH);
    while (count < available && bytes < MAX_BATCH_BYTES) {
      const entry: LogEntry = this.#log.at(this.#cursor + count);
      if (entry.kind !== 'object' || entry.group !== first.group || entry.subgroup !== first.subgroup) break;
      if (entry.status !== 'normal' || entry.properties.length > 0) break;
      bytes += entry.payload.length;
      count++;
      if (entry.fin) break;
    }
    return count;
  }

  #writeRun(stream: OutgoingSubgroup, count: number): Promise<void> | undefined {
    const fragments = new Array(count);
    for (let i = 0; i < count; i++) {
      const entry = this.#log.at(this.#cursor + i) as TrackObject;
      const { group, subgroup, object, status, payload } = entry;
      this.#objects++;
      this.#bytes += payload.length;
      this.#streams.count(payload.length, false);
      const header = {
        group,
        subgroup,
        object,
        priority: 0,
        status,
        properties: NOTHING,
        payloadLength: payload.length,
      };
      fragments[i] = { header, offset: 0, bytes: payload, complete: true };
    }
    return stream.writeFragments?.(fragments);
  }

  #sendDatagram(entry: TrackObject): Promise<void> | undefined {
    const { group, object, status, payload, priority, endOfGroup } = entry;
    const properties = entry.properties.length === 0 ? undefined : this.#encode(entry);
    const result = this.publication.sendDatagram({
      group,
      object,
      payload,
      endOfGroup,
      ...(status === 'normal' ? {} : { status }),
      ...(priority === undefined ? {} : { priority }),
      ...(properties === undefined ? {} : { properties }),
    });
    if (result === 'too-large') throw datagramTooLarge(entry);
    if (result === 'full') {
      return new Promise((resolve) => this.#clock.after(DATAGRAM_RETRY_MS, resolve));
    }
    this.#cursor++;
    this.#datagrams++;
    if (status === 'normal') this.#objects++;
    this.#bytes += payload.length;
    return undefined;
  }

  #encode(entry: TrackObject): Uint8Array {
    return entry.properties.length === 0 ? NOTHING : encodeProperties(this.#profile, entry.properties);
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

  #fail(error: unknown): void {
    if (this.#state === 'ended') return;
    if (error instanceof StreamStopped) {
      this.#hooks.onStreamStopped(this, error);
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
      this.#close('stopped');
      this.#hooks.onFatal(asMoqtError(error, 'publish'));
    }
  }
}

function datagramTooLarge(entry: TrackObject): MoqtError {
  return new MoqtError(
    'MOQT_E_ENCODE',
    `object ${entry.group}.${entry.object} of ${entry.payload.length} bytes does not fit a datagram to this peer`,
    { stage: 'publish', cause: 'datagram.too-large', hint: 'publish smaller objects, or forward by streams' },
  );
}
