import { errorText, type NativeConnection, SHUTDOWN_WRITE, streamErrorCode } from '../native.js';
import { LoneEnds } from './lone-ends.js';
import { SendBacklog } from './send-backlog.js';
import { QuicSendStream, type SendHost } from './send-stream.js';
import { SendWatch } from './send-watch.js';

const EMPTY = Buffer.alloc(0);
const REMEMBERED_ENDS = 64;
const REMEMBERED_STOPS = 1000;

export interface SendStreamsOptions {
  /** Has `pump` and a flush happen in this turn. */
  readonly touch: () => void;
  /** Sends something that is acknowledged. */
  readonly ping: () => void;
  /** QUIC has heard of the stream. */
  readonly onStarted: (stream: QuicSendStream) => void;
}

/** The sending halves of a connection's streams: whose turn it is, how they end, and what becomes of their ends. */
export class SendStreams implements SendHost {
  readonly #native: NativeConnection;
  readonly #options: SendStreamsOptions;
  readonly #streams = new Map<number, QuicSendStream>();
  /** Uni streams that were ended last: close() waits for their acknowledgement. */
  readonly #lastEnded: QuicSendStream[] = [];
  /** Codes of STOP_SENDING that came when the end had been handed over and nobody had asked for its delivery yet. */
  readonly #stoppedEnds = new Map<number, bigint>();
  /** Streams with something to hand over, in the order they asked. */
  readonly #pending = new Set<QuicSendStream>();
  readonly #watch: SendWatch;
  readonly #backlog = new SendBacklog();
  readonly #loneEnds: LoneEnds;
  #prioritised = false;
  /** Counts the times that packets were sent. */
  #epoch = 0;
  #closeError: Error | null = null;
  roomEpoch = 0;
  #hasBacklog = false;

  constructor(native: NativeConnection, options: SendStreamsOptions) {
    this.#native = native;
    this.#options = options;
    this.#watch = new SendWatch(native, () => this.#streams.values());
    this.#loneEnds = new LoneEnds({
      backlog: this.#backlog,
      repeats: () => {
        const { retrans, streamRetransBytes } = native.stats();
        return { frames: retrans, bytes: streamRetransBytes };
      },
      ping: options.ping,
      touch: options.touch,
    });
  }

  create(number: number): QuicSendStream {
    const stream = new QuicSendStream(this, number);
    this.#streams.set(number, stream);
    return stream;
  }

  /** Streams whose end was asked for, and that may not have arrived whole. */
  undeliveredEnds(): QuicSendStream[] {
    const pending = [...this.#pending].filter((stream) => stream.isEnding);
    return [...pending, ...this.#loneEnds.streams, ...this.#lastEnded];
  }

  // For the connection.

  /** Packets have arrived: what was blocked may go on. */
  onReceived(): void {
    this.roomEpoch++;
    this.#hasBacklog = this.#pending.size > 0;
  }

  /** After packets have arrived, and readers have had their turn. */
  checkDelivery(): void {
    this.#watch.check();
  }

  onStopSending(number: number, code: bigint): void {
    const stream = this.#streams.get(number) ?? this.#watch.get(number);
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
    this.#hasBacklog = this.#pending.size > 0;
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
    this.#closeError = error;
    this.#watch.stop(error);
    for (const stream of [...this.#streams.values()]) stream.onSessionClosed(error);
    this.#pending.clear();
    this.#loneEnds.clear();
    this.#lastEnded.length = 0;
    this.#streams.clear();
  }

  // For the streams.

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
    this.#options.onStarted(stream);
  }

  #sendError(stream: QuicSendStream, error: unknown): Error {
    const code = streamErrorCode(error, 'StreamStopped');
    const failure = new Error(`stream ${stream.number}: ${errorText(error)}`, { cause: error });
    if (code === null) stream.onSessionClosed(failure);
    else stream.onStopped(code);
    return failure;
  }

  /**
   * What little was written before in this turn goes first, control messages above all: the peer's window for the connection
   * may have no room behind the data.
   */
  mayGoAtOnce(): boolean {
    if (!this.#hasBacklog) this.pump();
    return !this.#hasBacklog;
  }

  enqueue(stream: QuicSendStream): void {
    if (this.#closeError !== null) return;
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
    this.#streams.delete(stream.number);
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
    if (this.#closeError !== null) return;
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
    else if (this.#closeError !== null) stream.onSessionClosed(this.#closeError);
    else this.#watch.add(stream);
  }
}
