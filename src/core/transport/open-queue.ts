import { WaitingLine } from '../util/waiting-line.js';

/** Those who wait for the peer to allow another stream, in the order they asked. */
export class OpenQueue<T> {
  readonly #tryCreate: () => T | null;
  readonly #line = new WaitingLine<T>();

  /** `tryCreate` gives null while the peer allows no more. */
  constructor(tryCreate: () => T | null) {
    this.#tryCreate = tryCreate;
  }

  get hasWaiting(): boolean {
    return this.#line.length > 0;
  }

  /** Null without credit, and while others wait for it. */
  tryOpen(): T | null {
    return this.hasWaiting ? null : this.#tryCreate();
  }

  async open(signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    return this.tryOpen() ?? this.#line.wait(signal);
  }

  /** New credit may have arrived. */
  advance(): void {
    while (this.hasWaiting) {
      const opened = this.#tryCreate();
      if (opened === null) return;
      this.#line.next()?.resolve(opened);
    }
  }

  fail(error: Error): void {
    this.#line.fail(error);
  }
}
