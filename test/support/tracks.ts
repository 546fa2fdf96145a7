import { type Publisher, publish } from '../../src/core/publisher/publish.js';
import type { PublishOptions, PublishReport } from '../../src/core/publisher/publish-options.js';
import type { MoqtSession } from '../../src/core/session/session.js';
import { subscribe, type TrackSubscription } from '../../src/core/subscriber/subscribe.js';
import type { SubscribeOptions, SubscribeReport } from '../../src/core/subscriber/subscribe-options.js';
import type { ReceivedObject, TrackItem } from '../../src/core/subscriber/track-item.js';
import { concatBytes } from '../../src/core/util/bytes.js';
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
