import type { FullTrackName, TrackNamespace } from '../full-track-name.js';
import type { Location } from '../location.js';
import type { GroupOrder, KeyValuePair, Parameters, SetupOptions } from './parameters.js';

/*
 * Control messages, draft-neutral. `requestId` is present in every message of drafts to 16 and absent in the
 * responses of 17 and later, where the request's own stream says what is answered.
 */

export interface ClientSetup {
  readonly type: 'CLIENT_SETUP';
  /** Draft 14 only. */
  readonly versions?: readonly bigint[];
  readonly options: SetupOptions;
}
export interface ServerSetup {
  readonly type: 'SERVER_SETUP';
  /** Draft 14 only. */
  readonly version?: bigint;
  readonly options: SetupOptions;
}
/** From 17 on: one from each side. */
export interface Setup {
  readonly type: 'SETUP';
  readonly options: SetupOptions;
}
export interface GoAway {
  readonly type: 'GOAWAY';
  readonly newSessionUri: string;
  /** ms; from 17. */
  readonly timeout?: bigint;
  /** 18, on the control stream only. */
  readonly requestId?: bigint;
}
export interface MaxRequestId {
  readonly type: 'MAX_REQUEST_ID';
  /** The first Request ID that may not be used: maximum + 1. */
  readonly maxRequestId: bigint;
}
export interface RequestsBlocked {
  readonly type: 'REQUESTS_BLOCKED';
  readonly maxRequestId: bigint;
}

export interface Subscribe {
  readonly type: 'SUBSCRIBE';
  readonly requestId: bigint;
  readonly track: FullTrackName;
  readonly parameters: Parameters;
}
export interface SubscribeOk {
  readonly type: 'SUBSCRIBE_OK';
  readonly requestId?: bigint;
  readonly trackAlias: bigint;
  readonly parameters: Parameters;
  /** From 16. */
  readonly trackProperties?: readonly KeyValuePair[];
}
/** SUBSCRIBE_UPDATE in 14 and 15. */
export interface RequestUpdate {
  readonly type: 'REQUEST_UPDATE';
  readonly requestId: bigint;
  /** To 16: the request that is updated. From 17 the stream says it. */
  readonly existingRequestId?: bigint;
  readonly parameters: Parameters;
}
export interface Unsubscribe {
  readonly type: 'UNSUBSCRIBE';
  readonly requestId: bigint;
}

/**
 * A request was refused: REQUEST_ERROR from 15; in 14 the message that belongs to `request`
 * (SUBSCRIBE_ERROR, PUBLISH_ERROR, FETCH_ERROR, TRACK_STATUS_ERROR, PUBLISH_NAMESPACE_ERROR, SUBSCRIBE_NAMESPACE_ERROR).
 */
export interface RequestError {
  readonly type: 'REQUEST_ERROR';
  readonly requestId?: bigint;
  /** 14 only: which of the error messages this is. */
  readonly request?: RequestKind;
  readonly errorCode: bigint;
  /** ms + 1, 0 = do not retry; from 16. */
  readonly retryInterval?: bigint;
  readonly reason: string;
  /** From 18, with code REDIRECT only. */
  readonly redirect?: Redirect;
}

/** Where a request is to be sent instead (from 18). */
export interface Redirect {
  readonly connectUri: string;
  readonly track: FullTrackName;
}

/** The messages that are requests: each is answered. */
export type RequestKind =
  | 'SUBSCRIBE'
  | 'PUBLISH'
  | 'FETCH'
  | 'TRACK_STATUS'
  | 'PUBLISH_NAMESPACE'
  | 'SUBSCRIBE_NAMESPACE'
  | 'SUBSCRIBE_TRACKS'
  | 'REQUEST_UPDATE';

/**
 * A request without an OK of its own was accepted: REQUEST_OK from 15; in 14 PUBLISH_NAMESPACE_OK,
 * SUBSCRIBE_NAMESPACE_OK or TRACK_STATUS_OK by `request`.
 */
export interface RequestOk {
  readonly type: 'REQUEST_OK';
  readonly requestId?: bigint;
  /** 14 only. */
  readonly request?: RequestKind;
  readonly parameters: Parameters;
  /** TRACK_STATUS_OK of 14 carries an alias, always 0. */
  readonly trackAlias?: bigint;
  /** From 18. */
  readonly trackProperties?: readonly KeyValuePair[];
}
export interface Publish {
  readonly type: 'PUBLISH';
  readonly requestId: bigint;
  readonly track: FullTrackName;
  readonly trackAlias: bigint;
  readonly parameters: Parameters;
  readonly trackProperties?: readonly KeyValuePair[];
}
/** Its own message to 17 (0x1E); in 18 REQUEST_OK is sent and both are accepted. */
export interface PublishOk {
  readonly type: 'PUBLISH_OK';
  readonly requestId?: bigint;
  readonly parameters: Parameters;
}
export interface PublishDone {
  readonly type: 'PUBLISH_DONE';
  readonly requestId?: bigint;
  readonly statusCode: bigint;
  /** 2^62−1 when unknown. */
  readonly streamCount: bigint;
  readonly reason: string;
}

