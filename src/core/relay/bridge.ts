import { MoqtError } from '../errors/moqt-error.js';
import type { NamedCode, PublicationOffer, Refusal, Rejection } from '../session/session.js';
import { RequestRejected } from '../session/session-errors.js';
import type { Location } from '../wire/location.js';
import type { ObjectFragment, ObjectHeader } from '../wire/messages/object.js';
import type { KeyValuePair, Parameters } from '../wire/messages/parameters.js';
import type { DraftProfile } from '../wire/profile.js';
import { PROPERTY, samePropertyCoding, transcodeProperties } from '../wire/properties.js';
import { EncodeError } from '../wire/wire-error.js';

/*
 * What changes when something crosses from a session of one draft to a session of another. Codes cross by the name of
 * their meaning, never by number: 5 and 6 of PUBLISH_DONE, for one, changed places.
 */

export const DEFAULT_PRIORITY = 128;

/** That we are a duplicate is none of the subscriber's doing. */
const NOT_PASSED_ON: Readonly<Record<string, string>> = {
  DUPLICATE_SUBSCRIPTION: 'INTERNAL_ERROR',
};
const RESET_FALLBACK: Readonly<Record<string, string>> = {
  TOO_FAR_BEHIND: 'DELIVERY_TIMEOUT',
  EXCESSIVE_LOAD: 'DELIVERY_TIMEOUT',
  GOING_AWAY: 'CANCELLED',
  EXPIRED_AUTH_TOKEN: 'CANCELLED',
};

/** The status of a PUBLISH_DONE as this draft can say it. */
export function doneStatus(to: DraftProfile, name: string): string {
  return to.codes('publish-done').has(name) ? name : 'INTERNAL_ERROR';
}

/** The code of a stream reset as this draft can say it. */
export function resetCode(to: DraftProfile, name: string): string {
  const table = to.codes('stream-reset');
  if (table.has(name)) return name;
  const other = RESET_FALLBACK[name];
  return other !== undefined && table.has(other) ? other : 'INTERNAL_ERROR';
}

/** The name of a stream-reset code that arrived in a session of this draft. */
export function nameOfReset(from: DraftProfile, code: bigint): string {
  return from.codes('stream-reset').name(code) ?? 'INTERNAL_ERROR';
}

/** What a subscriber is told when a request to a publisher failed, in whatever way. */
export function passOnFailure(from: DraftProfile, error: unknown): Refusal {
  if (error instanceof RequestRejected) return passOnRejection(from, error.rejection);
  if (error instanceof MoqtError && error.code === 'MOQT_E_TIMEOUT') {
    return { name: 'TIMEOUT', reason: 'the publisher did not answer' };
  }
  if (error instanceof MoqtError && error.code === 'MOQT_E_UNSUPPORTED') {
    return { name: 'UNSUPPORTED_EXTENSION', reason: error.message };
  }
  if (error instanceof EncodeError) return NOT_CONVEYABLE;
  return { name: 'DOES_NOT_EXIST', reason: 'the publisher has gone' };
}

function passOnRejection(from: DraftProfile, rejection: Rejection): Refusal {
  const { request, code, reason: said, retryAfterMs, redirect } = rejection;
  const name = from.codes('request-error', request).neutralName(code) ?? 'INTERNAL_ERROR';
  const reason = said === '' ? 'refused by the publisher' : said;
  return {
    name: NOT_PASSED_ON[name] ?? name,
    reason,
    ...(retryAfterMs !== null && { retryAfterMs }),
    // Passed on rather than followed (draft-18 §10.6.2): whose draft has none is told that the track is not here.
    ...(redirect !== undefined && { redirect }),
  };
}

/** The status that subscribers get for the way a publisher's subscription ended. */
export function passOnDone(from: DraftProfile, status: NamedCode): string {
  return from.codes('publish-done').name(status.code) ?? 'INTERNAL_ERROR';
}

