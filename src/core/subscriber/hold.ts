import type { Clock } from '../util/clock.js';

/** A hold lasts at most so many times its limit when nothing at all arrives. */
const SILENCE_FACTOR = 3;

/**
 * How long something that is out of order waits for what ought to come before it. The wait is over after its limit while
 * data flows; when nothing arrives at all the path may be down for a moment, and giving up would lose what is about to be
 * retransmitted: then it lasts longer.
 */
export class Hold {
  readonly #clock: Clock;
  #key = '';
  #since = 0;
  #lastData: number;
  /** When `expired` should be asked again; null: nothing is held. */
  until: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastData = clock.now();
  }

  noteData(): void {
    this.#lastData = this.#clock.now();
  }

  /** Forgets what was waited for. */
  release(): void {
    this.until = null;
  }

  /** True once the wait named `key` has lasted long enough. Another key is another wait. */
  expired(key: string, limitMs: number): boolean {
    const now = this.#clock.now();
    if (this.#key !== key) {
      this.#key = key;
      this.#since = now;
    }
    const silent = now - this.#lastData >= limitMs / 4;
    const patience = silent ? limitMs * SILENCE_FACTOR : limitMs;
    if (now - this.#since >= patience) return true;
    const limit = this.#since + limitMs;
    this.until = now < limit ? limit : Math.min(now + limitMs / 4, this.#since + limitMs * SILENCE_FACTOR);
    return false;
  }
}
