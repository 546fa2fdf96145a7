import { type Publisher, publish } from '../../src/core/publisher/publish.js';
import type { PublishOptions, PublishReport } from '../../src/core/publisher/publish-options.js';
import type { MoqtSession, OutgoingSubgroup, Publication, PublicationOffer } from '../../src/core/session/session.js';
import { subscribe, type TrackSubscription } from '../../src/core/subscriber/subscribe.js';
import type { SubscribeOptions, SubscribeReport } from '../../src/core/subscriber/subscribe-options.js';
import type { ReceivedObject, TrackItem } from '../../src/core/subscriber/track-item.js';
import { concatBytes, utf8 } from '../../src/core/util/bytes.js';
import type { ObjectStatus } from '../../src/core/wire/messages/object.js';
import { type ConnectedPair, connectPair, type PairSettings, track } from '../session/support/sessions.js';

export const TRACK = track('video', 'live', 'room1');

/** A publisher (the client) and a subscriber (the server) on one session over memory. */
export interface TrackPair extends ConnectedPair {
  readonly publisherSession: MoqtSession;
  readonly subscriberSession: MoqtSession;
}

/** The server takes announcements and PUBLISH as a relay would. */
export async function trackPair(draft: string, settings: PairSettings = {}): Promise<TrackPair> {
  const pair = await connectPair(draft, {
    ...settings,
    server: { onPublishNamespace: (request) => void request.accept(), ...settings.server },
  });
  return { ...pair, publisherSession: pair.client, subscriberSession: pair.server };
}

export async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

export async function* batches<T>(...all: readonly (readonly T[])[]): AsyncGenerator<readonly T[]> {
  yield* all;
}

export interface Taken {
  readonly items: TrackItem[];
  readonly error: unknown;
  readonly report: SubscribeReport;
}

/** Every item until the end, and the error if that is how it ends. */
export async function takeAll(subscription: TrackSubscription): Promise<Taken> {
  const items: TrackItem[] = [];
  let error: unknown;
  try {
    for (let batch = await subscription.nextBatch(); batch !== null; batch = await subscription.nextBatch()) {
      items.push(...batch);
    }
  } catch (thrown) {
    error = thrown;
  }
  return { items, error, report: subscription.report() };
}

/** The payload of all items, one behind another. */
export function payloadOf(items: readonly TrackItem[]): Uint8Array {
  const payloads: Uint8Array[] = [];
  for (const item of items) if (item.kind === 'object' || item.kind === 'piece') payloads.push(item.payload);
  return payloads.length === 0 ? new Uint8Array(0) : concatBytes(payloads);
}

export function objectsOf(items: readonly TrackItem[]): ReceivedObject[] {
  return items.filter((item) => item.kind === 'object');
}

/** `group.object` of every object, statuses marked. */
export function placesOf(items: readonly TrackItem[]): string[] {
  return objectsOf(items).map(({ header }) => {
    const status = header.status === 'normal' ? '' : ` ${header.status}`;
    return `${header.group}.${header.object}${status}`;
  });
}

export interface RoundTrip extends Taken {
  readonly publishReport: PublishReport;
}

/** Publishes over one session and subscribes at its other end. */
export async function roundTrip(
  pair: TrackPair,
  publishOptions: Omit<PublishOptions, 'track'>,
  subscribeOptions: Omit<SubscribeOptions, 'track'> = {},
): Promise<RoundTrip> {
  const publisher = publish(pair.publisherSession, { track: TRACK, ...publishOptions });
  const taken = await subscribeWhenOffered(pair, publisher, subscribeOptions);
  return { ...taken, publishReport: await publisher.done };
}

/** Subscribes as soon as the peer has the track. */
export async function subscribeWhenOffered(
  pair: TrackPair,
  publisher: Publisher,
  options: Omit<SubscribeOptions, 'track'> = {},
): Promise<Taken> {
  // Whoever looks at the publisher sees why it failed.
  publisher.done.catch(() => {});
  const subscription = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000, ...options });
  return takeAll(subscription);
}

/** Accepts the next SUBSCRIBE on a session and gives the publication to the test, to send whatever it likes. */
export function nextPublication(session: MoqtSession, offer: PublicationOffer = {}): Promise<Publication> {
  return new Promise((resolve) => {
    session.handlers = {
      ...session.handlers,
      onSubscribe: (request) => resolve(request.accept(offer)),
    };
  });
}

export interface Sent {
  readonly group: bigint;
  readonly subgroup?: bigint;
  readonly objects: readonly (
    | string
    | { readonly object: bigint; readonly text?: string; readonly status?: ObjectStatus }
  )[];
  readonly endOfGroup?: boolean;
  /** Default `fin`. */
  readonly end?: 'fin' | 'open' | 'reset';
}

/** One stream, written in a go. Text alone is the next object. */
export async function sendStream(publication: Publication, sent: Sent): Promise<OutgoingSubgroup> {
  const stream = await publication.openSubgroup({
    group: sent.group,
    subgroup: sent.subgroup ?? 0n,
    hasProperties: false,
    endOfGroup: sent.endOfGroup ?? true,
  });
  let next = 0n;
  for (const given of sent.objects) {
    const { object, text, status } =
      typeof given === 'string' ? { object: next, text: given, status: undefined } : given;
    await stream.writeObject({ object, ...(status === undefined ? {} : { status }) }, utf8(text ?? ''));
    next = object + 1n;
  }
  if (sent.end === 'reset') stream.reset('CANCELLED');
  else if (sent.end !== 'open') stream.end();
  return stream;
}

export interface SubscribedPair {
  readonly pair: TrackPair;
  readonly publication: Publication;
  readonly subscription: TrackSubscription;
}

/** A subscription whose other end is in the hands of the test. */
export async function subscribedPair(
  draft: string,
  options: Omit<SubscribeOptions, 'track'> = {},
  settings: PairSettings & { readonly offer?: PublicationOffer } = {},
): Promise<SubscribedPair> {
  const pair = await trackPair(draft, settings);
  const publication = nextPublication(pair.publisherSession, settings.offer);
  const subscription = await subscribe(pair.subscriberSession, { track: TRACK, ...options });
  return { pair, publication: await publication, subscription };
}
