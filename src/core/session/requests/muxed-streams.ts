import type { BidiStream } from '../../transport/transport.js';
import { SessionClosed } from '../../transport/transport-errors.js';
import type { ControlMessage, RequestKind } from '../../wire/messages/control-message.js';
import type { SessionCloseInfo } from '../session.js';
import type { SessionCore } from '../session-core.js';
import type { MessageReader } from './control-stream.js';
import type { IncomingCredit, OutgoingCredit } from './credit.js';
import type { Exchange, ExchangeHandler } from './exchange.js';
import type { IncomingRequestSink } from './request-router.js';
import { type RequestMessage, StreamExchange, type StreamExchangeHooks } from './stream-exchange.js';

/**
 * SUBSCRIBE_NAMESPACE of draft 16 (§6.1): a request with a stream of its own among requests that share the control stream,
 * from whose sequence it draws its ID.
 */
export class MuxedStreams {
  readonly #exchanges = new Set<StreamExchange>();

  constructor(
    private readonly core: SessionCore,
    private readonly outgoing: OutgoingCredit,
    private readonly incoming: IncomingCredit,
    private readonly sink: IncomingRequestSink,
  ) {}

  get openCount(): number {
    return this.#exchanges.size;
  }

  /** True for the requests that travel this way. */
  takes(request: RequestKind): boolean {
    return request === 'SUBSCRIBE_NAMESPACE' && this.core.profile.features.namespaceSubscriptionStream;
  }

  find(requestId: bigint): StreamExchange | undefined {
    return [...this.#exchanges].find((exchange) => exchange.requestId === requestId);
  }

  /** Opens a stream for a request whose ID has been reserved; the reservation is given back when there is no stream. */
  async open(
    request: RequestKind,
    build: (requestId: bigint) => ControlMessage,
    handler: ExchangeHandler,
    signal: AbortSignal,
  ): Promise<Exchange> {
    let bidi: BidiStream;
    try {
      bidi = await this.core.transport.openBidi({ signal });
    } catch (error) {
      this.outgoing.release();
      throw error;
    }
    if (this.core.ending !== null) throw new SessionClosed(this.core.ending);
    const requestId = this.outgoing.take();
    const exchange = new StreamExchange(this.core, bidi, request, requestId, 'local', this.#hooks());
    exchange.handler = handler;
    this.#exchanges.add(exchange);
    exchange.send(build(requestId));
    exchange.start();
    return exchange;
  }

  /** A request of the peer's that arrived on a stream of its own. */
  accept(bidi: BidiStream, message: RequestMessage, reader: MessageReader): void {
    if (!this.takes(message.type)) {
      this.core.fail('PROTOCOL_VIOLATION', `${message.type} has no stream of its own in this draft`);
      return;
    }
    if (!this.incoming.accept(message.requestId)) return;
    const exchange = new StreamExchange(this.core, bidi, message.type, message.requestId, 'peer', this.#hooks());
    this.#exchanges.add(exchange);
    this.sink.onRequest(exchange, message);
    exchange.start(reader);
  }

  shutdown(close: SessionCloseInfo): void {
    for (const exchange of [...this.#exchanges]) exchange.end({ kind: 'session-closed', close });
  }

  #hooks(): StreamExchangeHooks {
    return {
      nextUpdateId: async (signal) => {
        await this.outgoing.reserve(signal);
        return this.outgoing.take();
      },
      acceptUpdate: (exchange, update) => {
        if (!this.incoming.accept(update.requestId)) return null;
        this.incoming.ended();
        return this.sink.onUpdate(exchange, update);
      },
      onOver: (exchange) => {
        this.#exchanges.delete(exchange);
        if (exchange.initiator === 'peer') this.incoming.ended();
      },
    };
  }
}
