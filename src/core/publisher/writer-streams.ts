import type { OutgoingSubgroup, Publication } from '../session/session.js';
import { StreamStopped } from '../transport/transport-errors.js';
import type { TrackObject } from './track-log.js';

/** Bytes that may be on their way in ended streams before another stream is opened. */
const IN_FLIGHT_BYTES = 16 * 1024 * 1024;
/** Streams that may be on their way whatever their size: the one before and the one being written. */
const IN_FLIGHT_STREAMS = 2;

interface OpenStream {
  readonly stream: OutgoingSubgroup;
  bytes: number;
  /** Objects with a payload of their own, an empty one too: a status only tells what the requests tell as well. */
  objects: number;
}

/**
 * The streams of one publication: found by group and subgroup, opened as credit and the in-flight bound allow, and followed
 * until they are delivered. What the transport does not take at once waits in the queue of its stream, so that another
 * group can be under way meanwhile; only so much is on its way at a time, because a relay may drop what it cannot hold.
 */
export class WriterStreams {
  readonly #publication: Publication;
  readonly #onSettled: () => void;
  readonly #open = new Map<string, OpenStream>();
  /** Those of which the transport has yet to take what was written, ended or not, and what to wait for. */
  readonly #paused = new Map<OpenStream, Promise<void>>();
  /** Subgroups that the peer stopped: their further objects are not sent. */
  readonly #stopped = new Set<string>();
  #lastKey = '';
  #last: OpenStream | undefined;
  #lastGroup: bigint | null = null;
  #lastSubgroup: bigint | null = null;
  #undeliveredBytes = 0;
  #wake: (() => void) | undefined;
  undelivered = 0;
  opened = 0;
  acknowledged = 0;
  handedOver = 0;
  notDelivered = 0;
  /** Streams that were not delivered and held no object but a status. */
  stoppedEmpty = 0;

  constructor(publication: Publication, onSettled: () => void) {
    this.#publication = publication;
    this.#onSettled = onSettled;
  }

