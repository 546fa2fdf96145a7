import type { IncomingTrackStatus, Refusal } from '../session/session.js';
import { factsOf, NOT_CONVEYABLE, offerFor, passOnFailure } from './bridge.js';
import type { RelayContext } from './context.js';
import type { Peer } from './peer.js';

/** Answers from what the relay knows of a track with a publisher, else asks those who could have it. Never rejects. */
export async function serveTrackStatus(context: RelayContext, peer: Peer, request: IncomingTrackStatus): Promise<void> {
  const track = context.knownTrack(request.track);
  if (track !== undefined && track.publishers.upstreams.size > 0) {
    try {
      request.accept(offerFor(peer.profile, track.store.facts, track.store.largest));
    } catch {
      peer.refuse(request, 'TRACK_STATUS', NOT_CONVEYABLE);
    }
    return;
  }
  let refusal: Refusal = { name: 'DOES_NOT_EXIST', reason: 'nobody publishes this track' };
  for (const publisher of context.namespaces.publishersOf(request.track.namespace)) {
    if (!publisher.isOpen || request.signal.aborted) continue;
    try {
      const { parameters = {}, trackProperties = [] } = await publisher.session.trackStatus(
        request.track,
        {},
        { timeoutMs: context.policy.requestTimeoutMs, signal: request.signal },
      );
      const facts = factsOf(publisher.profile, parameters, trackProperties);
      request.accept(offerFor(peer.profile, facts, parameters.largestObject ?? null));
      return;
    } catch (error) {
      refusal = passOnFailure(publisher.profile, error);
    }
  }
  if (!request.signal.aborted) peer.refuse(request, 'TRACK_STATUS', refusal);
}
