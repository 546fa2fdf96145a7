/** What the scheduler knows of a stream. */
export interface Scheduled {
  readonly urgency: number;
}

/** Streams that have something to send: the lowest urgency first, in turn among equals. */
export class SendScheduler<T extends Scheduled> {
  readonly #queues = new Map<number, Set<T>>();
  /** The urgencies in #queues, ascending: seldom more than a few. */
  readonly #urgencies: number[] = [];
  readonly #placed = new Map<T, number>();

  get isEmpty(): boolean {
    return this.#placed.size === 0;
  }

  /** Behind the others of its urgency; a stream that is waiting already keeps its place. */
  add(stream: T): void {
    if (this.#placed.has(stream)) return;
    const { urgency } = stream;
    let queue = this.#queues.get(urgency);
    if (queue === undefined) {
      queue = new Set();
      this.#queues.set(urgency, queue);
      const at = this.#urgencies.findIndex((other) => other > urgency);
      this.#urgencies.splice(at < 0 ? this.#urgencies.length : at, 0, urgency);
    }
    queue.add(stream);
    this.#placed.set(stream, urgency);
  }

  remove(stream: T): void {
    const urgency = this.#placed.get(stream);
    if (urgency === undefined) return;
    this.#placed.delete(stream);
    const queue = this.#queues.get(urgency) as Set<T>;
    queue.delete(stream);
    if (queue.size > 0) return;
    this.#queues.delete(urgency);
    this.#urgencies.splice(this.#urgencies.indexOf(urgency), 1);
  }

  /** Its urgency has changed. */
  move(stream: T): void {
    if (!this.#placed.has(stream)) return;
    this.remove(stream);
    this.add(stream);
  }

  /** Takes out the stream whose turn it is. */
  next(): T | null {
    const urgency = this.#urgencies[0];
    if (urgency === undefined) return null;
    for (const stream of this.#queues.get(urgency) as Set<T>) {
      this.remove(stream);
      return stream;
    }
    return null;
  }

  clear(): void {
    this.#queues.clear();
    this.#urgencies.length = 0;
    this.#placed.clear();
  }
}
