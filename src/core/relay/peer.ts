import type {
  AcceptedNamespace,
  IncomingFetch,
  IncomingPublish,
  IncomingPublishNamespace,
  IncomingSubscribe,
  IncomingSubscribeNamespace,
  IncomingTrackStatus,
  MoqtSession,
  Publication,
  Refusal,
  SessionHandlers,
} from '../session/session.js';
import { hasPrefix, namespaceKey, type TrackNamespace } from '../wire/full-track-name.js';
import type { RequestKind } from '../wire/messages/control-message.js';
import type { Parameters } from '../wire/messages/parameters.js';
import type { DraftProfile } from '../wire/profile.js';
import type { RelayContext } from './context.js';
import type { Downstream } from './downstream.js';
import { serveFetch } from './fetch-service.js';
import type { RelayTrack } from './track.js';
import { serveTrackStatus } from './track-status.js';
import { Watcher } from './watcher.js';

interface Refusable {
  readonly parameters: Parameters;
  reject(refusal: Refusal): void;
}

const RETRY_MS = 1000;

export const GOING_AWAY: Refusal = { name: 'GOING_AWAY', reason: 'the relay is going away' };

/** One session of the relay, and what it has asked for. */
export class Peer {
  readonly profile: DraftProfile;
  readonly #namespaces = new Map<string, AcceptedNamespace>();
  readonly watchers = new Set<Watcher>();
  readonly #subscriptions = new Map<string, Downstream>();
  readonly #byPublication = new Map<Publication, { readonly track: RelayTrack; readonly downstream: Downstream }>();
  /** Keys of the tracks that it is being offered by PUBLISH. */
  readonly offering = new Set<string>();
  /** SUBSCRIBEs of it that wait for a publisher. */
  waiting = 0;
  #fetches = 0;
  #open = true;

  constructor(
    private readonly context: RelayContext,
    readonly id: number,
    readonly session: MoqtSession,
  ) {
    this.profile = session.profile;
  }

  readonly handlers: SessionHandlers = {
    onSubscribe: (request) => this.#onSubscribe(request),
    onPublish: (request) => this.#onPublish(request),
    onFetch: (request) => this.#onFetch(request),
    onTrackStatus: (request) => this.#onTrackStatus(request),
    onPublishNamespace: (request) => this.#onPublishNamespace(request),
    onSubscribeNamespace: (request) => this.#onSubscribeNamespace(request),
    onNotice: ({ kind, message }) => this.context.emit({ type: 'notice', session: this.id, kind, message }),
  };

  get isOpen(): boolean {
    return this.#open;
  }

  /** The session has ended: its names are free again. Its subscriptions end by themselves. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const { namespace } of [...this.#namespaces.values()]) this.#withdraw(namespace);
    for (const watcher of [...this.watchers]) watcher.close();
  }

  refuse(request: Pick<Refusable, 'reject'>, kind: RequestKind, refusal: Refusal): void {
    this.context.tally.requestsRefused++;
    request.reject(refusal);
    const { name, reason } = refusal;
    this.context.emit({ type: 'request-refused', session: this.id, request: kind, code: name, reason });
  }

  /** It has this track, is being offered it, or waits for it. */
  takes(track: RelayTrack): boolean {
    return this.#subscriptions.has(track.key) || this.offering.has(track.key) || track.admission.has(this);
  }

