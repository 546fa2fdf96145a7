/** How the byte stream under a session failed. */
export type PipeFailure =
  /** The peer reset the CONNECT stream. */
  | 'reset'
  /** Nothing came within the idle timeout. */
  | 'idle'
  /** The connection is gone: closed by the peer, or a failure of TCP, TLS or HTTP/2. */
  | 'connection';

/** The byte stream under a session ended otherwise than by its end. */
export class PipeError extends Error {
  override readonly name = 'PipeError';

  constructor(
    readonly failure: PipeFailure,
    /** HTTP/2 error code (RFC 9113 §7) of a RST_STREAM or GOAWAY; null where there was none. */
    readonly code: number | null,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * A reliable, ordered stream of bytes in both directions: the CONNECT stream of HTTP/2, or a pair in memory. Each handler is
 * set once, all of them in the turn in which the pipe is made; nothing is delivered before. Handlers must not throw. After
 * `onEnd` or `onError` no data comes. `onError` comes at most once, also behind an `onEnd`; our own `destroy` does not cause it.
 */
export interface BytePipe {
  /**
   * Takes all of `bytes`, which must not be changed afterwards. False: wait for `onDrain` before writing more. After `end`,
   * `destroy` and failure the bytes are dropped.
   */
  write(bytes: Uint8Array): boolean;
  /** The handler owns the buffer, but not what else its ArrayBuffer holds. */
  onData(handler: (bytes: Uint8Array) => void): void;
  onDrain(handler: () => void): void;
  /** The peer has ended its direction, and everything before has been delivered. */
  onEnd(handler: () => void): void;
  onError(handler: (error: PipeError) => void): void;
  /** Holds back data, and by flow control the peer. */
  pause(): void;
  resume(): void;
  /** Ends our direction behind what was written. Idempotent. */
  end(): void;
  /** RST_STREAM with an HTTP/2 error code, in both directions. Idempotent, harmless once both directions have ended. */
  destroy(code: number): void;
  /** Bytes written and not yet taken by HTTP/2. */
  readonly queuedBytes: number;
}
