import type { Clock, Timer } from '../../util/clock.js';

interface Entry<Item> {
  readonly item: Item;
  readonly due: number;
}

/** Things that each must be dealt with within the same span of time; one timer serves them all. */
export class ExpirySet<Item> {
  /** In order of `due`, because all spans are equal. */
  readonly #entries = new Map<Item, Entry<Item>>();
  #timer: Timer | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly spanMs: number,
    private readonly onExpired: (item: Item) => void,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  add(item: Item): void {
    this.#entries.set(item, { item, due: this.clock.now() + this.spanMs });
    if (this.#timer === null) this.#arm(this.spanMs);
  }

  /** False when the item was not there, or has expired. */
  delete(item: Item): boolean {
    return this.#entries.delete(item);
  }

  /** Forgets everything without calling `onExpired`. */
  clear(): Item[] {
    const items = [...this.#entries.keys()];
    this.#entries.clear();
    this.#timer?.cancel();
    this.#timer = null;
    return items;
  }

  #arm(ms: number): void {
    this.#timer = this.clock.after(ms, () => this.#sweep(), { background: true });
  }

  #sweep(): void {
    this.#timer = null;
    const now = this.clock.now();
    for (const entry of this.#entries.values()) {
      if (entry.due > now) {
        this.#arm(entry.due - now);
        return;
      }
      this.#entries.delete(entry.item);
      this.onExpired(entry.item);
    }
  }
}
