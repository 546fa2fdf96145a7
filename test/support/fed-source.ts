import type { PublishSource } from '../../src/core/publisher/publish-options.js';
import { utf8 } from '../../src/core/util/bytes.js';

type Result = IteratorResult<readonly Uint8Array[]>;

/** Records that a test gives by hand, and what became of them. */
export class FedSource {
  readonly #waiting: ((result: Result) => void)[] = [];
  readonly #ready: Result[] = [];
  /** Times that a batch was asked for. */
  asked = 0;
  /** The reader let go of it before its end. */
  returned = false;

  readonly batches: AsyncIterable<readonly Uint8Array[]> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        this.asked++;
        const result = this.#ready.shift();
        return result === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(result);
      },
      return: async () => {
        this.returned = true;
        return { done: true, value: undefined };
      },
    }),
  };

  readonly source: PublishSource = { kind: 'records', batches: this.batches };

  give(...texts: string[]): void {
    this.#put({ done: false, value: texts.map(utf8) });
  }

  end(): void {
    this.#put({ done: true, value: undefined });
  }

  #put(result: Result): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#ready.push(result);
    else waiting(result);
  }
}
