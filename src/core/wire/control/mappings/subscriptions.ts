import type {
  Publish,
  PublishDone,
  PublishOk,
  RequestUpdate,
  Subscribe,
  SubscribeOk,
  TrackStatus,
  Unsubscribe,
} from '../../messages/control-message.js';
import { type Mapping, readProperties, readText, readTrack, required, writeProperties, writeText } from './mapping.js';
import { readParameters, writeParameters } from './parameters.js';

export const subscribe: Mapping<Subscribe> = {
  read: (fields, layout) => ({
    type: 'SUBSCRIBE',
    requestId: required(fields.requestId),
    track: readTrack(fields),
    parameters: readParameters(fields, layout),
  }),
  write: (message, layout, tables) => ({
    ...writeParameters(message.parameters, layout, tables),
    ...message.track,
    requestId: message.requestId,
  }),
};

export const subscribeOk: Mapping<SubscribeOk> = {
  read: (fields, layout) => ({
    type: 'SUBSCRIBE_OK',
    requestId: fields.requestId,
    trackAlias: required(fields.trackAlias),
    parameters: readParameters(fields, layout),
    trackProperties: readProperties(fields.trackProperties),
  }),
  write: (message, layout, tables) => ({
    ...writeParameters(message.parameters, layout, tables),
    requestId: message.requestId,
    trackAlias: message.trackAlias,
    trackProperties: writeProperties(message.trackProperties, tables.trackProperties),
  }),
};

export const requestUpdate: Mapping<RequestUpdate> = {
  read: (fields, layout) => ({
    type: 'REQUEST_UPDATE',
    requestId: required(fields.requestId),
    existingRequestId: fields.existingRequestId,
    parameters: readParameters(fields, layout),
  }),
  write: (message, layout, tables) => ({
    ...writeParameters(message.parameters, layout, tables),
    requestId: message.requestId,
    existingRequestId: message.existingRequestId,
  }),
};

export const unsubscribe: Mapping<Unsubscribe> = {
  read: (fields) => ({ type: 'UNSUBSCRIBE', requestId: required(fields.requestId) }),
  write: (message) => ({ requestId: message.requestId }),
};

export const publish: Mapping<Publish> = {
  read: (fields, layout) => ({
    type: 'PUBLISH',
    requestId: required(fields.requestId),
    track: readTrack(fields),
    trackAlias: required(fields.trackAlias),
    parameters: readParameters(fields, layout),
    trackProperties: readProperties(fields.trackProperties),
  }),
  write: (message, layout, tables) => ({
    ...writeParameters(message.parameters, layout, tables),
    ...message.track,
    requestId: message.requestId,
    trackAlias: message.trackAlias,
    trackProperties: writeProperties(message.trackProperties, tables.trackProperties),
  }),
};

export const publishOk: Mapping<PublishOk> = {
  read: (fields, layout) => ({
    type: 'PUBLISH_OK',
    requestId: fields.requestId,
    parameters: readParameters(fields, layout),
  }),
  write: (message, layout, tables) => ({
    ...writeParameters(message.parameters, layout, tables),
    requestId: message.requestId,
  }),
};

export const publishDone: Mapping<PublishDone> = {
  read: (fields) => ({
    type: 'PUBLISH_DONE',
    requestId: fields.requestId,
    statusCode: required(fields.statusCode),
    streamCount: required(fields.streamCount),
    reason: readText(fields.reason),
  }),
  write: (message) => ({
    requestId: message.requestId,
    statusCode: message.statusCode,
    streamCount: message.streamCount,
    reason: writeText(message.reason),
  }),
};

export const trackStatus: Mapping<TrackStatus> = {
  read: (fields, layout) => ({
    type: 'TRACK_STATUS',
    requestId: required(fields.requestId),
    track: readTrack(fields),
    parameters: readParameters(fields, layout),
  }),
  write: (message, layout, tables) => ({
    ...writeParameters(message.parameters, layout, tables),
    ...message.track,
    requestId: message.requestId,
  }),
};
