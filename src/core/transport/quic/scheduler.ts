/** Work that one connection does per turn of the event loop. Neither method may throw. */
export interface Pumped {
  /** Takes what the packets of this turn brought: streams, datagrams, the end of the connection. */
  ingest(): void;
  /** Hands queued data to QUIC, sends what it wants sent, and arms its timer. */
  flush(): void;
}

/**
 * Coalesces the work of many packets and writes into one pass per turn. The two phases are separate immediates because
 * Node runs microtasks between them: readers that `ingest` woke have read, and written their answers, before `flush`
 * sends, so acknowledgement, window updates and answer share packets.
 */
export class Scheduler {
  #toIngest: Pumped[] = [];
  #toFlush: Pumped[] = [];
  #armed = false;

  ingestSoon(item: Pumped): void {
    this.#toIngest.push(item);
    this.#arm();
  }

  flushSoon(item: Pumped): void {
    this.#toFlush.push(item);
    this.#arm();
  }

  #arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    setImmediate(this.#ingestAll);
    setImmediate(this.#flushAll);
  }

  readonly #ingestAll = (): void => {
    const items = this.#toIngest;
    this.#toIngest = [];
    for (const item of items) item.ingest();
  };

  readonly #flushAll = (): void => {
    this.#armed = false;
    const items = this.#toFlush;
    this.#toFlush = [];
    for (const item of items) item.flush();
    if (this.#toIngest.length > 0) this.#arm();
  };
}

/** One for the process, so that connections to several peers share a turn. */
export const scheduler = new Scheduler();
