import { OpenQueue } from '../open-queue.js';

/** Opens streams in the order they were asked for, as far as the credit goes that the peer has granted. */
export class CreditedQueue<T> extends OpenQueue<T> {
  #credit = 0;

  constructor(create: () => T) {
    super(() => {
      if (this.#credit <= 0) return null;
      this.#credit--;
      return create();
    });
  }

  grant(streams: number): void {
    this.#credit += streams;
    this.advance();
  }
}
