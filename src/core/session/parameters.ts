import type { Location } from '../wire/location.js';
import type { KeyValuePair, Parameters, SubscriptionFilter } from '../wire/messages/parameters.js';
import type { DraftProfile } from '../wire/profile.js';
import { PROPERTY } from '../wire/properties.js';
import { DEFAULT_PRIORITY } from '../wire/subgroup.js';
import type { PublicationOffer } from './session.js';
import type { SessionCore } from './session-core.js';

/** `base` with every value of `update` that is present (draft-18 §10.9: absent means unchanged). */
export function mergeParameters(base: Parameters, update: Parameters): Parameters {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(update)) if (value !== undefined) merged[key] = value;
  return merged;
}

/** What a draft without optional filters wants said (14): a filter always, here the one that asks for what comes next. */
export function withDefaultFilter(profile: DraftProfile, parameters: Parameters): Parameters {
  if (profile.features.unfiltered || parameters.filter !== undefined) return parameters;
  return { ...parameters, filter: { type: 'largest-object' } };
}

/** An offer as this draft can say it. Properties that it has no place for are left out, and that is told. */
export function conveyableOffer(
  core: SessionCore,
  offer: PublicationOffer,
  /** The answer has room for track properties. */
  hasRoom = core.profile.features.trackProperties,
): { readonly parameters: Parameters; readonly trackProperties: readonly KeyValuePair[] } {
  const { trackProperties = [], parameters = {} } = offer;
  if (trackProperties.length === 0 || hasRoom) return { parameters, trackProperties };
  core.notice(
    'track-properties-dropped',
    `draft ${core.profile.draft} has no track properties in this message: they were left out`,
  );
  return { parameters, trackProperties: [] };
}

/** The priority of objects that leave it to the track. */
export function defaultPriority(parameters: Parameters, trackProperties: readonly KeyValuePair[]): number {
  const property = trackProperties.find(({ type }) => type === PROPERTY.defaultPublisherPriority)?.value;
  if (typeof property === 'bigint' && property <= 255n) return Number(property);
  return parameters.publisherPriority ?? DEFAULT_PRIORITY;
}

const MANDATORY_FIRST = 0x4000n;
const MANDATORY_LAST = 0x7fffn;

/** The first property that must be understood and is not (draft-18 §2.5.1); we understand none of that range. */
export function unsupportedProperty(profile: DraftProfile, properties: readonly KeyValuePair[] = []): bigint | null {
  if (!profile.codes('request-error').has('UNSUPPORTED_EXTENSION')) return null;
  return properties.find(({ type }) => type >= MANDATORY_FIRST && type <= MANDATORY_LAST)?.type ?? null;
}

/**
 * The filter of a subscription with its start spelled out, as an update must where it restates the whole range
 * (draft-14 §9.10). `largest` is what the publisher said when the subscription began.
 */
export function absoluteFilter(
  filter: SubscriptionFilter | undefined,
  largest: Location | undefined,
): SubscriptionFilter {
  switch (filter?.type) {
    case 'absolute-start':
    case 'absolute-range':
      return filter;
    case 'next-group-start':
      return {
        type: 'absolute-start',
        start: largest === undefined ? { group: 0n, object: 0n } : { group: largest.group + 1n, object: 0n },
      };
    default:
      return {
        type: 'absolute-start',
        start:
          largest === undefined ? { group: 0n, object: 0n } : { group: largest.group, object: largest.object + 1n },
      };
  }
}
