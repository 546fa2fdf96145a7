import type { SendBacklog } from './send-backlog.js';
import type { QuicSendStream } from './send-stream.js';

/** Patience with acknowledgements that FrameScan may have failed to see, ms. */
const FALLBACK_MS = 5000;
/**
 * So many windows of packets are acknowledged, one after the other and without a gap, before nothing of a stream counts as
 * being on its way: within the first, what is missing is declared lost, within the second it is sent again and acknowledged.
 */
const WINDOWS = 2;
/** Packets up to this size may hold acknowledgements and the like; a backlog fills larger ones. */
const SMALL_PACKET = 200;

/** What the ends need to know of their connection. */
export interface LoneEndsHost {
  readonly backlog: SendBacklog;
  /** How many frames QUIC has set out to send again so far, and how much stream data was in them. */
  repeats(): { readonly frames: number; readonly bytes: number };
  /** Sends something that is acknowledged. */
  ping(): void;
  /** Has a flush happen in this turn. */
  touch(): void;
}

/** Ends when packets up to `packet` have been acknowledged so many times, each time up to the last that was sent by then. */
interface Countdown {
  packet: number;
  windows: number;
}

interface Wait {
  /** Null until the next flush. */
  left: Countdown | null;
  /** When it is ended all the same, on performance.now(). */
  readonly until: number;
}

/**
 * Ends of streams whose data has been handed over before, so that FIN may travel in a frame of its own. QUIC's library takes
 * a stream for complete once its data is acknowledged, whatever became of such a FIN, and forgets the stream: a FIN that is
 * lost by then is not sent again, and one that waits for the congestion window is not sent at all. The reader would have
 * every byte and never the end. So these wait until nothing of the stream is on its way any more, neither data that was sent
 * first nor data that was sent again: then only the acknowledgement of the FIN itself can complete the stream.
 *
 * The library does not tell what it holds back (see SendBacklog), nor which stream it repeats. On a quiet connection the
 * acknowledgement of the packets that were sent last is enough. After a backlog, or where something may have been lost, ends
 * wait for several windows.
 */
export class LoneEnds {
  readonly #host: LoneEndsHost;
  readonly #waiting = new Map<QuicSendStream, Wait>();
  /** Streams were given data since the last flush. */
  #isFed = false;
  #lastDataPacket = -1;
  #lastPacket = -1;
  #lastLargePacket = -1;
  /** A large packet was sent since the last flush. */
  #sentLarge = false;
  #largestAcked = -1;
  #lossSeen = false;
  #repeats = { frames: 0, bytes: 0 };
  /** What follows a loss or a backlog; null when that is long past. */
  #unrest: Countdown | null = null;
  #askedWith = -1;
  #timer: NodeJS.Timeout | null = null;

  constructor(host: LoneEndsHost) {
    this.#host = host;
  }

  get streams(): Iterable<QuicSendStream> {
    return this.#waiting.keys();
  }

  add(stream: QuicSendStream): void {
    if (this.#waiting.has(stream)) return;
    this.#waiting.set(stream, { left: null, until: performance.now() + FALLBACK_MS });
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

  onData(): void {
    this.#isFed = true;
  }

  onPacket(number: number, length: number): void {
    if (length <= SMALL_PACKET) return;
    this.#lastLargePacket = number;
    this.#sentLarge = true;
  }

  /** `covers(n)` tells whether packet `n` is acknowledged. */
  onAck(largest: number, covers: (packet: number) => boolean): void {
    for (let packet = this.#largestAcked + 1; packet < largest && !this.#lossSeen; packet++) {
      if (!covers(packet)) this.#lossSeen = true;
    }
    if (largest > this.#largestAcked) this.#largestAcked = largest;
  }

  /** A timer of QUIC's has gone off: it declares packets lost, or sends the oldest data again to probe. */
  onTimeout(): void {
    this.#lossSeen = true;
  }

  /** QUIC has sent all it may, `lastPacket` last. */
  onSent(lastPacket: number): void {
    const isQuiet = !this.#sentLarge;
    this.#sentLarge = false;
    this.#lastPacket = lastPacket;
    if (this.#isFed) this.#lastDataPacket = lastPacket;
    this.#isFed = false;
    this.#followLosses();
    const { backlog } = this.#host;
    // What it was reckoned to hold may have been acknowledged when it was to be sent again: it would have been sent now.
    if (isQuiet && this.#lastLargePacket <= this.#largestAcked) backlog.clear();
    if (backlog.bytes > 0) this.#unrest = { packet: lastPacket, windows: WINDOWS };
    if (this.#unrest !== null && this.#countDown(this.#unrest)) this.#unrest = null;
    if (this.#waiting.size > 0) this.#followEnds(isQuiet);
  }

  #followLosses(): void {
    if (!this.#lossSeen && this.#unrest === null) return;
    const repeats = this.#host.repeats();
    if (!this.#lossSeen && repeats.frames === this.#repeats.frames) return;
    this.#lossSeen = false;
    this.#host.backlog.add(repeats.bytes - this.#repeats.bytes);
    this.#repeats = repeats;
    this.#unrest = { packet: this.#lastPacket, windows: WINDOWS };
    for (const wait of this.#waiting.values()) wait.left = null;
  }

  #followEnds(isQuiet: boolean): void {
    for (const [stream, wait] of this.#waiting) {
      if (wait.left === null) {
        if (this.#host.backlog.bytes > 0) continue;
        wait.left =
          this.#unrest === null
            ? { packet: this.#lastDataPacket, windows: 1 }
            : { packet: this.#lastPacket, windows: WINDOWS };
      }
      if (this.#countDown(wait.left)) this.#end(stream);
    }
    if (isQuiet && this.#waiting.size > 0) this.#ask();
  }

  /** What is not acknowledged may hold nothing but acknowledgements, and never be. */
  #ask(): void {
    if (this.#askedWith > this.#largestAcked) return;
    this.#askedWith = this.#lastPacket + 1;
    this.#host.ping();
  }

  /** True when it is over. */
  #countDown(left: Countdown): boolean {
    while (left.packet <= this.#largestAcked) {
      if (--left.windows <= 0) return true;
      left.packet = this.#lastPacket;
    }
    return false;
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
    this.#host.touch();
  };
}