/** For a subscriber whose draft cannot carry what a publisher said: too long in its integers, say. */
export const NOT_CONVEYABLE: Refusal = {
  name: 'INTERNAL_ERROR',
  reason: 'what the publisher says of this track does not fit a message of this draft',
};

/** What a publisher said about its track, as track properties, whichever way its draft says it. */
export function factsOf(
  from: DraftProfile,
  parameters: Parameters,
  trackProperties: readonly KeyValuePair[],
): readonly KeyValuePair[] {
  if (from.features.trackProperties) return trackProperties;
  const facts: KeyValuePair[] = [];
  const add = (type: bigint, value: bigint | undefined): void => {
    if (value !== undefined) facts.push({ type, value });
  };
  add(PROPERTY.objectDeliveryTimeout, parameters.objectDeliveryTimeout);
  add(PROPERTY.maxCacheDuration, parameters.maxCacheDuration);
  if (parameters.publisherPriority !== undefined) {
    add(PROPERTY.defaultPublisherPriority, BigInt(parameters.publisherPriority));
  }
  if (parameters.groupOrder === 'descending') add(PROPERTY.defaultPublisherGroupOrder, 2n);
  if (parameters.dynamicGroups !== undefined) add(PROPERTY.dynamicGroups, parameters.dynamicGroups ? 1n : 0n);
  return facts;
}

/** The integer value of a track property, also when it is not there. */
export function factOf(facts: readonly KeyValuePair[], type: bigint): bigint | undefined {
  const value = facts.find((pair) => pair.type === type)?.value;
  return typeof value === 'bigint' ? value : undefined;
}

/** The same facts as a subscriber's draft says them. What it has no place for is left out. */
export function offerFor(to: DraftProfile, facts: readonly KeyValuePair[], largest: Location | null): PublicationOffer {
  const parameters: { -readonly [K in keyof Parameters]: Parameters[K] } = {};
  if (largest !== null) parameters.largestObject = largest;
  if (to.features.trackProperties) return { parameters, trackProperties: facts };
  const timeout = factOf(facts, PROPERTY.objectDeliveryTimeout);
  if (timeout !== undefined) parameters.objectDeliveryTimeout = timeout;
  const duration = factOf(facts, PROPERTY.maxCacheDuration);
  if (duration !== undefined) parameters.maxCacheDuration = duration;
  parameters.groupOrder = factOf(facts, PROPERTY.defaultPublisherGroupOrder) === 2n ? 'descending' : 'ascending';
  return { parameters };
}

/** True when pieces of objects cannot go as they are from one draft to the other. */
export function needsAdapting(from: DraftProfile, to: DraftProfile, hasProperties: boolean): boolean {
  if (from.features.doesNotExistStatus && !to.features.doesNotExistStatus) return true;
  return hasProperties && !samePropertyCoding(from, to);
}

/**
 * Pieces of objects as the other draft has them: properties in its coding, and without objects whose status it lacks,
 * of which `leftOut` is told. (That such an object does not exist could be said by a gap property, but a relay must not
 * add one: draft-18 §12.9.) Throws EncodeError or WireError when properties cannot be carried over.
 */
export function adaptFragments(
  from: DraftProfile,
  to: DraftProfile,
  fragments: readonly ObjectFragment[],
  leftOut: () => void,
): readonly ObjectFragment[] {
  const adapted: ObjectFragment[] = [];
  for (const fragment of fragments) {
    const { header } = fragment;
    if (header.status === 'does-not-exist' && !to.features.doesNotExistStatus) {
      leftOut();
      continue;
    }
    // Only the first piece of an object has its header written.
    if (fragment.offset !== 0 || header.properties.length === 0) adapted.push(fragment);
    else adapted.push({ ...fragment, header: adaptHeader(from, to, header) });
  }
  return adapted;
}

export function adaptHeader(from: DraftProfile, to: DraftProfile, header: ObjectHeader): ObjectHeader {
  if (header.properties.length === 0 || samePropertyCoding(from, to)) return header;
  return { ...header, properties: transcodeProperties(from, to, header.properties) };
}
