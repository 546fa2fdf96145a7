/** The most recent keys of things torn down, so that what arrives late for them is recognised. */
export class Tombstones<Key> {
  readonly #keys = new Set<Key>();

  constructor(private readonly limit: number) {}

  add(key: Key): void {
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size <= this.limit) return;
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest);
      return;
    }
  }

  has(key: Key): boolean {
    return this.#keys.has(key);
  }

  delete(key: Key): void {
    this.#keys.delete(key);
  }
}
