import type { SessionClosed } from '../transport-errors.js';

/** What the streams of a session need of it. */
export interface StreamOwner {
  /** Why the session is over; null while it is not. */
  readonly endError: SessionClosed | null;
  /**
   * What a stream's failure means: the session's end when that is behind it (which may become known a moment later), else
   * `otherwise`.
   */
  explain(otherwise: Error): Promise<Error>;
  /** Bytes of the application's that crossed. */
  sent(bytes: number): void;
  received(bytes: number): void;
  /** Is told of the session's end until it is removed. */
  readonly openStreams: Set<Abandonable>;
  /** Streams that were ended and are not delivered yet. */
  readonly ending: Set<Promise<unknown>>;
}

export interface Abandonable {
  /** The session is over: everything that waits fails. */
  abandon(error: SessionClosed): void;
}
