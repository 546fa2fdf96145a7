import { deferred, ignorable } from '../../util/deferred.js';
import type { TrackNamespace } from '../../wire/full-track-name.js';
import type { ControlMessage } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { SessionContext } from '../context.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from '../requests/exchange.js';
import { endedError, rejectionError } from '../requests/rejection.js';
import { RequestDeadline } from '../requests/request-deadline.js';
import type { PublishedNamespace, RequestOptions } from '../session.js';
import type { SessionCore } from '../session-core.js';

/** PUBLISH_NAMESPACE: resolves once the peer has accepted it. */
export async function publishNamespace(
  { core, channel }: SessionContext,
  namespace: TrackNamespace,
  parameters: Parameters,
  options?: RequestOptions,
): Promise<PublishedNamespace> {
  const deadline = new RequestDeadline(core, 'PUBLISH_NAMESPACE', options);
  const request = new NamespacePublished(core, namespace);
  try {
    const exchange = await channel.open(
      'PUBLISH_NAMESPACE',
      (requestId) => ({ type: 'PUBLISH_NAMESPACE', requestId, namespace, parameters }),
      request,
      deadline.signal,
    );
    request.exchange = exchange;
    await deadline.race(request.accepted);
    return request;
  } catch (error) {
    await request.withdraw();
    throw error;
  } finally {
    deadline.dispose();
  }
}

class NamespacePublished implements PublishedNamespace, ExchangeHandler {
  exchange: Exchange | null = null;
  readonly accepted: Promise<void>;
  readonly cancelled: PublishedNamespace['cancelled'];
  readonly #accepted = deferred();
  readonly #cancelled = deferred<Awaited<PublishedNamespace['cancelled']>>();

  constructor(
    private readonly core: SessionCore,
    readonly namespace: TrackNamespace,
  ) {
    this.accepted = ignorable(this.#accepted.promise);
    this.cancelled = this.#cancelled.promise;
  }

  async withdraw(): Promise<void> {
    const { exchange, namespace } = this;
    if (exchange?.isOpen) {
      const { namespaceByRequestId } = this.core.profile.features;
      const named = namespaceByRequestId ? { requestId: exchange.requestId } : { namespace };
      exchange.cancel({ type: 'PUBLISH_NAMESPACE_DONE', ...named }, 'CANCELLED');
    }
    this.#cancelled.resolve({ kind: 'withdrawn' });
  }

  onMessage(message: ControlMessage): void {
    if (this.#accepted.settled || (message.type !== 'REQUEST_OK' && message.type !== 'REQUEST_ERROR')) {
      this.core.fail('PROTOCOL_VIOLATION', `an unexpected ${message.type} to PUBLISH_NAMESPACE`);
    } else if (message.type === 'REQUEST_OK') this.#accepted.resolve();
    else {
      this.#accepted.reject(rejectionError(this.core, 'PUBLISH_NAMESPACE', message));
      this.exchange?.finish();
    }
  }

  /** FIN after the answer says only that nothing more will be said. */
  onPeerFinished(): void {
    if (!this.#accepted.settled) this.#accepted.reject(endedError('PUBLISH_NAMESPACE', { kind: 'peer' }));
  }

  onEnd(end: ExchangeEnd): void {
    this.#accepted.reject(endedError('PUBLISH_NAMESPACE', end));
    if (end.kind === 'session-closed') this.#cancelled.resolve({ kind: 'session-closed' });
    else this.#cancelled.resolve({ kind: 'peer', code: end.code, reason: end.reason });
  }
}
