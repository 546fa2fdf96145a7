import type { ControlMessage, RequestUpdate } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { Refusal } from '../session.js';
import type { SessionCore } from '../session-core.js';
import { RequestCancelled } from '../session-errors.js';
import { closedError } from '../tracks/subscription.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from './exchange.js';
import { refusalMessage } from './rejection.js';

/** A request of the peer's that awaits the application's answer. Exactly one answer leaves. */
export abstract class PendingRequest implements ExchangeHandler {
  readonly requestId: bigint;
  #pending = true;
  #abort: AbortController | null = null;
  readonly #updates: RequestUpdate[] = [];

  constructor(
    protected readonly core: SessionCore,
    protected readonly exchange: Exchange,
    readonly parameters: Parameters,
  ) {
    this.requestId = exchange.requestId;
    exchange.handler = this;
  }

  get isPending(): boolean {
    return this.#pending;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  reject(refusal: Refusal): void {
    if (!this.#pending) return;
    this.#pending = false;
    this.exchange.finish(refusalMessage(this.core, this.exchange.request, refusal));
    this.released();
  }

  onMessage(message: ControlMessage): void {
    // An update may follow its request at once; it is processed when there is something to update.
    if (message.type === 'REQUEST_UPDATE') this.#updates.push(message);
    else this.core.fail('PROTOCOL_VIOLATION', `${message.type} before the ${this.exchange.request} was answered`);
  }

  onPeerFinished(): void {}

  onEnd(_end: ExchangeEnd): void {
    if (!this.#pending) return;
    this.#pending = false;
    // Whoever asks for the signal later must find it aborted.
    this.#abort ??= new AbortController();
    this.#abort.abort(closedError(this.core));
    this.released();
  }

  /** The request is answered, or gone. */
  protected released(): void {}

  /** Sends the positive answer and hands the exchange over. Throws RequestCancelled when the request is gone. */
  protected answer(message: ControlMessage, handler: ExchangeHandler): void {
    this.assertPending();
    this.exchange.send(message);
    this.#pending = false;
    this.exchange.handler = handler;
    this.released();
    if (this.#updates.length > 0) queueMicrotask(() => this.#replay());
  }

  protected assertPending(): void {
    if (!this.#pending) throw new RequestCancelled('the request was cancelled or answered before');
  }

  /** After the application has had a chance to attach its handlers. */
  #replay(): void {
    for (const update of this.#updates) if (this.exchange.isOpen) this.exchange.handler.onMessage(update);
  }
}
