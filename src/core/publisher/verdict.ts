import { MoqtError } from '../errors/moqt-error.js';
import { sessionEndedError } from '../session/failure.js';
import type { SessionCloseInfo } from '../session/session.js';
import type { PublicationReport } from './publication-report.js';
import type { PublishReport } from './publish-options.js';

/** The weakest knowledge that we have of any stream of a subscription that got everything. */
export function reportDelivery(subscriptions: readonly PublicationReport[]): PublishReport['delivery'] {
  const complete = subscriptions.filter(({ end }) => end === 'complete');
  if (complete.length === 0) return 'none';
  return complete.some(({ handedOver, datagrams }) => handedOver > 0 || datagrams > 0) ? 'handed-over' : 'acknowledged';
}

/**
 * Throws unless the track was delivered: to at least one subscription from its start to the end, or to nobody at all when
 * nobody was waited for.
 */
export function judgeEnd(
  report: PublishReport,
  context: { noWait: boolean; close: SessionCloseInfo | undefined; peer: string },
): void {
  const { subscriptions } = report;
  if (subscriptions.some(({ end }) => end === 'complete')) return;
  const { close, peer } = context;
  if (close !== undefined) throw sessionEndedError(close, { stage: 'publish', afterData: report.objects > 0, peer });
  const slow = subscriptions.filter(({ end }) => end === 'too-far-behind').length;
  const partial = subscriptions.filter(({ end }) => end === 'partial');
  if (context.noWait && slow === 0 && partial.length === 0) return;
  let why = 'every subscriber left before the end of the track';
  if (slow > 0) why = 'no subscriber kept up with the track';
  if (partial.length > 0) {
    const lost = partial.reduce((sum, { notDelivered }) => sum + notDelivered, 0);
    why = `the peer stopped ${lost} stream${lost === 1 ? '' : 's'} before all was delivered`;
  }
  throw new MoqtError('MOQT_E_INCOMPLETE', why, { stage: 'publish', cause: 'publish.not-delivered', peer });
}
