/**
 * The memory that payload takes, over all tracks. `onPressure` is called when it grows beyond the maximum and must
 * make room: by dropping caches first, then by ending the subscription that holds most.
 */
export class BufferBudget {
  #used = 0;
  #relieving = false;

  constructor(
    private readonly max: number,
    private readonly onPressure: () => void,
  ) {}

  get used(): number {
    return this.#used;
  }

  get exceeded(): boolean {
    return this.#used > this.max;
  }

  take(bytes: number): void {
    this.#used += bytes;
    if (this.#used <= this.max || this.#relieving) return;
    this.#relieving = true;
    try {
      this.onPressure();
    } finally {
      this.#relieving = false;
    }
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}
