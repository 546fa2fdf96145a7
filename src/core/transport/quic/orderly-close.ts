import { type Deferred, deferred } from '../../util/deferred.js';
import { settlesWithin } from '../../util/timeout.js';
import type { CloseInfo } from '../transport.js';
import { SessionClosed } from '../transport-errors.js';
import { encodeReason } from './close-codes.js';
import type { NativeConnection } from './native.js';

/** What an orderly close needs of its connection. */
export interface ClosingHost {
  readonly native: NativeConnection;
  isOpen(): boolean;
  /** Waits until what streams were ended with has been delivered, as far as the peer allows within `deadlineMs`. */
  deliverEnds(deadlineMs: number): Promise<void>;
  flush(): void;
  failStreams(error: Error): void;
  /** The connection is over. */
  finish(info: CloseInfo): void;
  /** Resolves when the socket has taken all packets. */
  drained(): Promise<void>;
}

/** The end of a connection that its application asks for: first the ends of its streams, then CONNECTION_CLOSE. */
export class OrderlyClose {
  readonly #host: ClosingHost;
  #done: Promise<void> | null = null;
  #sent: Deferred<void> | null = null;

  constructor(host: ClosingHost) {
    this.#host = host;
  }

  /** Resolves when it is over, `deadlineMs` after the first call at the latest; those that follow change nothing. */
  run(code: number, reason: string, deadlineMs: number): Promise<void> {
    this.#done ??= this.#run(code, reason, deadlineMs);
    return this.#done;
  }

  async #run(code: number, reason: string, deadlineMs: number): Promise<void> {
    const host = this.#host;
    const deadline = performance.now() + deadlineMs;
    await host.deliverEnds(deadlineMs);
    // Once CONNECTION_CLOSE is due nothing else is sent, not even the rest of the handshake without which the peer
    // cannot read it.
    host.flush();
    if (!host.isOpen()) return;
    host.native.close(true, code, encodeReason(reason));
    const info: CloseInfo = { by: 'local', isApplication: true, code: BigInt(code), reason };
    host.failStreams(new SessionClosed(info));
    // A full congestion window can hold CONNECTION_CLOSE back until the next probe timeout.
    this.#sent = deferred();
    host.flush();
    if (host.isOpen()) {
      await settlesWithin(this.#sent.promise, deadline - performance.now());
      host.finish(info);
    }
    await settlesWithin(host.drained(), deadline - performance.now());
  }

  /** Packets were sent: with CONNECTION_CLOSE the connection is draining (RFC 9000 §10.2). */
  onFlushed(): void {
    if (this.#sent !== null && this.#host.native.isDraining()) this.#sent.resolve();
  }

  onClosed(): void {
    this.#sent?.resolve();
  }
}
