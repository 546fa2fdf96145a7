import type { TransportSession } from '../transport/transport.js';
import type { FullTrackName, TrackNamespace } from '../wire/full-track-name.js';
import type { FetchTarget } from '../wire/messages/control-message.js';
import type { Parameters, SetupOptions } from '../wire/messages/parameters.js';
import type { DraftProfile } from '../wire/profile.js';
import type { SessionErrorName } from '../wire/wire-error.js';
import type { SessionContext } from './context.js';
import { FetchRequest } from './fetch/fetch-request.js';
import type { GoAwayState } from './goaway.js';
import { subscribeNamespace } from './namespaces/namespace-subscription.js';
import { publishNamespace } from './namespaces/published-namespace.js';
import type {
  FetchResponse,
  GoAwayEvent,
  MoqtSession,
  NamespaceSink,
  NamespaceSubscription,
  Publication,
  PublicationOffer,
  PublishedNamespace,
  RequestOptions,
  SessionCloseInfo,
  SessionHandlers,
  Subscription,
  SubscriptionSink,
} from './session.js';
import { encodable } from './session-errors.js';
import { publish } from './tracks/publish-request.js';
import { subscribe } from './tracks/subscribe-request.js';
import { trackStatus } from './tracks/track-status-request.js';

/** What an application holds: the requests it can make, over the parts that carry them out. */
export class EstablishedSession implements MoqtSession {
  readonly role: 'client' | 'server';
  readonly transport: TransportSession;
  readonly closed: Promise<SessionCloseInfo>;

  constructor(
    private readonly context: SessionContext,
    private readonly goAways: GoAwayState,
    readonly peerSetup: SetupOptions,
    readonly setupMs: number,
  ) {
    this.role = context.core.role;
    this.transport = context.core.transport;
    this.closed = context.core.closed;
  }

  get profile(): DraftProfile {
    return this.context.core.profile;
  }

  get handlers(): SessionHandlers {
    return this.context.core.handlers;
  }

  set handlers(handlers: SessionHandlers) {
    this.context.core.handlers = handlers;
  }

  get goAwayReceived(): GoAwayEvent | null {
    return this.goAways.received;
  }

  async subscribe(
    track: FullTrackName,
    parameters: Parameters,
    sink: SubscriptionSink,
    options?: RequestOptions,
  ): Promise<Subscription> {
    this.#assertMayRequest();
    return encodable('subscribe', this.profile, subscribe(this.context, track, parameters, sink, options));
  }

  async publish(track: FullTrackName, offer: PublicationOffer, options?: RequestOptions): Promise<Publication> {
    this.#assertMayRequest();
    return encodable('publish', this.profile, publish(this.context, track, offer, options));
  }

  async publishNamespace(
    namespace: TrackNamespace,
    parameters: Parameters = {},
    options?: RequestOptions,
  ): Promise<PublishedNamespace> {
    this.#assertMayRequest();
    return encodable('announce', this.profile, publishNamespace(this.context, namespace, parameters, options));
  }

  async subscribeNamespace(
    prefix: TrackNamespace,
    wants: { readonly namespaces: boolean; readonly tracks: boolean },
    sink: NamespaceSink,
    parameters?: Parameters,
    options?: RequestOptions,
  ): Promise<NamespaceSubscription> {
    this.#assertMayRequest();
    const subscribed = subscribeNamespace(this.context, prefix, wants, sink, parameters, options);
    return encodable('subscribe', this.profile, subscribed);
  }

  fetch(target: FetchTarget, parameters: Parameters, options?: RequestOptions): FetchResponse {
    const request = new FetchRequest(this.context, target, parameters);
    void request.start(() => this.#assertMayRequest(), options);
    return request;
  }

  async trackStatus(
    track: FullTrackName,
    parameters?: Parameters,
    options?: RequestOptions,
  ): Promise<PublicationOffer> {
    this.#assertMayRequest();
    return encodable('subscribe', this.profile, trackStatus(this.context, track, parameters, options));
  }

  goAway(newSessionUri: string, timeoutMs: number): void {
    this.goAways.send(newSessionUri, timeoutMs);
  }

  close(name: SessionErrorName = 'NO_ERROR', reason = ''): Promise<void> {
    return this.context.core.close(name, reason);
  }

  counters(): Readonly<Record<string, number>> {
    return this.context.core.counters();
  }

  #assertMayRequest(): void {
    this.context.core.assertOpen();
    this.goAways.assertMayRequest();
  }
}
