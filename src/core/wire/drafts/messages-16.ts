import { fetchRangeIsForward, fullTrackNameFits } from '../control/checks.js';
import { field } from '../control/layout.js';
import { oneOf, varint } from '../control/value-codec.js';
import {
  END_OF_TRACK,
  ERROR_CODE,
  FETCH_TARGET,
  PARAMETERS,
  PREFIX,
  REASON,
  REQUEST_ID,
  RETRY_INTERVAL,
  SUFFIX,
  TRACK,
  TRACK_ALIAS,
} from './common-fields.js';
import { type MessageSpecs, without } from './definition.js';
import { messages14 } from './messages-14.js';

const TRACK_EXTENSIONS = field('trackProperties', 'track_extensions', (draft) => draft.trackProperties, {
  hiddenWhenEmpty: true,
  fallback: [],
});
const SETUP_PARAMETERS = field('options', 'parameters', (draft) => draft.options);

/** The control messages of draft 16 (§9.3–9.25): fixed fields became parameters, and all requests share OK and ERROR. */
export const messages16: MessageSpecs = {
  ...without(
    messages14,
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
  CLIENT_SETUP: { id: 0x20, view: 'client_setup', fields: [SETUP_PARAMETERS] },
  SERVER_SETUP: { id: 0x21, view: 'server_setup', fields: [SETUP_PARAMETERS] },
  MAX_REQUEST_ID: { id: 0x15, view: 'max_request_id', fields: [field('maxRequestId', 'max_request_id', varint)] },
  REQUESTS_BLOCKED: {
    id: 0x1a,
    view: 'requests_blocked',
    fields: [field('maxRequestId', 'maximum_request_id', varint)],
  },
  REQUEST_OK: { id: 0x07, view: 'request_ok', fields: [REQUEST_ID, PARAMETERS] },
  REQUEST_ERROR: { id: 0x05, view: 'request_error', fields: [REQUEST_ID, ERROR_CODE, RETRY_INTERVAL, REASON] },
  SUBSCRIBE: { id: 0x03, view: 'subscribe', fields: [REQUEST_ID, ...TRACK, PARAMETERS], checks: [fullTrackNameFits] },
  SUBSCRIBE_OK: { id: 0x04, view: 'subscribe_ok', fields: [REQUEST_ID, TRACK_ALIAS, PARAMETERS, TRACK_EXTENSIONS] },
  REQUEST_UPDATE: {
    id: 0x02,
    view: 'request_update',
    fields: [REQUEST_ID, field('existingRequestId', 'existing_request_id', varint), PARAMETERS],
  },
  PUBLISH: {
    id: 0x1d,
    view: 'publish',
    fields: [REQUEST_ID, ...TRACK, TRACK_ALIAS, PARAMETERS, TRACK_EXTENSIONS],
    checks: [fullTrackNameFits],
  },
  PUBLISH_OK: { id: 0x1e, view: 'publish_ok', fields: [REQUEST_ID, PARAMETERS] },
  FETCH: {
    id: 0x16,
    view: 'fetch',
    fields: [REQUEST_ID, ...FETCH_TARGET, PARAMETERS],
    checks: [fullTrackNameFits, fetchRangeIsForward],
  },
  FETCH_OK: {
    id: 0x18,
    view: 'fetch_ok',
    fields: [
      REQUEST_ID,
      END_OF_TRACK,
      field('endGroup', 'end_group', varint),
      field('endObject', 'end_object', varint),
      PARAMETERS,
      TRACK_EXTENSIONS,
    ],
  },
  TRACK_STATUS: {
    id: 0x0d,
    view: 'track_status',
    fields: [REQUEST_ID, ...TRACK, PARAMETERS],
    checks: [fullTrackNameFits],
  },
  NAMESPACE: { id: 0x08, view: 'namespace', fields: [SUFFIX] },
  NAMESPACE_DONE: { id: 0x0e, view: 'namespace_done', fields: [SUFFIX] },
  PUBLISH_NAMESPACE_DONE: { id: 0x09, view: 'publish_namespace_done', fields: [REQUEST_ID] },
  PUBLISH_NAMESPACE_CANCEL: { id: 0x0c, view: 'publish_namespace_cancel', fields: [REQUEST_ID, ERROR_CODE, REASON] },
  SUBSCRIBE_NAMESPACE: {
    id: 0x11,
    view: 'subscribe_namespace',
    fields: [
      REQUEST_ID,
      PREFIX,
      field('subscribeOptions', 'subscribe_options', oneOf('varint', 'the subscribe options', [0, 1, 2])),
      PARAMETERS,
    ],
  },
};
