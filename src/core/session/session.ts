import type { CloseInfo, Delivery, TransportSession } from '../transport/transport.js';
import type { Clock } from '../util/clock.js';
import type { FullTrackName, TrackNamespace } from '../wire/full-track-name.js';
import type { Location } from '../wire/location.js';
import type { FetchTarget, Redirect, RequestKind } from '../wire/messages/control-message.js';
import type {
  DatagramObject,
  FetchEntry,
  ObjectFragment,
  ObjectStatus,
  SubgroupHeader,
} from '../wire/messages/object.js';
import type { KeyValuePair, Parameters, SetupOptions } from '../wire/messages/parameters.js';
import type { DraftProfile } from '../wire/profile.js';
import type { SessionErrorName } from '../wire/wire-error.js';

/** Every request takes a deadline and a signal; the default deadline is the session's `requestTimeoutMs`. */
export interface RequestOptions {
  /** ms; 0 is none. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A code that arrived or is to be sent, with its name in the session's draft (`UNKNOWN` when it has none). */
export interface NamedCode {
  readonly code: bigint;
  readonly name: string;
}

/** A request that the peer refused. Thrown by the request methods as the `rejection` of a RequestRejected error. */
export interface Rejection extends NamedCode {
  readonly request: RequestKind;
  readonly reason: string;
  /** ms to wait before another try; null: do not retry, or the draft does not say. */
  readonly retryAfterMs: number | null;
  readonly redirect?: Redirect;
}

/** How to refuse a request: `name` is looked up in the draft's table, and mapped to the nearest when the draft lacks it. */
export interface Refusal {
  readonly name: string;
  readonly reason: string;
  readonly retryAfterMs?: number;
  /** With the name REDIRECT only; without a place to go to, or in drafts before 18, another name is sent. */
  readonly redirect?: Redirect;
}

/** The final message of a subscription, or what took its place. */
export type SubscriptionEnd =
  | { readonly kind: 'done'; readonly status: NamedCode; readonly streamCount: bigint | null; readonly reason: string }
  /** We cancelled. */
  | { readonly kind: 'cancelled' }
  /** The request stream was reset by the peer (17+). */
  | { readonly kind: 'reset'; readonly code: NamedCode }
  | { readonly kind: 'session-closed'; readonly close: SessionCloseInfo };

/** Where the objects of a subscription go. Handlers must not throw. */
export interface SubscriptionSink {
  /** A subgroup stream of this track has begun. Read it, or stop it: an unread stream holds the peer back. */
  onSubgroup(stream: IncomingSubgroup): void;
  onDatagram(object: DatagramObject): void;
}

export interface IncomingSubgroup {
  readonly header: SubgroupHeader;
  /** The pieces that one transport read gave, in order; null after FIN. Rejects with StreamReset, SessionClosed or WireError. */
  read(): Promise<readonly ObjectFragment[] | null>;
  /** STOP_SENDING; `name` from the stream-reset codes. Later reads give null. */
  stop(name?: string): void;
}

/** We receive: from a SUBSCRIBE that we sent, or a PUBLISH that we accepted. */
export interface Subscription {
  readonly origin: 'subscribe' | 'publish';
  readonly requestId: bigint;
  readonly track: FullTrackName;
  readonly trackAlias: bigint;
  /** From SUBSCRIBE_OK or PUBLISH: expires, largestObject, groupOrder and so on. */
  readonly parameters: Parameters;
  readonly trackProperties: readonly KeyValuePair[];
  /** Streams seen so far that belong to this subscription. */
  readonly streamsReceived: number;
  /** Never rejects. */
  readonly ended: Promise<SubscriptionEnd>;
  update(parameters: Parameters, options?: RequestOptions): Promise<Parameters>;
  /** UNSUBSCRIBE, or reset and STOP_SENDING. Idempotent. Open data streams are stopped. */
  cancel(): void;
}

/** What a publisher says when it accepts a subscription. */
export interface PublicationOffer {
  readonly parameters?: Parameters;
  readonly trackProperties?: readonly KeyValuePair[];
}

/** We send: for a SUBSCRIBE that we accepted, or a PUBLISH that was accepted. */
export interface Publication {
  readonly origin: 'subscribe' | 'publish';
  readonly requestId: bigint;
  readonly track: FullTrackName;
  readonly trackAlias: bigint;
  /** What the subscriber asked for, updates merged in: filter, subscriberPriority, groupOrder, timeouts, newGroupRequest. */
  readonly parameters: Parameters;
  readonly forward: boolean;
  /** Data streams opened so far, reset ones included. */
  readonly streamsOpened: number;
  /**
   * Called after an update was merged and before it is answered. Throw a RequestRefused to refuse it, which ends the
   * subscription with UPDATE_FAILED. What it returns goes into the answer, such as the largest object.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a callback that has nothing to add returns nothing.
  onUpdate: ((update: Parameters) => Parameters | void) | undefined;
  /** The subscriber left, the request stream was reset, or the session ended. Never rejects. */
  readonly cancelled: Promise<{ readonly kind: 'peer' | 'session-closed' | 'done' }>;
  readonly isOpen: boolean;
  /** Waits for stream credit. Streams open in call order. Rejects with SessionClosed, or RequestCancelled once cancelled. */
  openSubgroup(header: OutgoingSubgroupHeader, options?: { signal?: AbortSignal }): Promise<OutgoingSubgroup>;
  /** Null when stream credit is not there right now. */
  tryOpenSubgroup(header: OutgoingSubgroupHeader): OutgoingSubgroup | null;
  sendDatagram(object: OutgoingDatagram): 'queued' | 'full' | 'too-large';
  /** PUBLISH_DONE, once every stream was ended or reset. Resolves when it has been handed to the transport. */
  done(status: string, reason: string): Promise<void>;
}

export interface OutgoingSubgroupHeader {
  readonly group: bigint;
  readonly subgroup: bigint;
  /** Omitted: explicit 128. Null: the track's default (needs the draft's DEFAULT_PRIORITY bit, else 128 is written). */
  readonly priority?: number | null;
  readonly hasProperties: boolean;
  readonly endOfGroup?: boolean;
  readonly firstObject?: boolean;
}

export interface OutgoingObject {
  readonly object: bigint;
  readonly status?: ObjectStatus;
  /** Raw key-value pairs in this session's encoding. */
  readonly properties?: Uint8Array;
}

export interface OutgoingDatagram extends OutgoingObject {
  readonly group: bigint;
  readonly priority?: number | null;
  readonly endOfGroup?: boolean;
  readonly payload: Uint8Array;
}

/**
 * One subgroup stream that we write. Objects must come in ascending order. The write methods return undefined when the
 * transport took the bytes, else a promise for backpressure: await it before the next write. They reject with
 * StreamStopped, SessionClosed or EncodeError.
 */
export interface OutgoingSubgroup {
  readonly header: OutgoingSubgroupHeader;
  /** A whole object. `payload` must not be changed afterwards. */
  writeObject(object: OutgoingObject, payload: Uint8Array): Promise<void> | undefined;
  /** The header of an object whose payload of `payloadLength` bytes follows by writePayload. */
  beginObject(object: OutgoingObject, payloadLength: number): Promise<void> | undefined;
  writePayload(bytes: Uint8Array): Promise<void> | undefined;
  /**
   * Pieces as `IncomingSubgroup.read` of another session gave them, with as few writes as possible and without a copy of
   * a payload: the path of a relay. Of a header only object, status, properties (in this session's encoding) and
   * payloadLength count. Absent: write them one by one.
   */
  writeFragments?(fragments: readonly ObjectFragment[]): Promise<void> | undefined;
  /** FIN. Throws when an object is unfinished. */
  end(): void;
  /** `name` from the stream-reset codes. */
  reset(name: string): void;
  readonly stopped: Promise<NamedCode>;
  delivered(): Promise<Delivery>;
  /** Bytes not yet taken by the transport. */
  readonly queuedBytes: number;
}

/** We fetch. Entries come in group order, objects in ascending order within a group. */
export interface FetchResponse {
  /** −1 until the request has been sent, which waits for credit. */
  readonly requestId: bigint;
  /** Resolves with FETCH_OK; rejects with RequestRejected. Objects may come before it. */
  readonly ok: Promise<{
    readonly endOfTrack: boolean;
    readonly end: Location;
    readonly parameters: Parameters;
    readonly trackProperties: readonly KeyValuePair[];
  }>;
  /** The next entries; null after FIN. Rejects with StreamReset, RequestRejected, SessionClosed or WireError. */
  read(): Promise<readonly FetchEntry[] | null>;
  cancel(): void;
}

/** The stream that answers a FETCH. */
export interface OutgoingFetch {
  writeObject(
    object: OutgoingObject & { readonly group: bigint; readonly subgroup: bigint | null; readonly priority: number },
    payload: Uint8Array,
  ): Promise<void> | undefined;
  /** From 16. In 14 and 15 a range is left out. */
  endOfRange(range: 'non-existent' | 'unknown', end: Location): Promise<void> | undefined;
  end(): void;
  reset(name: string): void;
  readonly cancelled: Promise<void>;
  delivered(): Promise<Delivery>;
}

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
  readonly ended: Promise<{ readonly kind: 'peer' | 'session-closed' | 'cancelled'; readonly code?: NamedCode }>;
  cancel(): void;
}

