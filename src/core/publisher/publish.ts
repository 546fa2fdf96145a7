import type { MoqtSession } from '../session/session.js';
import type { PublishOptions, PublishReport } from './publish-options.js';
import { TrackPublisher } from './track-publisher.js';

/** A track that is being published. */
export interface Publisher {
  /**
   * Resolves once everything was delivered, as far as the transport can tell, or an abort ended it in order (`outcome`
   * `stopped`). Rejects with MoqtError: the offer was refused or not answered, the source failed, or the track could not be
   * delivered whole (`MOQT_E_INCOMPLETE`). Either way the streams, requests and the source are let go.
   */
  readonly done: Promise<PublishReport>;
  /** What was done so far; cheap. */
  report(): PublishReport;
}

/**
 * Publishes a track over an established session (draft-18 §5, §11). It offers the track, waits for a subscriber, sends the
 * source to each subscriber on streams of their own, marks the end of every group and of the track, and waits for delivery.
 * The source is read no faster than the fastest subscriber's transport takes, so memory stays flat for any source.
 * Bad options reject `done` before anything is sent.
 */
export function publish(session: MoqtSession, options: PublishOptions): Publisher {
  const publisher = new TrackPublisher(session, options);
  return { done: publisher.run(), report: () => publisher.report() };
}
