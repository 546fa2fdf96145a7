import type { ControlMessage, RequestKind } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { NamedCode, SessionCloseInfo } from '../session.js';

/** How an exchange was ended from outside. */
export type ExchangeEnd =
  /** Its stream was reset, or a message such as UNSUBSCRIBE or PUBLISH_NAMESPACE_CANCEL ended it. */
  | { readonly kind: 'peer'; readonly code?: NamedCode; readonly reason?: string }
  | { readonly kind: 'session-closed'; readonly close: SessionCloseInfo };

/** What an exchange tells the state machine that owns it. */
export interface ExchangeHandler {
  onMessage(message: ControlMessage): void;
  /** FIN: the peer has said its last word. Cancels by itself only what the owner says it cancels. */
  onPeerFinished(): void;
  /** Called once at most, and never after the owner ended the exchange itself. */
  onEnd(end: ExchangeEnd): void;
}

/**
 * One request and all that both sides say about it. From 17 on it has a bidirectional stream of its own; before, it is
 * the set of messages on the control stream that carry its Request ID.
 */
export interface Exchange {
  readonly request: RequestKind;
  readonly requestId: bigint;
  readonly initiator: 'local' | 'peer';
  /** Neither side has ended it. */
  readonly isOpen: boolean;
  handler: ExchangeHandler;
  /** Ignored once the exchange is over. Throws EncodeError. */
  send(message: ControlMessage): void;
  /** Sends the last message and ends the exchange in order: with FIN where it has a stream. */
  finish(last?: ControlMessage): void;
  /** Resolves once the transport has taken what was sent, or never will. */
  flushed(): Promise<void>;
  /** Ends the exchange abruptly: by `message` on a shared control stream, else by RESET and STOP_SENDING with `reset`. */
  cancel(message: ControlMessage | null, reset: string): void;
  /**
   * REQUEST_UPDATE. Resolves with the parameters of the answer (at once where the draft has none), rejects with
   * RequestRejected or SessionClosed.
   */
  update(parameters: Parameters, signal: AbortSignal): Promise<Parameters>;
}

/** How a session opens requests and learns of the peer's. */
export interface RequestChannel {
  /**
   * Waits for credit and sends the request that `build` makes of its Request ID. Rejects with the signal's reason or
   * SessionClosed. `handler` gets everything that follows, possibly before the promise has resolved.
   */
  open(
    request: RequestKind,
    build: (requestId: bigint) => ControlMessage,
    handler: ExchangeHandler,
    signal: AbortSignal,
  ): Promise<Exchange>;
  /** We once sent a request with this ID. */
  wasIssued(requestId: bigint): boolean;
  /** The smallest Request ID of the peer's that has not arrived. */
  readonly nextPeerRequestId: bigint;
  /** Exchanges that neither side has ended. */
  readonly openCount: number;
  /** Ends every exchange without a word on the wire. */
  shutdown(close: SessionCloseInfo): void;
}
