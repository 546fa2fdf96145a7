import { fullTrackNameFits, updateRangeIsForward, versionsAreOffered } from '../control/checks.js';
import { type FieldSpec, field, type MessageSpec } from '../control/layout.js';
import { location, varint } from '../control/value-codec.js';
import { versionList } from '../control/version-list.js';
import {
  CONTENT,
  DONE,
  END_OF_TRACK,
  ERROR_CODE,
  FETCH_TARGET,
  FILTER,
  FORWARD,
  GROUP_ORDER,
  NAMESPACE,
  PARAMETERS,
  PREFIX,
  PRIORITY,
  REASON,
  REQUEST_ID,
  REQUESTED_ORDER,
  SESSION_URI,
  TRACK,
  TRACK_ALIAS,
  UPDATED_RANGE,
} from './common-fields.js';
import type { MessageSpecs } from './definition.js';

const SETUP_PARAMETERS = field('options', 'parameters', (draft) => draft.options);

/** SUBSCRIBE and TRACK_STATUS, which has the same format (§9.7, §9.20). */
function subscribe(id: number, view: string): MessageSpec {
  const fields = [REQUEST_ID, ...TRACK, PRIORITY, REQUESTED_ORDER, FORWARD, ...FILTER, PARAMETERS];
  return { id, view, fields, checks: [fullTrackNameFits] };
}

/** SUBSCRIBE_OK and TRACK_STATUS_OK, which has the same format (§9.8, §9.21). */
function subscribeOk(id: number, view: string, trackAlias: FieldSpec): MessageSpec {
  const expires = field('expires', 'expires', varint, { fallback: 0n });
  return { id, view, fields: [REQUEST_ID, trackAlias, expires, GROUP_ORDER, ...CONTENT, PARAMETERS] };
}

function refusal(id: number, view: string): MessageSpec {
  return { id, view, fields: [REQUEST_ID, ERROR_CODE, REASON] };
}

function onlyRequestId(id: number, view: string): MessageSpec {
  return { id, view, fields: [REQUEST_ID] };
}

/** The control messages of draft 14 (§9.3–9.31). */
export const messages14: MessageSpecs = {
  CLIENT_SETUP: {
    id: 0x20,
    view: 'client_setup',
    fields: [field('versions', 'supported_versions', versionList), SETUP_PARAMETERS],
    checks: [versionsAreOffered],
  },
  SERVER_SETUP: {
    id: 0x21,
    view: 'server_setup',
    fields: [field('version', 'selected_version', varint), SETUP_PARAMETERS],
  },
  GOAWAY: { id: 0x10, view: 'goaway', fields: [SESSION_URI] },
  MAX_REQUEST_ID: { id: 0x15, view: 'max_request_id', fields: [field('maxRequestId', 'request_id', varint)] },
  REQUESTS_BLOCKED: { id: 0x1a, view: 'requests_blocked', fields: [field('maxRequestId', 'request_id', varint)] },
  SUBSCRIBE: subscribe(0x03, 'subscribe'),
  SUBSCRIBE_OK: subscribeOk(0x04, 'subscribe_ok', TRACK_ALIAS),
  'REQUEST_ERROR:SUBSCRIBE': refusal(0x05, 'subscribe_error'),
  REQUEST_UPDATE: {
    id: 0x02,
    view: 'subscribe_update',
    fields: [REQUEST_ID, field('existingRequestId', 'subscription_request_id', varint), ...UPDATED_RANGE, PARAMETERS],
    checks: [updateRangeIsForward],
  },
  UNSUBSCRIBE: onlyRequestId(0x0a, 'unsubscribe'),
  PUBLISH_DONE: { id: 0x0b, view: 'publish_done', fields: [REQUEST_ID, ...DONE] },
  PUBLISH: {
    id: 0x1d,
    view: 'publish',
    fields: [REQUEST_ID, ...TRACK, TRACK_ALIAS, GROUP_ORDER, ...CONTENT, FORWARD, PARAMETERS],
    checks: [fullTrackNameFits],
  },
  PUBLISH_OK: {
    id: 0x1e,
    view: 'publish_ok',
    fields: [REQUEST_ID, FORWARD, PRIORITY, GROUP_ORDER, ...FILTER, PARAMETERS],
  },
  'REQUEST_ERROR:PUBLISH': refusal(0x1f, 'publish_error'),
  // A range that ends before it begins is answered INVALID_RANGE (§9.18), so it is not refused here.
  FETCH: {
    id: 0x16,
    view: 'fetch',
    fields: [REQUEST_ID, PRIORITY, REQUESTED_ORDER, ...FETCH_TARGET, PARAMETERS],
    checks: [fullTrackNameFits],
  },
  FETCH_OK: {
    id: 0x18,
    view: 'fetch_ok',
    fields: [REQUEST_ID, GROUP_ORDER, END_OF_TRACK, field('endLocation', 'end_location', location), PARAMETERS],
  },
  'REQUEST_ERROR:FETCH': refusal(0x19, 'fetch_error'),
  FETCH_CANCEL: onlyRequestId(0x17, 'fetch_cancel'),
  TRACK_STATUS: subscribe(0x0d, 'track_status'),
  'REQUEST_OK:TRACK_STATUS': subscribeOk(0x0e, 'track_status_ok', { ...TRACK_ALIAS, fallback: 0n }),
  'REQUEST_ERROR:TRACK_STATUS': refusal(0x0f, 'track_status_error'),
  PUBLISH_NAMESPACE: { id: 0x06, view: 'publish_namespace', fields: [REQUEST_ID, NAMESPACE, PARAMETERS] },
  'REQUEST_OK:PUBLISH_NAMESPACE': onlyRequestId(0x07, 'publish_namespace_ok'),
  'REQUEST_ERROR:PUBLISH_NAMESPACE': refusal(0x08, 'publish_namespace_error'),
  PUBLISH_NAMESPACE_DONE: { id: 0x09, view: 'publish_namespace_done', fields: [NAMESPACE] },
  PUBLISH_NAMESPACE_CANCEL: { id: 0x0c, view: 'publish_namespace_cancel', fields: [NAMESPACE, ERROR_CODE, REASON] },
  SUBSCRIBE_NAMESPACE: { id: 0x11, view: 'subscribe_namespace', fields: [REQUEST_ID, PREFIX, PARAMETERS] },
  'REQUEST_OK:SUBSCRIBE_NAMESPACE': onlyRequestId(0x12, 'subscribe_namespace_ok'),
  'REQUEST_ERROR:SUBSCRIBE_NAMESPACE': refusal(0x13, 'subscribe_namespace_error'),
  UNSUBSCRIBE_NAMESPACE: {
    id: 0x14,
    view: 'unsubscribe_namespace',
    fields: [field('prefix', 'track_namespace_prefix', (draft) => draft.partialNamespace)],
  },
};
