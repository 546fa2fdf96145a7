import type { BidiStream } from '../../transport/transport.js';
import { encodeControlMessage } from '../../wire/control-codec.js';
import type { TrackNamespace } from '../../wire/full-track-name.js';
import type { ControlMessage, RequestKind, RequestUpdate } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import { nameCode } from '../codes.js';
import { NamespaceIndex } from '../namespaces/namespace-index.js';
import type { SessionCloseInfo } from '../session.js';
import type { SessionCore } from '../session-core.js';
import type { MessageReader, MessageWriter } from './control-stream.js';
import { IncomingCredit, OutgoingCredit } from './credit.js';
import type { Exchange, ExchangeHandler, RequestChannel } from './exchange.js';
import { MuxedExchange } from './muxed-exchange.js';
import { MuxedStreams } from './muxed-streams.js';
import { PendingUpdates } from './pending-updates.js';
import { refusalMessage } from './rejection.js';
import type { IncomingRequestSink } from './request-router.js';
import { isRequest, type RequestMessage } from './stream-exchange.js';

/**
 * Requests of drafts to 16: they share the control stream and are told apart by Request ID.
 */
export class MuxedRequests implements RequestChannel {
  readonly outgoing: OutgoingCredit;
  readonly incoming: IncomingCredit;
  readonly #exchanges = new Map<bigint, MuxedExchange>();
  readonly #streams: MuxedStreams;
  readonly #byNamespace: NamespaceIndex;
  readonly #updates: PendingUpdates;

  constructor(
    private readonly core: SessionCore,
    private readonly writer: MessageWriter,
    peerLimit: bigint,
    private readonly sink: IncomingRequestSink,
  ) {
    this.#updates = new PendingUpdates(core);
    this.#byNamespace = new NamespaceIndex(core.profile);
    this.outgoing = new OutgoingCredit(core.role, peerLimit, (limit) => {
      core.notice('requests-blocked', `the peer allows no Request ID from ${limit} on`);
      this.write({ type: 'REQUESTS_BLOCKED', maxRequestId: limit });
    });
    this.incoming = new IncomingCredit(core, core.profile.features.namespaceSubscriptionStream, (limit) =>
      this.write({ type: 'MAX_REQUEST_ID', maxRequestId: limit }),
    );
    this.#streams = new MuxedStreams(core, this.outgoing, this.incoming, sink);
  }

  get openCount(): number {
    return this.#exchanges.size + this.#streams.openCount;
  }

  get nextPeerRequestId(): bigint {
    return this.incoming.nextId;
  }

  wasIssued(requestId: bigint): boolean {
    const first = this.core.role === 'client' ? 0n : 1n;
    return (requestId & 1n) === first && requestId < this.outgoing.nextId;
  }

  write(message: ControlMessage): void {
    if (this.core.ending === null) this.writer.write(message);
  }

  async flushed(): Promise<void> {
    await this.writer.backlog;
  }

