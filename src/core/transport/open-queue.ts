import { type Deferred, deferred } from '../util/deferred.js';

/** Those who wait for the peer to allow another stream, in the order they asked. */
export class OpenQueue<T> {
  readonly #tryCreate: () => T | null;
  readonly #waiting = new Set<Deferred<T>>();

  /** `tryCreate` gives null while the peer allows no more. */
  constructor(tryCreate: () => T | null) {
    this.#tryCreate = tryCreate;
  }

  get hasWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Null without credit, and while others wait for it. */
  tryOpen(): T | null {
    return this.#waiting.size > 0 ? null : this.#tryCreate();
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

  /** New credit may have arrived. */
  advance(): void {
    for (const waiting of this.#waiting) {
      const opened = this.#tryCreate();
      if (opened === null) return;
      this.#waiting.delete(waiting);
      waiting.resolve(opened);
    }
  }

  fail(error: Error): void {
    for (const waiting of this.#waiting) waiting.reject(error);
    this.#waiting.clear();
  }
}
