import type { Fetch, FetchCancel, FetchOk, FetchTarget } from '../../messages/control-message.js';
import type { RawFields } from '../layout.js';
import { type Mapping, readProperties, readTrack, required, writeProperties } from './mapping.js';
import { readParameters, writeParameters } from './parameters.js';

/** Fetch types by number (draft-18 §10.12). */
const FETCH_TYPES = [null, 'standalone', 'relative-joining', 'absolute-joining'] as const;

function readTarget(fields: RawFields): FetchTarget {
  const type = FETCH_TYPES[required(fields.fetchType)];
  if (type === 'relative-joining' || type === 'absolute-joining') {
    return {
      type,
      joiningRequestId: required(fields.joiningRequestId),
      joiningStart: required(fields.joiningStart),
    };
  }
  return {
    type: 'standalone',
    track: readTrack(fields),
    start: { group: required(fields.startGroup), object: required(fields.startObject) },
    end: { group: required(fields.endGroup), object: required(fields.endObject) },
  };
}

function writeTarget(target: FetchTarget): RawFields {
  const fetchType = FETCH_TYPES.indexOf(target.type);
  if (target.type !== 'standalone') {
    return { fetchType, joiningRequestId: target.joiningRequestId, joiningStart: target.joiningStart };
  }
  return {
    fetchType,
    ...target.track,
    startGroup: target.start.group,
    startObject: target.start.object,
    endGroup: target.end.group,
    endObject: target.end.object,
  };
}

export const fetch: Mapping<Fetch> = {
  read: (fields, layout) => ({
    type: 'FETCH',
    requestId: required(fields.requestId),
    target: readTarget(fields),
    parameters: readParameters(fields, layout),
  }),
  write: (message, layout, tables) => ({
    ...writeParameters(message.parameters, layout, tables),
    ...writeTarget(message.target),
    requestId: message.requestId,
  }),
};

export const fetchOk: Mapping<FetchOk> = {
  read(fields, layout) {
    const { groupOrder, ...parameters } = readParameters(fields, layout);
    return {
      type: 'FETCH_OK',
      requestId: fields.requestId,
      groupOrder,
      endOfTrack: fields.endOfTrack === 1,
      end: fields.endLocation ?? { group: required(fields.endGroup), object: required(fields.endObject) },
      parameters,
      trackProperties: readProperties(fields.trackProperties),
    };
  },
  write(message, layout, tables) {
    const { groupOrder } = message;
    const fields: RawFields = {
      ...writeParameters(message.parameters, layout, tables),
      requestId: message.requestId,
      endOfTrack: message.endOfTrack ? 1 : 0,
      trackProperties: writeProperties(message.trackProperties, tables.trackProperties),
    };
    if (groupOrder !== undefined) fields.groupOrder = groupOrder === 'ascending' ? 1 : 2;
    if (layout.has('endLocation')) return { ...fields, endLocation: message.end };
    return { ...fields, endGroup: message.end.group, endObject: message.end.object };
  },
};

export const fetchCancel: Mapping<FetchCancel> = {
  read: (fields) => ({ type: 'FETCH_CANCEL', requestId: required(fields.requestId) }),
  write: (message) => ({ requestId: message.requestId }),
};
