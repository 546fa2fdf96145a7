import type { ControlMessage, RequestKind } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from './exchange.js';
import type { MuxedRequests } from './muxed-requests.js';

/** A handler for exchanges that have no owner yet. */
export const NO_HANDLER: ExchangeHandler = { onMessage() {}, onPeerFinished() {}, onEnd() {} };

/** An exchange on the shared control stream (drafts to 16): the messages that carry its Request ID. */
export class MuxedExchange implements Exchange {
  handler: ExchangeHandler = NO_HANDLER;
  #open = true;

  constructor(
    private readonly channel: MuxedRequests,
    readonly request: RequestKind,
    readonly requestId: bigint,
    readonly initiator: 'local' | 'peer',
  ) {}

  get isOpen(): boolean {
    return this.#open;
  }

  send(message: ControlMessage): void {
    if (this.#open) this.channel.write(this.#identified(message));
  }

  finish(last?: ControlMessage): void {
    if (!this.#open) return;
    if (last !== undefined) this.channel.write(this.#identified(last));
    this.#close();
  }

  flushed(): Promise<void> {
    return this.channel.flushed();
  }

  cancel(message: ControlMessage | null, _reset: string): void {
    if (!this.#open) return;
    if (message !== null) this.channel.write(message);
    this.#close();
  }

  update(parameters: Parameters, signal: AbortSignal): Promise<Parameters> {
    return this.channel.update(this, parameters, signal);
  }

  /** Ended from outside. */
  end(end: ExchangeEnd): void {
    if (!this.#open) return;
    this.#close();
    this.handler.onEnd(end);
  }

  #close(): void {
    this.#open = false;
    this.channel.forget(this);
  }

  #identified(message: ControlMessage): ControlMessage {
    return 'requestId' in message && message.requestId !== undefined
      ? message
      : ({ ...message, requestId: this.requestId } as ControlMessage);
  }
}
