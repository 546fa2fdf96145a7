import { type Deferred, deferred, ignorable } from '../../../util/deferred.js';
import { applicationCode } from '../../application-code.js';
import type { Delivery, SendStream } from '../../transport.js';
import { StreamReset, StreamStopped } from '../../transport-errors.js';
import { isUni } from './stream-number.js';

/** Queued bytes up to which a write is taken without asking the caller to wait. */
const HIGH_WATER_BYTES = 64 << 10;
/** Queued bytes from which it pays to call the binding at once instead of at the end of the turn. */
const DIRECT_BYTES = 1 << 10;
/** Chunks below this are copied together into one call; a call costs about as much as copying this many bytes. */
const GATHER_BYTES = 8 << 10;
const SCRATCH_BYTES = 64 << 10;
const EMPTY = Buffer.alloc(0);

let scratch: Buffer | null = null;

/** What a send stream needs of its connection. */
export interface SendHost {
  /** Grows when QUIC may take more than before: packets have arrived, or a reset has given back what it held. */
  readonly roomEpoch: number;
  /** False while streams that were blocked earlier have not had their turn: then nobody may overtake them. */
  mayGoAtOnce(): boolean;
  /** Gives bytes to QUIC; returns how many it took, or an Error when the stream is over. */
  transmit(stream: QuicSendStream, bytes: Uint8Array, fin: boolean): number | Error;
  /** Has `pump` called in this turn. */
  enqueue(stream: QuicSendStream): void;
  /** True when a FIN may be sent now in a frame of its own; else `endAlone` is called when it may. */
  mayEndAlone(stream: QuicSendStream): boolean;
  /** Nothing more will be sent on this stream. */
  sendFinished(stream: QuicSendStream): void;
  resetStream(stream: QuicSendStream, code: number): void;
  setPriority(stream: QuicSendStream, urgency: number): void;
  /** Has `onAcknowledged` or `onStopped` called once the peer has everything, or wants no more. */
  watchDelivery(stream: QuicSendStream): void;
}

/** The sending half of a stream: a bounded queue in front of QUIC's own buffer. */
export class QuicSendStream implements SendStream {
  readonly number: number;
  readonly isUni: boolean;
  /** QUIC knows the stream: something of it has been handed over. */
  started = false;
  /** When data of it was last handed over, as the host counts; null before the first. */
  handedOverAt: number | null = null;
  urgency = 127;
  readonly #host: SendHost;
  #queue: Uint8Array[] = [];
  #head = 0;
  #queuedBytes = 0;
  #ending = false;
  #finSent = false;
  #failure: Error | null = null;
  #blockedAt = -1;
  #drained: Deferred<void> | null = null;
  #delivered: Deferred<Delivery> | null = null;
  #stopped: Deferred<bigint> | null = null;
  #stopCode: bigint | null = null;

  constructor(host: SendHost, number: number) {
    this.#host = host;
    this.number = number;
    this.isUni = isUni(number);
  }

