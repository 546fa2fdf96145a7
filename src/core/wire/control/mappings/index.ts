import type { ControlMessage, ControlMessageType } from '../../messages/control-message.js';
import type { ControlTables } from '../../profile.js';
import type { MessageLayout, RawFields } from '../layout.js';
import { fetch, fetchCancel, fetchOk } from './fetches.js';
import type { Mapping } from './mapping.js';
import {
  namespace,
  namespaceDone,
  publishBlocked,
  publishNamespace,
  publishNamespaceCancel,
  publishNamespaceDone,
  subscribeNamespace,
  subscribeTracks,
  unsubscribeNamespace,
} from './namespaces.js';
import { requestError, requestOk } from './responses.js';
import { clientSetup, goAway, maxRequestId, requestsBlocked, serverSetup, setup } from './setup.js';
import {
  publish,
  publishDone,
  publishOk,
  requestUpdate,
  subscribe,
  subscribeOk,
  trackStatus,
  unsubscribe,
} from './subscriptions.js';

const MAPPINGS: { readonly [T in ControlMessageType]: Mapping<Extract<ControlMessage, { type: T }>> } = {
  CLIENT_SETUP: clientSetup,
  SERVER_SETUP: serverSetup,
  SETUP: setup,
  GOAWAY: goAway,
  MAX_REQUEST_ID: maxRequestId,
  REQUESTS_BLOCKED: requestsBlocked,
  SUBSCRIBE: subscribe,
  SUBSCRIBE_OK: subscribeOk,
  REQUEST_UPDATE: requestUpdate,
  UNSUBSCRIBE: unsubscribe,
  REQUEST_ERROR: requestError,
  REQUEST_OK: requestOk,
  PUBLISH: publish,
  PUBLISH_OK: publishOk,
  PUBLISH_DONE: publishDone,
  FETCH: fetch,
  FETCH_OK: fetchOk,
  FETCH_CANCEL: fetchCancel,
  TRACK_STATUS: trackStatus,
  PUBLISH_NAMESPACE: publishNamespace,
  PUBLISH_NAMESPACE_DONE: publishNamespaceDone,
  PUBLISH_NAMESPACE_CANCEL: publishNamespaceCancel,
  SUBSCRIBE_NAMESPACE: subscribeNamespace,
  UNSUBSCRIBE_NAMESPACE: unsubscribeNamespace,
  SUBSCRIBE_TRACKS: subscribeTracks,
  NAMESPACE: namespace,
  NAMESPACE_DONE: namespaceDone,
  PUBLISH_BLOCKED: publishBlocked,
};

/** The draft-neutral message that these fields are. Throws WireError where the text of a field breaks a rule. */
export function toControlMessage(fields: RawFields, layout: MessageLayout): ControlMessage {
  return MAPPINGS[layout.type].read(fields, layout);
}

/** The fields that this draft writes for a draft-neutral message. Throws EncodeError. */
export function fromControlMessage(message: ControlMessage, layout: MessageLayout, tables: ControlTables): RawFields {
  const mapping = MAPPINGS[message.type] as Mapping<ControlMessage>;
  return mapping.write(message, layout, tables);
}
