import { CapsuleError } from './capsules.js';

/** IDs of one kind and initiator are this far apart (RFC 9000 §2.1, which the draft follows). */
const STEP = 4;

/** Streams of one kind that we open, as far as the peer allows. */
export class OutgoingCredit {
  readonly #first: number;
  #limit: number;
  #taken = 0;
  #reported = -1;

  constructor(first: number, limit: number) {
    this.#first = first;
    this.#limit = limit;
  }

  /** The next ID, or null while the peer allows no more. */
  take(): number | null {
    if (this.#taken >= this.#limit) return null;
    return this.#first + STEP * this.#taken++;
  }

  hasTaken(id: number): boolean {
    return (id - this.#first) / STEP < this.#taken;
  }

  /** True when that allows more. */
  raise(limit: number): boolean {
    if (limit <= this.#limit) return false;
    this.#limit = limit;
    return true;
  }

  /** The limit to name in STREAMS_BLOCKED: once for each, null when it has been told. */
  takeBlockedAt(): number | null {
    if (this.#reported === this.#limit) return null;
    this.#reported = this.#limit;
    return this.#limit;
  }
}

/** Streams of one kind that the peer opens, as far as we allow. */
export class IncomingCredit {
  readonly #kind: string;
  readonly #first: number;
  readonly #concurrent: number;
  #announced: number;
  #finished = 0;
  #next = 0;
  /** Below #next, and not heard of yet: a later stream's first capsule may come first. */
  readonly #skipped = new Set<number>();

  constructor(kind: string, first: number, limit: number) {
    this.#kind = kind;
    this.#first = first;
    this.#concurrent = limit;
    this.#announced = limit;
  }

  /** True for a stream that begins with this capsule, false for one that has been. Throws CapsuleError beyond the limit. */
  begins(id: number): boolean {
    const index = (id - this.#first) / STEP;
    if (index < this.#next) return this.#skipped.delete(index);
    if (index >= this.#announced) {
      const message = `the peer opened ${this.#kind} stream ${id}, which MAX_STREAMS ${this.#announced} does not allow`;
      throw new CapsuleError('PROTOCOL_ERROR', message);
    }
    for (let skipped = this.#next; skipped < index; skipped++) this.#skipped.add(skipped);
    this.#next = index + 1;
    return true;
  }

  finish(): void {
    this.#finished++;
  }

  /** The new limit to announce, or null; `eager` does not wait until a quarter of the limit has been used up. */
  due(eager: boolean): number | null {
    const allowed = this.#concurrent + this.#finished;
    const step = eager ? 1 : Math.max(1, Math.floor(this.#concurrent / 4));
    if (allowed - this.#announced < step) return null;
    this.#announced = allowed;
    return allowed;
  }
}