/** What a FETCH asks for: a range, or what comes before a subscription (draft-18 §10.12). */
export type FetchTarget =
  | {
      readonly type: 'standalone';
      readonly track: FullTrackName;
      readonly start: Location;
      /** As on the wire: the object is plus one, and 0 means the whole group. */
      readonly end: Location;
    }
  | { readonly type: 'relative-joining'; readonly joiningRequestId: bigint; readonly joiningStart: bigint }
  | { readonly type: 'absolute-joining'; readonly joiningRequestId: bigint; readonly joiningStart: bigint };

export interface Fetch {
  readonly type: 'FETCH';
  readonly requestId: bigint;
  readonly target: FetchTarget;
  readonly parameters: Parameters;
}
export interface FetchOk {
  readonly type: 'FETCH_OK';
  readonly requestId?: bigint;
  /** 14 only; elsewhere what was asked for. */
  readonly groupOrder?: GroupOrder;
  readonly endOfTrack: boolean;
  /** As on the wire: the object is plus one, and 0 means the whole group. */
  readonly end: Location;
  readonly parameters: Parameters;
  readonly trackProperties?: readonly KeyValuePair[];
}
export interface FetchCancel {
  readonly type: 'FETCH_CANCEL';
  readonly requestId: bigint;
}
export interface TrackStatus {
  readonly type: 'TRACK_STATUS';
  readonly requestId: bigint;
  readonly track: FullTrackName;
  readonly parameters: Parameters;
}

export interface PublishNamespace {
  readonly type: 'PUBLISH_NAMESPACE';
  readonly requestId: bigint;
  readonly namespace: TrackNamespace;
  readonly parameters: Parameters;
}
/** To 16. By namespace in 14 and 15, by Request ID in 16. */
export interface PublishNamespaceDone {
  readonly type: 'PUBLISH_NAMESPACE_DONE';
  readonly requestId?: bigint;
  readonly namespace?: TrackNamespace;
}
/** To 16. By namespace in 14 and 15, by Request ID in 16. */
export interface PublishNamespaceCancel {
  readonly type: 'PUBLISH_NAMESPACE_CANCEL';
  readonly requestId?: bigint;
  readonly namespace?: TrackNamespace;
  readonly errorCode: bigint;
  readonly reason: string;
}
export interface SubscribeNamespace {
  readonly type: 'SUBSCRIBE_NAMESPACE';
  readonly requestId: bigint;
  readonly prefix: TrackNamespace;
  /** 16 and 17 only. */
  readonly subscribeOptions?: 'publish' | 'namespace' | 'both';
  readonly parameters: Parameters;
}
/** 14 by prefix, 15 by Request ID. */
export interface UnsubscribeNamespace {
  readonly type: 'UNSUBSCRIBE_NAMESPACE';
  readonly requestId?: bigint;
  readonly prefix?: TrackNamespace;
}
/** From 18. */
export interface SubscribeTracks {
  readonly type: 'SUBSCRIBE_TRACKS';
  readonly requestId: bigint;
  readonly prefix: TrackNamespace;
  readonly parameters: Parameters;
}
/** From 16, on the namespace subscription's own stream. */
export interface Namespace {
  readonly type: 'NAMESPACE';
  readonly suffix: TrackNamespace;
}
export interface NamespaceDone {
  readonly type: 'NAMESPACE_DONE';
  readonly suffix: TrackNamespace;
}
/** From 17 (PUBLISH_SKIPPED from 19). */
export interface PublishBlocked {
  readonly type: 'PUBLISH_BLOCKED';
  readonly suffix: TrackNamespace;
  readonly name: Uint8Array;
}

export type ControlMessage =
  | ClientSetup
  | ServerSetup
  | Setup
  | GoAway
  | MaxRequestId
  | RequestsBlocked
  | Subscribe
  | SubscribeOk
  | RequestUpdate
  | Unsubscribe
  | RequestError
  | RequestOk
  | Publish
  | PublishOk
  | PublishDone
  | Fetch
  | FetchOk
  | FetchCancel
  | TrackStatus
  | PublishNamespace
  | PublishNamespaceDone
  | PublishNamespaceCancel
  | SubscribeNamespace
  | UnsubscribeNamespace
  | SubscribeTracks
  | Namespace
  | NamespaceDone
  | PublishBlocked;

export type ControlMessageType = ControlMessage['type'];
