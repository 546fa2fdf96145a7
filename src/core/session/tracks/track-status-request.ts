import { deferred, ignorable } from '../../util/deferred.js';
import type { FullTrackName } from '../../wire/full-track-name.js';
import type { ControlMessage } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { SessionContext } from '../context.js';
import { withDefaultFilter } from '../parameters.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from '../requests/exchange.js';
import { endedError, rejectionError } from '../requests/rejection.js';
import { RequestDeadline } from '../requests/request-deadline.js';
import type { PublicationOffer, RequestOptions } from '../session.js';

/** TRACK_STATUS: resolves with what a SUBSCRIBE_OK would have said. */
export async function trackStatus(
  { core, channel }: SessionContext,
  track: FullTrackName,
  parameters: Parameters = {},
  options?: RequestOptions,
): Promise<PublicationOffer> {
  const deadline = new RequestDeadline(core, 'TRACK_STATUS', options);
  const answer = deferred<PublicationOffer>();
  void ignorable(answer.promise);
  const said = withDefaultFilter(core.profile, parameters);
  let exchange: Exchange | null = null;
  const handler: ExchangeHandler = {
    onMessage(message: ControlMessage) {
      if (message.type === 'REQUEST_OK') {
        answer.resolve({ parameters: message.parameters, trackProperties: message.trackProperties ?? [] });
      } else if (message.type === 'REQUEST_ERROR') answer.reject(rejectionError(core, 'TRACK_STATUS', message));
      else core.fail('PROTOCOL_VIOLATION', `a TRACK_STATUS was answered with ${message.type}`);
      exchange?.finish();
    },
    onPeerFinished() {
      answer.reject(endedError('TRACK_STATUS', { kind: 'peer' }));
      exchange?.finish();
    },
    onEnd(end: ExchangeEnd) {
      answer.reject(endedError('TRACK_STATUS', end));
    },
  };
  try {
    exchange = await channel.open(
      'TRACK_STATUS',
      (requestId) => ({ type: 'TRACK_STATUS', requestId, track, parameters: said }),
      handler,
      deadline.signal,
    );
    return await deadline.race(answer.promise);
  } catch (error) {
    // No draft before 17 has a message that cancels it: the answer is ignored when it comes.
    exchange?.cancel(null, 'CANCELLED');
    throw error;
  } finally {
    deadline.dispose();
  }
}