export interface NamespaceSink {
  /** The full namespace, prefix included. */
  onNamespace(namespace: TrackNamespace): void;
  onNamespaceDone(namespace: TrackNamespace): void;
  /** The peer cannot send the PUBLISH for this track. */
  onPublishBlocked?(track: FullTrackName): void;
}

interface IncomingRequest {
  readonly requestId: bigint;
  readonly parameters: Parameters;
  /** Ends when the peer cancels the request before it was answered, or the session ends. */
  readonly signal: AbortSignal;
  reject(refusal: Refusal): void;
}
export interface IncomingSubscribe extends IncomingRequest {
  readonly track: FullTrackName;
  /** The alias is chosen by the session unless given. */
  accept(offer?: PublicationOffer & { trackAlias?: bigint }): Publication;
}
export interface IncomingPublish extends IncomingRequest {
  readonly track: FullTrackName;
  readonly trackAlias: bigint;
  readonly trackProperties: readonly KeyValuePair[];
  accept(parameters: Parameters, sink: SubscriptionSink): Subscription;
}
export interface IncomingFetch extends IncomingRequest {
  readonly target: FetchTarget;
  /** The publication that a joining fetch names; undefined for a standalone one. The session rejects unknown ones itself. */
  readonly joining?: Publication;
  /** Opens the data stream; FETCH_OK goes first. */
  accept(ok: {
    endOfTrack: boolean;
    end: Location;
    parameters?: Parameters;
    trackProperties?: readonly KeyValuePair[];
  }): Promise<OutgoingFetch>;
}
export interface IncomingTrackStatus extends IncomingRequest {
  readonly track: FullTrackName;
  accept(offer: PublicationOffer): void;
}
export interface IncomingPublishNamespace extends IncomingRequest {
  readonly namespace: TrackNamespace;
  accept(): AcceptedNamespace;
}
export interface AcceptedNamespace {
  readonly namespace: TrackNamespace;
  /** The publisher withdrew it or the session ended. */
  readonly withdrawn: Promise<{ readonly kind: 'peer' | 'session-closed' | 'cancelled' }>;
  /** Revokes the acceptance; `name` from the request-error codes. */
  cancel(refusal: Refusal): void;
}
export interface IncomingSubscribeNamespace extends IncomingRequest {
  readonly prefix: TrackNamespace;
  /** What the subscriber wants: namespaces, PUBLISH of tracks, or both. */
  readonly wants: { readonly namespaces: boolean; readonly tracks: boolean };
  accept(): NamespaceFeed;
}
/** What a publisher tells a namespace subscriber; on 14 and 15 the session turns it into PUBLISH_NAMESPACE requests. */
export interface NamespaceFeed {
  readonly prefix: TrackNamespace;
  /** The full namespace, prefix included. */
  namespace(namespace: TrackNamespace): void;
  namespaceDone(namespace: TrackNamespace): void;
  publishBlocked(track: FullTrackName): void;
  readonly closed: Promise<{ readonly kind: 'peer' | 'session-closed' | 'done' }>;
  /** Called when the subscriber moved its prefix (TRACK_NAMESPACE_PREFIX, 18+). */
  onPrefix: ((prefix: TrackNamespace) => void) | undefined;
  end(): void;
}

