import { type Deferred, deferred } from '../../util/deferred.js';
import type { RecvStream } from '../transport.js';
import { StreamReset } from '../transport-errors.js';
import { checkApplicationCode } from '../webtransport/stream-codes.js';
import { ArrivedBytes } from './byte-queue.js';
import type { ReceiveWindow } from './flow-control.js';

/** What a receive stream needs of its session. */
export interface RecvHost {
  /** Bytes were read or dropped: the windows move on. */
  consumed(stream: CapsuleRecvStream, bytes: number): void;
  stopSending(stream: CapsuleRecvStream, code: bigint): void;
  /** The peer's last word has come, and nothing before it is left to read. */
  recvFinished(stream: CapsuleRecvStream): void;
}

/** The receiving half of a stream. What nobody reads stays here, at most a window of it, and that is the backpressure. */
export class CapsuleRecvStream implements RecvStream {
  readonly number: number;
  readonly window: ReceiveWindow;
  readonly #host: RecvHost;
  readonly #arrived = new ArrivedBytes();
  readonly #waiting: Deferred<Uint8Array | null>[] = [];
  /** The peer's last word: FIN, or a reset that is told once what came before it has been read. */
  #end: 'fin' | StreamReset | null = null;
  #stopped = false;
  #failure: Error | null = null;
  #finished = false;

  constructor(host: RecvHost, number: number, window: ReceiveWindow) {
    this.#host = host;
    this.number = number;
    this.window = window;
  }

  get id(): bigint {
    return BigInt(this.number);
  }

  /** FIN or reset has arrived. */
  get ended(): boolean {
    return this.#end !== null;
  }

  get atEnd(): boolean {
    return this.#end === 'fin' && this.#arrived.bytes === 0 && !this.#stopped;
  }

  /** More data is of use. */
  get wantsMore(): boolean {
    return this.#end === null && !this.#stopped && this.#failure === null;
  }

  async read(): Promise<Uint8Array | null> {
    if (this.#stopped) return null;
    const chunk = this.#arrived.take();
    if (chunk !== null) {
      this.#host.consumed(this, chunk.length);
      if (this.#arrived.bytes === 0 && this.#end !== null) this.#finish();
      return chunk;
    }
    if (this.#end === 'fin') return null;
    if (this.#end !== null) throw this.#end;
    if (this.#failure !== null) throw this.#failure;
    const waiting = deferred<Uint8Array | null>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  /** `code` has 32 bits: RangeError beyond. */
  stop(code: bigint): void {
    checkApplicationCode(code);
    if (this.#stopped || this.#failure !== null || this.#finished) return;
    this.#stopped = true;
    this.#discard();
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(null);
    if (this.#end !== null) this.#finish();
    else this.#host.stopSending(this, code);
  }

  onData(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#stopped || this.#failure !== null) {
      this.#host.consumed(this, bytes.length);
      return;
    }
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      this.#arrived.push(bytes);
      return;
    }
    this.#host.consumed(this, bytes.length);
    waiting.resolve(bytes);
  }

  onFin(): void {
    if (this.#end !== null) return;
    this.#end = 'fin';
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(null);
    if (this.#arrived.bytes === 0) this.#finish();
  }

  /** `keep`: what arrived before belongs to the reader (draft §6.2, Reliable Size), who is told of the reset behind it. */
  onReset(code: bigint, keep: boolean): void {
    if (this.#end !== null) return;
    const error = new StreamReset(code);
    this.#end = error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
    if (!keep) this.#discard();
    if (this.#arrived.bytes === 0) this.#finish();
  }

  /** `keep`: what the peer sent before it closed can still be read. */
  onSessionClosed(error: Error, keep: boolean): void {
    if (this.#failure !== null || this.#finished) return;
    if (!keep) {
      this.#arrived.clear();
      this.#end = null;
    }
    this.#failure = error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  #discard(): void {
    const bytes = this.#arrived.clear();
    if (bytes > 0) this.#host.consumed(this, bytes);
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#host.recvFinished(this);
  }
}
