import type { TransportSession } from '../transport/transport.js';
import type { Clock } from '../util/clock.js';
import type { FullTrackName, TrackNamespace } from '../wire/full-track-name.js';
import type { FetchTarget } from '../wire/messages/control-message.js';
import type { Parameters, SetupOptions } from '../wire/messages/parameters.js';
import type { DraftProfile } from '../wire/profile.js';
import type { SessionErrorName } from '../wire/wire-error.js';
import type {
  IncomingFetch,
  IncomingPublish,
  IncomingPublishNamespace,
  IncomingSubscribe,
  IncomingSubscribeNamespace,
  IncomingTrackStatus,
} from './incoming.js';
import type { NamespaceSink, NamespaceSubscription, PublishedNamespace } from './namespace-flow.js';
import type { SessionObserver } from './observer.js';
import type { RequestOptions, SessionCloseInfo } from './outcome.js';
import type { FetchResponse, Publication, PublicationOffer, Subscription, SubscriptionSink } from './track-flow.js';

// The interface of a session in one place, for those who use it.
export type * from './incoming.js';
export type * from './namespace-flow.js';
export type * from './observer.js';
export type * from './outcome.js';
export type * from './track-flow.js';

/** What an application does with the peer's requests. A request without a handler is refused with NOT_SUPPORTED. Handlers must not throw. */
export interface SessionHandlers {
  /** SUBSCRIBE. */
  readonly onSubscribe?: (request: IncomingSubscribe) => void;
  /** PUBLISH. */
  readonly onPublish?: (request: IncomingPublish) => void;
  /** FETCH. */
  readonly onFetch?: (request: IncomingFetch) => void;
  /** TRACK_STATUS. */
  readonly onTrackStatus?: (request: IncomingTrackStatus) => void;
  /** PUBLISH_NAMESPACE. */
  readonly onPublishNamespace?: (request: IncomingPublishNamespace) => void;
  /** SUBSCRIBE_NAMESPACE and, from 18, SUBSCRIBE_TRACKS. */
  readonly onSubscribeNamespace?: (request: IncomingSubscribeNamespace) => void;
  /** GOAWAY, once a session. */
  readonly onGoAway?: (goAway: GoAwayEvent) => void;
  /** Everything worth telling a person or a trace: downgrades, quirks, drops, late streams. Counted in `counters()` too. */
  readonly onNotice?: (notice: SessionNotice) => void;
}

/** GOAWAY as it arrived (draft-18 §10.4). */
export interface GoAwayEvent {
  /** Where to go; empty: here again. */
  readonly newSessionUri: string;
  /** ms; null: not said. */
  readonly timeoutMs: number | null;
}

/** Something worth telling. `message` may hold text of the peer's: escape it before it reaches a terminal. */
export interface SessionNotice {
  /** Stable, for counters: `unknown-alias-dropped`, `late-stream`, `datagram-dropped`, `quirk:publish-ok-0x1e` … */
  readonly kind: string;
  readonly message: string;
}

/** An established MoQT session: SETUP has been exchanged. */
export interface MoqtSession {
  readonly role: 'client' | 'server';
  readonly profile: DraftProfile;
  readonly transport: TransportSession;
  /** What the peer said in its SETUP. */
  readonly peerSetup: SetupOptions;
  /** Milliseconds from the open transport to the peer's SETUP. */
  readonly setupMs: number;
  /**
   * Who answers the peer's requests from now on; at first `SessionOptions.handlers`. An engine that joins an established
   * session puts its own here and passes on to the former what is not for it. Read at every request.
   */
  handlers: SessionHandlers;
  /**
   * SUBSCRIBE; resolves with the answer. This and the other requests reject with RequestRejected when the peer refuses,
   * MOQT_E_TIMEOUT when it does not answer, MOQT_E_ENCODE for what this draft cannot say, SessionClosed when the session
   * ends, or the reason of the signal.
   */
  subscribe(
    track: FullTrackName,
    parameters: Parameters,
    sink: SubscriptionSink,
    options?: RequestOptions,
  ): Promise<Subscription>;
  /** PUBLISH; resolves with the answer. */
  publish(track: FullTrackName, offer: PublicationOffer, options?: RequestOptions): Promise<Publication>;
  /** PUBLISH_NAMESPACE; resolves once it is accepted. */
  publishNamespace(
    namespace: TrackNamespace,
    parameters?: Parameters,
    options?: RequestOptions,
  ): Promise<PublishedNamespace>;
  /** Namespaces below a prefix, and with `tracks` also PUBLISH for every track there (18: SUBSCRIBE_TRACKS as well). */
  subscribeNamespace(
    prefix: TrackNamespace,
    wants: { namespaces: boolean; tracks: boolean },
    sink: NamespaceSink,
    parameters?: Parameters,
    options?: RequestOptions,
  ): Promise<NamespaceSubscription>;
  /** FETCH. Does not throw: what goes wrong is in `ok` and `read()`. */
  fetch(target: FetchTarget, parameters: Parameters, options?: RequestOptions): FetchResponse;
  /** TRACK_STATUS; resolves with what a SUBSCRIBE_OK would say. */
  trackStatus(track: FullTrackName, parameters?: Parameters, options?: RequestOptions): Promise<PublicationOffer>;
  /** GOAWAY to the peer. */
  goAway(newSessionUri: string, timeoutMs: number): void;
  /** The peer's GOAWAY, once it came. */
  readonly goAwayReceived: GoAwayEvent | null;
  /** Closes with a named session code and lets go within the close timeout. Cancels all requests. Idempotent. */
  close(name?: SessionErrorName, reason?: string): Promise<void>;
  /** Resolves once, however the session ends; never rejects. */
  readonly closed: Promise<SessionCloseInfo>;
  /** What was dropped, skipped or not as expected so far, by the kind of notice. */
  counters(): Readonly<Record<string, number>>;
}

/** Milliseconds; 0 is none. */
export interface SessionTimeouts {
  /** For the SETUP exchange. */
  readonly setupMs: number;
  readonly requestMs: number;
  readonly closeMs: number;
}

/** What a session is established with. */
export interface SessionOptions {
  /** Profiles offered, best first. The transport's protocol, or the in-band list of 14, picks one. */
  readonly profiles: readonly DraftProfile[];
  readonly setup?: SetupOptions;
  readonly timeouts: SessionTimeouts;
  readonly handlers?: SessionHandlers;
  readonly limits?: Partial<SessionLimits>;
  readonly signal?: AbortSignal;
  /** The source of deadlines; the system's unless a test stands in. */
  readonly clock?: Clock;
  /** Sees all that is sent and received: for traces. */
  readonly observer?: SessionObserver | undefined;
  /** Sees every control message, both ways, with its raw bytes. */
  readonly onControlMessage?: (
    direction: 'sent' | 'received',
    message: unknown,
    raw: Uint8Array,
    streamId: bigint,
  ) => void;
}

/** Caps on everything a peer can grow; each hit is counted. */
export interface SessionLimits {
  /** Requests the peer may have open: MAX_REQUEST_ID credit on 14–16. */
  readonly maxRequests: number;
  /** Data streams of unknown alias held, how many bytes each, and for how long. */
  readonly maxEarlyStreams: number;
  readonly maxEarlyDatagrams: number;
  readonly earlyDataMs: number;
  /** An object whose declared payload is larger is refused before allocation. */
  readonly maxObjectBytes: number;
  /** Properties of one object. */
  readonly maxPropertiesBytes: number;
  /** Requests torn down that are remembered. */
  readonly maxTombstones: number;
}
