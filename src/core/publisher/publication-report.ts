/** How a subscription ended, seen from the publisher. */
export type PublicationEnd =
  /** Everything from its start to the end of the track, or of its range, was delivered. */
  | 'complete'
  /** The end was reached, but streams that the peer stopped were not delivered. */
  | 'partial'
  /** The subscriber left. */
  | 'left'
  | 'too-far-behind'
  | 'session-closed'
  /** The track ended while the subscriber had asked not to be sent objects. */
  | 'paused'
  /** The publisher stopped before the end of the track. */
  | 'stopped';

/** One subscription so far, or in the end. */
export interface PublicationReport {
  readonly origin: 'subscribe' | 'publish';
  readonly requestId: bigint;
  /** Null while it goes on. */
  readonly end: PublicationEnd | null;
  readonly objects: number;
  readonly bytes: number;
  readonly datagrams: number;
  readonly streams: number;
  /** Streams known to have arrived. */
  readonly acknowledged: number;
  /** Streams that left this process; the transport cannot say more. */
  readonly handedOver: number;
  /** Streams that the peer stopped, or that were lost with the session. */
  readonly notDelivered: number;
  /** Objects that were not sent because their stream had been stopped. */
  readonly skippedObjects: number;
}
