import { type Deferred, deferred } from '../../util/deferred.js';
import type { RecvStream } from '../transport.js';
import { type SessionClosed, StreamReset } from '../transport-errors.js';
import { checkCode, streamErrorCodeOf, streamErrorWith } from './stream-errors.js';
import type { Abandonable, StreamOwner } from './stream-owner.js';
import type { W3cReadable, W3cReader } from './w3c-types.js';

/** A ReadableStream of a W3C session. It is read only when someone asks; how much is taken ahead is the implementation's. */
export class W3cRecvStream implements RecvStream, Abandonable {
  readonly id: bigint;
  readonly #reader: W3cReader<Uint8Array>;
  readonly #owner: StreamOwner;
  readonly #waiting = new Set<Deferred<Uint8Array | null>>();
  #failure: Error | null = null;
  #isOver = false;
  #finRead = false;

  constructor(id: bigint, readable: W3cReadable<Uint8Array>, owner: StreamOwner) {
    this.id = id;
    this.#reader = readable.getReader();
    this.#owner = owner;
    owner.openStreams.add(this);
  }

  /** A ReadableStream tells its end only to whoever reads on. */
  get atEnd(): boolean {
    return this.#finRead;
  }

  read(): Promise<Uint8Array | null> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#isOver) return Promise.resolve(null);
    const waiting = deferred<Uint8Array | null>();
    this.#waiting.add(waiting);
    void this.#take(waiting);
    return waiting.promise;
  }

  stop(code: bigint): void {
    const reason = streamErrorWith(checkCode(code));
    if (this.#isOver || this.#failure !== null) return;
    this.#finish();
    this.#reader.cancel(reason).catch(() => {});
  }

  /** What came before the peer closed may still be there to be read: the implementation knows, and fails the stream if not. */
  abandon(error: SessionClosed): void {
    if (error.info.by === 'local') this.#fail(error);
  }

  /** Reads are answered by the reader in the order in which they were asked. */
  async #take(waiting: Deferred<Uint8Array | null>): Promise<void> {
    try {
      let result = await this.#reader.read();
      while (!result.done && result.value?.length === 0) result = await this.#reader.read();
      if (result.done || result.value === undefined) {
        this.#finRead = !this.#isOver;
        this.#finish();
        return;
      }
      this.#owner.received(result.value.length);
      this.#waiting.delete(waiting);
      waiting.resolve(result.value);
    } catch (error) {
      if (this.#isOver || this.#failure !== null) return;
      const code = streamErrorCodeOf(error);
      // A stream that failed for no reason that is known was cut off all the same.
      this.#fail(code === null ? await this.#owner.explain(new StreamReset(0n)) : new StreamReset(code));
    }
  }

  #finish(): void {
    if (this.#failure !== null) return;
    this.#isOver = true;
    this.#owner.openStreams.delete(this);
    for (const waiting of this.#waiting) waiting.resolve(null);
    this.#waiting.clear();
  }

  #fail(error: Error): void {
    if (this.#isOver || this.#failure !== null) return;
    this.#failure = error;
    this.#owner.openStreams.delete(this);
    for (const waiting of this.#waiting) waiting.reject(error);
    this.#waiting.clear();
  }
}
