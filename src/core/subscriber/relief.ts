import type { OrderSink, TrackOrder } from './track-order.js';

/** So long nothing may move while no more may be held back. */
const STUCK_MS = 100;

/**
 * Frees a subscription that is stuck: as much is held back as may be, so early streams are not read any more, and their
 * unread data may use up the flow control that the stream which is waited for needs. First the group furthest ahead goes,
 * which makes room; if that does not help, the wait is over.
 */
export class Relief {
  readonly #order: TrackOrder;
  readonly #intake: { readonly isFull: boolean };
  readonly #sink: OrderSink;
  readonly #notice: (message: string) => void;
  #since: number | null = null;
  #dropped = false;

  constructor(
    order: TrackOrder,
    intake: { readonly isFull: boolean },
    sink: OrderSink,
    notice: (message: string) => void,
  ) {
    this.#order = order;
    this.#intake = intake;
    this.#sink = sink;
    this.#notice = notice;
  }

  /** Something moved. */
  reset(): void {
    this.#since = null;
    this.#dropped = false;
  }

  /** Called while nothing can be handed on. Returns the clock time at which to look again, null for no such time. */
  check(now: number): number | null {
    if (!this.#dropped && !this.#intake.isFull) {
      this.#since = null;
      return null;
    }
    this.#since ??= now;
    if (now - this.#since < STUCK_MS) return this.#since + STUCK_MS;
    this.#since = null;
    const group = this.#dropped ? null : this.#order.dropFurthest(this.#sink);
    if (group === null) {
      this.#dropped = false;
      this.#notice('nothing more can be held back: what is missing is given up');
      this.#order.giveUpWaiting();
      return now;
    }
    this.#dropped = true;
    this.#notice(`nothing more can be held back: group ${group} is given up`);
    return now + STUCK_MS;
  }
}
