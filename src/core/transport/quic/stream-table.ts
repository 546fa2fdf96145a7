import { OpenQueue } from '../open-queue.js';
import type { BidiStream, RecvStream, SendStream } from '../transport.js';
import { LoneEnds } from './lone-ends.js';
import { errorText, type NativeConnection, SHUTDOWN_READ, SHUTDOWN_WRITE, streamErrorCode } from './native.js';
import { QuicRecvStream, type Received, type RecvHost } from './recv-stream.js';
import { SendBacklog } from './send-backlog.js';
import { QuicSendStream, type SendHost } from './send-stream.js';
import { SendWatch } from './send-watch.js';
import { StreamCredit } from './stream-credit.js';

const EMPTY = Buffer.alloc(0);
const REMEMBERED_ENDS = 64;
const REMEMBERED_STOPS = 1000;

export interface StreamTableOptions {
  readonly isServer: boolean;
  /** Streams that the peer may have open towards us. */
  readonly maxIncomingUni: number;
  readonly maxIncomingBidi: number;
  /** Has `pump` and a flush happen in this turn. */
  readonly touch: () => void;
  /** Sends something that is acknowledged. */
  readonly ping: () => void;
}

/** All streams of one connection, between the application's objects and QUIC's stream IDs. */
export class StreamTable implements SendHost, RecvHost {
  readonly #native: NativeConnection;
  readonly #options: StreamTableOptions;
  readonly #sends = new Map<number, QuicSendStream>();
  readonly #recvs = new Map<number, QuicRecvStream>();
  /** Uni streams that were ended last: close() waits for their acknowledgement. */
  readonly #lastEnded: QuicSendStream[] = [];
  /** Codes of STOP_SENDING that came when the end had been handed over and nobody had asked for its delivery yet. */
  readonly #stoppedEnds = new Map<number, bigint>();
  /** Streams with something to hand over, in the order they asked. */
  readonly #pending = new Set<QuicSendStream>();
  readonly #watch: SendWatch;
  readonly #backlog = new SendBacklog();
  readonly #loneEnds: LoneEnds;
  readonly #uniQueue = new OpenQueue<SendStream>(() => this.#createUni());
  readonly #bidiQueue = new OpenQueue<BidiStream>(() => this.#createBidi());
  readonly #uniCredit: StreamCredit;
  readonly #bidiCredit: StreamCredit;
  readonly #stopsLeft: { uni: number; bidi: number };
  #onUni: ((stream: RecvStream) => void) | null = null;
  #onBidi: ((stream: BidiStream) => void) | null = null;
  #prioritised = false;
  /** Counts the times that packets were sent. */
  #epoch = 0;
  closeError: Error | null = null;
  roomEpoch = 0;
  hasBacklog = false;
  /** Bytes of streams that have arrived and that nobody has read. */
  unreadBytes = 0;
  /** Streams that were read to their end instead of being stopped, see stopStream. */
  unstopped = 0;

