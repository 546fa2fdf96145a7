import { deferred } from '../../util/deferred.js';
import type { TrackNamespace } from '../../wire/full-track-name.js';
import type { ControlMessage, PublishNamespace } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import { codeFor } from '../codes.js';
import { cutReason } from '../reason.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from '../requests/exchange.js';
import { PendingRequest } from '../requests/incoming-request.js';
import { updateAnswer } from '../requests/update-answer.js';
import type { AcceptedNamespace, IncomingPublishNamespace, Refusal } from '../session.js';
import type { SessionCore } from '../session-core.js';

/** A PUBLISH_NAMESPACE of the peer's. */
export class PublishNamespaceRequested extends PendingRequest implements IncomingPublishNamespace {
  readonly namespace: TrackNamespace;

  constructor(core: SessionCore, exchange: Exchange, message: PublishNamespace, parameters: Parameters) {
    super(core, exchange, parameters);
    this.namespace = message.namespace;
  }

  accept(): AcceptedNamespace {
    const accepted = new NamespaceAccepted(this.core, this.exchange, this.namespace);
    this.answer({ type: 'REQUEST_OK', request: 'PUBLISH_NAMESPACE', parameters: {} }, accepted);
    return accepted;
  }
}

/** A namespace that the peer publishes. */
class NamespaceAccepted implements AcceptedNamespace, ExchangeHandler {
  readonly withdrawn: AcceptedNamespace['withdrawn'];
  readonly #withdrawn = deferred<Awaited<AcceptedNamespace['withdrawn']>>();

  constructor(
    private readonly core: SessionCore,
    private readonly exchange: Exchange,
    readonly namespace: TrackNamespace,
  ) {
    this.withdrawn = this.#withdrawn.promise;
  }

  cancel(refusal: Refusal): void {
    if (!this.exchange.isOpen) return;
    const { features } = this.core.profile;
    const { code } = codeFor(this.core.profile, 'request-error', refusal.name, 'PUBLISH_NAMESPACE');
    const named = features.namespaceByRequestId
      ? { requestId: this.exchange.requestId }
      : { namespace: this.namespace };
    this.exchange.cancel(
      { type: 'PUBLISH_NAMESPACE_CANCEL', ...named, errorCode: code, reason: cutReason(refusal.reason) },
      refusal.name === 'EXPIRED_AUTH_TOKEN' ? 'EXPIRED_AUTH_TOKEN' : 'CANCELLED',
    );
    this.#withdrawn.resolve({ kind: 'cancelled' });
  }

  onMessage(message: ControlMessage): void {
    if (message.type !== 'REQUEST_UPDATE') {
      this.core.fail('PROTOCOL_VIOLATION', `${message.type} for an accepted namespace`);
      return;
    }
    const answer = updateAnswer(this.core, message, null);
    if (answer !== null) this.exchange.send(answer);
  }

  /** Only a reset withdraws a namespace; a publisher with nothing to add may end its side. */
  onPeerFinished(): void {}

  onEnd(end: ExchangeEnd): void {
    this.#withdrawn.resolve({ kind: end.kind });
  }
}
