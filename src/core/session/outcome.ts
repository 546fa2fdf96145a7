import type { CloseInfo } from '../transport/transport.js';
import type { Redirect, RequestKind } from '../wire/messages/control-message.js';

/** Every request takes a deadline and a signal; the default deadline is the session's `requestTimeoutMs`. */
export interface RequestOptions {
  /** ms; 0 is none. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A code that arrived or is to be sent, with its name in the session's draft (`UNKNOWN` when it has none). */
export interface NamedCode {
  readonly code: bigint;
  readonly name: string;
}

/** A request that the peer refused. Thrown by the request methods as the `rejection` of a RequestRejected error. */
export interface Rejection extends NamedCode {
  readonly request: RequestKind;
  readonly reason: string;
  /** ms to wait before another try; null: do not retry, or the draft does not say. */
  readonly retryAfterMs: number | null;
  readonly redirect?: Redirect;
}

/** How to refuse a request: `name` is looked up in the draft's table, and mapped to the nearest when the draft lacks it. */
export interface Refusal {
  readonly name: string;
  readonly reason: string;
  readonly retryAfterMs?: number;
  /** With the name REDIRECT only; without a place to go to, or in drafts before 18, another name is sent. */
  readonly redirect?: Redirect;
}

/** How a session ended. */
export interface SessionCloseInfo extends CloseInfo {
  /** The code's name in the session's draft, or the QUIC / HTTP/3 / TLS name. */
  readonly name: string;
  /** What the peer's GOAWAY said, where one came before the end. `newSessionUri` is as it came; empty: here again. */
  readonly goAway?: { readonly newSessionUri: string };
}
