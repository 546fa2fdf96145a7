import { constants, type Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { deferred } from '../../util/deferred.js';
import { settlesWithin } from '../../util/timeout.js';
import { afterTurn } from '../../util/turn.js';
import type { PipeFailure } from './pipe.js';

/** How often in an idle timeout it is looked whether something came. */
const LOOKS_PER_IDLE = 8;
/** What a new measurement weighs in the smoothed round trip time (RFC 6298 §2). */
const RTT_WEIGHT = 1 / 8;
/** A connection that is no longer used gets this long to say goodbye. */
const GOODBYE_MS = 500;

export interface LinkOptions {
  /** ms, 0 is none. */
  readonly idleTimeoutMs: number;
  /** PING interval, ms; 0 is none. Default: a third of the idle timeout. */
  readonly keepAliveMs?: number | undefined;
}

/**
 * An HTTP/2 connection under a WebTransport session: its round trip time, its keep-alive and idle timeout, and its end. `raw`
 * is the TCP socket below TLS, which counts the bytes on the wire.
 */
export class Http2Link {
  readonly #http2: Http2Session;
  readonly #tls: Socket;
  readonly #raw: Socket;
  readonly #closed = deferred();
  readonly #timers: NodeJS.Timeout[] = [];
  #onGoaway: () => void = () => {};
  #rttMs: number | null = null;
  #minRttMs: number | null = null;
  #isIdle = false;
  #goawayCode: number | null = null;
  #error: NodeJS.ErrnoException | null = null;

  /** To be made in the turn in which the session was, so that no event is missed. `tls` is what the session runs on. */
  constructor(http2: Http2Session, tls: Socket, raw: Socket) {
    this.#http2 = http2;
    this.#tls = tls;
    this.#raw = raw;
    http2.on('error', (error: NodeJS.ErrnoException) => this.#fail(error));
    // Node ends the session for an alert without a word, and leaves the socket open.
    tls.on('error', (error: NodeJS.ErrnoException) => this.#fail(error));
    tls.once('close', () => this.destroy());
    http2.on('goaway', (code: number) => {
      this.#goawayCode = code;
      this.#onGoaway();
    });
    raw.once('close', () => {
      for (const timer of this.#timers) clearInterval(timer);
      this.#closed.resolve();
    });
  }

  /** Begins to measure, to keep alive and to watch for silence. */
  start({ idleTimeoutMs, keepAliveMs }: LinkOptions): void {
    if (this.#raw.destroyed) return;
    const interval = keepAliveMs ?? Math.floor(idleTimeoutMs / 3);
    this.#ping();
    if (interval > 0) this.#every(interval, () => this.#ping());
    if (idleTimeoutMs > 0) this.#watch(idleTimeoutMs);
  }

  /** Smoothed round trip time of PING; null before the first answer. */
  get rttMs(): number | null {
    return this.#rttMs;
  }

  get minRttMs(): number | null {
    return this.#minRttMs;
  }

  get bytes(): { readonly sent: number; readonly received: number } {
    return { sent: this.#raw.bytesWritten, received: this.#raw.bytesRead };
  }

  /** Why the connection has ended or is ending; null while it lives. */
  get failure(): PipeFailure | null {
    if (this.#isIdle) return 'idle';
    return this.#http2.destroyed || this.#raw.destroyed ? 'connection' : null;
  }

  /** What Node said of the end, if anything. */
  get error(): NodeJS.ErrnoException | null {
    return this.#error;
  }

  /** HTTP/2 error code of the peer's GOAWAY. */
  get goawayCode(): number | null {
    return this.#goawayCode;
  }

  /** The socket is gone. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Set once: the peer announced that it will close the connection. */
  onGoaway(handler: () => void): void {
    this.#onGoaway = handler;
  }

  /** Ends the connection in order, and at the latest after a moment by force. */
  async release(): Promise<void> {
    if (!this.#http2.closed) this.#http2.close();
    if (!(await settlesWithin(this.closed, GOODBYE_MS))) this.destroy();
    await this.closed;
  }

  /** Ends the connection at once. */
  destroy(code: number = constants.NGHTTP2_NO_ERROR): void {
    if (!this.#http2.destroyed) this.#http2.destroy(undefined, code);
    this.#tls.destroy();
    this.#raw.destroy();
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#error ??= error;
    this.destroy();
  }

  #every(ms: number, action: () => void): void {
    this.#timers.push(setInterval(action, Math.min(ms, 2 ** 31 - 1)));
  }

  #ping(): void {
    if (this.#http2.destroyed) return;
    this.#http2.ping((error, ms) => {
      if (error !== null) return;
      this.#rttMs = this.#rttMs === null ? ms : this.#rttMs + RTT_WEIGHT * (ms - this.#rttMs);
      this.#minRttMs = Math.min(this.#minRttMs ?? ms, ms);
    });
  }

  #watch(idleTimeoutMs: number): void {
    let seen = this.#raw.bytesRead;
    let since = performance.now();
    const hasMoved = (): boolean => {
      if (this.#raw.bytesRead === seen) return false;
      seen = this.#raw.bytesRead;
      since = performance.now();
      return true;
    };
    const giveUp = (): void => {
      if (this.#raw.destroyed || hasMoved()) return;
      this.#isIdle = true;
      this.destroy();
    };
    this.#every(Math.max(1, idleTimeoutMs / LOOKS_PER_IDLE), () => {
      // A process that was kept from running has yet to read what came meanwhile.
      if (!hasMoved() && performance.now() - since >= idleTimeoutMs) afterTurn(() => afterTurn(giveUp));
    });
  }
}
