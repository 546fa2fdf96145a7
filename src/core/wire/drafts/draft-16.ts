import { data16 } from './data-16.js';
import type { DraftDefinition } from './definition.js';
import { draft14 } from './draft-14.js';
import { messages16 } from './messages-16.js';
import { options16, parameters16, trackProperties16 } from './parameters-16.js';

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
    emptyNamespacePrefix: true,
  },
  messages: messages16,
  namespace: { minFields: 1, emptyFields: false },
  partialNamespace: { minFields: 0, emptyFields: false },
  /** §9.2: unknown parameters are a violation, misplaced ones are ignored (§9.2.2). */
  parameters: {
    definitions: parameters16,
    rules: { ...draft14.parameters.rules, keys: 'delta', unknown: 'violation' },
  },
  options: { definitions: options16, rules: { ...draft14.options.rules, keys: 'delta' } },
  trackProperties: {
    definitions: trackProperties16,
    rules: { ...draft14.trackProperties.rules, keys: 'delta' },
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
  codeSections: { session: '3.4', 'request-error': '9.8', 'publish-done': '9.15', 'stream-reset': '10.4.3' },
};