  find(group: bigint, subgroup: bigint): OutgoingSubgroup | 'stopped' | undefined {
    if (group === this.#lastGroup && subgroup === this.#lastSubgroup) return this.#last?.stream;
    const key = keyOf(group, subgroup);
    if (this.#stopped.has(key)) return 'stopped';
    const found = this.#open.get(key);
    if (found === undefined) return undefined;
    this.#remember(group, subgroup, key, found);
    return found.stream;
  }

  /** Opens the stream that the object begins. Undefined: it is open now; else wait and look again. */
  open(entry: TrackObject, subgroup: bigint): Promise<void> | undefined {
    if (this.undelivered >= IN_FLIGHT_STREAMS && this.#undeliveredBytes >= IN_FLIGHT_BYTES) {
      return new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
    const header = {
      group: entry.group,
      subgroup,
      hasProperties: entry.hasProperties,
      endOfGroup: entry.endOfGroup,
      ...(entry.priority === undefined ? {} : { priority: entry.priority }),
    };
    const stream = this.#publication.tryOpenSubgroup(header);
    if (stream !== null) {
      this.#register(entry.group, subgroup, stream);
      return undefined;
    }
    return this.#publication.openSubgroup(header).then((opened) => this.#register(entry.group, subgroup, opened));
  }

  /** Counts what was written to the stream that was found last; objects without those that are but a status. */
  count(bytes: number, objects: number): void {
    if (this.#last === undefined) return;
    this.#last.bytes += bytes;
    this.#last.objects += objects;
  }

  /** Bytes that were written and that the transport has not taken. */
  get queuedBytes(): number {
    let bytes = 0;
    for (const { stream } of this.#paused.keys()) bytes += stream.queuedBytes;
    return bytes;
  }

  /**
   * What a write to the stream that was found last asks to wait for: the same promise for all writes until the transport has
   * taken them. When it rejects because the peer stopped the stream, the stream has been marked.
   */
  guard(pause: Promise<void>, group: bigint, subgroup: bigint): Promise<void> {
    const open = this.#last;
    if (open === undefined) return pause;
    const known = this.#paused.get(open);
    if (known !== undefined) return known;
    const over = (): void => {
      this.#paused.delete(open);
    };
    const guarded = pause.then(over, (error: unknown) => {
      over();
      if (error instanceof StreamStopped) this.#stop(keyOf(group, subgroup), open);
      throw error;
    });
    this.#paused.set(open, guarded);
    return guarded;
  }

  /** A write to the stream that was found last met a STOP_SENDING at once. */
  stopLast(): void {
    if (this.#last !== undefined) this.#stop(this.#lastKey, this.#last);
  }

  end(group: bigint, subgroup: bigint): void {
    const key = keyOf(group, subgroup);
    const open = this.#open.get(key);
    this.#stopped.delete(key);
    if (open === undefined) return;
    this.#forget(key);
    open.stream.end();
    this.#follow(open);
  }

  endGroup(group: bigint): void {
    const prefix = `${group}/`;
    for (const key of this.#stopped) if (key.startsWith(prefix)) this.#stopped.delete(key);
    for (const open of [...this.#open.values()]) {
      if (open.stream.header.group === group) this.end(group, open.stream.header.subgroup);
    }
    this.#clearLast(group);
  }

  endAll(): void {
    for (const { stream } of [...this.#open.values()]) this.end(stream.header.group, stream.header.subgroup);
  }

  /** Resets what the transport has not taken, in streams that were ended too. */
  abandon(code: string): void {
    this.resetOpen(code);
    for (const { stream } of [...this.#paused.keys()]) stream.reset(code);
  }

  /** Resets every stream that was not ended; `code` from the stream-reset codes. */
  resetOpen(code: string): void {
    for (const [key, open] of [...this.#open]) {
      this.#forget(key);
      this.#paused.delete(open);
      this.notDelivered++;
      open.stream.reset(code);
    }
    this.#wakeUp();
  }

  #register(group: bigint, subgroup: bigint, stream: OutgoingSubgroup): void {
    const key = keyOf(group, subgroup);
    const open: OpenStream = { stream, bytes: 0, objects: 0 };
    this.opened++;
    this.#open.set(key, open);
    this.#remember(group, subgroup, key, open);
  }

  #remember(group: bigint, subgroup: bigint, key: string, open: OpenStream): void {
    this.#lastGroup = group;
    this.#lastSubgroup = subgroup;
    this.#lastKey = key;
    this.#last = open;
  }

  #forget(key: string): void {
    this.#open.delete(key);
    if (this.#lastKey === key) this.#clearLast(this.#lastGroup);
  }

  #clearLast(group: bigint | null): void {
    if (this.#lastGroup !== group) return;
    this.#lastGroup = null;
    this.#lastSubgroup = null;
    this.#lastKey = '';
    this.#last = undefined;
  }

  /** One that was ended already is followed, and lost, by its delivery. */
  #stop(key: string, open: OpenStream): void {
    if (this.#open.get(key) !== open) return;
    this.#forget(key);
    this.#stopped.add(key);
    this.#lose(open);
    open.stream.reset('CANCELLED');
  }

  #follow(open: OpenStream): void {
    this.undelivered++;
    this.#undeliveredBytes += open.bytes;
    const settled = (): void => {
      this.undelivered--;
      this.#undeliveredBytes -= open.bytes;
      this.#wakeUp();
      this.#onSettled();
    };
    open.stream.delivered().then(
      (delivery) => {
        if (delivery === 'acknowledged') this.acknowledged++;
        else this.handedOver++;
        settled();
      },
      () => {
        this.#lose(open);
        settled();
      },
    );
  }

  /** A relay may stop the stream of END_OF_TRACK as soon as it has read that: then nothing was lost with it. */
  #lose(open: OpenStream): void {
    if (open.objects > 0) this.notDelivered++;
    else this.stoppedEmpty++;
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

function keyOf(group: bigint, subgroup: bigint): string {
  return `${group}/${subgroup}`;
}
