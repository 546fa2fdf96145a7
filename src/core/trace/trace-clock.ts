/** The time of the events of one program run, the same in all its files. */
export class TraceClock {
  /** Epoch ms. */
  readonly startTime = Date.now();
  readonly #startedAt = performance.now();

  /** Microseconds since `startTime`. */
  now(): number {
    return Math.round((performance.now() - this.#startedAt) * 1000);
  }
}
