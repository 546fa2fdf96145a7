import { trackKey } from '../../wire/full-track-name.js';
import type {
  ControlMessage,
  Fetch,
  Publish,
  RequestUpdate,
  Subscribe,
  SubscribeNamespace,
  SubscribeTracks,
} from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { SessionContext } from '../context.js';
import { FetchRequested } from '../fetch/incoming-fetch.js';
import { PublishNamespaceRequested } from '../namespaces/incoming-namespace.js';
import { NamespaceSubscriptionRequested } from '../namespaces/incoming-namespace-subscription.js';
import { unsupportedProperty } from '../parameters.js';
import type { Refusal } from '../session.js';
import type { TokenCache } from '../tokens.js';
import { PublishRequested } from '../tracks/incoming-publish.js';
import { SubscribeRequested, TrackStatusRequested } from '../tracks/incoming-subscribe.js';
import type { Exchange } from './exchange.js';
import type { PendingRequest } from './incoming-request.js';
import { refusalMessage } from './rejection.js';
import type { RequestMessage } from './stream-exchange.js';
import { updateAnswer } from './update-answer.js';

/** What a request channel hands on. */
export interface IncomingRequestSink {
  onRequest(exchange: Exchange, message: RequestMessage): void;
  /** The update with its tokens resolved; null when it was refused here. */
  onUpdate(exchange: Exchange, update: RequestUpdate): RequestUpdate | null;
  /** A message for a request that we tore down while the message was under way. */
  onLateMessage(message: ControlMessage): void;
}

const DUPLICATE: Refusal = { name: 'DUPLICATE_SUBSCRIPTION', reason: 'the track is subscribed to already' };

/** Checks the peer's requests against the rules of the session and gives them to the application's handlers. */
export class RequestRouter implements IncomingRequestSink {
  #context: SessionContext | null = null;
  /** SUBSCRIBE requests that await an answer, for the fetches that join them. */
  readonly #pendingSubscribes = new Map<bigint, SubscribeRequested>();

  constructor(
    private readonly tokens: TokenCache,
    private readonly isGoingAway: () => boolean,
  ) {}

  bind(context: SessionContext): void {
    this.#context = context;
  }

  onRequest(exchange: Exchange, message: RequestMessage): void {
    const { core } = this.context;
    const resolved = this.tokens.resolve(message.parameters);
    if ('kind' in resolved) {
      if (resolved.kind === 'refused') this.#refuse(exchange, resolved.refusal);
      return;
    }
    // Requests that arrive after our GOAWAY are refused where a code exists to say so (draft-18 §10.4).
    if (this.isGoingAway() && core.profile.codes('request-error').has('GOING_AWAY')) {
      this.#refuse(exchange, { name: 'GOING_AWAY', reason: 'this session is going away' });
      return;
    }
    this.#dispatch(exchange, message, resolved.parameters);
  }

  onUpdate(exchange: Exchange, update: RequestUpdate): RequestUpdate | null {
    const resolved = this.tokens.resolve(update.parameters);
    if (!('kind' in resolved)) return { ...update, parameters: resolved.parameters };
    if (resolved.kind === 'refused') {
      const answer = updateAnswer(this.context.core, update, resolved.refusal);
      if (answer !== null) exchange.send(answer);
    }
    return null;
  }

  onLateMessage(message: ControlMessage): void {
    if (message.type !== 'SUBSCRIBE_OK') return;
    const { aliases, early } = this.context.data;
    aliases.bury(message.trackAlias);
    if (aliases.lookup(message.trackAlias).kind === 'torn-down') {
      early.discard(message.trackAlias, 'its subscription was cancelled');
    }
  }

  private get context(): SessionContext {
    if (this.#context === null) throw new Error('the router is not bound');
    return this.#context;
  }

  #dispatch(exchange: Exchange, message: RequestMessage, parameters: Parameters): void {
    const { context } = this;
    const { core } = context;
    switch (message.type) {
      case 'SUBSCRIBE':
        this.#onSubscribe(exchange, message, parameters);
        return;
      case 'PUBLISH':
        this.#onPublish(exchange, message, parameters);
        return;
      case 'FETCH':
        this.#onFetch(exchange, message, parameters);
        return;
      case 'TRACK_STATUS':
        this.#hand(new TrackStatusRequested(context, exchange, message, parameters), 'onTrackStatus');
        return;
      case 'PUBLISH_NAMESPACE': {
        const request = new PublishNamespaceRequested(core, exchange, message, parameters);
        if (!context.legacyNamespaces.take(request)) this.#hand(request, 'onPublishNamespace');
        return;
      }
      default:
        this.#onSubscribeNamespace(exchange, message, parameters);
    }
  }