  async open(
    request: RequestKind,
    build: (requestId: bigint) => ControlMessage,
    handler: ExchangeHandler,
    signal: AbortSignal,
  ): Promise<Exchange> {
    this.core.assertOpen();
    // Encoded once in vain: a message that does not fit the draft must fail before it has used up an ID.
    encodeControlMessage(this.core.profile, build(this.outgoing.nextId));
    await this.outgoing.reserve(signal);
    this.core.assertOpen();
    if (this.#streams.takes(request)) return this.#streams.open(request, build, handler, signal);
    const requestId = this.outgoing.take();
    const message = build(requestId);
    const exchange = this.#add(request, requestId, 'local', message);
    exchange.handler = handler;
    this.write(message);
    return exchange;
  }

  async update(exchange: MuxedExchange, parameters: Parameters, signal: AbortSignal): Promise<Parameters> {
    const build = (requestId: bigint): RequestUpdate => ({
      type: 'REQUEST_UPDATE',
      requestId,
      existingRequestId: exchange.requestId,
      parameters,
    });
    encodeControlMessage(this.core.profile, build(this.outgoing.nextId));
    await this.outgoing.reserve(signal);
    const requestId = this.outgoing.take();
    const isAnswered = this.core.profile.features.updateIsAnswered;
    const answer = isAnswered ? this.#updates.add(requestId) : Promise.resolve(parameters);
    this.write(build(requestId));
    return answer;
  }

  forget(exchange: MuxedExchange): void {
    this.#exchanges.delete(exchange.requestId);
    this.#byNamespace.delete(exchange);
    if (exchange.initiator === 'peer') this.incoming.ended();
  }

  shutdown(close: SessionCloseInfo): void {
    this.outgoing.shutdown(close);
    this.#updates.end(close);
    for (const exchange of [...this.#exchanges.values()]) exchange.end({ kind: 'session-closed', close });
    this.#streams.shutdown(close);
  }

  acceptStream(bidi: BidiStream, message: RequestMessage, reader: MessageReader): void {
    this.#streams.accept(bidi, message, reader);
  }

  /** Any message of the control stream but SETUP and GOAWAY. */
  onMessage(message: ControlMessage): void {
    if (isRequest(message)) {
      this.#onRequest(message);
      return;
    }
    switch (message.type) {
      case 'MAX_REQUEST_ID':
        if (!this.outgoing.raise(message.maxRequestId)) {
          this.core.fail('PROTOCOL_VIOLATION', `MAX_REQUEST_ID ${message.maxRequestId} does not increase`);
        }
        return;
      case 'REQUESTS_BLOCKED':
        this.core.count('peer-requests-blocked');
        return;
      case 'REQUEST_UPDATE':
        this.#onUpdate(message);
        return;
      case 'SUBSCRIBE_OK':
      case 'PUBLISH_OK':
      case 'FETCH_OK':
        this.#toExchange(message, message.requestId, 'local');
        return;
      case 'REQUEST_OK':
      case 'REQUEST_ERROR':
        if (message.requestId !== undefined && this.#updates.has(message.requestId)) {
          this.#updates.answer(message, message.requestId);
        } else this.#toExchange(message, message.requestId, 'local');
        return;
      case 'PUBLISH_DONE':
        this.#toExchange(message, message.requestId, null);
        return;
      case 'UNSUBSCRIBE':
        this.#cancelled(message.requestId, (e) => e.request === (e.initiator === 'peer' ? 'SUBSCRIBE' : 'PUBLISH'));
        return;
      case 'FETCH_CANCEL':
        this.#cancelled(message.requestId, (e) => e.request === 'FETCH' && e.initiator === 'peer');
        return;
      case 'PUBLISH_NAMESPACE_DONE':
        this.#namespaceEnded(message, 'PUBLISH_NAMESPACE', 'peer', message.namespace);
        return;
      case 'PUBLISH_NAMESPACE_CANCEL': {
        const code = nameCode(this.core.profile, 'request-error', message.errorCode, 'PUBLISH_NAMESPACE');
        this.#namespaceEnded(message, 'PUBLISH_NAMESPACE', 'local', message.namespace, code, message.reason);
        return;
      }
      case 'UNSUBSCRIBE_NAMESPACE':
        this.#namespaceEnded(message, 'SUBSCRIBE_NAMESPACE', 'peer', message.prefix);
        return;
      default:
        this.core.fail('PROTOCOL_VIOLATION', `${message.type} does not belong on the control stream`);
    }
  }

  #add(request: RequestKind, requestId: bigint, initiator: 'local' | 'peer', message: ControlMessage): MuxedExchange {
    const exchange = new MuxedExchange(this, request, requestId, initiator);
    this.#exchanges.set(requestId, exchange);
    this.#byNamespace.add(exchange, message);
    return exchange;
  }

  #onRequest(message: RequestMessage): void {
    if (this.#streams.takes(message.type)) {
      this.core.fail('PROTOCOL_VIOLATION', `${message.type} belongs on a stream of its own`);
      return;
    }
    if (!this.incoming.accept(message.requestId)) return;
    const exchange = this.#add(message.type, message.requestId, 'peer', message);
    this.sink.onRequest(exchange, message);
  }

  /** An update names its request. One that has just ended is no violation: the messages crossed. */
  #onUpdate(message: RequestUpdate): void {
    if (!this.incoming.accept(message.requestId)) return;
    this.incoming.ended();
    const existing = message.existingRequestId ?? -1n;
    const exchange = this.#exchanges.get(existing) ?? this.#streams.find(existing);
    if (exchange !== undefined) {
      const update = this.sink.onUpdate(exchange, message);
      if (update !== null) exchange.handler.onMessage(update);
      return;
    }
    if (!this.#wasKnown(existing)) {
      this.core.fail('PROTOCOL_VIOLATION', `REQUEST_UPDATE for Request ID ${existing}, which never existed`);
      return;
    }
    this.core.count('late-message');
    if (!this.core.profile.features.updateIsAnswered) return;
    const refusal = { name: 'DOES_NOT_EXIST', reason: 'the request has ended' };
    this.write({ ...refusalMessage(this.core, 'REQUEST_UPDATE', refusal), requestId: message.requestId });
  }

