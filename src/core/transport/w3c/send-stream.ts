import { concatBytes } from '../../util/bytes.js';
import { type Deferred, deferred, ignorable } from '../../util/deferred.js';
import type { Delivery, SendStream } from '../transport.js';
import { type SessionClosed, StreamStopped } from '../transport-errors.js';
import { checkCode, streamErrorCodeOf, streamErrorWith } from './stream-errors.js';
import type { Abandonable, StreamOwner } from './stream-owner.js';
import type { W3cWritable, W3cWriter } from './w3c-types.js';

/** Chunks are what implementations count their queues in, and some copy the rest of a long one again and again. */
const CHUNK_BYTES = 64 * 1024;

/** A WritableStream of a W3C session. */
export class W3cSendStream implements SendStream, Abandonable {
  readonly id: bigint;
  readonly stopped: Promise<bigint>;
  readonly #writable: W3cWritable;
  readonly #writer: W3cWriter;
  readonly #owner: StreamOwner;
  readonly #stopped = deferred<bigint>();
  readonly #delivered = deferred<Delivery>();
  #drained: Deferred<void> | null = null;
  #failure: Error | null = null;
  #isEnded = false;
  #queued = 0;
  #urgency = -1;

  constructor(id: bigint, writable: W3cWritable, owner: StreamOwner) {
    this.id = id;
    this.#writable = writable;
    this.#writer = writable.getWriter();
    this.#owner = owner;
    this.stopped = this.#stopped.promise;
    this.#delivered.promise.catch(() => {});
    owner.openStreams.add(this);
    // The one place where the writer's failure is looked at: it comes before that of the writes it fails.
    this.#writer.closed.catch((error: unknown) => this.#onWriterFailed(error));
  }

  get queuedBytes(): number {
    return this.#queued;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== null) return ignorable(Promise.reject(this.#failure));
    if (this.#isEnded) return ignorable(Promise.reject(new Error('the stream has been ended')));
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) this.#push(bytes.subarray(at, at + CHUNK_BYTES));
    if (this.#hasRoom) return undefined;
    this.#drained ??= deferred();
    return ignorable(this.#drained.promise);
  }

  writev(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    return this.write(concatBytes(chunks));
  }

  end(): void {
    if (this.#isEnded || this.#failure !== null) return;
    this.#isEnded = true;
    this.#owner.ending.add(this.#delivered.promise);
    this.#writer.close().then(
      () => this.#onDelivered(),
      () => {},
    );
  }

  reset(code: bigint): void {
    const reason = streamErrorWith(checkCode(code));
    if (this.#failure !== null || this.#delivered.settled) return;
    this.#fail(new Error('the stream has been reset'));
    this.#writer.abort(reason).catch(() => {});
  }

  delivered(): Promise<Delivery> {
    return this.#delivered.promise;
  }

  priority(urgency: number): void {
    if (urgency === this.#urgency || !('sendOrder' in this.#writable)) return;
    this.#urgency = urgency;
    // Streams without a priority have 0 or null: they go before those that have one, as control does.
    this.#writable.sendOrder = urgency === 0 ? 0 : -urgency;
  }

  /** The implementation aborts the stream itself. */
  abandon(error: SessionClosed): void {
    this.#fail(error);
  }

  get #hasRoom(): boolean {
    return this.#queued === 0 || (this.#writer.desiredSize ?? 0) > 0;
  }

  #push(chunk: Uint8Array): void {
    this.#queued += chunk.length;
    this.#writer.write(chunk).then(
      () => {
        if (this.#failure !== null) return;
        this.#owner.sent(chunk.length);
        this.#queued -= chunk.length;
        if (!this.#hasRoom) return;
        this.#drained?.resolve();
        this.#drained = null;
      },
      () => {},
    );
  }

  async #onWriterFailed(error: unknown): Promise<void> {
    if (this.#failure !== null) return;
    const code = streamErrorCodeOf(error);
    // A stream that failed for no reason that is known was cut off all the same.
    this.#fail(code === null ? await this.#owner.explain(new StreamStopped(0n)) : new StreamStopped(code));
  }

  #onDelivered(): void {
    if (this.#failure !== null) return;
    this.#queued = 0;
    this.#delivered.resolve('handed-over');
    this.#forget();
  }

  #fail(error: Error): void {
    if (this.#failure !== null || this.#delivered.settled) return;
    this.#failure = error;
    this.#queued = 0;
    this.#drained?.reject(error);
    this.#drained = null;
    this.#delivered.reject(error);
    if (error instanceof StreamStopped) this.#stopped.resolve(error.code);
    this.#forget();
  }

  #forget(): void {
    this.#owner.openStreams.delete(this);
    this.#owner.ending.delete(this.#delivered.promise);
  }
}
