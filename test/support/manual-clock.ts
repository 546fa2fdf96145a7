import type { Clock, Timer } from '../../src/core/util/clock.js';

interface Entry {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Entry>();

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): Timer {
    const entry = { due: this.#now + ms, callback };
    this.#timers.add(entry);
    return { cancel: () => void this.#timers.delete(entry) };
  }

  /** Timers not yet fired nor cancelled: a leak check. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Moves on by `ms`, firing what falls due in order. The event loop turns after each timer, so that work which a timer
   * started can set further ones within the same stretch.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turn();
    for (;;) {
      let next: Entry | undefined;
      for (const entry of this.#timers)
        if (entry.due <= end && (next === undefined || entry.due < next.due)) next = entry;
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
      await turn();
    }
    this.#now = end;
  }
}

/** Lets everything that is ready run: several turns, because promises and immediates hand on to one another. */
async function turn(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
