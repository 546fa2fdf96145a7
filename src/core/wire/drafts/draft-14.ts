import { quicVarint } from '../varint.js';
import type { Codes } from './code-table.js';
import { data14 } from './data-14.js';
import type { DraftDefinition } from './definition.js';
import { messages14 } from './messages-14.js';
import { options14, parameters14 } from './parameters-14.js';

const COMMON_REQUEST_ERRORS = { INTERNAL_ERROR: 0x0, UNAUTHORIZED: 0x1, TIMEOUT: 0x2, NOT_SUPPORTED: 0x3 };
const TOKEN_ERRORS = { MALFORMED_AUTH_TOKEN: 0x10, EXPIRED_AUTH_TOKEN: 0x12 };

/** SUBSCRIBE_ERROR, which is also the format of TRACK_STATUS_ERROR (§9.22). */
const SUBSCRIBE_ERRORS: Codes = {
  ...COMMON_REQUEST_ERRORS,
  TRACK_DOES_NOT_EXIST: 0x4,
  INVALID_RANGE: 0x5,
  ...TOKEN_ERRORS,
};

/** draft-ietf-moq-transport-14. */
export const draft14: DraftDefinition = {
  draft: '14',
  alpn: 'moq-00',
  webtransportProtocol: null,
  versionCode: 0xff00000en,
  varint: quicVarint,
  data: data14,
  features: {
    requests: 'muxed-control',
    inBandVersions: true,
    namespaceSubscriptionStream: false,
    namespaceMessages: false,
    subscribeTracks: false,
    subscribeNamespaceOptions: false,
    updateIsAnswered: false,
    retryInterval: false,
    rendezvousTimeout: false,
    goAwayTimeout: false,
    goAwayRequestId: false,
    unfiltered: false,
    namespaceByRequestId: false,
    trackProperties: false,
    trackStatusProperties: false,
    doesNotExistStatus: true,
    defaultPriorityBit: false,
    firstObjectBit: false,
    mixedForwarding: false,
    maxVarint: quicVarint.max,
    padding: false,
    duplicateSubscriptionError: false,
    publishOkIsRequestOk: false,
    emptyNamespace: false,
    emptyNamespacePrefix: false,
    emptyNamespaceField: true,
  },
  messages: messages14,
  namespace: { minFields: 1, emptyFields: true },
  /** §9.28 forbids a prefix of no fields; the session judges that, because a relay in wide use sends one to its clients. */
  partialNamespace: { minFields: 0, emptyFields: true },
  /** §9.2: unknown and misplaced parameters are ignored. */
  parameters: {
    definitions: parameters14,
    rules: {
      keys: 'absolute',
      extent: 'counted',
      unknown: 'keep',
      misplaced: 'keep',
      duplicates: 'violation',
      noun: 'message parameter',
    },
  },
  options: {
    definitions: options14,
    rules: {
      keys: 'absolute',
      extent: 'counted',
      unknown: 'keep',
      misplaced: 'keep',
      duplicates: 'violation',
      noun: 'setup parameter',
    },
  },
  /** Tracks have none; 16 gives them definitions. */
  trackProperties: {
    definitions: [],
    rules: {
      keys: 'absolute',
      extent: 'to-end',
      unknown: 'keep',
      misplaced: 'keep',
      duplicates: 'keep',
      noun: 'track property',
    },
  },
  /** §13.1.1. */
  sessionCodes: {
    NO_ERROR: 0x0,
    INTERNAL_ERROR: 0x1,
    UNAUTHORIZED: 0x2,
    PROTOCOL_VIOLATION: 0x3,
    INVALID_REQUEST_ID: 0x4,
    DUPLICATE_TRACK_ALIAS: 0x5,
    KEY_VALUE_FORMATTING_ERROR: 0x6,
    TOO_MANY_REQUESTS: 0x7,
    INVALID_PATH: 0x8,
    MALFORMED_PATH: 0x9,
    GOAWAY_TIMEOUT: 0x10,
    CONTROL_MESSAGE_TIMEOUT: 0x11,
    DATA_STREAM_TIMEOUT: 0x12,
    AUTH_TOKEN_CACHE_OVERFLOW: 0x13,
    DUPLICATE_AUTH_TOKEN_ALIAS: 0x14,
    VERSION_NEGOTIATION_FAILED: 0x15,
    MALFORMED_AUTH_TOKEN: 0x16,
    UNKNOWN_AUTH_TOKEN_ALIAS: 0x17,
    EXPIRED_AUTH_TOKEN: 0x18,
    INVALID_AUTHORITY: 0x19,
    MALFORMED_AUTHORITY: 0x1a,
  },
  /** §13.1.2, 13.1.4–13.1.7: a registry per message. */
  requestErrorCodes: {
    common: COMMON_REQUEST_ERRORS,
    perRequest: {
      SUBSCRIBE: SUBSCRIBE_ERRORS,
      TRACK_STATUS: SUBSCRIBE_ERRORS,
      PUBLISH: { ...COMMON_REQUEST_ERRORS, UNINTERESTED: 0x4 },
      FETCH: {
        ...SUBSCRIBE_ERRORS,
        NO_OBJECTS: 0x6,
        INVALID_JOINING_REQUEST_ID: 0x7,
        UNKNOWN_STATUS_IN_RANGE: 0x8,
        MALFORMED_TRACK: 0x9,
      },
      PUBLISH_NAMESPACE: { ...COMMON_REQUEST_ERRORS, UNINTERESTED: 0x4, ...TOKEN_ERRORS },
      SUBSCRIBE_NAMESPACE: {
        ...COMMON_REQUEST_ERRORS,
        NAMESPACE_PREFIX_UNKNOWN: 0x4,
        NAMESPACE_PREFIX_OVERLAP: 0x5,
        ...TOKEN_ERRORS,
      },
    },
    neutral: {
      TRACK_DOES_NOT_EXIST: 'DOES_NOT_EXIST',
      NAMESPACE_PREFIX_UNKNOWN: 'DOES_NOT_EXIST',
      NAMESPACE_PREFIX_OVERLAP: 'PREFIX_OVERLAP',
    },
  },
  /** §13.1.3. */
  publishDoneCodes: {
    INTERNAL_ERROR: 0x0,
    UNAUTHORIZED: 0x1,
    TRACK_ENDED: 0x2,
    SUBSCRIPTION_ENDED: 0x3,
    GOING_AWAY: 0x4,
    EXPIRED: 0x5,
    TOO_FAR_BEHIND: 0x6,
    MALFORMED_TRACK: 0x7,
  },
  /** §13.1.8. */
  streamResetCodes: { INTERNAL_ERROR: 0x0, CANCELLED: 0x1, DELIVERY_TIMEOUT: 0x2, SESSION_CLOSED: 0x3 },
  codeSections: {
    session: '3.4',
    'request-error': '13.1',
    'publish-done': '9.12',
    'stream-reset': '10.4.3',
    perRequest: {
      SUBSCRIBE: '9.9',
      TRACK_STATUS: '9.22',
      PUBLISH: '9.15',
      FETCH: '9.18',
      PUBLISH_NAMESPACE: '9.25',
      SUBSCRIBE_NAMESPACE: '9.30',
    },
  },
  greaseSection: null,
};
