import { afterTurn } from './turn.js';

/** A deadline that has been set. */
export interface Timer {
  /** Idempotent; harmless after the timer has fired. */
  cancel(): void;
}

/** The source of durations and deadlines. Monotonic: a step of the wall clock never moves it. */
export interface Clock {
  /** Milliseconds, with fractions, since an arbitrary start. */
  now(): number;
  /** Calls back once after `ms`. The timer keeps the process alive unless `background`. */
  after(ms: number, callback: () => void, options?: { background?: boolean }): Timer;
}

// Node turns longer delays into 1 ms, which would fire a far deadline at once.
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** A timer that fires so much later than it was due, ms, was held up. */
const LATE_MS = 10;

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback, options) {
    const delay = Math.min(ms, LONGEST_DELAY_MS);
    const due = performance.now() + delay;
    let isOver = false;
    const fire = (): void => {
      if (!isOver) callback();
    };
    const handle = setTimeout(() => {
      // A process that was kept from running finds its timers due before it has read what came in time: that goes first.
      if (performance.now() - due > LATE_MS) afterTurn(() => afterTurn(fire));
      else fire();
    }, delay);
    // A browser's timers are numbers, and keep nothing alive.
    if (options?.background) handle.unref?.();
    return {
      cancel: () => {
        isOver = true;
        clearTimeout(handle);
      },
    };
  },
};
