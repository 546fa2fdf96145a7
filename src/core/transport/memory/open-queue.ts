import { type Deferred, deferred } from '../../util/deferred.js';

/** Opens streams in the order they were asked for, as far as the peer's credit goes. */
export class OpenQueue<T> {
  readonly #create: () => T;
  #credit = 0;
  readonly #waiting = new Set<Deferred<T>>();

  constructor(create: () => T) {
    this.#create = create;
  }

  async open(signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    const opened = this.tryOpen();
    if (opened !== null) return opened;
    const waiting = deferred<T>();
    const onAbort = (): void => {
      this.#waiting.delete(waiting);
      waiting.reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#waiting.add(waiting);
    try {
      return await waiting.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Null when there is no credit, or others wait for it. */
  tryOpen(): T | null {
    if (this.#credit <= 0 || this.#waiting.size > 0) return null;
    this.#credit--;
    return this.#create();
  }

  grant(streams: number): void {
    this.#credit += streams;
    for (const waiting of this.#waiting) {
      if (this.#credit <= 0) return;
      this.#credit--;
      this.#waiting.delete(waiting);
      waiting.resolve(this.#create());
    }
  }

  fail(error: Error): void {
    for (const waiting of this.#waiting) waiting.reject(error);
    this.#waiting.clear();
  }
}