  get id(): bigint {
    return BigInt(this.number);
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** FIN or RESET has been handed over, or the session is gone. */
  get finished(): boolean {
    return this.#finSent || this.#failure !== null;
  }

  /** An end was asked for, and the stream has not failed. */
  get isEnding(): boolean {
    return this.#failure === null && this.#ending;
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
    if (bytes.length > 0) {
      this.#queue.push(bytes);
      this.#queuedBytes += bytes.length;
    }
    return this.#advance();
  }

  writev(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    if (this.#failure !== null || this.#ending) return this.#refuse();
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      this.#queue.push(chunk);
      this.#queuedBytes += chunk.length;
    }
    return this.#advance();
  }

  end(): void {
    if (this.#ending || this.#failure !== null) return;
    this.#ending = true;
    this.#host.enqueue(this);
  }

  reset(code: bigint): void {
    const number = applicationCode(code);
    if (this.#failure !== null) return;
    this.#host.resetStream(this, number);
    this.#fail(new StreamReset(code));
  }

  delivered(): Promise<Delivery> {
    if (this.#delivered === null) {
      this.#delivered = deferred();
      void ignorable(this.#delivered.promise);
      if (this.#failure !== null) this.#delivered.reject(this.#failure);
      else if (this.#finSent) this.#awaitDelivery();
    }
    return this.#delivered.promise;
  }

  priority(urgency: number): void {
    const value = Math.min(255, Math.max(0, Math.trunc(urgency)));
    if (value === this.urgency || this.finished) return;
    this.urgency = value;
    this.#host.setPriority(this, value);
  }

  #refuse(): Promise<void> {
    return ignorable(Promise.reject(this.#failure ?? new Error(`write after end on stream ${this.number}`)));
  }

  #advance(): Promise<void> | undefined {
    if (this.#queuedBytes === 0) return undefined;
    if (this.#queuedBytes >= DIRECT_BYTES && this.#host.mayGoAtOnce()) this.pump();
    if (this.#failure !== null) return this.#refuse();
    if (this.#queuedBytes === 0) return undefined;
    this.#host.enqueue(this);
    if (this.#queuedBytes <= HIGH_WATER_BYTES) return undefined;
    this.#drained ??= deferred();
    return ignorable(this.#drained.promise);
  }

  /** Hands over as much as QUIC takes. True when nothing is left to hand over. */
  pump(): boolean {
    if (this.#blockedAt === this.#host.roomEpoch && this.#queuedBytes > 0) return false;
    while (this.#failure === null && this.#queuedBytes > 0) {
      const piece = this.#nextPiece();
      const fin = this.#ending && piece.length === this.#queuedBytes;
      const taken = this.#host.transmit(this, piece, fin);
      if (taken instanceof Error) return true;
      if (taken < piece.length && piece !== this.#queue[this.#head]) this.#keepGathered(piece, taken);
      else this.#consume(taken);
      if (taken < piece.length) {
        this.#blockedAt = this.#host.roomEpoch;
        return false;
      }
      if (fin) this.#finished();
    }
    if (this.#failure !== null) return true;
    this.#drained?.resolve();
    this.#drained = null;
    if (this.#ending && !this.#finSent && this.#host.mayEndAlone(this)) this.endAlone();
    return true;
  }

  /** Sends FIN, now that everything before it has been handed over. */
  endAlone(): void {
    if (this.finished || this.#host.transmit(this, EMPTY, true) instanceof Error) return;
    this.#finished();
  }

  #nextPiece(): Uint8Array {
    const first = this.#queue[this.#head] as Uint8Array;
    if (first.length >= GATHER_BYTES || first.length === this.#queuedBytes) return first;
    scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    let length = 0;
    for (let i = this.#head; i < this.#queue.length; i++) {
      const chunk = this.#queue[i] as Uint8Array;
      const room = SCRATCH_BYTES - length;
      if (chunk.length <= room) {
        scratch.set(chunk, length);
        length += chunk.length;
      } else {
        scratch.set(chunk.subarray(0, room), length);
        length = SCRATCH_BYTES;
        break;
      }
    }
    return scratch.subarray(0, length);
  }

  /** The rest of what was gathered takes the place of its chunks: they are not gathered again at every try. */
  #keepGathered(piece: Uint8Array, taken: number): void {
    this.#consume(piece.length);
    const rest = Buffer.from(piece.subarray(taken));
    this.#queuedBytes += rest.length;
    if (this.#head > 0) this.#queue[--this.#head] = rest;
    else this.#queue.unshift(rest);
  }

  #consume(bytes: number): void {
    this.#queuedBytes -= bytes;
    let left = bytes;
    while (left > 0) {
      const chunk = this.#queue[this.#head] as Uint8Array;
      if (chunk.length > left) {
        this.#queue[this.#head] = chunk.subarray(left);
        break;
      }
      left -= chunk.length;
      this.#queue[this.#head] = EMPTY;
      this.#head++;
    }
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  #finished(): void {
    this.#finSent = true;
    this.#host.sendFinished(this);
    if (this.#delivered !== null) this.#awaitDelivery();
  }

  #awaitDelivery(): void {
    // QUIC tells us of acknowledgement only by forgetting the stream, and a bidi stream lives on for its other half.
    if (this.isUni) this.#host.watchDelivery(this);
    else this.#delivered?.resolve('handed-over');
  }

  onAcknowledged(): void {
    this.#delivered?.resolve('acknowledged');
  }

  /** STOP_SENDING arrived; QUIC has answered it with RESET_STREAM already (RFC 9000 §3.5). */
  onStopped(code: bigint): void {
    if (this.#failure !== null) return;
    this.#stopCode = code;
    this.#stopped?.resolve(code);
    this.#fail(new StreamStopped(code));
  }

  onSessionClosed(error: Error): void {
    if (this.#failure === null) this.#fail(error);
  }

  #fail(error: Error): void {
    const wasFinished = this.finished;
    this.#failure = error;
    this.#queue = [];
    this.#head = 0;
    this.#queuedBytes = 0;
    this.#drained?.reject(error);
    this.#drained = null;
    this.#delivered?.reject(error);
    if (!wasFinished) this.#host.sendFinished(this);
  }
}
