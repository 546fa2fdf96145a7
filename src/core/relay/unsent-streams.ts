import type { OutgoingSubgroup } from '../session/session.js';
import { type Deferred, deferred } from '../util/deferred.js';

/** Streams below which nobody looks closer: the transport takes what is left of them within a turn or two. */
const FEW_STREAMS = 16;
const MAX_STREAMS = 256;
const MAX_BYTES = 256 * 1024;
const MAX_HELD_BYTES = 2 * 1024 * 1024;

/**
 * The streams of one subscription that were ended while the transport had yet to take the rest of them. Every stream may
 * leave some bytes in its queue without asking to wait; of many short streams to a subscriber that grants streams and no
 * data, that would add up without end.
 */
export class UnsentStreams {
  /** True for those whose end is being watched. */
  readonly #streams = new Map<OutgoingSubgroup, boolean>();
  /** Those that were ended while their queue was full. */
  readonly #held = new Set<OutgoingSubgroup>();
  #room: Deferred<void> | null = null;

  /** The stream has been given its FIN. */
  add(stream: OutgoingSubgroup): void {
    if (stream.queuedBytes > 0 && !this.#held.has(stream)) this.#streams.set(stream, false);
  }

  /**
   * Whether a stream may be ended while its queue is full. These are counted apart, since they had waited whether ended or
   * not, and nobody is kept from opening a stream because of them.
   */
  mayHold(stream: OutgoingSubgroup): boolean {
    const bytes = queuedIn(this.#held) + stream.queuedBytes;
    return bytes <= MAX_HELD_BYTES && this.#held.size < MAX_STREAMS;
  }

  /** The stream is given its FIN while its queue is full. */
  hold(stream: OutgoingSubgroup): void {
    this.#held.add(stream);
  }

  /** Undefined when there is room for more, else a promise to wait for before asking again. Never rejects. */
  room(): Promise<void> | undefined {
    if (this.#streams.size < FEW_STREAMS) return undefined;
    const bytes = queuedIn(this.#streams);
    if (bytes <= MAX_BYTES && this.#streams.size <= MAX_STREAMS) return undefined;
    for (const [stream, isWatched] of this.#streams) {
      if (isWatched) continue;
      this.#streams.set(stream, true);
      const gone = (): void => this.#gone(stream);
      stream.delivered().then(gone, gone);
    }
    this.#room ??= deferred();
    return this.#room.promise;
  }

  #gone(stream: OutgoingSubgroup): void {
    this.#streams.delete(stream);
    this.#room?.resolve();
    this.#room = null;
  }
}

/** What the transport has yet to take of these streams, in bytes; those of which it has taken all are forgotten. */
function queuedIn(streams: Map<OutgoingSubgroup, boolean> | Set<OutgoingSubgroup>): number {
  let bytes = 0;
  for (const stream of streams.keys()) {
    if (stream.queuedBytes === 0) streams.delete(stream);
    else bytes += stream.queuedBytes;
  }
  return bytes;
}
