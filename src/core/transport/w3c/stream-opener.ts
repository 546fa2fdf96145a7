import { WaitingLine } from '../../util/waiting-line.js';

/** Requests for streams that are under way at a time; the others wait here, where an abort costs nothing. */
const MAX_UNDER_WAY = 64;
/** Between two tries where the implementation refuses a stream for want of credit instead of waiting for it. */
const RETRY_MS = 20;

/**
 * Asks an implementation for streams. They are all alike until they are used: whoever has waited longest gets the next,
 * whatever the order in which the implementation answers, and one whose asker has gone is kept for the next.
 */
export class StreamOpener<T> {
  readonly #create: () => Promise<T>;
  readonly #explain: (error: Error) => Promise<Error>;
  readonly #line = new WaitingLine<T>();
  readonly #spare: T[] = [];
  #underWay = 0;
  #ended: Error | null = null;

  constructor(create: () => Promise<T>, explain: (error: Error) => Promise<Error>) {
    this.#create = create;
    this.#explain = explain;
  }

  /** One that is there already; null while others wait. */
  tryOpen(): T | null {
    return (this.#line.length === 0 ? this.#spare.shift() : undefined) ?? null;
  }

  async open(signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    if (this.#ended !== null) throw this.#ended;
    const spare = this.tryOpen();
    if (spare !== null) return spare;
    const turn = this.#line.wait(signal);
    this.#order();
    return turn;
  }

  end(error: Error): void {
    this.#ended = error;
    this.#line.fail(error);
  }

  #order(): void {
    while (this.#underWay < Math.min(MAX_UNDER_WAY, this.#line.length)) {
      this.#underWay++;
      void this.#one();
    }
  }

  async #one(): Promise<void> {
    try {
      const stream = await this.#create();
      const asker = this.#line.next();
      if (asker === undefined) this.#spare.push(stream);
      else asker.resolve(stream);
    } catch (error) {
      if ((error as { name?: unknown } | null)?.name === 'QuotaExceededError') {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      } else {
        const reason = await this.#explain(error instanceof Error ? error : new Error(String(error)));
        this.#line.next()?.reject(reason);
      }
    } finally {
      this.#underWay--;
      if (this.#ended === null) this.#order();
    }
  }
}
