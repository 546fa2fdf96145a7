import { type Deferred, deferred } from './deferred.js';

/** Those who wait for one kind of thing, in the order they came. */
export class WaitingLine<T = void> {
  readonly #places = new Set<Deferred<T>>();

  get length(): number {
    return this.#places.size;
  }

  /** Stands in line from this call on. Rejects with the reason of `signal`, which takes the place out of the line, or of `fail`. */
  async wait(signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    const place = deferred<T>();
    const onAbort = (): void => {
      this.#places.delete(place);
      place.reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#places.add(place);
    try {
      return await place.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Takes whoever has waited longest out of the line, to be told; undefined when nobody waits. */
  next(): Deferred<T> | undefined {
    const [first] = this.#places;
    if (first !== undefined) this.#places.delete(first);
    return first;
  }

  fail(reason: Error): void {
    for (const place of this.#places) place.reject(reason);
    this.#places.clear();
  }
}