  constructor(native: NativeConnection, options: StreamTableOptions) {
    this.#native = native;
    this.#options = options;
    this.#watch = new SendWatch(native, () => this.#sends.values());
    this.#loneEnds = new LoneEnds({
      backlog: this.#backlog,
      repeats: () => {
        const { retrans, streamRetransBytes } = native.stats();
        return { frames: retrans, bytes: streamRetransBytes };
      },
      ping: options.ping,
      touch: options.touch,
    });
    const initiator = options.isServer ? 1 : 0;
    this.#bidiCredit = new StreamCredit(initiator, () => native.peerStreamsLeftBidi());
    this.#uniCredit = new StreamCredit(initiator + 2, () => native.peerStreamsLeftUni());
    this.#stopsLeft = {
      uni: Math.floor(options.maxIncomingUni / 2),
      bidi: Math.floor(options.maxIncomingBidi / 2),
    };
  }

  // For the session.

  openUni(signal: AbortSignal | undefined): Promise<SendStream> {
    return this.closeError === null ? this.#uniQueue.open(signal) : Promise.reject(this.closeError);
  }

  openBidi(signal: AbortSignal | undefined): Promise<BidiStream> {
    return this.closeError === null ? this.#bidiQueue.open(signal) : Promise.reject(this.closeError);
  }

  tryOpenUni(): SendStream | null {
    return this.closeError === null ? this.#uniQueue.tryOpen() : null;
  }

  onIncomingUni(handler: (stream: RecvStream) => void): void {
    if (this.#onUni !== null) throw new Error('the handler for uni streams is set already');
    this.#onUni = handler;
    queueMicrotask(() => this.#takeReadable());
  }

  onIncomingBidi(handler: (stream: BidiStream) => void): void {
    if (this.#onBidi !== null) throw new Error('the handler for bidi streams is set already');
    this.#onBidi = handler;
    queueMicrotask(() => this.#takeReadable());
  }

  /** Streams whose end was asked for, and that may not have arrived whole. */
  undeliveredEnds(): QuicSendStream[] {
    const pending = [...this.#pending].filter((stream) => stream.isEnding);
    return [...pending, ...this.#loneEnds.streams, ...this.#lastEnded];
  }

  // For the connection.

  /** After packets have arrived. */
  ingest(): void {
    this.roomEpoch++;
    this.hasBacklog = this.#pending.size > 0;
    this.#takeReadable();
    this.#watch.check();
    if (this.#uniQueue.hasWaiting) this.#uniQueue.advance();
    if (this.#bidiQueue.hasWaiting) this.#bidiQueue.advance();
  }

  onStreamData(number: number, end: number): void {
    const stream = this.#recvs.get(number);
    if (stream === undefined || end <= stream.arrivedBytes) return;
    this.unreadBytes += end - stream.arrivedBytes;
    stream.arrivedBytes = end;
  }

  onStopSending(number: number, code: bigint): void {
    const stream = this.#sends.get(number) ?? this.#watch.get(number);
    if (stream === undefined) {
      this.#stoppedEnds.set(number, code);
      if (this.#stoppedEnds.size > REMEMBERED_STOPS)
        this.#stoppedEnds.delete(this.#stoppedEnds.keys().next().value ?? 0);
      return;
    }
    this.#watch.delete(number);
    stream.onStopped(code);
  }

  /** Before packets are sent. */
  pump(): void {
    if (this.#pending.size === 0) return;
    let streams: Iterable<QuicSendStream> = this.#pending;
    if (this.#prioritised && this.#pending.size > 1) {
      streams = [...this.#pending].sort((a, b) => a.urgency - b.urgency);
    }
    for (const stream of streams) if (stream.pump()) this.#pending.delete(stream);
    this.hasBacklog = this.#pending.size > 0;
  }

  /** `number` is -1 for one of the handshake. */
  onPacket(number: number, length: number): void {
    this.#backlog.onPacket(length);
    this.#loneEnds.onPacket(number, length);
  }

  /** Packets were sent up to the number `lastPacket`, and there is more to send unless `isAll`. */
  onSent(lastPacket: number, isAll: boolean): void {
    this.#epoch++;
    if (isAll) this.#loneEnds.onSent(lastPacket);
  }

  onAck(largest: number, covers: (packet: number) => boolean): void {
    this.#loneEnds.onAck(largest, covers);
  }

  onTimeout(): void {
    this.#loneEnds.onTimeout();
  }

  fail(error: Error): void {
    if (this.closeError !== null) return;
    try {
      // Streams that came with the last packets are announced before the end is.
      this.#takeReadable();
    } catch {
      // A handler that throws has broken its contract, and must not keep the others from learning of the end.
    }
    this.closeError = error;
    this.#watch.stop(error);
    this.#uniQueue.fail(error);
    this.#bidiQueue.fail(error);
    for (const stream of [...this.#sends.values()]) stream.onSessionClosed(error);
    for (const stream of [...this.#recvs.values()]) stream.onSessionClosed();
    this.#pending.clear();
    this.#loneEnds.clear();
    this.#lastEnded.length = 0;
    this.#sends.clear();
    this.#recvs.clear();
  }

  // For send streams.

  transmit(stream: QuicSendStream, bytes: Uint8Array, fin: boolean): number | Error {
    try {
      const taken = this.#native.streamSend(stream.number, bytes, fin);
      if (!stream.started) this.#onStarted(stream);
      if (bytes.length > 0) {
        stream.handedOverAt = this.#epoch;
        this.#backlog.add(taken ?? 0);
        this.#loneEnds.onData();
      }
      this.#options.touch();
      return taken ?? 0;
    } catch (error) {
      return this.#sendError(stream, error);
    }
  }

  #onStarted(stream: QuicSendStream): void {
    stream.started = true;
    if (!this.#isOurs(stream.number)) return;
    (stream.isUni ? this.#uniCredit : this.#bidiCredit).onStarted(stream.number);
  }

  #sendError(stream: QuicSendStream, error: unknown): Error {
    const code = streamErrorCode(error, 'StreamStopped');
    const failure = new Error(`stream ${stream.number}: ${errorText(error)}`, { cause: error });
    if (code === null) stream.onSessionClosed(failure);
    else stream.onStopped(code);
    return failure;
  }

  enqueue(stream: QuicSendStream): void {
    if (this.closeError !== null) return;
    this.#pending.add(stream);
    this.#options.touch();
  }

  mayEndAlone(stream: QuicSendStream): boolean {
    // What was handed over in this turn has not been sent, and FIN goes with it.
    if (stream.handedOverAt === null || stream.handedOverAt === this.#epoch) return true;
    this.#loneEnds.add(stream);
    return false;
  }

  sendFinished(stream: QuicSendStream): void {
    this.#pending.delete(stream);
    this.#loneEnds.delete(stream);
    this.#sends.delete(stream.number);
    if (!stream.isUni || !stream.isEnding) return;
    this.#lastEnded.push(stream);
    if (this.#lastEnded.length > 2 * REMEMBERED_ENDS) this.#lastEnded.splice(0, REMEMBERED_ENDS);
  }

  resetStream(stream: QuicSendStream, code: number): void {
    try {
      // A reset needs a stream that QUIC has heard of.
      if (!stream.started) {
        this.#native.streamSend(stream.number, EMPTY, false);
        this.#onStarted(stream);
      }
      this.#native.streamShutdown(stream.number, SHUTDOWN_WRITE, code);
      this.roomEpoch++;
    } catch {
      // It is over already: acknowledged, stopped, or gone with the connection.
    }
    this.#options.touch();
  }

  setPriority(stream: QuicSendStream, urgency: number): void {
    this.#prioritised = true;
    if (this.closeError !== null) return;
    try {
      // Not in turns: of streams with one urgency the older goes first, which is the group order of a track, lets a group
      // be whole before the next one takes its share, and spares the reader from putting them in order again.
      this.#native.streamPriority(stream.number, urgency, false);
      if (!stream.started) this.#onStarted(stream);
    } catch {
      // Best effort; the order of our own queue still honours it.
    }
  }

  watchDelivery(stream: QuicSendStream): void {
    const stopCode = this.#stoppedEnds.get(stream.number);
    if (stopCode !== undefined) stream.onStopped(stopCode);
    else if (this.closeError !== null) stream.onSessionClosed(this.closeError);
    else this.#watch.add(stream);
  }

  // For receive streams.

  receive(stream: QuicRecvStream, into: Uint8Array): Received | Error {
    try {
      const got = this.#native.streamRecv(stream.number, into);
      if (got === null) return null;
      // Window updates go out with the next flush.
      this.#options.touch();
      this.#onRead(stream, got[0]);
      return { length: got[0], fin: got[1] };
    } catch (error) {
      this.#options.touch();
      const resetCode = streamErrorCode(error, 'StreamReset');
      if (resetCode !== null) return { resetCode };
      // The stream has not come to life yet: it is ours, and nothing has been sent on it.
      if (errorText(error).startsWith('InvalidStreamState') && this.#isOurs(stream.number)) return null;
      return new Error(`stream ${stream.number}: ${errorText(error)}`, { cause: error });
    }
  }

  /**
   * QUIC's library never gives back the credit of a peer's stream that was stopped before its end. So that a peer can
   * always open streams, only half of the credit is spent on this; after that a stream is read to its end and dropped.
   */
  stopStream(stream: QuicRecvStream, code: number): boolean {
    if (!this.#isOurs(stream.number)) {
      const type = (stream.number & 2) !== 0 ? 'uni' : 'bidi';
      if (this.#stopsLeft[type] <= 0) {
        this.unstopped++;
        return false;
      }
      this.#stopsLeft[type]--;
    }
    try {
      this.#native.streamShutdown(stream.number, SHUTDOWN_READ, code);
    } catch {
      // It is over already.
    }
    this.#options.touch();
    return true;
  }

  #onRead(stream: QuicRecvStream, bytes: number): void {
    stream.takenBytes += bytes;
    // What came before the stream was known has not been counted.
    this.onStreamData(stream.number, stream.takenBytes);
    this.unreadBytes -= bytes;
  }

  recvFinished(stream: QuicRecvStream): void {
    if (!this.#recvs.delete(stream.number)) return;
    this.unreadBytes -= stream.arrivedBytes - stream.takenBytes;
  }

  #takeReadable(): void {
    if (this.closeError !== null) return;
    for (const number of this.#native.readable()) {
      const stream = this.#recvs.get(number) ?? this.#accept(number);
      stream?.onReadable();
    }
  }

  #accept(number: number): QuicRecvStream | null {
    if (this.#isOurs(number)) return null;
    const isUni = (number & 2) !== 0;
    // Without a handler the stream stays in QUIC's list of readable ones and comes by again.
    if (isUni ? this.#onUni === null : this.#onBidi === null) return null;
    const recv = new QuicRecvStream(this, number);
    this.#recvs.set(number, recv);
    if (isUni) {
      this.#onUni?.(recv);
    } else {
      const send = this.#newSend(number);
      send.started = true;
      this.#onBidi?.({ id: recv.id, send, recv });
    }
    return recv;
  }

  #isOurs(number: number): boolean {
    return (number & 1) === (this.#options.isServer ? 1 : 0);
  }

  #newSend(number: number): QuicSendStream {
    const stream = new QuicSendStream(this, number);
    this.#sends.set(number, stream);
    return stream;
  }

  #createUni(): SendStream | null {
    const number = this.#uniCredit.take();
    return number === null ? null : this.#newSend(number);
  }

  #createBidi(): BidiStream | null {
    const number = this.#bidiCredit.take();
    if (number === null) return null;
    const send = this.#newSend(number);
    const recv = new QuicRecvStream(this, number);
    this.#recvs.set(number, recv);
    return { id: send.id, send, recv };
  }
}
