import { SessionClosed } from '../../transport/transport-errors.js';
import { WaitingLine } from '../../util/waiting-line.js';
import type { SessionCloseInfo } from '../session.js';
import type { SessionCore } from '../session-core.js';

/** How many requests we may send: the peer's MAX_REQUEST_ID against the IDs that we use up (drafts to 16). */
export class OutgoingCredit {
  #limit: bigint;
  #next: bigint;
  #reserved = 0n;
  #blockedAt = -1n;
  readonly #line = new WaitingLine();

  constructor(
    role: 'client' | 'server',
    /** The first ID that may not be used. */
    initialLimit: bigint,
    /** REQUESTS_BLOCKED: called once for each limit that we hit. */
    private readonly onBlocked: (limit: bigint) => void,
  ) {
    this.#next = role === 'client' ? 0n : 1n;
    this.#limit = initialLimit;
  }

  /** The next ID that `take` gives. */
  get nextId(): bigint {
    return this.#next;
  }

  /** Waits for room for one request and holds it until `take` or `release`. */
  async reserve(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#line.length === 0 && this.#hasRoom()) {
      this.#reserved++;
      return;
    }
    if (this.#blockedAt !== this.#limit) {
      this.#blockedAt = this.#limit;
      this.onBlocked(this.#limit);
    }
    await this.#line.wait(signal);
  }

  /** Turns a reservation into the next ID; the message must be written in the same turn. */
  take(): bigint {
    this.#reserved--;
    const id = this.#next;
    this.#next += 2n;
    return id;
  }

  release(): void {
    this.#reserved--;
    this.#serve();
  }

  /** MAX_REQUEST_ID arrived. False when it does not increase, which is a violation. */
  raise(limit: bigint): boolean {
    if (limit <= this.#limit) return false;
    this.#limit = limit;
    this.#serve();
    return true;
  }

  shutdown(close: SessionCloseInfo): void {
    this.#line.fail(new SessionClosed(close));
  }

  #hasRoom(): boolean {
    return this.#next + 2n * this.#reserved < this.#limit;
  }

  #serve(): void {
    while (this.#line.length > 0 && this.#hasRoom()) {
      this.#reserved++;
      this.#line.next()?.resolve();
    }
  }
}

/**
 * What we allow the peer: its IDs must come in sequence and stay below the limit that we granted. The limit moves on as
 * requests end, so that `maxRequests` may be open at any time.
 */
export class IncomingCredit {
  readonly #first: bigint;
  readonly #maxRequests: bigint;
  #next: bigint;
  #ended = 0n;
  #granted: bigint;
  /** IDs jumped over that may still arrive on another stream. */
  readonly #missing = new Set<bigint>();

  constructor(
    private readonly core: SessionCore,
    /** Some requests travel on streams of their own (16), so that IDs can overtake one another. */
    private readonly reordered: boolean,
    private readonly grant: (limit: bigint) => void,
  ) {
    this.#first = core.role === 'client' ? 1n : 0n;
    this.#next = this.#first;
    this.#maxRequests = BigInt(core.limits.maxRequests);
    this.#granted = initialGrant(core.limits.maxRequests);
  }

  /** The smallest ID that has not arrived. */
  get nextId(): bigint {
    for (const id of this.#missing) return id;
    return this.#next;
  }

  /** The peer once used this ID. */
  wasUsed(id: bigint): boolean {
    return id >= this.#first && id < this.#next && (id - this.#first) % 2n === 0n && !this.#missing.has(id);
  }

  /** Checks the ID of a request that arrived; closes the session and returns false when it is not acceptable. */
  accept(id: bigint): boolean {
    if ((id & 1n) !== this.#first) {
      this.core.fail('INVALID_REQUEST_ID', `Request ID ${id} has the parity of our own requests`);
      return false;
    }
    if (id >= this.#granted) {
      this.core.fail('TOO_MANY_REQUESTS', `Request ID ${id} is not below the MAX_REQUEST_ID ${this.#granted} granted`);
      return false;
    }
    if (id === this.#next) {
      this.#next += 2n;
      return true;
    }
    if (this.#missing.delete(id)) return true;
    if (id < this.#next || !this.reordered) {
      this.core.fail('INVALID_REQUEST_ID', `Request ID ${id} arrived where ${this.nextId} was next`);
      return false;
    }
    for (let skipped = this.#next; skipped < id; skipped += 2n) this.#expectLate(skipped);
    this.#next = id + 2n;
    return true;
  }

  /** A request has ended, or was answered for good. */
  ended(): void {
    this.#ended++;
    const limit = 2n * (this.#ended + this.#maxRequests);
    // Half a window at a time, so that the peer never waits for a grant that is under way.
    if (limit - this.#granted < this.#maxRequests) return;
    this.#granted = limit;
    this.grant(limit);
  }

  /** Streams deliver in any order, but a stream that was opened arrives: an ID still missing later was never sent. */
  #expectLate(id: bigint): void {
    this.#missing.add(id);
    const timer = this.core.clock.after(
      this.core.limits.earlyDataMs,
      () => {
        if (this.#missing.has(id)) this.core.fail('INVALID_REQUEST_ID', `Request ID ${id} was skipped`);
      },
      { background: true },
    );
    this.core.onShutdown(() => timer.cancel());
  }
}

/** MAX_REQUEST_ID for `maxRequests` requests of either side: the first ID not allowed. */
export function initialGrant(maxRequests: number): bigint {
  return 2n * BigInt(maxRequests);
}
