import type { IncomingSubgroup } from '../session/session.js';
import { SessionClosed, StreamReset } from '../transport/transport-errors.js';
import { concatBytes } from '../util/bytes.js';
import type { ObjectFragment } from '../wire/messages/object.js';
import type { GroupQueue } from './group-queue.js';
import { ObjectChecksum } from './object-checksum.js';

/** How a stream ended: as its sender meant it, or in the middle. */
export type StreamEnd = 'fin' | 'reset' | 'broken' | 'stopped' | 'session-closed';

export interface ReaderHooks {
  /** Pieces came. Those for which it answers false are dropped; called once for each piece, in order. */
  accept(reader: StreamReader, fragment: ObjectFragment): boolean;
  /** Pieces were queued, or the stream ended. */
  onRead(reader: StreamReader): void;
  /** So many bytes more, or fewer, are held in memory. */
  onQueued(bytes: number): void;
  /** The clock's milliseconds. */
  now(): number;
}

interface QueuedBatch {
  readonly fragments: ObjectFragment[];
  index: number;
  readonly receivedAt: number;
}

/** One subgroup stream: reads only when told to, so that what nobody takes stays with the sender. */
export class StreamReader {
  readonly stream: IncomingSubgroup;
  readonly #hooks: ReaderHooks;
  readonly #whole: boolean;
  #batches: QueuedBatch[] = [];
  #reading = false;
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  /** Where its objects belong; null once that group was over when the stream began. */
  queue: GroupQueue | null = null;
  /** What the receiver made of the object that is arriving, and the checksum of it so far. */
  verdict: 'new' | 'duplicate' | 'late' = 'new';
  readonly checksum = new ObjectChecksum();
  #queuedBytes = 0;
  /** The clock's milliseconds at which the piece arrived that was taken last. */
  takenAt = 0;
  end: StreamEnd | null = null;
  resetCode: bigint | undefined;
  /** The last object that began on this stream. */
  lastObject: bigint | null = null;
  /** The object that has begun and is not complete. */
  unfinished: bigint | null = null;

  /** `whole`: objects are put together before they are handed on. */
  constructor(stream: IncomingSubgroup, whole: boolean, hooks: ReaderHooks) {
    this.stream = stream;
    this.#whole = whole;
    this.#hooks = hooks;
  }

  get group(): bigint {
    return this.stream.header.group;
  }
  /** Null until the first object says which subgroup this is. */
  get subgroup(): bigint | null {
    return this.stream.header.subgroup ?? this.#firstSubgroup;
  }
  #firstSubgroup: bigint | null = null;

  get hasData(): boolean {
    return this.#batches.length > 0;
  }
  /** Everything was read and taken. */
  get isExhausted(): boolean {
    return this.end !== null && this.#batches.length === 0;
  }

  /** The next piece without taking it. */
  peek(): ObjectFragment | undefined {
    const batch = this.#batches[0];
    return batch?.fragments[batch.index];
  }

  /** Takes the next piece; `takenAt` is when it arrived. */
  take(): ObjectFragment | undefined {
    const batch = this.#batches[0];
    if (batch === undefined) return undefined;
    const fragment = batch.fragments[batch.index++] as ObjectFragment;
    if (batch.index === batch.fragments.length) this.#batches.shift();
    this.#queued(-fragment.bytes.length);
    this.takenAt = batch.receivedAt;
    return fragment;
  }

  /** Reads once more, unless a read is under way or the stream has ended. */
  arm(): void {
    if (this.#reading || this.end !== null) return;
    this.#reading = true;
    this.stream.read().then(
      (fragments) => {
        this.#reading = false;
        if (this.end !== null) return;
        if (fragments === null) this.#finish('fin');
        else this.#push(fragments);
        this.#hooks.onRead(this);
      },
      (error: unknown) => {
        this.#reading = false;
        if (this.end !== null) return;
        if (error instanceof StreamReset) {
          this.resetCode = error.code;
          this.#finish('reset');
        } else this.#finish(error instanceof SessionClosed ? 'session-closed' : 'broken');
        this.#hooks.onRead(this);
      },
    );
  }

  /** Wants no more of it. What is queued is dropped. */
  stop(): void {
    this.#batches = [];
    this.#queued(-this.#queuedBytes);
    this.#partBytes = 0;
    if (this.end !== null) return;
    this.#finish('stopped');
    this.stream.stop('CANCELLED');
  }

  #finish(end: StreamEnd): void {
    this.end = end;
    this.#queued(-this.#partBytes);
    this.#parts = [];
    this.#partBytes = 0;
  }

  #push(fragments: readonly ObjectFragment[]): void {
    const queued: ObjectFragment[] = [];
    let bytes = 0;
    for (const fragment of fragments) {
      const { header } = fragment;
      if (fragment.offset === 0) {
        this.lastObject = header.object;
        if (this.#firstSubgroup === null) this.#firstSubgroup = header.subgroup;
      }
      this.unfinished = fragment.complete ? null : header.object;
      if (!this.#hooks.accept(this, fragment)) continue;
      bytes += fragment.bytes.length;
      const piece = this.#whole ? this.#assemble(fragment) : fragment;
      if (piece === undefined) continue;
      queued.push(piece);
    }
    this.#queued(bytes);
    if (queued.length === 0) return;
    this.#batches.push({ fragments: queued, index: 0, receivedAt: this.#hooks.now() });
  }

  #queued(bytes: number): void {
    this.#queuedBytes += bytes;
    this.#hooks.onQueued(bytes);
  }

  #assemble(fragment: ObjectFragment): ObjectFragment | undefined {
    if (fragment.complete && fragment.offset === 0) return fragment;
    this.#parts.push(fragment.bytes);
    this.#partBytes += fragment.bytes.length;
    if (!fragment.complete) return undefined;
    const bytes = concatBytes(this.#parts);
    this.#parts = [];
    this.#partBytes = 0;
    return { header: fragment.header, offset: 0, bytes, complete: true };
  }
}
