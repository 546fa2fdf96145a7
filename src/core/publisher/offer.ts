import type { MoqtSession, Publication, PublicationOffer, PublishedNamespace } from '../session/session.js';
import { PROPERTY } from '../wire/properties.js';
import type { PublishOptions } from './publish-options.js';
import type { TrackLog } from './track-log.js';

/** What SUBSCRIBE_OK and PUBLISH say about the track. */
export function trackOffer(session: MoqtSession, options: PublishOptions, log: TrackLog): PublicationOffer {
  const { groupOrder } = options;
  const largest = log.largest === null ? {} : { largestObject: log.largest };
  if (groupOrder === undefined) return { parameters: largest };
  if (!session.profile.features.trackProperties) return { parameters: { ...largest, groupOrder } };
  // From 16 on the publisher's order is a property of the track (draft-18 §12.1.4).
  const value = groupOrder === 'ascending' ? 1n : 2n;
  return { parameters: largest, trackProperties: [{ type: PROPERTY.defaultPublisherGroupOrder, value }] };
}

/** PUBLISH_NAMESPACE and PUBLISH, as `via` says. Rejects when the peer refuses either or does not answer. */
export async function offerTrack(
  session: MoqtSession,
  options: PublishOptions,
  log: TrackLog,
  accepted: { namespace(namespace: PublishedNamespace): void; publication(publication: Publication): void },
): Promise<void> {
  const via = options.via ?? 'namespace';
  const request = { timeoutMs: options.requestTimeoutMs, signal: options.signal };
  if (via !== 'publish') {
    accepted.namespace(await session.publishNamespace(options.track.namespace, options.parameters ?? {}, request));
  }
  if (via !== 'namespace') {
    const offer = trackOffer(session, options, log);
    // FORWARD defaults to 1, and a relay would take and drop everything that nobody asked for yet.
    const forward = options.noWait ? {} : { forward: false };
    const parameters = { ...offer.parameters, ...options.parameters, ...forward };
    accepted.publication(await session.publish(options.track, { ...offer, parameters }, request));
  }
}
