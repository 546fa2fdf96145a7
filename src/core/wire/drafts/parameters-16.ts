import { subscriptionFilter } from '../control/filter.js';
import type { PairDefinition } from '../control/pairs.js';
import { flag, groupOrder, positiveVarint, priority, varintWithin } from '../control/parameter-values.js';
import { authorizationToken } from '../control/token.js';
import { location, restAsText, varint } from '../control/value-codec.js';
import { quicVarint } from '../varint.js';
import { options14 } from './parameters-14.js';

/** Message parameters of draft 16 (§9.2.2). */
export const parameters16: readonly PairDefinition[] = [
  {
    type: 0x02n,
    name: 'delivery_timeout',
    key: 'objectDeliveryTimeout',
    codec: positiveVarint,
    lengthPrefixed: false,
    messages: ['publish_ok', 'subscribe', 'request_update'],
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
      'publish_namespace',
      'track_status',
      'fetch',
    ],
  },
  {
    type: 0x08n,
    name: 'expires',
    key: 'expires',
    codec: varint,
    lengthPrefixed: false,
    messages: ['subscribe_ok', 'publish', 'publish_ok', 'request_ok'],
  },
  {
    type: 0x09n,
    name: 'largest_object',
    key: 'largestObject',
    codec: location,
    lengthPrefixed: true,
    messages: ['subscribe_ok', 'publish', 'request_ok'],
  },
  {
    type: 0x10n,
    name: 'forward',
    key: 'forward',
    codec: flag('varint', 'the forward parameter'),
    lengthPrefixed: false,
    messages: ['subscribe', 'request_update', 'publish', 'publish_ok', 'subscribe_namespace'],
  },
  {
    type: 0x20n,
    name: 'subscriber_priority',
    key: 'subscriberPriority',
    codec: priority('varint'),
    lengthPrefixed: false,
    messages: ['subscribe', 'fetch', 'request_update', 'publish_ok'],
  },
  {
    type: 0x21n,
    name: 'subscription_filter',
    key: 'filter',
    codec: subscriptionFilter('absolute', quicVarint.max),
    lengthPrefixed: true,
    malformed: 'PROTOCOL_VIOLATION',
    messages: ['subscribe', 'publish_ok', 'request_update'],
  },
  {
    type: 0x22n,
    name: 'group_order',
    key: 'groupOrder',
    codec: groupOrder('varint'),
    lengthPrefixed: false,
    messages: ['subscribe', 'publish_ok', 'fetch'],
  },
  {
    type: 0x32n,
    name: 'new_group_request',
    key: 'newGroupRequest',
    codec: varint,
    lengthPrefixed: false,
    messages: ['publish_ok', 'subscribe', 'request_update'],
  },
];

/** Setup parameters of draft 16 (§9.3.1). */
export const options16: readonly PairDefinition[] = [
  ...options14.filter((definition) => definition.type !== 0x07n),
  { type: 0x07n, name: 'moqt_implementation', key: 'implementation', codec: restAsText, lengthPrefixed: true },
];

/** Track extensions of draft 16 (§11); those with object scope only are not named. */
export const trackProperties16: readonly PairDefinition[] = [
  { type: 0x02n, name: 'delivery_timeout', codec: positiveVarint, lengthPrefixed: false },
  { type: 0x04n, name: 'max_cache_duration', codec: varint, lengthPrefixed: false },
  { type: 0x0bn, name: 'immutable_extensions', codec: restAsText, lengthPrefixed: true },
  {
    type: 0x0en,
    name: 'default_publisher_priority',
    codec: varintWithin(0n, 255n, 'the default publisher priority'),
    lengthPrefixed: false,
  },
  {
    type: 0x22n,
    name: 'default_publisher_group_order',
    codec: varintWithin(1n, 2n, 'the default publisher group order'),
    lengthPrefixed: false,
  },
  {
    type: 0x30n,
    name: 'dynamic_groups',
    codec: varintWithin(0n, 1n, 'the dynamic groups property'),
    lengthPrefixed: false,
  },
];
