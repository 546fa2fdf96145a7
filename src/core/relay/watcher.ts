import type { IncomingSubscribeNamespace, NamespaceFeed } from '../session/session.js';
import { hasPrefix, namespaceKey, type TrackNamespace } from '../wire/full-track-name.js';
import type { RelayContext } from './context.js';
import type { Peer } from './peer.js';
import type { RelayTrack } from './track.js';

/** One who wants to hear of the namespaces below a prefix, or to be sent its tracks, or both. */
export class Watcher {
  readonly wants: { readonly namespaces: boolean; readonly tracks: boolean };
  readonly #feed: NamespaceFeed;
  /** FORWARD of the PUBLISHes that it gets. */
  readonly forward: boolean;
  #prefix: TrackNamespace;
  /** Namespaces it was told of, by key. */
  readonly #told = new Set<string>();
  #closed = false;

  constructor(
    private readonly context: RelayContext,
    readonly peer: Peer,
    request: IncomingSubscribeNamespace,
  ) {
    this.wants = request.wants;
    this.forward = request.parameters.forward !== false;
    this.#prefix = request.prefix;
    this.#feed = request.accept();
    this.#feed.onPrefix = (prefix) => this.#move(prefix);
    context.background(this.#feed.closed.then(() => this.close()));
  }

  get prefix(): TrackNamespace {
    return this.#prefix;
  }

  /** What there is already. */
  start(): void {
    this.context.namespaces.watch(this.#prefix, this);
    for (const { namespace } of this.context.namespaces.below(this.#prefix)) this.namespace(namespace);
    if (!this.wants.tracks) return;
    for (const track of this.context.tracksBelow(this.#prefix)) if (track.publishers.anyOffered) this.track(track);
  }

  namespace(namespace: TrackNamespace): void {
    if (!this.wants.namespaces || this.#closed) return;
    const key = namespaceKey(namespace);
    if (this.#told.has(key) || this.#isOwn(namespace)) return;
    this.#told.add(key);
    this.#feed.namespace(namespace);
  }

  namespaceDone(namespace: TrackNamespace): void {
    if (!this.#told.delete(namespaceKey(namespace)) || this.#closed) return;
    this.#feed.namespaceDone(namespace);
  }

  /** It would be offered this track if `publisher` published it: not its own one, and not one that it has already. */
  willTake(track: RelayTrack, publisher: Peer): boolean {
    if (!this.wants.tracks || this.#closed || publisher === this.peer) return false;
    return !track.publishers.includes(this.peer) && !this.peer.takes(track);
  }

  /** A track is published: it is offered by PUBLISH. */
  track(track: RelayTrack): void {
    const { peer } = this;
    if (!this.wants.tracks || this.#closed || track.publishers.includes(peer) || peer.takes(track)) return;
    if (!peer.maySubscribe()) return;
    peer.offering.add(track.key);
    this.context.background(
      track.admission.publishTo(peer, this.forward).then((outcome) => {
        peer.offering.delete(track.key);
        if (outcome === 'failed' && !this.#closed && peer.isOpen && hasPrefix(track.name.namespace, this.#prefix)) {
          this.#feed.publishBlocked(track.name);
        }
      }),
    );
  }

  /** The relay wants no more of it; the feed ends as the draft says. */
  end(): void {
    if (!this.#closed) this.#feed.end();
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.context.namespaces.unwatch(this.#prefix, this);
    this.peer.watchers.delete(this);
  }

  /** TRACK_NAMESPACE_PREFIX: from now on it hears of another part of the tree (draft-18 §10.9.2). */
  #move(prefix: TrackNamespace): void {
    if (this.#closed) return;
    this.context.namespaces.unwatch(this.#prefix, this);
    this.#prefix = prefix;
    this.#told.clear();
    this.start();
  }

  /** Where namespaces are announced by requests of our own, a publisher does not get its own one back. */
  #isOwn(namespace: TrackNamespace): boolean {
    if (this.peer.profile.features.namespaceMessages) return false;
    return this.peer.publishesOnly(namespace);
  }
}
