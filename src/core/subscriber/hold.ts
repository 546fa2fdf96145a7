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
  #forced = false;
  /** When `expired` should be asked again; null: nothing is held. */
  until: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastData = clock.now();
  }

  noteData(): void {
    this.#lastData = this.#clock.now();
  }

  /** Something was handed on, so whatever is waited for next is another wait. */
  progress(): void {
    this.#key = '';
  }

  /** Forgets when to ask again, before everything is looked at anew. */
  release(): void {
    this.until = null;
  }

  /** The next question is answered with yes. */
  giveUp(): void {
    this.#forced = true;
  }

  /** True once the wait named `key` has lasted long enough. Another key is another wait. */
  expired(key: string, limitMs: number): boolean {
    if (this.#forced) {
      this.#forced = false;
      return true;
    }
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
