import type { Redirect, RequestError, RequestOk } from '../../messages/control-message.js';
import type { RawRedirect } from '../names.js';
import { type Mapping, readProperties, readText, required, writeProperties, writeText } from './mapping.js';
import { readParameters, writeParameters } from './parameters.js';

function readRedirect(redirect: RawRedirect | undefined): Redirect | undefined {
  if (redirect === undefined) return undefined;
  return { connectUri: readText(redirect.uri), track: { namespace: redirect.namespace, name: redirect.name } };
}

function writeRedirect(redirect: Redirect | undefined): RawRedirect | undefined {
  return redirect === undefined ? undefined : { uri: writeText(redirect.connectUri), ...redirect.track };
}

export const requestError: Mapping<RequestError> = {
  read: (fields, layout) => ({
    type: 'REQUEST_ERROR',
    requestId: fields.requestId,
    request: layout.request,
    errorCode: required(fields.errorCode),
    retryInterval: fields.retryInterval,
    reason: readText(fields.reason),
    redirect: readRedirect(fields.redirect),
  }),
  write: (message) => ({
    requestId: message.requestId,
    errorCode: message.errorCode,
    retryInterval: message.retryInterval,
    reason: writeText(message.reason),
    redirect: writeRedirect(message.redirect),
  }),
};

export const requestOk: Mapping<RequestOk> = {
  read: (fields, layout) => ({
    type: 'REQUEST_OK',
    requestId: fields.requestId,
    request: layout.request,
    parameters: readParameters(fields, layout),
    trackAlias: fields.trackAlias,
    trackProperties: readProperties(fields.trackProperties),
  }),
  write: (message, layout, tables) => ({
    ...writeParameters(message.parameters, layout, tables),
    requestId: message.requestId,
    trackAlias: message.trackAlias,
    trackProperties: writeProperties(message.trackProperties, tables.trackProperties),
  }),
};