  #onSubscribeNamespace(
    exchange: Exchange,
    message: SubscribeNamespace | SubscribeTracks,
    parameters: Parameters,
  ): void {
    const { context } = this;
    const { core } = context;
    if (message.prefix.length === 0 && !core.profile.features.emptyNamespacePrefix) {
      // Draft-14 §9.28 closes the session over it. A relay that asks its clients for everything would then be out of reach.
      if (core.role === 'server') {
        core.fail('PROTOCOL_VIOLATION', 'SUBSCRIBE_NAMESPACE has a prefix without fields');
        return;
      }
      core.notice('quirk:empty-namespace-prefix', 'SUBSCRIBE_NAMESPACE has a prefix without fields');
    }
    if (core.handlers.onSubscribeNamespace === undefined) {
      this.#refuse(exchange, notSupported(message.type));
      return;
    }
    const claim = context.prefixes.claim(message.type, message.prefix);
    if (claim === null) {
      const reason = 'the prefix overlaps that of another subscription in this session';
      this.#refuse(exchange, { name: 'PREFIX_OVERLAP', reason });
      return;
    }
    this.#hand(
      new NamespaceSubscriptionRequested(context, exchange, message, parameters, claim),
      'onSubscribeNamespace',
    );
  }

  #onSubscribe(exchange: Exchange, message: Subscribe, parameters: Parameters): void {
    const { core, publications } = this.context;
    if (core.profile.features.duplicateSubscriptionError && publications.tracks.has(message.track)) {
      this.#refuse(exchange, DUPLICATE);
      return;
    }
    const { filter } = parameters;
    if (filter?.type === 'absolute-range' && filter.endGroup < filter.start.group) {
      this.#refuse(exchange, { name: 'INVALID_RANGE', reason: 'the range ends before it starts' });
      return;
    }
    const request = new SubscribeRequested(this.context, exchange, message, parameters);
    this.#pendingSubscribes.set(request.requestId, request);
    request.onAnswered(() => this.#pendingSubscribes.delete(request.requestId));
    this.#hand(request, 'onSubscribe');
  }

  #onPublish(exchange: Exchange, message: Publish, parameters: Parameters): void {
    const { core, data, subscriptions } = this.context;
    const { track, trackAlias, trackProperties } = message;
    if (!data.aliases.isFree(trackAlias, trackKey(track))) {
      core.fail('DUPLICATE_TRACK_ALIAS', `PUBLISH uses track alias ${trackAlias}, which another track has`);
      return;
    }
    const unsupported = unsupportedProperty(core.profile, trackProperties);
    if (unsupported !== null || (core.profile.features.duplicateSubscriptionError && subscriptions.tracks.has(track))) {
      data.aliases.bury(trackAlias);
      const reason = `the track demands property 0x${unsupported?.toString(16)}`;
      this.#refuse(exchange, unsupported === null ? DUPLICATE : { name: 'UNSUPPORTED_EXTENSION', reason });
      return;
    }
    this.#hand(new PublishRequested(this.context, exchange, message, parameters), 'onPublish');
  }

  #onFetch(exchange: Exchange, message: Fetch, parameters: Parameters): void {
    const request = new FetchRequested(this.context, exchange, message, parameters);
    if (this.context.core.handlers.onFetch === undefined) {
      request.reject(notSupported('FETCH'));
      return;
    }
    const { target } = message;
    const joined = target.type === 'standalone' ? undefined : this.#pendingSubscribes.get(target.joiningRequestId);
    request.check(joined, () => this.#hand(request, 'onFetch'));
  }

  /** Gives a request to its handler; without one, or when that throws, it is refused. */
  #hand<Name extends HandlerName>(request: PendingRequest, name: Name): void {
    const { core } = this.context;
    const handler = core.handlers[name] as ((request: PendingRequest) => void) | undefined;
    if (handler === undefined) {
      request.reject(notSupported(name.slice(2)));
      return;
    }
    if (!core.guard(name, () => handler.call(core.handlers, request))) {
      request.reject({ name: 'INTERNAL_ERROR', reason: 'the request could not be processed' });
    }
  }

  #refuse(exchange: Exchange, refusal: Refusal): void {
    exchange.finish(refusalMessage(this.context.core, exchange.request, refusal));
  }
}

type HandlerName =
  | 'onSubscribe'
  | 'onPublish'
  | 'onFetch'
  | 'onTrackStatus'
  | 'onPublishNamespace'
  | 'onSubscribeNamespace';

function notSupported(what: string): Refusal {
  return { name: 'NOT_SUPPORTED', reason: `${what} is not served here` };
}
