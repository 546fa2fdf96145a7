import { type Deferred, deferred, ignorable } from '../../util/deferred.js';
import type { Delivery, SendStream } from '../transport.js';
import { StreamReset, StreamStopped } from '../transport-errors.js';
import { checkApplicationCode } from '../webtransport/stream-codes.js';
import { ByteQueue } from './byte-queue.js';
import { MAX_STREAM_HEAD } from './capsules.js';
import { SendWindow } from './flow-control.js';
import type { OutBatch } from './out-batch.js';

/** Queued bytes up to which a write is taken without asking the caller to wait. */
const HIGH_WATER_BYTES = 64 << 10;
/** Queued bytes from which it pays to send at once instead of at the end of the turn. */
const DIRECT_BYTES = 16 << 10;
/** Data in one capsule: what a stream sends before others of its urgency have their turn. */
export const MAX_CAPSULE_DATA = 16 << 10;
/** Room in a batch that a turn of a stream needs: less is not worth a capsule. */
export const TURN_BYTES = 1 << 10;
const DEFAULT_URGENCY = 127;

/** What a send stream needs of its session. */
export interface SendHost {
  /** Has `emit` called in this turn. */
  schedule(stream: CapsuleSendStream): void;
  /** Sends now what can be sent. */
  sendNow(): void;
  moved(stream: CapsuleSendStream): void;
  resetStream(stream: CapsuleSendStream, code: bigint): void;
  /** Nothing more will be sent on this stream. */
  sendFinished(stream: CapsuleSendStream): void;
  streamBlocked(stream: CapsuleSendStream, limit: number): void;
}

/**
 * What came of a turn: `more` wants another one, `idle` waits for its writer or its own window, `session-blocked` for the
 * session's window.
 */
export type Emitted = 'more' | 'idle' | 'session-blocked';

/** The sending half of a stream: a bounded queue that drains into capsules. */
export class CapsuleSendStream implements SendStream {
  readonly number: number;
  readonly window: SendWindow;
  /** The peer has heard of the stream, or will with what is on its way. */
  started: boolean;
  urgency = DEFAULT_URGENCY;
  readonly #host: SendHost;
  readonly #wholeCapsuleBytes: number | null;
  readonly #queue = new ByteQueue();
  #ending = false;
  #finSent = false;
  #failure: Error | null = null;
  #drained: Deferred<void> | null = null;
  #delivered: Deferred<Delivery> | null = null;
  #stopped: Deferred<bigint> | null = null;
  #stopCode: bigint | null = null;

  constructor(host: SendHost, number: number, limit: number, started: boolean, wholeCapsuleBytes: number | null) {
    this.#host = host;
    this.number = number;
    this.window = new SendWindow(limit);
    this.started = started;
    this.#wholeCapsuleBytes = wholeCapsuleBytes;
  }

