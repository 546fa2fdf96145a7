import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const MAC_BYTES = 16;
const TIME_BYTES = 6;
/** A client answers a Retry at once; a token that is older was kept for another purpose. */
const LIFETIME_MS = 10_000;

/**
 * Tokens of the Retry packets that ask a client to prove its address (RFC 9000 §8.1). They carry what a stateless server
 * has to remember, under a MAC with a key that lives as long as the process: time, the client's first destination ID,
 * and under the MAC only the address and the new connection ID.
 */
export class RetryTokens {
  readonly #key = randomBytes(32);
  readonly #now: () => number;

  /** `now` in ms: monotonic, because a token lives no longer than the process. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  issue(originalId: Uint8Array, newId: Uint8Array, address: string): Buffer {
    const body = Buffer.alloc(TIME_BYTES + originalId.length);
    body.writeUIntBE(Math.floor(this.#now()), 0, TIME_BYTES);
    body.set(originalId, TIME_BYTES);
    return Buffer.concat([this.#mac(body, newId, address), body]);
  }

  /** The client's first destination ID, or null when the token is not ours, expired, or for another address. */
  open(token: Uint8Array, currentId: Uint8Array, address: string): Buffer | null {
    const bytes = Buffer.from(token);
    if (bytes.length < MAC_BYTES + TIME_BYTES) return null;
    const body = bytes.subarray(MAC_BYTES);
    if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.#mac(body, currentId, address))) return null;
    const age = Math.floor(this.#now()) - body.readUIntBE(0, TIME_BYTES);
    return age >= 0 && age <= LIFETIME_MS ? body.subarray(TIME_BYTES) : null;
  }

  #mac(body: Uint8Array, id: Uint8Array, address: string): Buffer {
    return createHmac('sha256', this.#key)
      .update(Uint8Array.of(id.length))
      .update(id)
      .update(address)
      .update('\0')
      .update(body)
      .digest()
      .subarray(0, MAC_BYTES);
  }
}
