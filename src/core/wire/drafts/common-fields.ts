import { filterType } from '../control/filter.js';
import { type FieldSpec, field, type RawFields } from '../control/layout.js';
import { reasonPhrase, sessionUri, trackName } from '../control/names.js';
import { location, oneOf, uint8, varint } from '../control/value-codec.js';

/* Fields that several messages of several drafts share. */

export const REQUEST_ID = field('requestId', 'request_id', varint);
export const NAMESPACE = field('namespace', 'track_namespace', (draft) => draft.namespace);
export const TRACK = [NAMESPACE, field('name', 'track_name', trackName)];
export const PREFIX = field('prefix', 'namespace_prefix', (draft) => draft.partialNamespace);
export const SUFFIX = field('suffix', 'namespace_suffix', (draft) => draft.partialNamespace);
export const TRACK_ALIAS = field('trackAlias', 'track_alias', varint);
export const PARAMETERS = field('parameters', 'parameters', (draft, message) => draft.parameters(message));
export const SESSION_URI = field('uri', 'new_session_uri', sessionUri);
export const ERROR_CODE = field('errorCode', 'error_code', varint);
/** ms + 1; 0 is not to retry. */
export const RETRY_INTERVAL = field('retryInterval', 'retry_interval', varint, { fallback: 0n });
export const REASON = field('reason', 'reason_phrase', reasonPhrase);
export const DONE = [field('statusCode', 'status_code', varint), field('streamCount', 'stream_count', varint), REASON];
export const END_OF_TRACK = field('endOfTrack', 'end_of_track', uint8);

/** PUBLISHER's order: 1 or 2. */
export const GROUP_ORDER = field('groupOrder', 'group_order', oneOf('uint8', 'the group order', [1, 2]), {
  fallback: 1,
});
/** Requested order: 0 leaves it to the publisher. */
export const REQUESTED_ORDER = field('groupOrder', 'group_order', oneOf('uint8', 'the group order', [0, 1, 2]), {
  fallback: 0,
});
export const PRIORITY = field('subscriberPriority', 'subscriber_priority', uint8, { fallback: 128 });
const flagByte = oneOf('uint8', 'the forward flag', [0, 1]);
export const FORWARD = field('forward', 'forward', flagByte, { fallback: 1 });

/** The fields of SUBSCRIBE_UPDATE replace the subscription's, so none of them has a fallback. */
export const UPDATED_RANGE = [
  field('startGroup', 'start_group', varint),
  field('startObject', 'start_object', varint),
  field('endGroupPlusOne', 'end_group', varint),
  field('subscriberPriority', 'subscriber_priority', uint8),
  field('forward', 'forward', flagByte),
];

const LARGEST_OBJECT = 2;
const hasStart = (fields: RawFields): boolean => fields.filterType === 3 || fields.filterType === 4;
/** A subscription filter as fields; moqt asks for the largest object where nothing is said. */
export const FILTER: readonly FieldSpec[] = [
  field('filterType', 'filter_type', filterType, { fallback: LARGEST_OBJECT }),
  field('startGroup', 'start_group', varint, { when: hasStart }),
  field('startObject', 'start_object', varint, { when: hasStart }),
  field('endGroup', 'end_group', varint, { when: (fields) => fields.filterType === 4 }),
];

export const CONTENT: readonly FieldSpec[] = [
  field('contentExists', 'content_exists', oneOf('uint8', 'content exists', [0, 1]), { fallback: 0 }),
  field('largest', 'largest_location', location, { when: (fields) => fields.contentExists === 1 }),
];

const STANDALONE = 1;
const isStandalone = (fields: RawFields): boolean => fields.fetchType === STANDALONE;
const isJoining = (fields: RawFields): boolean => fields.fetchType !== STANDALONE;
/** A fetch's type and what it fetches. */
export const FETCH_TARGET: readonly FieldSpec[] = [
  field('fetchType', 'fetch_type', oneOf('varint', 'the fetch type', [1, 2, 3])),
  ...TRACK.map((entry) => ({ ...entry, when: isStandalone })),
  field('startGroup', 'start_group', varint, { when: isStandalone }),
  field('startObject', 'start_object', varint, { when: isStandalone }),
  field('endGroup', 'end_group', varint, { when: isStandalone }),
  field('endObject', 'end_object', varint, { when: isStandalone }),
  field('joiningRequestId', 'joining_request_id', varint, { when: isJoining }),
  field('joiningStart', 'joining_start', varint, { when: isJoining }),
];
