import { subscriptionFilter } from '../control/filter.js';
import { namespaceTuple } from '../control/names.js';
import type { PairDefinition } from '../control/pairs.js';
import { flag, groupOrder, priority } from '../control/parameter-values.js';
import { authorizationToken } from '../control/token.js';
import { location, restAsHex, varint } from '../control/value-codec.js';
import { vi64 } from '../varint.js';
import { options16, trackProperties16 } from './parameters-16.js';

/** PUBLISH_OK is a REQUEST_OK (§10.5), and both numbers are accepted. */
const PUBLISH_OK = ['publish_ok', 'request_ok'];
const SUBSCRIPTION = [...PUBLISH_OK, 'subscribe', 'request_update'];

/** Message parameters of draft 18 (§10.2): each has an encoding of its own. */
export const parameters18: readonly PairDefinition[] = [
  {
    type: 0x02n,
    name: 'object_delivery_timeout',
    key: 'objectDeliveryTimeout',
    codec: varint,
    lengthPrefixed: false,
    messages: SUBSCRIPTION,
  },
  {
    type: 0x03n,
    name: 'authorization_token',
    key: 'authorizationTokens',
    codec: authorizationToken,
    lengthPrefixed: true,
    repeatable: true,
    messages: [
      'publish',
      'subscribe',
      'request_update',
      'subscribe_namespace',
      'subscribe_tracks',
      'publish_namespace',
      'track_status',
      'fetch',
    ],
  },
  {
    type: 0x04n,
    name: 'rendezvous_timeout',
    key: 'rendezvousTimeout',
    codec: varint,
    lengthPrefixed: false,
    messages: ['subscribe'],
  },
  {
    type: 0x06n,
    name: 'subgroup_delivery_timeout',
    key: 'subgroupDeliveryTimeout',
    codec: varint,
    lengthPrefixed: false,
    messages: SUBSCRIPTION,
  },
  {
    type: 0x08n,
    name: 'expires',
    key: 'expires',
    codec: varint,
    lengthPrefixed: false,
    messages: ['subscribe_ok', 'publish', ...PUBLISH_OK],
  },
  {
    type: 0x09n,
    name: 'largest_object',
    key: 'largestObject',
    codec: location,
    lengthPrefixed: false,
    messages: ['subscribe_ok', 'publish', 'request_ok'],
  },
  {
    type: 0x0an,
    name: 'fill_timeout',
    key: 'fillTimeout',
    codec: varint,
    lengthPrefixed: false,
    messages: ['fetch'],
  },
  {
    type: 0x10n,
    name: 'forward',
    key: 'forward',
    codec: flag('uint8', 'the forward parameter'),
    lengthPrefixed: false,
    messages: [...SUBSCRIPTION, 'publish', 'subscribe_tracks'],
  },
  {
    type: 0x20n,
    name: 'subscriber_priority',
    key: 'subscriberPriority',
    codec: priority('uint8'),
    lengthPrefixed: false,
    messages: [...SUBSCRIPTION, 'fetch'],
  },
  {
    type: 0x21n,
    name: 'subscription_filter',
    key: 'filter',
    codec: subscriptionFilter('delta', vi64.max),
    lengthPrefixed: true,
    malformed: 'PROTOCOL_VIOLATION',
    messages: SUBSCRIPTION,
  },
  {
    type: 0x22n,
    name: 'group_order',
    key: 'groupOrder',
    codec: groupOrder('uint8'),
    lengthPrefixed: false,
    messages: [...PUBLISH_OK, 'subscribe', 'fetch'],
  },
  {
    type: 0x32n,
    name: 'new_group_request',
    key: 'newGroupRequest',
    codec: varint,
    lengthPrefixed: false,
    messages: SUBSCRIPTION,
  },
  {
    type: 0x34n,
    name: 'track_namespace_prefix',
    key: 'trackNamespacePrefix',
    codec: namespaceTuple({ minFields: 0, emptyFields: false }),
    lengthPrefixed: false,
    messages: ['request_update'],
  },
];

/** Setup options of draft 18 (§10.3.1): requests need no credit. */
export const options18: readonly PairDefinition[] = options16.filter((definition) => definition.type !== 0x02n);

/** Track properties of draft 18 (§12): timeouts may be 0, which is none. */
export const trackProperties18: readonly PairDefinition[] = [
  { type: 0x02n, name: 'object_delivery_timeout', codec: varint, lengthPrefixed: false },
  { type: 0x06n, name: 'subgroup_delivery_timeout', codec: varint, lengthPrefixed: false },
  { type: 0x0bn, name: 'immutable_properties', codec: restAsHex, lengthPrefixed: true },
  ...trackProperties16.filter((definition) => definition.type !== 0x02n && definition.type !== 0x0bn),
];
