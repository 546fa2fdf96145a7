import type { FullTrackName, TrackNamespace } from '../wire/full-track-name.js';
import type { NamedCode, Refusal } from './outcome.js';

/** A namespace that we announced and the peer accepted. */
export interface PublishedNamespace {
  readonly namespace: TrackNamespace;
  /** The peer revoked it, or the session ended. Never rejects. */
  readonly cancelled: Promise<{
    readonly kind: 'peer' | 'session-closed' | 'withdrawn';
    readonly code?: NamedCode;
    readonly reason?: string;
  }>;
  /** PUBLISH_NAMESPACE_DONE, or cancels the request. Idempotent. */
  withdraw(): Promise<void>;
}

/** A subscription to the namespaces below a prefix. */
export interface NamespaceSubscription {
  readonly prefix: TrackNamespace;
  /** Never rejects. */
  readonly ended: Promise<{ readonly kind: 'peer' | 'session-closed' | 'cancelled'; readonly code?: NamedCode }>;
  /** UNSUBSCRIBE_NAMESPACE, or cancels the request. Idempotent. */
  cancel(): void;
}

/** Where the namespaces below a prefix are told. Handlers must not throw. */
export interface NamespaceSink {
  /** The full namespace, prefix included. */
  onNamespace(namespace: TrackNamespace): void;
  /** It was told before, and is there no more, or the peer tells no more. Not called when the session ends. */
  onNamespaceDone(namespace: TrackNamespace): void;
  /** The peer cannot send the PUBLISH for this track. */
  onPublishBlocked?(track: FullTrackName): void;
}

/** A namespace that the peer announced and we accepted. */
export interface AcceptedNamespace {
  readonly namespace: TrackNamespace;
  /** The publisher withdrew it or the session ended. */
  readonly withdrawn: Promise<{ readonly kind: 'peer' | 'session-closed' | 'cancelled' }>;
  /** Revokes the acceptance; `name` from the request-error codes. */
  cancel(refusal: Refusal): void;
}

/** What a publisher tells a namespace subscriber; on 14 and 15 the session turns it into PUBLISH_NAMESPACE requests. */
export interface NamespaceFeed {
  readonly prefix: TrackNamespace;
  /** The full namespace, prefix included. */
  namespace(namespace: TrackNamespace): void;
  /** Takes back a namespace that was told; anything else is left out. */
  namespaceDone(namespace: TrackNamespace): void;
  /** The track is there, and its PUBLISH cannot be sent. Left out where the draft has no such message. */
  publishBlocked(track: FullTrackName): void;
  /** Never rejects. */
  readonly closed: Promise<{ readonly kind: 'peer' | 'session-closed' | 'done' }>;
  /** Called when the subscriber moved its prefix (TRACK_NAMESPACE_PREFIX, 18+). */
  onPrefix: ((prefix: TrackNamespace) => void) | undefined;
  /** Nothing more will be told. Idempotent. */
  end(): void;
}
