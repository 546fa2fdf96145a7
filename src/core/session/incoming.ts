import type { FullTrackName, TrackNamespace } from '../wire/full-track-name.js';
import type { Location } from '../wire/location.js';
import type { FetchTarget } from '../wire/messages/control-message.js';
import type { KeyValuePair, Parameters } from '../wire/messages/parameters.js';
import type { AcceptedNamespace, NamespaceFeed } from './namespace-flow.js';
import type { Refusal } from './outcome.js';
import type { OutgoingFetch, Publication, PublicationOffer, Subscription, SubscriptionSink } from './track-flow.js';

/** A request of the peer's. Exactly one of `accept` and `reject` answers it; later calls of `reject` change nothing. */
export interface IncomingRequest {
  readonly requestId: bigint;
  readonly parameters: Parameters;
  /** Ends when the peer cancels the request before it was answered, or the session ends. */
  readonly signal: AbortSignal;
  /** Refuses it. */
  reject(refusal: Refusal): void;
}

/** SUBSCRIBE. `accept` throws RequestCancelled when the request is gone. */
export interface IncomingSubscribe extends IncomingRequest {
  readonly track: FullTrackName;
  /** The alias is chosen by the session unless given. */
  accept(offer?: PublicationOffer & { trackAlias?: bigint }): Publication;
}

/** PUBLISH. */
export interface IncomingPublish extends IncomingRequest {
  readonly track: FullTrackName;
  readonly trackAlias: bigint;
  readonly trackProperties: readonly KeyValuePair[];
  /** PUBLISH_OK, with the parameters of a subscriber. Throws RequestCancelled when the request is gone. */
  accept(parameters: Parameters, sink: SubscriptionSink): Subscription;
}

/** FETCH. */
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

/** TRACK_STATUS. */
export interface IncomingTrackStatus extends IncomingRequest {
  readonly track: FullTrackName;
  /** What SUBSCRIBE_OK would say. Throws RequestCancelled when the request is gone. */
  accept(offer: PublicationOffer): void;
}

/** PUBLISH_NAMESPACE. */
export interface IncomingPublishNamespace extends IncomingRequest {
  readonly namespace: TrackNamespace;
  /** Throws RequestCancelled when the request is gone. */
  accept(): AcceptedNamespace;
}

/** SUBSCRIBE_NAMESPACE, or SUBSCRIBE_TRACKS. */
export interface IncomingSubscribeNamespace extends IncomingRequest {
  readonly prefix: TrackNamespace;
  /** What the subscriber wants: namespaces, PUBLISH of tracks, or both. */
  readonly wants: { readonly namespaces: boolean; readonly tracks: boolean };
  /** Throws RequestCancelled when the request is gone. */
  accept(): NamespaceFeed;
}