/** What an application does with the peer's requests. A request without a handler is refused with NOT_SUPPORTED. Handlers must not throw. */
export interface SessionHandlers {
  readonly onSubscribe?: (request: IncomingSubscribe) => void;
  readonly onPublish?: (request: IncomingPublish) => void;
  readonly onFetch?: (request: IncomingFetch) => void;
  readonly onTrackStatus?: (request: IncomingTrackStatus) => void;
  readonly onPublishNamespace?: (request: IncomingPublishNamespace) => void;
  /** SUBSCRIBE_NAMESPACE and, from 18, SUBSCRIBE_TRACKS. */
  readonly onSubscribeNamespace?: (request: IncomingSubscribeNamespace) => void;
  readonly onGoAway?: (goAway: GoAwayEvent) => void;
  /** Everything worth telling a person or a trace: downgrades, quirks, drops, late streams. Counted in `counters()` too. */
  readonly onNotice?: (notice: SessionNotice) => void;
}

export interface GoAwayEvent {
  readonly newSessionUri: string;
  /** ms; null: not said. */
  readonly timeoutMs: number | null;
}

export interface SessionNotice {
  /** Stable, for counters: `unknown-alias-dropped`, `late-stream`, `datagram-dropped`, `quirk:publish-ok-0x1e` … */
  readonly kind: string;
  readonly message: string;
}

