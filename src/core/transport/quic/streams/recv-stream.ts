import { type Deferred, deferred } from '../../../util/deferred.js';
import { applicationCode } from '../../application-code.js';
import type { RecvStream } from '../../transport.js';
import { StreamReset } from '../../transport-errors.js';
import { recvSlab } from './recv-slab.js';

/** What came of asking QUIC for bytes of a stream. */
export type Received = { readonly length: number; readonly fin: boolean } | { readonly resetCode: bigint } | null;

/** What a receive stream needs of its connection. */
export interface RecvHost {
  /** Reads into `into`; null when nothing is there, an Error when the stream or session is over. */
  receive(stream: QuicRecvStream, into: Uint8Array): Received | Error;
  /** STOP_SENDING. False when it cannot be sent and the stream has to be read to its end instead. */
  stopStream(stream: QuicRecvStream, code: number): boolean;
  /** FIN, RESET or STOP_SENDING: nothing more will be read. */
  recvFinished(stream: QuicRecvStream): void;
  /** The error that ended the session, or null while it lives. */
  readonly closeError: Error | null;
}

/**
 * The receiving half of a stream. QUIC is asked for bytes only while a reader waits: what is not read stays in the peer's
 * flow-control window, and that is the backpressure.
 */
export class QuicRecvStream implements RecvStream {
  readonly number: number;
  /** Offset up to which data has arrived, and up to which it has been read; kept by the host. */
  arrivedBytes = 0;
  takenBytes = 0;
  readonly #host: RecvHost;
  #readable = true;
  #finished = false;
  #stopped = false;
  #failure: Error | null = null;
  readonly #waiting: Deferred<Uint8Array | null>[] = [];

  constructor(host: RecvHost, number: number) {
    this.#host = host;
    this.number = number;
  }

  get id(): bigint {
    return BigInt(this.number);
  }

  get atEnd(): boolean {
    return this.#finished && !this.#stopped && this.#failure === null;
  }

  read(): Promise<Uint8Array | null> {
    if (this.#waiting.length === 0) {
      const chunk = this.#take();
      if (chunk !== undefined) return Promise.resolve(chunk);
      if (this.#failure !== null) return Promise.reject(this.#failure);
    }
    const waiting = deferred<Uint8Array | null>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  stop(code: bigint): void {
    const number = applicationCode(code);
    if (this.#stopped) return;
    this.#stopped = true;
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(null);
    if (this.#finished || this.#failure !== null) return;
    // What has arrived is taken first: QUIC would drop it without giving its window back.
    this.#discard();
    if (this.#finished) return;
    if (this.#host.stopStream(this, number)) this.#finish();
  }

  /** QUIC has bytes, FIN or RESET for this stream. */
  onReadable(): void {
    this.#readable = true;
    if (this.#stopped) {
      this.#discard();
      return;
    }
    while (this.#waiting.length > 0) {
      const chunk = this.#take();
      if (chunk === undefined) break;
      this.#waiting.shift()?.resolve(chunk);
    }
    this.#rejectWaiting();
  }

  /** What had arrived before the session ended can still be read; readers who wait for more cannot get it. */
  onSessionClosed(): void {
    if (this.#waiting.length > 0) this.onReadable();
    if (this.#failure === null && !this.#finished && this.#waiting.length > 0) this.#failure = this.#host.closeError;
    this.#rejectWaiting();
  }

  #rejectWaiting(): void {
    if (this.#failure === null) return;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure);
  }

  /** The next chunk, null at the end, undefined when nothing is there now or the stream has failed. */
  #take(): Uint8Array | null | undefined {
    if (this.#stopped || this.#finished) return this.#failure === null ? null : undefined;
    if (this.#failure !== null) return undefined;
    if (!this.#readable && this.#host.closeError === null) return undefined;
    const into = recvSlab.reserve();
    const got = this.#host.receive(this, into);
    if (got === null) {
      this.#readable = false;
      if (this.#host.closeError !== null) this.#failure = this.#host.closeError;
      return undefined;
    }
    if (got instanceof Error) return this.#fail(got);
    if ('resetCode' in got) return this.#fail(new StreamReset(got.resetCode));
    if (got.fin) this.#finish();
    // A short read means that QUIC's buffer is empty.
    else if (got.length < into.length) this.#readable = false;
    if (got.length > 0) return recvSlab.take(got.length);
    return got.fin ? null : undefined;
  }

  #discard(): void {
    for (;;) {
      const got = this.#host.receive(this, recvSlab.reserve());
      if (got === null) return;
      if (got instanceof Error || 'resetCode' in got || got.fin) {
        this.#finish();
        return;
      }
    }
  }

  #fail(error: Error): undefined {
    this.#failure = error;
    this.#finish();
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#host.recvFinished(this);
  }
}
