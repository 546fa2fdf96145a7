import type { BidiStream } from '../../transport/transport.js';
import { SessionClosed } from '../../transport/transport-errors.js';
import { encodeControlMessage } from '../../wire/control-codec.js';
import type { ControlMessage, RequestKind } from '../../wire/messages/control-message.js';
import type { SessionCloseInfo } from '../session.js';
import type { SessionCore } from '../session-core.js';
import type { MessageReader } from './control-stream.js';
import type { Exchange, ExchangeHandler, RequestChannel } from './exchange.js';
import { PeerRequestIds } from './request-ids.js';
import type { IncomingRequestSink } from './request-router.js';
import { type RequestMessage, StreamExchange, type StreamExchangeHooks } from './stream-exchange.js';

/** Requests from 17 on: each has a bidirectional stream, and the transport's stream credit is the only limit. */
export class NativeRequests implements RequestChannel {
  readonly #exchanges = new Set<StreamExchange>();
  readonly #peerIds: PeerRequestIds;
  readonly #hooks: StreamExchangeHooks;
  #nextId: bigint;

  constructor(
    private readonly core: SessionCore,
    private readonly sink: IncomingRequestSink,
  ) {
    this.#nextId = core.role === 'client' ? 0n : 1n;
    this.#peerIds = new PeerRequestIds(core);
    this.#hooks = {
      nextUpdateId: async () => this.#takeId(),
      acceptUpdate: (exchange, update) =>
        this.#peerIds.accept(update.requestId) ? this.sink.onUpdate(exchange, update) : null,
      onOver: (exchange) => void this.#exchanges.delete(exchange),
    };
  }

  get openCount(): number {
    return this.#exchanges.size;
  }

  get nextPeerRequestId(): bigint {
    return this.#peerIds.nextId;
  }

  wasIssued(requestId: bigint): boolean {
    return requestId < this.#nextId && (requestId & 1n) === (this.#nextId & 1n);
  }

  async open(
    request: RequestKind,
    build: (requestId: bigint) => ControlMessage,
    handler: ExchangeHandler,
    signal: AbortSignal,
  ): Promise<Exchange> {
    this.core.assertOpen();
    // Encoded once in vain: a message that does not fit the draft must fail before a stream is opened for it.
    encodeControlMessage(this.core.profile, build(this.#nextId));
    const bidi = await this.core.transport.openBidi({ signal });
    if (this.core.ending !== null) throw new SessionClosed(this.core.ending);
    const requestId = this.#takeId();
    const exchange = new StreamExchange(this.core, bidi, request, requestId, 'local', this.#hooks);
    exchange.handler = handler;
    this.#exchanges.add(exchange);
    exchange.send(build(requestId));
    exchange.start();
    return exchange;
  }

  /** A stream that the peer opened and began with this request. */
  acceptStream(bidi: BidiStream, message: RequestMessage, reader: MessageReader): void {
    if (!this.#peerIds.accept(message.requestId)) return;
    const exchange = new StreamExchange(this.core, bidi, message.type, message.requestId, 'peer', this.#hooks);
    this.#exchanges.add(exchange);
    this.sink.onRequest(exchange, message);
    exchange.start(reader);
  }

  shutdown(close: SessionCloseInfo): void {
    for (const exchange of [...this.#exchanges]) exchange.end({ kind: 'session-closed', close });
  }

  #takeId(): bigint {
    const id = this.#nextId;
    this.#nextId += 2n;
    return id;
  }
}
