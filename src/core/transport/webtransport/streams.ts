import { ignorable } from '../../util/deferred.js';
import type { Delivery, RecvStream, SendStream } from '../transport.js';
import { SessionClosed, StreamReset, StreamStopped } from '../transport-errors.js';
import { SESSION_GONE, shownStreamCode, wrapCode } from './stream-codes.js';

/** The session as its streams see it. */
export interface StreamOwner {
  /** Set once the session has ended. */
  readonly endError: SessionClosed | null;
  /** Resolves when the session ends, to false after a while when it does not. */
  endsSoon(): Promise<boolean>;
  /** Streams that must be torn down with the session. */
  readonly openStreams: Set<OwnedStream>;
}

export interface OwnedStream {
  readonly direction: 'send' | 'receive';
  /** The session has ended: RESET_STREAM or STOP_SENDING with WT_SESSION_GONE. */
  abandon(): void;
}

/**
 * What QUIC says of a stream, said of a WebTransport stream: codes unwrapped, and the session's end in place of the
 * connection's. A peer that ends the session resets its streams with WT_SESSION_GONE, and that may overtake the close
 * itself, so it waits for it.
 */
async function streamError(owner: StreamOwner, error: unknown): Promise<unknown> {
  const gone = (error instanceof StreamReset || error instanceof StreamStopped) && error.code === SESSION_GONE;
  if ((gone || error instanceof SessionClosed) && owner.endError === null) await owner.endsSoon();
  if (owner.endError !== null) return owner.endError;
  if (error instanceof StreamReset) return new StreamReset(shownStreamCode(error.code));
  if (error instanceof StreamStopped) return new StreamStopped(shownStreamCode(error.code));
  return error;
}

/** The sending half of a stream. The bytes that tie it to its session travel with the first ones written. */
export class WebTransportSendStream implements SendStream, OwnedStream {
  readonly direction = 'send';
  readonly id: bigint;
  readonly #inner: SendStream;
  readonly #owner: StreamOwner;
  #prefix: Uint8Array | null;
  #stopped: Promise<bigint> | null = null;

  /** `prefix` is null for the answering half of the peer's streams. */
  constructor(inner: SendStream, owner: StreamOwner, prefix: Uint8Array | null) {
    this.id = inner.id;
    this.#inner = inner;
    this.#owner = owner;
    this.#prefix = prefix;
    owner.openStreams.add(this);
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#owner.endError !== null) return ignorable(Promise.reject(this.#owner.endError));
    const prefix = this.#prefix;
    if (prefix === null) return this.#translated(this.#inner.write(bytes));
    this.#prefix = null;
    return this.#translated(this.#inner.writev([prefix, bytes]));
  }

  writev(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    if (this.#owner.endError !== null) return ignorable(Promise.reject(this.#owner.endError));
    const prefix = this.#prefix;
    if (prefix === null) return this.#translated(this.#inner.writev(chunks));
    this.#prefix = null;
    return this.#translated(this.#inner.writev([prefix, ...chunks]));
  }

  end(): void {
    if (this.#prefix !== null) {
      // An empty stream still has to say whose it is.
      this.#inner.write(this.#prefix)?.catch(() => {});
      this.#prefix = null;
    }
    this.#owner.openStreams.delete(this);
    this.#inner.end();
  }

  /** `code` has 32 bits: RangeError beyond. */
  reset(code: bigint): void {
    const wrapped = wrapCode(code);
    this.#owner.openStreams.delete(this);
    this.#inner.reset(wrapped);
  }

  get stopped(): Promise<bigint> {
    this.#stopped ??= this.#inner.stopped.then(async (code) => {
      // The end of the session stops its streams, too: that is told by the session, not as a wish of the peer's.
      const { endError } = this.#owner;
      const gone = code === SESSION_GONE && (endError !== null || (await this.#owner.endsSoon()));
      return gone ? new Promise<never>(() => {}) : shownStreamCode(code);
    });
    return this.#stopped;
  }

  delivered(): Promise<Delivery> {
    return ignorable(this.#inner.delivered().catch((error) => this.#rethrow(error)));
  }

  priority(urgency: number): void {
    this.#inner.priority(urgency);
  }

  get queuedBytes(): number {
    return this.#inner.queuedBytes;
  }

  abandon(): void {
    this.#inner.reset(SESSION_GONE);
  }

  #translated(pending: Promise<void> | undefined): Promise<void> | undefined {
    return pending === undefined ? undefined : ignorable(pending.catch((error) => this.#rethrow(error)));
  }

  async #rethrow(error: unknown): Promise<never> {
    this.#owner.openStreams.delete(this);
    throw await streamError(this.#owner, error);
  }
}

/** The receiving half of a stream, behind its prefix. */
export class WebTransportRecvStream implements RecvStream, OwnedStream {
  readonly direction = 'receive';
  readonly id: bigint;
  readonly #inner: RecvStream;
  readonly #owner: StreamOwner;
  #rest: Uint8Array | null;
  #stopped = false;
  #finished = false;
  #abandoned = false;

  /** `rest` came together with the prefix. */
  constructor(inner: RecvStream, owner: StreamOwner, rest: Uint8Array | null) {
    this.id = inner.id;
    this.#inner = inner;
    this.#owner = owner;
    this.#rest = rest;
    owner.openStreams.add(this);
  }

  get atEnd(): boolean {
    return this.#inner.atEnd && this.#rest === null && !this.#stopped && !this.#abandoned;
  }

  read(): Promise<Uint8Array | null> {
    if (this.#stopped || this.#finished) return Promise.resolve(null);
    if (this.#abandoned) return Promise.reject(this.#owner.endError);
    const rest = this.#rest;
    if (rest !== null) {
      this.#rest = null;
      return Promise.resolve(rest);
    }
    return this.#inner.read().then(this.#onRead, this.#onError);
  }

  /** `code` has 32 bits: RangeError beyond. */
  stop(code: bigint): void {
    const wrapped = wrapCode(code);
    if (this.#stopped) return;
    this.#stopped = true;
    this.#rest = null;
    this.#owner.openStreams.delete(this);
    this.#inner.stop(wrapped);
  }

  abandon(): void {
    this.#abandoned = true;
    this.#rest = null;
    this.#inner.stop(SESSION_GONE);
  }

  readonly #onRead = (bytes: Uint8Array | null): Uint8Array | null => {
    if (bytes !== null) return bytes;
    if (this.#stopped) return null;
    // QUIC shows a stopped stream as ended; the reader must not take that for the peer's FIN.
    if (this.#abandoned) throw this.#owner.endError;
    this.#finished = true;
    this.#owner.openStreams.delete(this);
    return null;
  };

  readonly #onError = async (error: unknown): Promise<null> => {
    if (this.#stopped) return null;
    this.#owner.openStreams.delete(this);
    throw await streamError(this.#owner, error);
  };
}