export interface SessionCloseInfo extends CloseInfo {
  /** The code's name in the session's draft, or the QUIC / HTTP/3 / TLS name. */
  readonly name: string;
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
  subscribe(
    track: FullTrackName,
    parameters: Parameters,
    sink: SubscriptionSink,
    options?: RequestOptions,
  ): Promise<Subscription>;
  publish(track: FullTrackName, offer: PublicationOffer, options?: RequestOptions): Promise<Publication>;
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
  fetch(target: FetchTarget, parameters: Parameters, options?: RequestOptions): FetchResponse;
  trackStatus(track: FullTrackName, parameters?: Parameters, options?: RequestOptions): Promise<PublicationOffer>;
  /** GOAWAY to the peer. */
  goAway(newSessionUri: string, timeoutMs: number): void;
  /** The peer's GOAWAY, once it came. */
  readonly goAwayReceived: GoAwayEvent | null;
  /** Closes with a named session code and lets go within the close timeout. Cancels all requests. Idempotent. */
  close(name?: SessionErrorName, reason?: string): Promise<void>;
  readonly closed: Promise<SessionCloseInfo>;
  counters(): Readonly<Record<string, number>>;
}

export interface SessionTimeouts {
  /** SETUP exchange, ms; 0 none. */
  readonly setupMs: number;
  readonly requestMs: number;
  readonly closeMs: number;
}

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
  /** Sees every control message, both ways, with its raw bytes: for traces. */
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
