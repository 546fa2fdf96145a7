import type { TrackNamespace } from '../../wire/full-track-name.js';
import type { SubscribeNamespace, SubscribeTracks } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { SessionContext } from '../context.js';
import type { Exchange } from '../requests/exchange.js';
import { PendingRequest } from '../requests/incoming-request.js';
import { RequestFeed } from '../requests/request-feed.js';
import type { IncomingSubscribeNamespace, NamespaceFeed } from '../session.js';
import { MessageFeed } from './namespace-feed.js';
import type { PrefixClaim } from './namespace-prefixes.js';

/** A SUBSCRIBE_NAMESPACE or SUBSCRIBE_TRACKS of the peer's. */
export class NamespaceSubscriptionRequested extends PendingRequest implements IncomingSubscribeNamespace {
  readonly prefix: TrackNamespace;
  readonly wants: IncomingSubscribeNamespace['wants'];
  #accepted = false;

  constructor(
    private readonly context: SessionContext,
    exchange: Exchange,
    private readonly message: SubscribeNamespace | SubscribeTracks,
    parameters: Parameters,
    private readonly claim: PrefixClaim,
  ) {
    super(context.core, exchange, parameters);
    this.prefix = message.prefix;
    this.wants = wanted(context, message);
  }

  accept(): NamespaceFeed {
    this.assertPending();
    const { core } = this.context;
    const feed = core.profile.features.namespaceMessages
      ? new MessageFeed(core, this.exchange, this.prefix, this.wants, this.claim)
      : new RequestFeed(this.context, this.exchange, this.prefix, this.claim);
    this.#accepted = true;
    this.answer({ type: 'REQUEST_OK', request: this.message.type, parameters: {} }, feed);
    return feed;
  }

  /** FIN cancels a namespace subscription (draft-18 §6.1). */
  override onPeerFinished(): void {
    if (!this.isPending) return;
    this.onEnd({ kind: 'peer' });
    this.exchange.finish();
  }

  protected override released(): void {
    if (!this.#accepted) this.claim.release();
  }
}

function wanted(
  { core }: SessionContext,
  message: SubscribeNamespace | SubscribeTracks,
): IncomingSubscribeNamespace['wants'] {
  const { features } = core.profile;
  if (message.type === 'SUBSCRIBE_TRACKS') return { namespaces: false, tracks: true };
  if (features.subscribeTracks) return { namespaces: true, tracks: false };
  const options = features.subscribeNamespaceOptions ? (message.subscribeOptions ?? 'both') : 'both';
  return { namespaces: options !== 'publish', tracks: options !== 'namespace' };
}
