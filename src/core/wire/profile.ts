import type { MessageLayout } from './control/layout.js';
import type { PairDefinition } from './control/pairs.js';
import type { DataLayout } from './data-layout.js';
import type { ControlMessageType, RequestKind } from './messages/control-message.js';
import type { VarintCodec } from './varint.js';

/** What differs between drafts and matters above the codec. State machines ask these, never a draft number. */
export interface DraftFeatures {
  /** Requests share one control stream by Request ID (14–16), or each has a bidi stream of its own (17+). */
  readonly requests: 'muxed-control' | 'native-bidi';
  /** CLIENT_SETUP carries a version list (14). */
  readonly inBandVersions: boolean;
  /** SUBSCRIBE_NAMESPACE travels on a bidi stream of its own (16+). */
  readonly namespaceSubscriptionStream: boolean;
  /** NAMESPACE and NAMESPACE_DONE answer a SUBSCRIBE_NAMESPACE (16+); before, PUBLISH_NAMESPACE requests do. */
  readonly namespaceMessages: boolean;
  /** SUBSCRIBE_TRACKS exists (18+). */
  readonly subscribeTracks: boolean;
  /** SUBSCRIBE_NAMESPACE says whether namespaces, tracks or both are wanted (16, 17). In 14 and 15 it means both. */
  readonly subscribeNamespaceOptions: boolean;
  /** REQUEST_UPDATE is answered (15+). */
  readonly updateIsAnswered: boolean;
  /** REQUEST_ERROR has a retry interval (16+). */
  readonly retryInterval: boolean;
  /** RENDEZVOUS_TIMEOUT exists (17+). */
  readonly rendezvousTimeout: boolean;
  /** GOAWAY has a timeout (17+), and in 18 a Request ID on the control stream. */
  readonly goAwayTimeout: boolean;
  readonly goAwayRequestId: boolean;
  /** A SUBSCRIBE without a filter exists (15+). */
  readonly unfiltered: boolean;
  /** PUBLISH_NAMESPACE_DONE and the like name a namespace (14, 15) or a Request ID (16). */
  readonly namespaceByRequestId: boolean;
  /** Tracks have properties (16+). */
  readonly trackProperties: boolean;
  /** The answer to a TRACK_STATUS carries them (18+). */
  readonly trackStatusProperties: boolean;
  /** DoesNotExist is an object status (14, 15). */
  readonly doesNotExistStatus: boolean;
  /** A DEFAULT_PRIORITY bit exists in headers (15+). */
  readonly defaultPriorityBit: boolean;
  /** A FIRST_OBJECT bit exists (18+). */
  readonly firstObjectBit: boolean;
  /** Datagrams and subgroups may be mixed in one track (16+). */
  readonly mixedForwarding: boolean;
  /** Largest integer that the varint carries: 2^62−1 or 2^64−1. */
  readonly maxVarint: bigint;
  /** PADDING streams and datagrams exist (18+). */
  readonly padding: boolean;
  /** A second subscription for a track is refused with DUPLICATE_SUBSCRIPTION (16–18). */
  readonly duplicateSubscriptionError: boolean;
  /** A PUBLISH is accepted by REQUEST_OK (18) instead of PUBLISH_OK. */
  readonly publishOkIsRequestOk: boolean;
  /** A namespace may have no fields at all (17+), and its fields must not be empty (16+). */
  readonly emptyNamespace: boolean;
  /** A SUBSCRIBE_NAMESPACE may ask for everything, with a prefix of no fields (16+). */
  readonly emptyNamespacePrefix: boolean;
  readonly emptyNamespaceField: boolean;
}

/** The registries of codes that a draft has. */
export type CodeSpace = 'session' | 'request-error' | 'publish-done' | 'stream-reset';

/** Names and numbers of one registry, both ways. Unknown names throw: they are a defect of ours. */
export interface CodeTable {
  /** The name of a code, or undefined. */
  name(code: bigint): string | undefined;
  /** The number for a name; throws RangeError when this draft lacks it. */
  code(name: string): bigint;
  has(name: string): boolean;
  /**
   * The name that drafts from 15 on use for the meaning of this code: TRACK_DOES_NOT_EXIST of 14 is DOES_NOT_EXIST.
   * `code` and `has` take both names, so this is the name to carry from one draft to another.
   */
  neutralName(code: bigint): string | undefined;
  entries(): Iterable<readonly [bigint, string]>;
}

/** The control messages of a draft and the parameters that they carry: what the control codec is driven by. */
export interface ControlTables {
  readonly parameters: readonly PairDefinition[];
  readonly options: readonly PairDefinition[];
  readonly trackProperties: readonly PairDefinition[];
  /** `request` matters in 14, where each request has an OK and an ERROR of its own. */
  layout(type: ControlMessageType, request?: RequestKind): MessageLayout | undefined;
  layoutById(id: number | bigint): MessageLayout | undefined;
  /** By the name in the JSON view, such as 'subscribe_ok'. */
  layoutByView(view: string): MessageLayout | undefined;
  layouts(): Iterable<MessageLayout>;
}

/** One draft, as data. See drafts/. */
export interface DraftProfile {
  /** The draft's number as users write it: '14', '16', '18'. For display and selection only. */
  readonly draft: string;
  /** The ALPN on raw QUIC, and from 15 the WebTransport protocol. */
  readonly alpn: string;
  /** The protocol string for WebTransport; null for 14, which has none. */
  readonly webtransportProtocol: string | null;
  /** 0xff000000 + N for 14. */
  readonly versionCode: bigint;
  readonly features: DraftFeatures;
  /** How this draft writes integers of variable length. */
  readonly varint: VarintCodec;
  readonly control: ControlTables;
  /** How this draft writes data streams, datagrams and properties. */
  readonly data: DataLayout;
  /** `message` matters in 14, whose request errors differ per request. */
  codes(space: CodeSpace, message?: RequestKind): CodeTable;
  /** The section of the draft that defines the codes of a registry, such as '9.8'. */
  codeSection(space: CodeSpace, message?: RequestKind): string;
  /** The section on greasing, which reserves codes of the form 0x7f·N + 0x9d in every registry (17+); null before. */
  readonly greaseSection: string | null;
  /** Message type number on the wire, or undefined when this draft lacks the message. */
  messageType(type: ControlMessageType, request?: RequestKind): bigint | undefined;
}
