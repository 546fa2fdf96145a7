import type { TransportSession } from '../transport/transport.js';

/** What a relay counts, beside the caps. All are totals since the start but those in `open…`. */
export class Tally {
  sessionsOpened = 0;
  sessionsOverQuic = 0;
  sessionsOverWebtransport = 0;
  sessionsOverWebtransportH2 = 0;
  sessionsRefused = 0;
  requestsRefused = 0;
  subscriptionsAccepted = 0;
  subscriptionsHeld = 0;
  upstreamSubscriptions = 0;
  publishesAccepted = 0;
  fetchesFromCache = 0;
  fetchesForwarded = 0;
  streamsReceived = 0;
  streamsSent = 0;
  bytesReceived = 0;
  bytesSent = 0;
  datagramsReceived = 0;
  datagramsSent = 0;
  datagramsTooLarge = 0;
  datagramsDropped = 0;
  /** Objects that another publisher of the track had delivered. */
  duplicatesDropped = 0;
  /** Objects whose status the subscriber's draft lacks. */
  statusesLeftOut = 0;
  /** Streams or datagrams with a value that the subscriber's draft cannot carry. */
  notRepresentable = 0;
  tooFarBehind = 0;
  deliveryTimeouts = 0;
  malformedTracks = 0;
  /** Streams that a PUBLISH_DONE announced and that did not come. */
  streamsMissing = 0;
  groupsEvicted = 0;
  /** Defects of the relay: each is told as an event. */
  internalErrors = 0;
  /** Errors that the owner's `onEvent` threw. */
  hookErrors = 0;

  countSession(transport: TransportSession['kind']): void {
    this.sessionsOpened++;
    if (transport === 'quic') this.sessionsOverQuic++;
    else if (transport === 'webtransport') this.sessionsOverWebtransport++;
    else if (transport === 'webtransport-h2') this.sessionsOverWebtransportH2++;
  }

  snapshot(): Record<string, number> {
    return Object.fromEntries(Object.entries(this));
  }
}
