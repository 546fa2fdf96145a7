import { OpenQueue } from '../../open-queue.js';
import type { BidiStream, RecvStream, SendStream } from '../../transport.js';
import type { NativeConnection } from '../native.js';
import type { QuicRecvStream } from './recv-stream.js';
import { RecvStreams } from './recv-streams.js';
import { SendStreams } from './send-streams.js';
import { StreamCredit } from './stream-credit.js';
import { firstNumber, isOurs, isUni } from './stream-number.js';

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

/** All streams of one connection: how they are opened by either side, and how they end with the session. */
export class StreamTable {
  readonly sends: SendStreams;
  readonly recvs: RecvStreams;
  readonly #native: NativeConnection;
  readonly #isServer: boolean;
  readonly #uniQueue = new OpenQueue<SendStream>(() => this.#createUni());
  readonly #bidiQueue = new OpenQueue<BidiStream>(() => this.#createBidi());
  readonly #uniCredit: StreamCredit;
  readonly #bidiCredit: StreamCredit;
  #onUni: ((stream: RecvStream) => void) | null = null;
  #onBidi: ((stream: BidiStream) => void) | null = null;
  #closeError: Error | null = null;

  constructor(native: NativeConnection, options: StreamTableOptions) {
    const { isServer, touch, ping } = options;
    this.#native = native;
    this.#isServer = isServer;
    this.#bidiCredit = new StreamCredit(firstNumber(isServer, false), () => native.peerStreamsLeftBidi());
    this.#uniCredit = new StreamCredit(firstNumber(isServer, true), () => native.peerStreamsLeftUni());
    this.recvs = new RecvStreams(native, options);
    this.sends = new SendStreams(native, {
      touch,
      ping,
      onStarted: (stream) => {
        if (!isOurs(stream.number, isServer)) return;
        (stream.isUni ? this.#uniCredit : this.#bidiCredit).onStarted(stream.number);
      },
    });
  }

  openUni(signal: AbortSignal | undefined): Promise<SendStream> {
    return this.#closeError === null ? this.#uniQueue.open(signal) : Promise.reject(this.#closeError);
  }

  openBidi(signal: AbortSignal | undefined): Promise<BidiStream> {
    return this.#closeError === null ? this.#bidiQueue.open(signal) : Promise.reject(this.#closeError);
  }

  tryOpenUni(): SendStream | null {
    return this.#closeError === null ? this.#uniQueue.tryOpen() : null;
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

  /** After packets have arrived. */
  ingest(): void {
    this.sends.onReceived();
    this.#takeReadable();
    this.sends.checkDelivery();
    if (this.#uniQueue.hasWaiting) this.#uniQueue.advance();
    if (this.#bidiQueue.hasWaiting) this.#bidiQueue.advance();
  }

  fail(error: Error): void {
    if (this.#closeError !== null) return;
    try {
      // Streams that came with the last packets are announced before the end is.
      this.#takeReadable();
    } catch {
      // A handler that throws has broken its contract, and must not keep the others from learning of the end.
    }
    this.#closeError = error;
    this.#uniQueue.fail(error);
    this.#bidiQueue.fail(error);
    this.sends.fail(error);
    this.recvs.fail(error);
  }

  #takeReadable(): void {
    // An acknowledgement brings nothing to read, and the list costs a hundred times the question.
    if (this.#closeError !== null || !this.#native.isReadable()) return;
    for (const number of this.#native.readable()) {
      const stream = this.recvs.get(number) ?? this.#accept(number);
      stream?.onReadable();
    }
  }

  #accept(number: number): QuicRecvStream | null {
    if (isOurs(number, this.#isServer)) return null;
    const uni = isUni(number);
    // Without a handler the stream stays in QUIC's list of readable ones and comes by again.
    if (uni ? this.#onUni === null : this.#onBidi === null) return null;
    const recv = this.recvs.create(number);
    if (uni) {
      this.#onUni?.(recv);
    } else {
      const send = this.sends.create(number);
      send.started = true;
      this.#onBidi?.({ id: recv.id, send, recv });
    }
    return recv;
  }

  #createUni(): SendStream | null {
    const number = this.#uniCredit.take();
    return number === null ? null : this.sends.create(number);
  }

  #createBidi(): BidiStream | null {
    const number = this.#bidiCredit.take();
    if (number === null) return null;
    const send = this.sends.create(number);
    const recv = this.recvs.create(number);
    return { id: send.id, send, recv };
  }
}
