import type { OutgoingSubgroup } from '../session/session.js';
import { type Deferred, deferred } from '../util/deferred.js';

/** Streams below which nobody looks closer: the transport takes what is left of them within a turn or two. */
const FEW_STREAMS = 16;
const MAX_STREAMS = 256;
const MAX_BYTES = 256 * 1024;

/**
 * The streams of one subscription that were ended while the transport had yet to take the rest of them. Every stream may
 * leave some bytes in its queue without asking to wait; of many short streams to a subscriber that grants streams and no
 * data, that would add up without end.
 */
export class UnsentStreams {
  /** True for those whose end is being watched. */
  readonly #streams = new Map<OutgoingSubgroup, boolean>();
  #room: Deferred<void> | null = null;

  /** The stream has been given its FIN. */
  add(stream: OutgoingSubgroup): void {
    if (stream.queuedBytes > 0) this.#streams.set(stream, false);
  }

  /** Undefined when there is room for more, else a promise to wait for before asking again. Never rejects. */
  room(): Promise<void> | undefined {
    if (this.#streams.size < FEW_STREAMS) return undefined;
    let bytes = 0;
    for (const stream of this.#streams.keys()) {
      if (stream.queuedBytes === 0) this.#streams.delete(stream);
      else bytes += stream.queuedBytes;
    }
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
