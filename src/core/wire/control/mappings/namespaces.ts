import type {
  Namespace,
  NamespaceDone,
  PublishBlocked,
  PublishNamespace,
  PublishNamespaceCancel,
  PublishNamespaceDone,
  SubscribeNamespace,
  SubscribeTracks,
  UnsubscribeNamespace,
} from '../../messages/control-message.js';
import { type Mapping, readText, required, writeText } from './mapping.js';
import { readParameters, writeParameters } from './parameters.js';

export const publishNamespace: Mapping<PublishNamespace> = {
  read: (fields, layout) => ({
    type: 'PUBLISH_NAMESPACE',
    requestId: required(fields.requestId),
    namespace: required(fields.namespace),
    parameters: readParameters(fields, layout),
  }),
  write: (message, layout, tables) => ({
    ...writeParameters(message.parameters, layout, tables),
    requestId: message.requestId,
    namespace: message.namespace,
  }),
};

export const publishNamespaceDone: Mapping<PublishNamespaceDone> = {
  read: (fields) => ({
    type: 'PUBLISH_NAMESPACE_DONE',
    requestId: fields.requestId,
    namespace: fields.namespace,
  }),
  write: (message) => ({ requestId: message.requestId, namespace: message.namespace }),
};

export const publishNamespaceCancel: Mapping<PublishNamespaceCancel> = {
  read: (fields) => ({
    type: 'PUBLISH_NAMESPACE_CANCEL',
    requestId: fields.requestId,
    namespace: fields.namespace,
    errorCode: required(fields.errorCode),
    reason: readText(fields.reason),
  }),
  write: (message) => ({
    requestId: message.requestId,
    namespace: message.namespace,
    errorCode: message.errorCode,
    reason: writeText(message.reason),
  }),
};

/** Subscribe options by number (draft-16 §9.25). */
const SUBSCRIBE_OPTIONS = ['publish', 'namespace', 'both'] as const;

export const subscribeNamespace: Mapping<SubscribeNamespace> = {
  read: (fields, layout) => ({
    type: 'SUBSCRIBE_NAMESPACE',
    requestId: required(fields.requestId),
    prefix: required(fields.prefix),
    subscribeOptions: fields.subscribeOptions === undefined ? undefined : SUBSCRIBE_OPTIONS[fields.subscribeOptions],
    parameters: readParameters(fields, layout),
  }),
  write: (message, layout, tables) => ({
    ...writeParameters(message.parameters, layout, tables),
    requestId: message.requestId,
    prefix: message.prefix,
    subscribeOptions:
      message.subscribeOptions === undefined ? undefined : SUBSCRIBE_OPTIONS.indexOf(message.subscribeOptions),
  }),
};

export const unsubscribeNamespace: Mapping<UnsubscribeNamespace> = {
  read: (fields) => ({ type: 'UNSUBSCRIBE_NAMESPACE', requestId: fields.requestId, prefix: fields.prefix }),
  write: (message) => ({ requestId: message.requestId, prefix: message.prefix }),
};

export const subscribeTracks: Mapping<SubscribeTracks> = {
  read: (fields, layout) => ({
    type: 'SUBSCRIBE_TRACKS',
    requestId: required(fields.requestId),
    prefix: required(fields.prefix),
    parameters: readParameters(fields, layout),
  }),
  write: (message, layout, tables) => ({
    ...writeParameters(message.parameters, layout, tables),
    requestId: message.requestId,
    prefix: message.prefix,
  }),
};

export const namespace: Mapping<Namespace> = {
  read: (fields) => ({ type: 'NAMESPACE', suffix: required(fields.suffix) }),
  write: (message) => ({ suffix: message.suffix }),
};

export const namespaceDone: Mapping<NamespaceDone> = {
  read: (fields) => ({ type: 'NAMESPACE_DONE', suffix: required(fields.suffix) }),
  write: (message) => ({ suffix: message.suffix }),
};

export const publishBlocked: Mapping<PublishBlocked> = {
  read: (fields) => ({ type: 'PUBLISH_BLOCKED', suffix: required(fields.suffix), name: required(fields.name) }),
  write: (message) => ({ suffix: message.suffix, name: message.name }),
};
