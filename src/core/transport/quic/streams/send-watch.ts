import { errorText, type NativeConnection, streamErrorCode } from '../native.js';
import type { QuicSendStream } from './send-stream.js';

/** Acknowledgements come roughly in order: after this many streams without one, the later ones have none either. */
const UNACKNOWLEDGED_IN_A_ROW = 16;
/** How often every stream is asked, whatever the order. */
const SWEEP_MS = 100;

/**
 * Learns that a FIN was acknowledged. QUIC's library announces it only by forgetting the uni stream: `streamCapacity` then
 * throws `InvalidStreamState`. The sweep also finds streams that were stopped by a frame that FrameScan did not see.
 */
export class SendWatch {
  readonly #native: NativeConnection;
  readonly #openStreams: () => Iterable<QuicSendStream>;
  readonly #ended = new Map<number, QuicSendStream>();
  #sweptAt = 0;

  constructor(native: NativeConnection, openStreams: () => Iterable<QuicSendStream>) {
    this.#native = native;
    this.#openStreams = openStreams;
  }

  /** A stream whose FIN was sent and whose delivery somebody waits for. */
  add(stream: QuicSendStream): void {
    this.#ended.set(stream.number, stream);
    this.#check(stream);
  }

  get(number: number): QuicSendStream | undefined {
    return this.#ended.get(number);
  }

  delete(number: number): void {
    this.#ended.delete(number);
  }

  /** After packets have arrived. */
  check(): void {
    const now = performance.now();
    if (now - this.#sweptAt >= SWEEP_MS) {
      this.#sweptAt = now;
      for (const stream of this.#ended.values()) this.#check(stream);
      for (const stream of this.#openStreams()) if (stream.started) this.#check(stream);
      return;
    }
    let unacknowledged = 0;
    for (const stream of this.#ended.values()) {
      if (this.#check(stream)) continue;
      if (++unacknowledged >= UNACKNOWLEDGED_IN_A_ROW) break;
    }
  }

  stop(error: Error): void {
    for (const stream of this.#ended.values()) stream.onSessionClosed(error);
    this.#ended.clear();
  }

  /** True when the stream is settled. */
  #check(stream: QuicSendStream): boolean {
    try {
      this.#native.streamCapacity(stream.number);
      return false;
    } catch (error) {
      this.#ended.delete(stream.number);
      const stopCode = streamErrorCode(error, 'StreamStopped');
      if (stopCode !== null) stream.onStopped(stopCode);
      else if (stream.finished) stream.onAcknowledged();
      // Forgotten before its end: stopped by the peer, and the code is lost.
      else if (errorText(error).startsWith('InvalidStreamState')) stream.onStopped(0n);
      else stream.onSessionClosed(new Error(`stream ${stream.number}: ${errorText(error)}`));
      return true;
    }
  }
}
