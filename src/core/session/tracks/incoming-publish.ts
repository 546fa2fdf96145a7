import type { FullTrackName } from '../../wire/full-track-name.js';
import { trackKey } from '../../wire/full-track-name.js';
import type { ControlMessage, Publish } from '../../wire/messages/control-message.js';
import type { KeyValuePair, Parameters } from '../../wire/messages/parameters.js';
import type { SessionContext } from '../context.js';
import { withDefaultFilter } from '../parameters.js';
import type { Exchange } from '../requests/exchange.js';
import { PendingRequest } from '../requests/incoming-request.js';
import type { IncomingPublish, Subscription, SubscriptionSink } from '../session.js';
import { ActiveSubscription } from './subscription.js';

/** A PUBLISH of the peer's. Its alias is held for it until it is answered, since objects may come at once. */
export class PublishRequested extends PendingRequest implements IncomingPublish {
  readonly track: FullTrackName;
  readonly trackAlias: bigint;
  readonly trackProperties: readonly KeyValuePair[];
  readonly #releaseTrack: () => void;
  #done: ControlMessage | null = null;

  constructor(
    private readonly context: SessionContext,
    exchange: Exchange,
    message: Publish,
    parameters: Parameters,
  ) {
    super(context.core, exchange, parameters);
    this.track = message.track;
    this.trackAlias = message.trackAlias;
    this.trackProperties = message.trackProperties ?? [];
    this.#releaseTrack = context.subscriptions.tracks.add(message.track);
    context.data.aliases.reserve(message.trackAlias, trackKey(message.track));
  }

  accept(parameters: Parameters, sink: SubscriptionSink): Subscription {
    this.assertPending();
    const { data, subscriptions } = this.context;
    // Our own SUBSCRIBE for the track must be terminated before PUBLISH_OK (draft-18 §5.1).
    subscriptions.supersedePending(this.track);
    const said = withDefaultFilter(this.core.profile, parameters);
    const subscription = new ActiveSubscription(this.core, data, this.exchange, sink, {
      origin: 'publish',
      track: this.track,
      trackAlias: this.trackAlias,
      parameters: this.parameters,
      trackProperties: this.trackProperties,
      requested: said,
    });
    const type = this.core.profile.features.publishOkIsRequestOk ? 'REQUEST_OK' : 'PUBLISH_OK';
    data.aliases.add(this.trackAlias, subscription);
    try {
      this.answer({ type, parameters: said }, subscription);
    } catch (error) {
      data.aliases.remove(this.trackAlias, subscription);
      throw error;
    }
    subscriptions.add(subscription);
    data.early.release(this.trackAlias);
    if (this.#done !== null) subscription.onMessage(this.#done);
    return subscription;
  }

  /** A publisher may be done before it was answered. */
  override onMessage(message: ControlMessage): void {
    if (message.type === 'PUBLISH_DONE' && this.#done === null) this.#done = message;
    else super.onMessage(message);
  }

  protected override released(): void {
    const { data } = this.context;
    this.#releaseTrack();
    data.aliases.unreserve(this.trackAlias);
    if (data.aliases.lookup(this.trackAlias).kind === 'torn-down') {
      data.early.discard(this.trackAlias, 'its PUBLISH was not accepted');
    }
  }
}