  #toExchange(message: ControlMessage, requestId: bigint | undefined, initiator: 'local' | null): void {
    const exchange = requestId === undefined ? undefined : this.#exchanges.get(requestId);
    if (exchange !== undefined && 'request' in message && (message.request ?? exchange.request) !== exchange.request) {
      this.core.fail('PROTOCOL_VIOLATION', `a ${exchange.request} was answered with the ${message.type} of another`);
      return;
    }
    if (exchange !== undefined && (initiator === null || exchange.initiator === initiator)) {
      exchange.handler.onMessage(message);
      return;
    }
    const known = initiator === null ? this.#wasKnown(requestId ?? -1n) : this.wasIssued(requestId ?? -1n);
    if (!known) {
      this.core.fail('INVALID_REQUEST_ID', `${message.type} for Request ID ${requestId}, which never existed`);
      return;
    }
    // The request was torn down while this was under way.
    this.core.count('late-message');
    this.sink.onLateMessage(message);
  }

  #cancelled(requestId: bigint, fits: (exchange: MuxedExchange) => boolean): void {
    const exchange = this.#exchanges.get(requestId);
    if (exchange === undefined) {
      if (this.#wasKnown(requestId)) this.core.count('late-message');
      else this.core.fail('INVALID_REQUEST_ID', `Request ID ${requestId} never existed`);
    } else if (fits(exchange)) exchange.end({ kind: 'peer' });
    else this.core.fail('PROTOCOL_VIOLATION', `a ${exchange.request} of this side cannot be cancelled that way`);
  }

  #namespaceEnded(
    message: { readonly type: string; readonly requestId?: bigint },
    request: RequestKind,
    initiator: 'local' | 'peer',
    namespace: TrackNamespace | undefined,
    code?: { code: bigint; name: string },
    reason?: string,
  ): void {
    const { requestId } = message;
    const exchange =
      requestId !== undefined
        ? this.#exchanges.get(requestId)
        : this.#byNamespace.get(request, initiator, namespace ?? []);
    if (exchange !== undefined && exchange.request === request && exchange.initiator === initiator) {
      exchange.end({ kind: 'peer', code, reason });
      return;
    }
    if (exchange === undefined && (requestId === undefined || this.#wasKnown(requestId))) {
      this.core.count('late-message');
      return;
    }
    this.core.fail('PROTOCOL_VIOLATION', `${message.type} for Request ID ${requestId}, which is no ${request}`);
  }

  #wasKnown(requestId: bigint): boolean {
    return this.wasIssued(requestId) || this.incoming.wasUsed(requestId);
  }
}
