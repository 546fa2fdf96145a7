import type { NativeConnection } from './native.js';

/** Node turns longer delays into 1 ms. */
export const LONGEST_DELAY_MS = 0x7fff_ffff;

/** The one timer of a connection: loss detection, idle timeout, draining, whichever QUIC's library wants next. */
export class LossTimer {
  readonly #native: NativeConnection;
  readonly #onExpired: () => void;
  #timer: NodeJS.Timeout | null = null;
  #firesAt = 0;

  /** `onExpired` runs after the library has been told. */
  constructor(native: NativeConnection, onExpired: () => void) {
    this.#native = native;
    this.#onExpired = onExpired;
  }

  /** After anything that can have moved the library's deadline. */
  arm(): void {
    const wait = this.#native.timeout();
    if (wait === null) {
      this.cancel();
      return;
    }
    const at = performance.now() + wait;
    // An earlier timer looks again when it fires: cheaper than a new timer for every packet.
    if (this.#timer !== null && this.#firesAt <= at) return;
    this.cancel();
    this.#firesAt = at;
    // The library cuts its answer down to whole milliseconds.
    this.#timer = setTimeout(this.#onTimer, Math.min(wait + 1, LONGEST_DELAY_MS));
    // The socket keeps the process alive while the connection is open, not the timer.
    this.#timer.unref();
  }

  cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  readonly #onTimer = (): void => {
    this.#timer = null;
    const wait = this.#native.timeout();
    if (wait === null) return;
    if (wait > 0) {
      this.arm();
      return;
    }
    this.#native.onTimeout();
    this.#onExpired();
  };
}