  get id(): bigint {
    return BigInt(this.number);
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** FIN has been handed over, or the stream has failed. */
  get finished(): boolean {
    return this.#finSent || this.#failure !== null;
  }

  /** An end was asked for and has not been handed over yet. */
  get isEnding(): boolean {
    return this.#ending && !this.finished;
  }

  get stopped(): Promise<bigint> {
    if (this.#stopped === null) {
      this.#stopped = deferred();
      if (this.#stopCode !== null) this.#stopped.resolve(this.#stopCode);
    }
    return this.#stopped.promise;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== null || this.#ending) return this.#refuse();
    this.#queue.push(bytes);
    return this.#advance();
  }

  writev(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    if (this.#failure !== null || this.#ending) return this.#refuse();
    for (const chunk of chunks) this.#queue.push(chunk);
    return this.#advance();
  }

  end(): void {
    if (this.#ending || this.#failure !== null) return;
    this.#ending = true;
    this.#host.schedule(this);
  }

  /** `code` has 32 bits: RangeError beyond. */
  reset(code: bigint): void {
    checkApplicationCode(code);
    if (this.finished) return;
    this.#host.resetStream(this, code);
    this.#fail(new StreamReset(code));
  }

  delivered(): Promise<Delivery> {
    if (this.#delivered === null) {
      this.#delivered = deferred();
      if (this.#failure !== null) this.#delivered.reject(this.#failure);
      else if (this.#finSent) this.#delivered.resolve('handed-over');
    }
    return ignorable(this.#delivered.promise);
  }

  priority(urgency: number): void {
    const value = Math.min(255, Math.max(0, Math.trunc(urgency)));
    if (value === this.urgency || this.finished) return;
    this.urgency = value;
    this.#host.moved(this);
  }

  /**
   * Writes one capsule, as far as windows, the batch (which has TURN_BYTES at least) and the dialect allow; `credit` is the
   * session's window.
   */
  emit(batch: OutBatch, credit: SendWindow): Emitted {
    if (this.finished) return 'idle';
    const queued = this.#queue.bytes;
    if (queued === 0 && !this.#ending) return 'idle';
    const room = batch.room - MAX_STREAM_HEAD;
    const length = Math.min(queued, this.#largestPiece(), room, this.window.available, credit.available);
    if (queued > 0 && length <= 0) return this.#blocked();
    const fin = this.#ending && length === queued && this.#carriesFin(length);
    batch.appendStream(this.number, this.#queue, length, fin);
    this.window.spend(length);
    credit.spend(length);
    this.started = true;
    if (fin) this.#finish();
    if (this.#queue.bytes > 0 || this.isEnding) return 'more';
    this.#drained?.resolve();
    this.#drained = null;
    return 'idle';
  }

  /** The peer has granted more: true when the stream has been waiting for that. */
  raise(limit: number): boolean {
    return this.window.raise(limit) && !this.finished && this.#queue.bytes > 0;
  }

  /** STOP_SENDING came, which the session answers with a reset. */
  onStopped(code: bigint): void {
    if (this.finished) return;
    this.#stopCode = code;
    this.#stopped?.resolve(code);
    this.#fail(new StreamStopped(code));
  }

  onSessionClosed(error: Error): void {
    if (!this.finished) this.#fail(error);
  }

  #refuse(): Promise<void> {
    return ignorable(Promise.reject(this.#failure ?? new Error(`write after end on stream ${this.number}`)));
  }

  #advance(): Promise<void> | undefined {
    if (this.#queue.bytes === 0) return undefined;
    this.#host.schedule(this);
    if (this.#queue.bytes >= DIRECT_BYTES) this.#host.sendNow();
    if (this.#failure !== null) return this.#refuse();
    if (this.#queue.bytes <= HIGH_WATER_BYTES) return undefined;
    this.#drained ??= deferred();
    return ignorable(this.#drained.promise);
  }

  #largestPiece(): number {
    // The ID of stream 0 takes one byte of the value.
    if (this.#wholeCapsuleBytes !== null && this.number === 0) return this.#wholeCapsuleBytes - 1;
    return MAX_CAPSULE_DATA;
  }

  /** Where only short capsules keep their FIN, it follows long ones in a capsule of its own. */
  #carriesFin(length: number): boolean {
    return this.#wholeCapsuleBytes === null || length === 0 || length + MAX_STREAM_HEAD <= this.#wholeCapsuleBytes;
  }

  #blocked(): Emitted {
    if (this.window.available > 0) return 'session-blocked';
    const limit = this.window.takeBlockedAt();
    if (limit !== null) this.#host.streamBlocked(this, limit);
    return 'idle';
  }

  #finish(): void {
    this.#finSent = true;
    this.#delivered?.resolve('handed-over');
    this.#host.sendFinished(this);
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#queue.clear();
    this.#drained?.reject(error);
    this.#drained = null;
    this.#delivered?.reject(error);
    this.#host.sendFinished(this);
  }
}
