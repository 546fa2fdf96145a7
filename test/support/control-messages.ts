import fc from 'fast-check';
import type { MessageLayout, Slot } from '../../src/core/wire/control/layout.js';
import { belongsTo } from '../../src/core/wire/control/pairs.js';
import type { ControlMessage } from '../../src/core/wire/messages/control-message.js';
import type { AuthorizationToken, KeyValuePair, SubscriptionFilter } from '../../src/core/wire/messages/parameters.js';
import type { DraftProfile } from '../../src/core/wire/profile.js';

/** Arbitrary draft-neutral messages, with every part that a draft has a place for. */

const bytes = (maxLength: number, minLength = 0) => fc.uint8Array({ minLength, maxLength });
const text = (maxLength: number) => fc.string({ maxLength, unit: 'grapheme' });

function atMost(value: bigint, max: bigint): bigint {
  return value < max ? value : max;
}

/** Integers of every size up to what the draft's varint carries. */
function integer(profile: DraftProfile, min = 0n): fc.Arbitrary<bigint> {
  const bits = profile.features.maxVarint.toString(2).length;
  return fc
    .integer({ min: 1, max: bits })
    .chain((width) => fc.bigInt({ min, max: (1n << BigInt(width)) - 1n + min }))
    .map((value) => atMost(value, profile.features.maxVarint));
}

function token(profile: DraftProfile): fc.Arbitrary<AuthorizationToken> {
  const number = integer(profile);
  return fc.oneof(
    fc.record({ alias: fc.constant('delete' as const), tokenAlias: number }),
    fc.record({ alias: fc.constant('register' as const), tokenAlias: number, tokenType: number, value: bytes(20) }),
    fc.record({ alias: fc.constant('use-alias' as const), tokenAlias: number }),
    fc.record({ alias: fc.constant('use-value' as const), tokenType: number, value: bytes(20) }),
  );
}

function location(profile: DraftProfile) {
  return fc.record({ group: integer(profile), object: integer(profile) });
}

function absoluteFilter(profile: DraftProfile): fc.Arbitrary<SubscriptionFilter> {
  const max = profile.features.maxVarint;
  return fc.oneof(
    fc.record({ type: fc.constant('absolute-start' as const), start: location(profile) }),
    fc.tuple(location(profile), integer(profile)).map(([start, length]) => {
      // One below the largest, for the draft that writes the last group plus one.
      const group = start.group === max ? max - 1n : start.group;
      const end = group + length;
      return { type: 'absolute-range' as const, start: { ...start, group }, endGroup: atMost(end, max - 1n) };
    }),
  );
}

function filter(profile: DraftProfile): fc.Arbitrary<SubscriptionFilter> {
  return fc.oneof(
    fc.constant<SubscriptionFilter>({ type: 'next-group-start' }),
    fc.constant<SubscriptionFilter>({ type: 'largest-object' }),
    absoluteFilter(profile),
  );
}

function namespace(profile: DraftProfile, partial = false): fc.Arbitrary<Uint8Array[]> {
  const { emptyNamespace, emptyNamespaceField, namespaceSubscriptionStream } = profile.features;
  const minLength = emptyNamespace || (partial && namespaceSubscriptionStream) ? 0 : 1;
  return fc.array(bytes(12, emptyNamespaceField ? 0 : 1), { minLength, maxLength: 32 });
}

function track(profile: DraftProfile) {
  return fc.record({ namespace: namespace(profile), name: bytes(40) });
}

/** A pair of a type above all that are defined. */
function unknownPair(profile: DraftProfile, above: bigint): fc.Arbitrary<KeyValuePair> {
  return fc
    .tuple(fc.bigInt({ min: above, max: above + 100_000n }), integer(profile), bytes(20))
    .map(([type, number, value]) => ({ type, value: (type & 1n) === 1n ? value : number }));
}

function sorted(pairs: KeyValuePair[]): KeyValuePair[] {
  return pairs.sort((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0));
}

function byKey(profile: DraftProfile): Record<string, fc.Arbitrary<unknown>> {
  const duration = integer(profile, 1n);
  return {
    authorizationTokens: fc.array(token(profile), { minLength: 1, maxLength: 3 }),
    objectDeliveryTimeout: duration,
    subgroupDeliveryTimeout: duration,
    maxCacheDuration: duration,
    rendezvousTimeout: duration,
    expires: duration,
    fillTimeout: duration,
    largestObject: location(profile),
    forward: fc.boolean(),
    subscriberPriority: fc.integer({ min: 0, max: 255 }),
    filter: filter(profile),
    groupOrder: fc.constantFrom('ascending', 'descending'),
    newGroupRequest: integer(profile),
    trackNamespacePrefix: namespace(profile, true),
  };
}

