import type { Clock } from '../../util/clock.js';

/** What we may still send, on a stream or in the session. Offsets count from the beginning, as in QUIC (RFC 9000 §4.1). */
export class SendWindow {
  #limit: number;
  #sent = 0;
  #reported = -1;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get available(): number {
    return this.#limit - this.#sent;
  }

  get sent(): number {
    return this.#sent;
  }

  spend(bytes: number): void {
    this.#sent += bytes;
  }

  /** True when that made room. A limit that does not grow is ignored. */
  raise(limit: number): boolean {
    if (limit <= this.#limit) return false;
    this.#limit = limit;
    return true;
  }

  /** The limit to name in a *_BLOCKED capsule: once for each, null when it has been told. */
  takeBlockedAt(): number | null {
    if (this.#reported === this.#limit) return null;
    this.#reported = this.#limit;
    return this.#limit;
  }
}

export interface WindowTuning {
  readonly clock: Clock;
  /** In ms; null when unknown. */
  readonly rtt: () => number | null;
}

/**
 * What the peer may still send: what has been read is granted anew once half the window has been used. A window that is used
 * up within two round trips holds the peer back, and doubles, up to the ceiling.
 */
export class ReceiveWindow {
  readonly #ceiling: number;
  readonly #tuning: WindowTuning;
  #size: number;
  #limit: number;
  #received = 0;
  #consumed = 0;
  #grantedAt: number;

  constructor(size: number, ceiling: number | undefined, tuning: WindowTuning) {
    this.#size = size;
    this.#limit = size;
    this.#ceiling = Math.max(size, ceiling ?? size);
    this.#tuning = tuning;
    this.#grantedAt = tuning.clock.now();
  }

  /** Bytes that have arrived so far. */
  get received(): number {
    return this.#received;
  }

  get limit(): number {
    return this.#limit;
  }

  /** False when the peer was not allowed to send that much. */
  receive(bytes: number): boolean {
    this.#received += bytes;
    return this.#received <= this.#limit;
  }

  /** The limit to announce now that `bytes` have been read or dropped, or null while there is no need. */
  consume(bytes: number): number | null {
    this.#consumed += bytes;
    if (this.#limit - this.#consumed > this.#size / 2) return null;
    this.#grow();
    this.#limit = this.#consumed + this.#size;
    return this.#limit;
  }

  #grow(): void {
    const now = this.#tuning.clock.now();
    const rtt = this.#tuning.rtt();
    if (rtt !== null && now - this.#grantedAt < 2 * rtt) this.#size = Math.min(this.#ceiling, 2 * this.#size);
    this.#grantedAt = now;
  }
}
