import type { SessionCore } from '../session-core.js';

// A peer uses its IDs in sequence, and what is under way at any time is bounded by its streams.
const MAX_OUT_OF_ORDER = 65_536;

/** The peer's Request IDs from 17 on: any order, as streams overtake one another, but each once and of its parity. */
export class PeerRequestIds {
  readonly #parity: bigint;
  /** All IDs below have arrived. */
  #next: bigint;
  readonly #ahead = new Set<bigint>();

  constructor(private readonly core: SessionCore) {
    this.#parity = core.role === 'client' ? 1n : 0n;
    this.#next = this.#parity;
  }

  get nextId(): bigint {
    return this.#next;
  }

  /** Closes the session and returns false when the ID breaks a rule (draft-18 §10.1). */
  accept(id: bigint): boolean {
    if ((id & 1n) !== this.#parity) {
      this.core.fail('INVALID_REQUEST_ID', `Request ID ${id} has the parity of our own requests`);
      return false;
    }
    if (id < this.#next || this.#ahead.has(id)) {
      this.core.fail('INVALID_REQUEST_ID', `Request ID ${id} was used before`);
      return false;
    }
    if (id !== this.#next) {
      if (this.#ahead.size >= MAX_OUT_OF_ORDER) {
        this.core.fail('INVALID_REQUEST_ID', 'too many Request IDs were skipped');
        return false;
      }
      this.#ahead.add(id);
      return true;
    }
    this.#next += 2n;
    while (this.#ahead.delete(this.#next)) this.#next += 2n;
    return true;
  }
}
