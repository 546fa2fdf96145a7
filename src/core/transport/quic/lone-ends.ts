import type { QuicSendStream } from './send-stream.js';

/** Patience with acknowledgements that FrameScan may have failed to see, ms. */
const FALLBACK_MS = 5000;

interface Wait {
  /** The last packet that may hold data of the stream; null while some of that may be unsent. */
  packet: number | null;
  /** When it is ended all the same, on performance.now(). */
  readonly until: number;
}

/**
 * Ends of streams whose data has been handed over before, so that FIN may travel in a frame of its own. QUIC's library takes
 * a stream for complete once its data is acknowledged, whatever became of such a FIN, and forgets the stream: a FIN that is
 * lost by then is not sent again, and one that waits for the congestion window is not sent at all. The reader would have
 * every byte and never the end. So these wait until what was sent before them has been acknowledged; the library keeps a
 * FIN that is sent after that until it is acknowledged itself.
 */
export class LoneEnds {
  readonly #waiting = new Map<QuicSendStream, Wait>();
  /** The stream that was given data last, while some of its data may be unsent. */
  #unsent: QuicSendStream | null = null;
  #lastDataPacket = -1;
  #largestAcked = -1;
  /** Packets have been passed over since the last flush, which sends their data again. */
  #lossSeen = false;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param hasRoom the congestion window would take more of the stream, so QUIC holds nothing back for want of it.
   * @param touch has a flush happen in this turn.
   */
  constructor(
    private readonly hasRoom: (stream: QuicSendStream) => boolean,
    private readonly touch: () => void,
  ) {}

  get streams(): Iterable<QuicSendStream> {
    return this.#waiting.keys();
  }

  /** Some may be ended by the next flush, if the congestion window is left some room. */
  get areDue(): boolean {
    for (const { packet } of this.#waiting.values()) if (packet === null || packet <= this.#largestAcked) return true;
    return false;
  }

  add(stream: QuicSendStream): void {
    if (this.#waiting.has(stream)) return;
    this.#waiting.set(stream, { packet: null, until: performance.now() + FALLBACK_MS });
    this.#arm();
  }

  delete(stream: QuicSendStream): void {
    this.#waiting.delete(stream);
  }

  clear(): void {
    this.#waiting.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  onData(stream: QuicSendStream): void {
    this.#unsent = stream;
  }

  /** `covers(n)` tells whether packet `n` is acknowledged. */
  onAck(largest: number, covers: (packet: number) => boolean): void {
    for (let packet = this.#largestAcked + 1; packet < largest && !this.#lossSeen; packet++) {
      if (!covers(packet)) this.#lossSeen = true;
    }
    if (largest > this.#largestAcked) this.#largestAcked = largest;
  }

  /** QUIC has sent all it may, `lastPacket` last. */
  onSent(lastPacket: number): void {
    if (this.#unsent !== null) {
      this.#lastDataPacket = lastPacket;
      if (this.hasRoom(this.#unsent)) this.#unsent = null;
    }
    if (this.#lossSeen) {
      this.#lossSeen = false;
      this.#lastDataPacket = lastPacket;
      for (const wait of this.#waiting.values()) wait.packet = null;
    }
    for (const [stream, wait] of this.#waiting) {
      // Without room some of the data may be with QUIC still, a retransmission perhaps: a FIN that joins that is not sent.
      if (!this.hasRoom(stream)) continue;
      wait.packet ??= this.#lastDataPacket;
      if (wait.packet <= this.#largestAcked) this.#end(stream);
    }
  }

  #end(stream: QuicSendStream): void {
    this.#waiting.delete(stream);
    stream.endAlone();
  }

  #arm(): void {
    this.#timer ??= setTimeout(this.#giveUp, FALLBACK_MS).unref();
  }

  readonly #giveUp = (): void => {
    this.#timer = null;
    const now = performance.now();
    for (const [stream, { until }] of this.#waiting) if (until <= now) this.#end(stream);
    if (this.#waiting.size > 0) this.#arm();
    this.touch();
  };
}