  /** False, and counted, when it has too many subscriptions. */
  maySubscribe(): boolean {
    const { maxSubscriptionsPerSession: max } = this.context.policy;
    if (this.#byPublication.size + this.offering.size + this.waiting < max) return true;
    this.context.caps.hit('max-subscriptions', max);
    return false;
  }

  subscribed(track: RelayTrack, downstream: Downstream): void {
    this.#subscriptions.set(track.key, downstream);
    this.#byPublication.set(downstream.publication, { track, downstream });
  }

  unsubscribed(track: RelayTrack, downstream: Downstream): void {
    if (this.#subscriptions.get(track.key) === downstream) this.#subscriptions.delete(track.key);
    this.#byPublication.delete(downstream.publication);
  }

  subscriptionOf(
    publication: Publication,
  ): { readonly track: RelayTrack; readonly downstream: Downstream } | undefined {
    return this.#byPublication.get(publication);
  }

  /** Nobody else publishes this namespace. */
  publishesOnly(namespace: TrackNamespace): boolean {
    if (!this.#namespaces.has(namespaceKey(namespace))) return false;
    for (const below of this.context.namespaces.below(namespace)) {
      if (below.namespace.length === namespace.length) return below.publishers.size === 1;
    }
    return false;
  }

  #onSubscribe(request: IncomingSubscribe): void {
    if (this.#refuseAtOnce(request, 'SUBSCRIBE')) return;
    const track = this.context.track(request.track);
    if (track === null) {
      this.#refuseForLoad(request, 'SUBSCRIBE', 'too many tracks');
      return;
    }
    if (this.profile.features.duplicateSubscriptionError && this.takes(track)) {
      this.refuse(request, 'SUBSCRIBE', {
        name: 'DUPLICATE_SUBSCRIPTION',
        reason: 'you have a subscription to this track',
      });
      return;
    }
    if (!this.maySubscribe()) {
      track.letGoIfUnused();
      this.#refuseForLoad(request, 'SUBSCRIBE', 'too many subscriptions in this session');
      return;
    }
    track.admission.subscribe(this, request);
  }

  #onPublish(request: IncomingPublish): void {
    if (this.#refuseAtOnce(request, 'PUBLISH')) return;
    const track = this.context.track(request.track);
    if (track === null) {
      this.#refuseForLoad(request, 'PUBLISH', 'too many tracks');
      return;
    }
    if (track.publishers.includes(this)) {
      const name = this.profile.features.duplicateSubscriptionError ? 'DUPLICATE_SUBSCRIPTION' : 'UNINTERESTED';
      this.refuse(request, 'PUBLISH', { name, reason: 'you publish this track already' });
      return;
    }
    const watchers = this.context.namespaces.watchersOf(request.track.namespace);
    track.published(this, request, watchers);
  }

  #onFetch(request: IncomingFetch): void {
    if (this.#refuseAtOnce(request, 'FETCH')) return;
    const { maxFetchesPerSession: max } = this.context.policy;
    if (this.#fetches >= max) {
      this.context.caps.hit('max-fetches', max);
      this.#refuseForLoad(request, 'FETCH', 'too many fetches in this session');
      return;
    }
    this.#fetches++;
    this.context.background(
      serveFetch(this.context, this, request).finally(() => {
        this.#fetches--;
      }),
    );
  }

  #onTrackStatus(request: IncomingTrackStatus): void {
    if (this.#refuseAtOnce(request, 'TRACK_STATUS')) return;
    this.context.background(serveTrackStatus(this.context, this, request));
  }

  #onPublishNamespace(request: IncomingPublishNamespace): void {
    if (this.#refuseAtOnce(request, 'PUBLISH_NAMESPACE')) return;
    const { maxNamespacesPerSession: max } = this.context.policy;
    const key = namespaceKey(request.namespace);
    if (!this.#namespaces.has(key) && this.#namespaces.size >= max) {
      this.context.caps.hit('max-namespaces', max);
      this.#refuseForLoad(request, 'PUBLISH_NAMESPACE', 'too many namespaces in this session');
      return;
    }
    const { namespace } = request;
    const accepted = request.accept();
    this.#namespaces.set(key, accepted);
    const isNew = this.context.namespaces.publish(namespace, this);
    this.context.emit({ type: 'namespace-published', session: this.id, namespace });
    this.context.background(
      accepted.withdrawn.then(() => {
        if (this.#namespaces.get(key) === accepted) this.#withdraw(namespace);
      }),
    );
    if (isNew) for (const watcher of this.context.namespaces.watchersOf(namespace)) watcher.namespace(namespace);
    for (const track of this.context.tracksBelow(namespace)) if (track.isWanted) track.publishers.connect();
  }

  #withdraw(namespace: TrackNamespace): void {
    this.#namespaces.delete(namespaceKey(namespace));
    this.context.emit({ type: 'namespace-withdrawn', session: this.id, namespace });
    if (!this.context.namespaces.withdraw(namespace, this)) return;
    for (const watcher of this.context.namespaces.watchersOf(namespace)) watcher.namespaceDone(namespace);
  }

  #onSubscribeNamespace(request: IncomingSubscribeNamespace): void {
    const kind = request.wants.namespaces ? 'SUBSCRIBE_NAMESPACE' : 'SUBSCRIBE_TRACKS';
    if (this.#refuseAtOnce(request, kind)) return;
    if (this.#overlaps(request.prefix, request.wants)) {
      this.refuse(request, kind, {
        name: 'PREFIX_OVERLAP',
        reason: 'another subscription of this session has such a prefix',
      });
      return;
    }
    const { maxNamespaceSubscriptionsPerSession: max } = this.context.policy;
    if (this.watchers.size >= max) {
      this.context.caps.hit('max-namespace-subscriptions', max);
      this.#refuseForLoad(request, kind, 'too many namespace subscriptions in this session');
      return;
    }
    const watcher = new Watcher(this.context, this, request);
    this.watchers.add(watcher);
    this.context.emit({ type: 'namespace-subscribed', session: this.id, prefix: request.prefix, wants: request.wants });
    watcher.start();
  }

  /** Prefixes overlap when one begins with the other; from 18 separately for namespaces and for tracks. */
  #overlaps(prefix: TrackNamespace, wants: Watcher['wants']): boolean {
    const separate = this.profile.features.subscribeTracks;
    for (const watcher of this.watchers) {
      const sameKind =
        !separate || (wants.namespaces && watcher.wants.namespaces) || (wants.tracks && watcher.wants.tracks);
      if (sameKind && (hasPrefix(prefix, watcher.prefix) || hasPrefix(watcher.prefix, prefix))) return true;
    }
    return false;
  }

  /** Whatever is asked for: the relay is leaving, or the request shows a token of its own and that is a wrong one. */
  #refuseAtOnce(request: Refusable, kind: RequestKind): boolean {
    if (this.context.draining) this.refuse(request, kind, GOING_AWAY);
    else if (!this.context.authorizes(request.parameters.authorizationTokens)) {
      this.refuse(request, kind, { name: 'UNAUTHORIZED', reason: 'the token of this request is a wrong one' });
    } else return false;
    return true;
  }

  #refuseForLoad(request: Refusable, kind: RequestKind, reason: string): void {
    this.refuse(request, kind, { name: 'EXCESSIVE_LOAD', reason, retryAfterMs: RETRY_MS });
  }
}
