import { fetchRangeIsForward, fullTrackNameFits } from '../control/checks.js';
import { field } from '../control/layout.js';
import { redirect, trackName } from '../control/names.js';
import { varint } from '../control/value-codec.js';
import {
  DONE,
  END_OF_TRACK,
  ERROR_CODE,
  FETCH_TARGET,
  PARAMETERS,
  PREFIX,
  REASON,
  REQUEST_ID,
  RETRY_INTERVAL,
  SESSION_URI,
  SUFFIX,
  TRACK,
  TRACK_ALIAS,
} from './common-fields.js';
import { type MessageSpecs, without } from './definition.js';
import { messages16 } from './messages-16.js';

const REDIRECT_CODE = 0x34n;
const TRACK_PROPERTIES = field('trackProperties', 'track_properties', (draft) => draft.trackProperties, {
  fallback: [],
});

/** The control messages of draft 18 (§10.3–10.20): no Request ID in responses, whose stream says what they answer. */
export const messages18: MessageSpecs = {
  ...without(
    messages16,
    'CLIENT_SETUP',
    'SERVER_SETUP',
    'MAX_REQUEST_ID',
    'REQUESTS_BLOCKED',
    'UNSUBSCRIBE',
    'FETCH_CANCEL',
    'PUBLISH_NAMESPACE_DONE',
    'PUBLISH_NAMESPACE_CANCEL',
  ),
  SETUP: { id: 0x2f00, view: 'setup', fields: [field('options', 'options', (draft) => draft.options)] },
  GOAWAY: {
    id: 0x10,
    view: 'goaway',
    fields: [
      SESSION_URI,
      field('timeout', 'timeout', varint, { fallback: 0n }),
      // On the control stream only, so only the end of the message tells.
      field('requestId', 'request_id', varint, { trailing: true }),
    ],
  },
  REQUEST_OK: { id: 0x07, view: 'request_ok', fields: [PARAMETERS, TRACK_PROPERTIES] },
  REQUEST_ERROR: {
    id: 0x05,
    view: 'request_error',
    fields: [
      ERROR_CODE,
      RETRY_INTERVAL,
      REASON,
      field('redirect', 'redirect', (draft) => redirect(draft.namespace), {
        when: (fields) => fields.errorCode === REDIRECT_CODE,
      }),
    ],
  },
  SUBSCRIBE_OK: { id: 0x04, view: 'subscribe_ok', fields: [TRACK_ALIAS, PARAMETERS, TRACK_PROPERTIES] },
  REQUEST_UPDATE: { id: 0x02, view: 'request_update', fields: [REQUEST_ID, PARAMETERS] },
  PUBLISH: {
    id: 0x1d,
    view: 'publish',
    fields: [REQUEST_ID, ...TRACK, TRACK_ALIAS, PARAMETERS, TRACK_PROPERTIES],
    checks: [fullTrackNameFits],
  },
  // §10 lists 0x1E, §10.5 says that REQUEST_OK answers a PUBLISH; its track properties must then be empty.
  PUBLISH_OK: { id: 0x1e, view: 'publish_ok', fields: [PARAMETERS] },
  PUBLISH_DONE: { id: 0x0b, view: 'publish_done', fields: DONE },
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
      END_OF_TRACK,
      field('endGroup', 'end_group', varint),
      field('endObject', 'end_object', varint),
      PARAMETERS,
      TRACK_PROPERTIES,
    ],
  },
  SUBSCRIBE_NAMESPACE: { id: 0x50, view: 'subscribe_namespace', fields: [REQUEST_ID, PREFIX, PARAMETERS] },
  SUBSCRIBE_TRACKS: { id: 0x51, view: 'subscribe_tracks', fields: [REQUEST_ID, PREFIX, PARAMETERS] },
  PUBLISH_BLOCKED: {
    id: 0x0f,
    view: 'publish_blocked',
    fields: [SUFFIX, field('name', 'track_name', trackName)],
    checks: [fullTrackNameFits],
  },
};
