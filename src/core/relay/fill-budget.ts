import type { Clock } from '../util/clock.js';

/** Waiting for a publisher took longer than the requester, or the relay, would have it. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent';
}

/**
 * FILL_TIMEOUT (draft-18 §10.2.5): how long a FETCH may wait for publishers in all. Time that the requester itself takes
 * is not counted. Without one, each wait has the relay's own deadline, and so has every wait at most.
 */
export class FillBudget {
  #rest: number;

  constructor(
    private readonly clock: Clock,
    fillTimeout: bigint | undefined,
    private readonly eachMs: number,
  ) {
    this.#rest = fillTimeout === undefined ? Number.POSITIVE_INFINITY : Number(fillTimeout);
  }

  get isSpent(): boolean {
    return this.#rest <= 0;
  }

  /** For one wait, ms. */
  get next(): number {
    return Math.min(this.#rest, this.eachMs);
  }

  /**
   * What `work` gives; rejects with BudgetSpent when that takes longer than there is for one wait, or than `atMost` ms. A
   * rejection of `work` after that is swallowed.
   */
  async wait<T>(work: Promise<T>, atMost = Number.POSITIVE_INFINITY): Promise<T> {
    const began = this.clock.now();
    const spent = new Promise<never>((_, reject) => {
      const timer = this.clock.after(Math.min(this.next, atMost), () =>
        reject(new BudgetSpent('the publisher took too long')),
      );
      const stop = (): void => timer.cancel();
      work.then(stop, stop);
    });
    try {
      return await Promise.race([work, spent]);
    } finally {
      this.#rest -= this.clock.now() - began;
    }
  }
}
