import { type Deferred, deferred, ignorable } from '../../util/deferred.js';
import type { Delivery, RecvStream, SendStream } from '../transport.js';
import { type SessionClosed, StreamReset, StreamStopped } from '../transport-errors.js';
import type { MemorySession } from './memory-session.js';

/** Largest code a QUIC stream or close frame is allowed to carry here, as on the real transports. */
export const MAX_CODE = 2n ** 53n - 1n;

export function checkCode(code: bigint): void {
  if (code < 0n || code > MAX_CODE) throw new RangeError(`code ${code} is not within 0 … 2^53-1`);
}

/** The sending half: a queue that drains into the peer's windows. */
export class MemorySendStream implements SendStream {
  readonly #session: MemorySession;
  readonly #stopped = deferred<bigint>();
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #window: number;
  #drained: Deferred<void> | null = null;
  #delivered: Deferred<Delivery> | null = null;
  #outcome: Delivery | Error | null = null;
  #ending = false;
  #finSent = false;
  #failure: Error | null = null;

  constructor(
    session: MemorySession,
    readonly id: bigint,
    window: number,
    readonly isBidi: boolean,
  ) {
    this.#session = session;
    this.#window = window;
  }

  get stopped(): Promise<bigint> {
    return this.#stopped.promise;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Nothing will be sent any more: FIN or RESET is on its way, or the session is gone. */
  get finished(): boolean {
    return this.#finSent || this.#failure !== null;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    return this.writev([bytes]);
  }

  writev(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    if (this.#failure !== null) return ignorable(Promise.reject(this.#failure));
    if (this.#ending) return ignorable(Promise.reject(new Error(`write after end on stream ${this.id}`)));
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      this.#queue.push(chunk);
      this.#queuedBytes += chunk.length;
    }
    this.#session.flush(this);
    if (this.#queuedBytes === 0) return undefined;
    this.#drained ??= deferred();
    return ignorable(this.#drained.promise);
  }

  end(): void {
    if (this.#ending || this.#failure !== null) return;
    this.#ending = true;
    this.#session.flush(this);
  }

  reset(code: bigint): void {
    checkCode(code);
    if (this.#failure !== null || this.#outcome !== null) return;
    this.#session.frame(this.id, (peer) => peer.deliverReset(this.id, code));
    this.#fail(new StreamReset(code));
  }

  delivered(): Promise<Delivery> {
    if (this.#delivered === null) {
      this.#delivered = deferred();
      if (this.#outcome instanceof Error) this.#delivered.reject(this.#outcome);
      else if (this.#outcome !== null) this.#delivered.resolve(this.#outcome);
    }
    return ignorable(this.#delivered.promise);
  }

  /** Priorities change only the order on a congested path, and this one never is. */
  priority(_urgency: number): void {}

  /** Moves as much as the windows allow; returns true while something stays behind for want of connection window. */
  pump(): boolean {
    if (this.#failure !== null) return false;
    while (this.#queuedBytes > 0) {
      const room = Math.min(this.#window, this.#session.connectionCredit, this.#session.chunkBytes);
      if (room <= 0) return this.#window > 0;
      const head = this.#queue[0] as Uint8Array;
      const piece = head.length <= room ? head : head.subarray(0, room);
      if (piece === head) this.#queue.shift();
      else this.#queue[0] = head.subarray(room);
      this.#queuedBytes -= piece.length;
      this.#window -= piece.length;
      this.#session.connectionCredit -= piece.length;
      // The reader owns what it reads and may change it, while the writer may still hold its own buffer.
      const copy = piece.slice();
      this.#session.frame(this.id, (peer) => peer.deliverData(this.id, copy), copy.length);
    }
    this.#drained?.resolve();
    this.#drained = null;
    if (this.#ending && !this.#finSent) this.#sendFin();
    return false;
  }

  #sendFin(): void {
    this.#finSent = true;
    this.#session.frame(this.id, (peer) => peer.deliverFin(this.id));
    // As on QUIC: only a uni stream learns that its FIN was acknowledged.
    if (this.isBidi) this.#settle('handed-over');
    this.#session.sendDone(this);
  }

  acknowledgeFin(): void {
    if (!this.isBidi && this.#failure === null) this.#settle('acknowledged');
    if (this.#outcome !== null) this.#session.forgetSend(this.id);
  }

  grant(bytes: number): void {
    this.#window += bytes;
    this.#session.flush(this);
  }

  onStop(code: bigint): void {
    if (this.#failure !== null || (this.#outcome !== null && this.#finSent)) return;
    this.#stopped.resolve(code);
    // RFC 9000 §3.5: STOP_SENDING is answered with RESET_STREAM, normally with the same code.
    this.#session.frame(this.id, (peer) => peer.deliverReset(this.id, code));
    this.#fail(new StreamStopped(code));
  }

  onSessionClosed(error: SessionClosed): void {
    if (this.#failure === null) this.#fail(error);
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#drained?.reject(error);
    this.#drained = null;
    if (this.#outcome === null) this.#settle(error);
    if (!this.#finSent) this.#session.sendDone(this);
    this.#session.forgetSend(this.id);
  }

  #settle(outcome: Delivery | Error): void {
    this.#outcome = outcome;
    if (outcome instanceof Error) this.#delivered?.reject(outcome);
    else this.#delivered?.resolve(outcome);
  }
}

/** The receiving half. Window is given back only for what the reader took. */
export class MemoryRecvStream implements RecvStream {
  readonly #session: MemorySession;
  #chunks: Uint8Array[] = [];
  #fin = false;
  #stopped = false;
  #failure: Error | null = null;
  #waiting: Deferred<Uint8Array | null>[] = [];
  #done = false;

  constructor(
    session: MemorySession,
    readonly id: bigint,
  ) {
    this.#session = session;
  }

  get done(): boolean {
    return this.#done;
  }

  get atEnd(): boolean {
    return this.#fin && this.#chunks.length === 0 && !this.#stopped && this.#failure === null;
  }

  async read(): Promise<Uint8Array | null> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#session.consumed(this.id, chunk.length);
      return chunk;
    }
    if (this.#stopped) return null;
    if (this.#failure !== null) throw this.#failure;
    if (this.#fin) {
      this.#finish();
      return null;
    }
    const waiting = deferred<Uint8Array | null>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  stop(code: bigint): void {
    checkCode(code);
    if (this.#stopped || this.#failure !== null) return;
    this.#stopped = true;
    this.#discard();
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(null);
    if (this.#fin) this.#finish();
    else this.#session.frame(this.id, (peer) => peer.deliverStop(this.id, code));
  }

  push(bytes: Uint8Array): void {
    if (this.#stopped || this.#failure !== null) {
      this.#session.consumed(this.id, bytes.length);
      return;
    }
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      this.#chunks.push(bytes);
      return;
    }
    this.#session.consumed(this.id, bytes.length);
    waiting.resolve(bytes);
  }

  onFin(): void {
    this.#fin = true;
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(null);
    if (this.#stopped || (this.#chunks.length === 0 && this.#failure === null)) this.#finish();
  }

  onReset(code: bigint): void {
    if (this.#failure !== null || this.#fin) return;
    this.#fail(new StreamReset(code));
    this.#finish();
  }

  onSessionClosed(error: SessionClosed): void {
    if (this.#failure === null && !this.#done) this.#fail(error);
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#discard();
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  #discard(): void {
    for (const chunk of this.#chunks.splice(0)) this.#session.consumed(this.id, chunk.length);
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#session.recvDone(this.id);
  }
}
