import { errorText, type NativeConnection, SHUTDOWN_READ, streamErrorCode } from '../native.js';
import { QuicRecvStream, type Received, type RecvHost } from './recv-stream.js';
import { isOurs, isUni } from './stream-number.js';

export interface RecvStreamsOptions {
  readonly isServer: boolean;
  /** Streams that the peer may have open towards us. */
  readonly maxIncomingUni: number;
  readonly maxIncomingBidi: number;
  /** Has a flush happen in this turn. */
  readonly touch: () => void;
}

/** The receiving halves of a connection's streams: what has arrived of them, what was read, and how they are stopped. */
export class RecvStreams implements RecvHost {
  readonly #native: NativeConnection;
  readonly #options: RecvStreamsOptions;
  readonly #streams = new Map<number, QuicRecvStream>();
  readonly #stopsLeft: { uni: number; bidi: number };
  closeError: Error | null = null;
  /** Bytes that have arrived and that nobody has read. */
  unreadBytes = 0;

  constructor(native: NativeConnection, options: RecvStreamsOptions) {
    this.#native = native;
    this.#options = options;
    this.#stopsLeft = {
      uni: Math.floor(options.maxIncomingUni / 2),
      bidi: Math.floor(options.maxIncomingBidi / 2),
    };
  }

  create(number: number): QuicRecvStream {
    const stream = new QuicRecvStream(this, number);
    this.#streams.set(number, stream);
    return stream;
  }

  get(number: number): QuicRecvStream | undefined {
    return this.#streams.get(number);
  }

  // For the connection.

  onStreamData(number: number, end: number): void {
    const stream = this.#streams.get(number);
    if (stream === undefined || end <= stream.arrivedBytes) return;
    this.unreadBytes += end - stream.arrivedBytes;
    stream.arrivedBytes = end;
  }

  fail(error: Error): void {
    this.closeError = error;
    for (const stream of [...this.#streams.values()]) stream.onSessionClosed();
    this.#streams.clear();
  }

  // For the streams.

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
      const { isServer } = this.#options;
      if (errorText(error).startsWith('InvalidStreamState') && isOurs(stream.number, isServer)) return null;
      return new Error(`stream ${stream.number}: ${errorText(error)}`, { cause: error });
    }
  }

  /**
   * QUIC's library never gives back the credit of a peer's stream that was stopped before its end. So that a peer can
   * always open streams, only half of the credit is spent on this; after that a stream is read to its end and dropped.
   */
  stopStream(stream: QuicRecvStream, code: number): boolean {
    if (!isOurs(stream.number, this.#options.isServer)) {
      const type = isUni(stream.number) ? 'uni' : 'bidi';
      if (this.#stopsLeft[type] <= 0) return false;
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
    if (!this.#streams.delete(stream.number)) return;
    this.unreadBytes -= stream.arrivedBytes - stream.takenBytes;
  }
}
