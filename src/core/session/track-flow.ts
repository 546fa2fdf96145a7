import type { Delivery } from '../transport/transport.js';
import type { FragmentRun } from '../wire/encoded-run.js';
import type { FullTrackName } from '../wire/full-track-name.js';
import type { Location } from '../wire/location.js';
import type { DatagramObject, FetchEntry, ObjectStatus, SubgroupHeader } from '../wire/messages/object.js';
import type { KeyValuePair, Parameters } from '../wire/messages/parameters.js';
import type { NamedCode, RequestOptions, SessionCloseInfo } from './outcome.js';

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
  /** An object of this track came as a datagram. */
  onDatagram(object: DatagramObject): void;
}

/** One subgroup stream that we read. */
export interface IncomingSubgroup {
  readonly header: SubgroupHeader;
  /** The pieces that one transport read gave, in order; null after FIN. Rejects with StreamReset, SessionClosed or WireError. */
  read(): Promise<FragmentRun | null>;
  /** FIN has come with what was read last: the next read gives null without waiting. False where nobody can tell. */
  readonly atEnd: boolean;
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
  /** REQUEST_UPDATE; resolves with the answer's parameters, at once where the draft has no answer (14). */
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
  /** Never waits: `full` when the transport's queue is, or the publication is over. */
  sendDatagram(object: OutgoingDatagram): 'queued' | 'full' | 'too-large';
  /** PUBLISH_DONE, once every stream was ended or reset. Resolves when it has been handed to the transport. */
  done(status: string, reason: string): Promise<void>;
}

/** What SUBGROUP_HEADER says (draft-18 §11.4.2). */
export interface OutgoingSubgroupHeader {
  readonly group: bigint;
  readonly subgroup: bigint;
  /** Omitted: explicit 128. Null: the track's default (needs the draft's DEFAULT_PRIORITY bit, else 128 is written). */
  readonly priority?: number | null;
  readonly hasProperties: boolean;
  readonly endOfGroup?: boolean;
  readonly firstObject?: boolean;
}

/** An object that we write, without its payload. */
export interface OutgoingObject {
  readonly object: bigint;
  readonly status?: ObjectStatus;
  /** Raw key-value pairs in this session's encoding. */
  readonly properties?: Uint8Array;
}

/** An object that we send as a datagram. */
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
  /** The next bytes of the object begun; they must not be changed afterwards. */
  writePayload(bytes: Uint8Array): Promise<void> | undefined;
  /**
   * Pieces as `IncomingSubgroup.read` of another session gave them, with as few writes as possible and without a copy of
   * a payload: the path of a relay. Of a header only object, status, properties (in this session's encoding) and
   * payloadLength count. Absent: write them one by one.
   */
  writeFragments?(fragments: FragmentRun): Promise<void> | undefined;
  /** FIN. Throws when an object is unfinished. */
  end(): void;
  /** `name` from the stream-reset codes. */
  reset(name: string): void;
  /** The peer's STOP_SENDING; never rejects, and may never resolve. */
  readonly stopped: Promise<NamedCode>;
  /** Resolves once FIN was acknowledged, or handed over where the transport cannot know; rejects when reset or closed. */
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
  /** FETCH_CANCEL, or reset and STOP_SENDING. Idempotent. */
  cancel(): void;
}

/** The stream that answers a FETCH. Its write methods are like those of OutgoingSubgroup. */
export interface OutgoingFetch {
  /** A whole object; in the group order of the request, ascending within a group. */
  writeObject(
    object: OutgoingObject & { readonly group: bigint; readonly subgroup: bigint | null; readonly priority: number },
    payload: Uint8Array,
  ): Promise<void> | undefined;
  /** From 16. In 14 and 15 a range is left out. */
  endOfRange(range: 'non-existent' | 'unknown', end: Location): Promise<void> | undefined;
  /** FIN: that was the whole range. */
  end(): void;
  /** `name` from the stream-reset codes. */
  reset(name: string): void;
  /** The peer gave up, or the session ended. Never rejects. */
  readonly cancelled: Promise<void>;
  /** As for a subgroup. */
  delivered(): Promise<Delivery>;
}
