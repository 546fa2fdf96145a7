import { randomBytes } from 'node:crypto';
import type { NativeConnection } from './native.js';

export const CONNECTION_ID_BYTES = 20;
/** One path in use and three spare ones, for migration. */
export const CONNECTION_ID_LIMIT = 4;

export interface ConnectionIdRegistry {
  add(id: Uint8Array): void;
  remove(id: Uint8Array): void;
}

export function newConnectionId(): Buffer {
  return randomBytes(CONNECTION_ID_BYTES);
}

/** The connection IDs by which the peer may address us: it needs spare ones to move to another path (RFC 9000 §9.5). */
export class ConnectionIds {
  readonly #native: NativeConnection;
  readonly #registry: ConnectionIdRegistry;
  readonly #issued: Uint8Array[] = [];

  constructor(native: NativeConnection, registry: ConnectionIdRegistry) {
    this.#native = native;
    this.#registry = registry;
  }

  /** As many as the peer takes, at most three. */
  issueSpares(): void {
    for (let spare = 1; spare < CONNECTION_ID_LIMIT && this.#native.sourceCidsLeft() > 0; spare++) {
      const id = newConnectionId();
      // The token that would let us end a connection we have forgotten; we keep none, so nobody ever knows it.
      const resetToken = BigInt(`0x${randomBytes(16).toString('hex')}`);
      this.#native.newSourceCid(id, resetToken, false);
      this.#issued.push(id);
      this.#registry.add(id);
    }
  }

  /** After the peer has retired some. */
  replaceRetired(): void {
    let retired = this.#native.retiredScidNext();
    if (retired === null) return;
    for (; retired !== null; retired = this.#native.retiredScidNext()) this.#registry.remove(retired);
    this.issueSpares();
  }

  release(): void {
    for (const id of this.#issued) this.#registry.remove(id);
  }
}
