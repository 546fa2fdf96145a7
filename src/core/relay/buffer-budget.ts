/**
 * The memory that payload takes, over all tracks. When it grows beyond the maximum `onPressure` must make room: by
 * dropping caches first, then by ending the subscription that holds most. It is called in a turn of its own, so never
 * amid the work that took the memory.
 */
export class BufferBudget {
  #used = 0;
  #scheduled = false;

  constructor(
    private readonly max: number,
    private readonly onPressure: () => void,
  ) {}

  get used(): number {
    return this.#used;
  }

  take(bytes: number): void {
    this.#used += bytes;
    if (this.#used <= this.max || this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#used > this.max) this.onPressure();
    });
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}
