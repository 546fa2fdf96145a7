import type { PairDefinition } from '../control/pairs.js';
import { authorizationToken } from '../control/token.js';
import { restAsHex, restAsText, varint } from '../control/value-codec.js';

/** Message parameters of draft 14 (§9.2.1). */
export const parameters14: readonly PairDefinition[] = [
  {
    type: 0x02n,
    name: 'delivery_timeout',
    key: 'objectDeliveryTimeout',
    codec: varint,
    lengthPrefixed: false,
    messages: [
      'track_status',
      'track_status_ok',
      'publish',
      'publish_ok',
      'subscribe',
      'subscribe_ok',
      'subscribe_update',
    ],
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
      'subscribe_update',
      'subscribe_namespace',
      'publish_namespace',
      'track_status',
      'fetch',
    ],
  },
  {
    type: 0x04n,
    name: 'max_cache_duration',
    key: 'maxCacheDuration',
    codec: varint,
    lengthPrefixed: false,
    messages: ['publish', 'subscribe_ok', 'fetch_ok', 'track_status_ok'],
  },
];

/** Setup parameters of draft 14 (§9.3.2). */
export const options14: readonly PairDefinition[] = [
  { type: 0x01n, name: 'path', key: 'path', codec: restAsText, lengthPrefixed: true },
  { type: 0x02n, name: 'max_request_id', key: 'maxRequestId', codec: varint, lengthPrefixed: false },
  {
    type: 0x03n,
    name: 'authorization_token',
    key: 'authorizationTokens',
    codec: authorizationToken,
    lengthPrefixed: true,
    repeatable: true,
  },
  {
    type: 0x04n,
    name: 'max_auth_token_cache_size',
    key: 'maxAuthTokenCacheSize',
    codec: varint,
    lengthPrefixed: false,
  },
  { type: 0x05n, name: 'authority', key: 'authority', codec: restAsText, lengthPrefixed: true },
  // The text gives MOQT_IMPLEMENTATION the number of AUTHORITY; implementations send 0x07, as from 15 on.
  { type: 0x07n, key: 'implementation', codec: restAsHex, lengthPrefixed: true, repeatable: true },
];