/** Parameters in the list, any of them, and all those that the draft writes as fields. */
function parameters(profile: DraftProfile, layout: MessageLayout): fc.Arbitrary<object> {
  const values = byKey(profile);
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  const requiredKeys: string[] = [];
  if (layout.has('parameters')) {
    for (const definition of profile.control.parameters) {
      if (definition.key === undefined || !belongsTo(definition, layout.view)) continue;
      const value = values[definition.key];
      if (value === undefined) throw new Error(`no arbitrary value for ${definition.key}`);
      model[definition.key] = value;
    }
    if (profile.features.inBandVersions) {
      model.unknown = fc.array(unknownPair(profile, 1000n), { minLength: 1, maxLength: 3 });
    }
  }
  const fixed: [Slot, string, fc.Arbitrary<unknown>?][] = [
    ['subscriberPriority', 'subscriberPriority'],
    ['forward', 'forward'],
    ['filterType', 'filter'],
    ['endGroupPlusOne', 'filter', absoluteFilter(profile)],
  ];
  for (const [slot, key, value = values[key]] of fixed) {
    if (!layout.has(slot)) continue;
    model[key] = value as fc.Arbitrary<unknown>;
    requiredKeys.push(key);
  }
  if (layout.has('expires')) model.expires = values.expires as fc.Arbitrary<unknown>;
  if (layout.has('contentExists')) model.largestObject = values.largestObject as fc.Arbitrary<unknown>;
  if (layout.has('groupOrder') && layout.type !== 'FETCH_OK') {
    model.groupOrder = values.groupOrder as fc.Arbitrary<unknown>;
    if (layout.fallback('groupOrder') !== 0) requiredKeys.push('groupOrder');
  }
  return fc.record(model, { requiredKeys });
}

function trackProperties(profile: DraftProfile): fc.Arbitrary<KeyValuePair[]> {
  return fc.array(unknownPair(profile, 0x40n), { maxLength: 4 }).map(sorted);
}

function options(profile: DraftProfile): fc.Arbitrary<object> {
  const values: Record<string, fc.Arbitrary<unknown>> = {
    path: fc.constantFrom('', '/', '/a/b%20c?x=1&y=/?', '?q'),
    authority: fc.constantFrom('relay.example:4443', '[::1]', ''),
    maxRequestId: integer(profile),
    maxAuthTokenCacheSize: integer(profile),
    authorizationTokens: fc.array(token(profile), { minLength: 1, maxLength: 3 }),
    implementation: text(20),
  };
  const known = profile.control.options.map((definition) => definition.key as string);
  const model = Object.fromEntries(known.map((key) => [key, values[key] as fc.Arbitrary<unknown>]));
  model.unknown = fc.array(unknownPair(profile, 0x40n), { minLength: 1, maxLength: 3 }).map(sorted);
  return fc.record(model, { requiredKeys: [] });
}

function fetchTarget(profile: DraftProfile): fc.Arbitrary<object> {
  const max = profile.features.maxVarint;
  const joining = { joiningRequestId: integer(profile), joiningStart: integer(profile) };
  return fc.oneof(
    fc.tuple(track(profile), location(profile), integer(profile)).map(([of, start, length]) => {
      const end = start.group + length;
      return { type: 'standalone', track: of, start, end: { group: atMost(end, max), object: 0n } };
    }),
    fc.record({ type: fc.constantFrom('relative-joining', 'absolute-joining'), ...joining }),
  );
}

function redirectOf(profile: DraftProfile) {
  return fc.record({ connectUri: text(30), track: track(profile) });
}

/** Messages that `layout` writes. */
export function controlMessage(profile: DraftProfile, layout: MessageLayout): fc.Arbitrary<ControlMessage> {
  const number = integer(profile);
  const fields: Record<string, fc.Arbitrary<unknown>> = { type: fc.constant(layout.type) };
  const optional: string[] = [];
  const direct: [Slot, string, fc.Arbitrary<unknown>][] = [
    ['requestId', 'requestId', number],
    ['existingRequestId', 'existingRequestId', number],
    ['maxRequestId', 'maxRequestId', number],
    ['versions', 'versions', fc.array(number, { minLength: 1, maxLength: 5 })],
    ['version', 'version', number],
    ['uri', 'newSessionUri', text(60)],
    ['timeout', 'timeout', number],
    ['prefix', 'prefix', namespace(profile, true)],
    ['suffix', 'suffix', namespace(profile, true)],
    ['trackAlias', 'trackAlias', number],
    ['errorCode', 'errorCode', number.filter((code) => code !== 0x34n)],
    ['statusCode', 'statusCode', number],
    ['streamCount', 'streamCount', number],
    ['retryInterval', 'retryInterval', number],
    ['reason', 'reason', text(40)],
    ['subscribeOptions', 'subscribeOptions', fc.constantFrom('publish', 'namespace', 'both')],
    ['endOfTrack', 'endOfTrack', fc.boolean()],
    ['trackProperties', 'trackProperties', trackProperties(profile)],
    ['options', 'options', options(profile)],
    ['fetchType', 'target', fetchTarget(profile)],
  ];
  for (const [slot, key, value] of direct) if (layout.has(slot)) fields[key] = value;
  if (layout.type === 'GOAWAY' && layout.has('requestId')) optional.push('requestId');
  if (layout.has('namespace') && layout.has('name') && !layout.has('fetchType')) fields.track = track(profile);
  else if (layout.has('namespace') && !layout.has('fetchType')) fields.namespace = namespace(profile);
  else if (layout.type === 'PUBLISH_BLOCKED') fields.name = bytes(30);
  if (layout.type === 'FETCH_OK') {
    fields.end = location(profile);
    if (layout.has('groupOrder')) fields.groupOrder = fc.constantFrom('ascending', 'descending');
  }
  if (layout.request !== undefined) fields.request = fc.constant(layout.request);
  if (layout.has('parameters') || layout.type === 'REQUEST_OK') fields.parameters = parameters(profile, layout);
  const requiredKeys = Object.keys(fields).filter((key) => !optional.includes(key));
  const message = fc.record(fields, { requiredKeys }) as unknown as fc.Arbitrary<ControlMessage>;
  if (!layout.has('redirect')) return message;
  return fc.oneof(
    message,
    fc
      .tuple(message, redirectOf(profile))
      .map(([error, redirect]) => ({ ...error, errorCode: 0x34n, redirect }) as ControlMessage),
  );
}
