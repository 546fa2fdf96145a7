/** Holds what arrives until a handler is set, so that a handler attached late loses nothing within the bound. */
export class HeldDeliveries<T> {
  readonly #limit: number;
  #held: T[] = [];
  #handler: ((item: T) => void) | null = null;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False when the item was dropped because too many are held. */
  deliver(item: T): boolean {
    if (this.#handler !== null) {
      this.#handler(item);
      return true;
    }
    if (this.#held.length >= this.#limit) return false;
    this.#held.push(item);
    return true;
  }

  setHandler(handler: (item: T) => void): void {
    if (this.#handler !== null) throw new Error('the handler is set already');
    this.#handler = handler;
    const held = this.#held;
    this.#held = [];
    for (const item of held) handler(item);
  }
}
