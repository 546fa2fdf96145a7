import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QuicConnection } from './connection.js';

/**
 * Gathers the TLS secrets of one connection. QUIC's library truncates the file that it is given, so each connection has
 * one of its own, whose lines are appended to the user's.
 */
export class KeylogFile {
  readonly path: string;
  readonly #target: string;
  #copied = 0;

  constructor(target: string) {
    this.#target = target;
    this.path = join(tmpdir(), `moqt-keys-${randomBytes(12).toString('hex')}`);
  }

  /** Appends once the handshake is done, so that a capture can be read live, and whatever came later at the end. */
  follow(connection: QuicConnection): void {
    const copy = (): void => this.#copy();
    void connection.established.then(copy, copy);
    void connection.closed.then(() => {
      copy();
      rmSync(this.path, { force: true });
    });
  }

  #copy(): void {
    try {
      const text = readFileSync(this.path);
      if (text.length <= this.#copied) return;
      appendFileSync(this.#target, text.subarray(this.#copied), { mode: 0o600 });
      this.#copied = text.length;
    } catch {
      // A log for debugging never ends a connection. The command line has checked that the file can be written.
    }
  }
}
