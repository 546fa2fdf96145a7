import { data16 } from './data-16.js';
import { type DraftDefinition, without } from './definition.js';
import { draft14 } from './draft-14.js';

/** draft-ietf-moq-transport-16: one error and one OK for all requests, parameters instead of fixed fields. */
export const draft16: DraftDefinition = {
  ...draft14,
  draft: '16',
  alpn: 'moqt-16',
  webtransportProtocol: 'moqt-16',
  versionCode: 0xff000010n,
  data: data16,
  features: {
    ...draft14.features,
    inBandVersions: false,
    namespaceSubscriptionStream: true,
    namespaceMessages: true,
    subscribeNamespaceOptions: true,
    updateIsAnswered: true,
    retryInterval: true,
    unfiltered: true,
    namespaceByRequestId: true,
    trackProperties: true,
    doesNotExistStatus: false,
    defaultPriorityBit: true,
    mixedForwarding: true,
    duplicateSubscriptionError: true,
    emptyNamespaceField: false,
  },
  messageTypes: {
    ...without(
      draft14.messageTypes,
      'REQUEST_ERROR:SUBSCRIBE',
      'REQUEST_ERROR:PUBLISH',
      'REQUEST_ERROR:FETCH',
      'REQUEST_OK:TRACK_STATUS',
      'REQUEST_ERROR:TRACK_STATUS',
      'REQUEST_OK:PUBLISH_NAMESPACE',
      'REQUEST_ERROR:PUBLISH_NAMESPACE',
      'REQUEST_OK:SUBSCRIBE_NAMESPACE',
      'REQUEST_ERROR:SUBSCRIBE_NAMESPACE',
      'UNSUBSCRIBE_NAMESPACE',
    ),
    REQUEST_ERROR: 0x05,
    REQUEST_OK: 0x07,
    NAMESPACE: 0x08,
    NAMESPACE_DONE: 0x0e,
  },
  /** §13.4.2. */
  requestErrorCodes: {
    common: {
      INTERNAL_ERROR: 0x0,
      UNAUTHORIZED: 0x1,
      TIMEOUT: 0x2,
      NOT_SUPPORTED: 0x3,
      MALFORMED_AUTH_TOKEN: 0x4,
      EXPIRED_AUTH_TOKEN: 0x5,
      DOES_NOT_EXIST: 0x10,
      INVALID_RANGE: 0x11,
      MALFORMED_TRACK: 0x12,
      DUPLICATE_SUBSCRIPTION: 0x19,
      UNINTERESTED: 0x20,
      PREFIX_OVERLAP: 0x30,
      INVALID_JOINING_REQUEST_ID: 0x32,
    },
  },
  /** §13.4.3. */
  publishDoneCodes: { ...draft14.publishDoneCodes, UPDATE_FAILED: 0x8, MALFORMED_TRACK: 0x12 },
  /** §13.4.4. */
  streamResetCodes: { ...draft14.streamResetCodes, UNKNOWN_OBJECT_STATUS: 0x4, MALFORMED_TRACK: 0x12 },
};
