import { MoqtError } from '../../errors/moqt-error.js';
import { deferred, ignorable } from '../../util/deferred.js';
import { type FullTrackName, trackKey } from '../../wire/full-track-name.js';
import type { ControlMessage, SubscribeOk } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { SessionContext } from '../context.js';
import { unsupportedProperty, withDefaultFilter } from '../parameters.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from '../requests/exchange.js';
import { endedError, rejectionError } from '../requests/rejection.js';
import { RequestDeadline } from '../requests/request-deadline.js';
import type { RequestOptions, Subscription, SubscriptionSink } from '../session.js';
import { RequestCancelled } from '../session-errors.js';
import { ActiveSubscription } from './subscription.js';

/** SUBSCRIBE: resolves with SUBSCRIBE_OK. */
export async function subscribe(
  context: SessionContext,
  track: FullTrackName,
  parameters: Parameters,
  sink: SubscriptionSink,
  options?: RequestOptions,
): Promise<Subscription> {
  const { core, channel, subscriptions } = context;
  const deadline = new RequestDeadline(core, 'SUBSCRIBE', options);
  const requested = withDefaultFilter(core.profile, parameters);
  const request = new SubscribeRequest(context, track, requested, sink);
  const forget = subscriptions.addPending(track, request);
  try {
    request.attach(
      await channel.open(
        'SUBSCRIBE',
        (requestId) => ({ type: 'SUBSCRIBE', requestId, track, parameters: requested }),
        request,
        deadline.signal,
      ),
    );
    return await deadline.race(request.established);
  } catch (error) {
    request.abandon();
    throw error;
  } finally {
    forget();
    deadline.dispose();
  }
}

/** A SUBSCRIBE of ours until it is answered. */
class SubscribeRequest implements ExchangeHandler {
  readonly established: Promise<Subscription>;
  readonly #established = deferred<Subscription>();
  #exchange: Exchange | null = null;
  #subscription: ActiveSubscription | null = null;

  constructor(
    private readonly context: SessionContext,
    private readonly track: FullTrackName,
    private readonly requested: Parameters,
    private readonly sink: SubscriptionSink,
  ) {
    this.established = ignorable(this.#established.promise);
  }

  attach(exchange: Exchange): void {
    this.#exchange = exchange;
    if (this.#established.settled && this.#subscription === null) this.abandon();
  }

  /** Nobody waits for the answer any more. */
  abandon(): void {
    if (this.#subscription !== null) this.#subscription.cancel();
    else this.#cancel();
  }

  supersede(): void {
    if (this.#subscription !== null) return;
    this.#established.reject(new RequestCancelled('the peer publishes the track itself, and its PUBLISH was accepted'));
    this.#cancel();
  }

  onMessage(message: ControlMessage): void {
    if (message.type === 'SUBSCRIBE_OK') this.#onOk(message);
    else if (message.type === 'REQUEST_ERROR') {
      this.#established.reject(rejectionError(this.context.core, 'SUBSCRIBE', message));
      this.#exchange?.finish();
    } else this.context.core.fail('PROTOCOL_VIOLATION', `a SUBSCRIBE was answered with ${message.type}`);
  }

  onPeerFinished(): void {
    this.onEnd({ kind: 'peer' });
    this.#exchange?.finish();
  }

  onEnd(end: ExchangeEnd): void {
    this.#established.reject(endedError('SUBSCRIBE', end));
  }

  #onOk(message: SubscribeOk): void {
    const { core, data, subscriptions } = this.context;
    const { trackAlias, parameters, trackProperties = [] } = message;
    const exchange = this.#exchange;
    // Its answer cannot come before the request was sent, which is when the exchange is attached.
    if (exchange === null) throw new Error('SUBSCRIBE_OK before SUBSCRIBE');
    if (!data.aliases.isFree(trackAlias, trackKey(this.track))) {
      core.fail('DUPLICATE_TRACK_ALIAS', `SUBSCRIBE_OK uses track alias ${trackAlias}, which another track has`);
      return;
    }
    const unsupported = unsupportedProperty(core.profile, trackProperties);
    if (unsupported !== null) {
      data.aliases.bury(trackAlias);
      data.early.discard(trackAlias, 'its track demands what we do not support');
      this.#established.reject(
        new MoqtError('MOQT_E_UNSUPPORTED', `the track demands property 0x${unsupported.toString(16)}`, {
          stage: 'subscribe',
          cause: 'request.unsupported_extension',
        }),
      );
      this.#cancel();
      return;
    }
    const subscription = new ActiveSubscription(core, data, exchange, this.sink, {
      origin: 'subscribe',
      track: this.track,
      trackAlias,
      parameters,
      trackProperties,
      requested: this.requested,
    });
    this.#subscription = subscription;
    exchange.handler = subscription;
    data.aliases.add(trackAlias, subscription);
    subscriptions.add(subscription);
    this.#established.resolve(subscription);
    data.early.release(trackAlias);
  }

  #cancel(): void {
    const exchange = this.#exchange;
    if (exchange?.isOpen) exchange.cancel({ type: 'UNSUBSCRIBE', requestId: exchange.requestId }, 'CANCELLED');
  }
}
