import { vi64 } from '../varint.js';
import { data18 } from './data-18.js';
import { type DraftDefinition, without } from './definition.js';
import { draft16 } from './draft-16.js';
import { messages18 } from './messages-18.js';
import { options18, parameters18, trackProperties18 } from './parameters-18.js';

/** draft-ietf-moq-transport-18: a bidirectional stream per request, 64-bit integers, typed parameters. */
export const draft18: DraftDefinition = {
  ...draft16,
  draft: '18',
  alpn: 'moqt-18',
  webtransportProtocol: 'moqt-18',
  versionCode: 0xff000012n,
  varint: vi64,
  data: data18,
  features: {
    ...draft16.features,
    requests: 'native-bidi',
    subscribeTracks: true,
    trackStatusProperties: true,
    subscribeNamespaceOptions: false,
    rendezvousTimeout: true,
    goAwayTimeout: true,
    goAwayRequestId: true,
    namespaceByRequestId: false,
    firstObjectBit: true,
    maxVarint: vi64.max,
    padding: true,
    publishOkIsRequestOk: true,
    emptyNamespace: true,
  },
  messages: messages18,
  namespace: { minFields: 0, emptyFields: false },
  /** §10.2.1: misplaced parameters are a violation as well. */
  parameters: {
    definitions: parameters18,
    rules: { ...draft16.parameters.rules, misplaced: 'violation' },
  },
  /** §10.3: options go on to the end of the message. */
  options: { definitions: options18, rules: { ...draft16.options.rules, extent: 'to-end', noun: 'setup option' } },
  trackProperties: { definitions: trackProperties18, rules: draft16.trackProperties.rules },
  /** §15.10.1: 0x7 is no longer assigned. */
  sessionCodes: without(draft16.sessionCodes, 'TOO_MANY_REQUESTS'),
  /** §15.10.2. */
  requestErrorCodes: {
    common: {
      ...draft16.requestErrorCodes.common,
      GOING_AWAY: 0x6,
      EXCESSIVE_LOAD: 0x9,
      NAMESPACE_TOO_LARGE: 0x31,
      UNSUPPORTED_EXTENSION: 0x33,
      REDIRECT: 0x34,
    },
  },
  /** §15.10.3: 5 and 6 changed places. */
  publishDoneCodes: { ...draft16.publishDoneCodes, TOO_FAR_BEHIND: 0x5, EXPIRED: 0x6, EXCESSIVE_LOAD: 0x9 },
  /** §15.10.4. */
  streamResetCodes: {
    ...draft16.streamResetCodes,
    GOING_AWAY: 0x4,
    TOO_FAR_BEHIND: 0x5,
    UNKNOWN_OBJECT_STATUS: 0x6,
    EXPIRED_AUTH_TOKEN: 0x7,
    EXCESSIVE_LOAD: 0x9,
  },
  codeSections: { session: '3.5', 'request-error': '10.6', 'publish-done': '10.11', 'stream-reset': '3.3.3' },
  greaseSection: '14',
};
