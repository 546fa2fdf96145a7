import { type Clock, systemClock, type Timer } from '../../../util/clock.js';

/** What a stream or datagram that belongs to a session not yet known waits for. */
export interface EarlyArrival {
  readonly kind: 'stream' | 'datagram';
  /** The session has begun. */
  deliver(): void;
  /** It did not begin in time, or there is no room: streams are refused, datagrams dropped. */
  reject(): void;
}

interface EarlyLimits {
  readonly streams: number;
  readonly datagrams: number;
  /** How long one waits, ms. */
  readonly waitMs: number;
}

const EARLY_LIMITS: EarlyLimits = { streams: 128, datagrams: 256, waitMs: 5000 };

interface Waiting {
  readonly arrivals: EarlyArrival[];
  readonly timer: Timer;
}

/**
 * Streams and datagrams overtake the CONNECT or the response that their session begins with; they are kept until it does,
 * within bounds (draft-ietf-webtrans-http3, "Buffering Incoming Streams and Datagrams").
 */
export class EarlyArrivals {
  readonly #limits: EarlyLimits;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  readonly #count = { stream: 0, datagram: 0 };
  /** Streams refused and datagrams dropped so far. */
  readonly rejected = { stream: 0, datagram: 0 };

  constructor(limits: EarlyLimits = EARLY_LIMITS, clock: Clock = systemClock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  add(sessionId: number, arrival: EarlyArrival): void {
    const limit = arrival.kind === 'stream' ? this.#limits.streams : this.#limits.datagrams;
    if (this.#count[arrival.kind] >= limit) {
      this.#reject(arrival);
      return;
    }
    this.#count[arrival.kind]++;
    let waiting = this.#waiting.get(sessionId);
    if (waiting === undefined) {
      const timer = this.#clock.after(this.#limits.waitMs, () => this.drop(sessionId), { background: true });
      waiting = { arrivals: [], timer };
      this.#waiting.set(sessionId, waiting);
    }
    waiting.arrivals.push(arrival);
  }

  /** The session is there: everything that waited for it is delivered in the order it came. */
  release(sessionId: number): void {
    for (const arrival of this.#take(sessionId)) arrival.deliver();
  }

  /** The session will never be there. */
  drop(sessionId: number): void {
    for (const arrival of this.#take(sessionId)) this.#reject(arrival);
  }

  dropAll(): void {
    for (const sessionId of [...this.#waiting.keys()]) this.drop(sessionId);
  }

  #take(sessionId: number): readonly EarlyArrival[] {
    const waiting = this.#waiting.get(sessionId);
    if (waiting === undefined) return [];
    waiting.timer.cancel();
    this.#waiting.delete(sessionId);
    for (const arrival of waiting.arrivals) this.#count[arrival.kind]--;
    return waiting.arrivals;
  }

  #reject(arrival: EarlyArrival): void {
    this.rejected[arrival.kind]++;
    arrival.reject();
  }
}
