import type { FullTrackName } from '../../wire/full-track-name.js';
import type { Subscribe, TrackStatus } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { SessionContext } from '../context.js';
import { conveyableOffer } from '../parameters.js';
import type { Exchange } from '../requests/exchange.js';
import { PendingRequest } from '../requests/incoming-request.js';
import type { IncomingSubscribe, IncomingTrackStatus, Publication, PublicationOffer } from '../session.js';
import { ActivePublication } from './publication.js';

/** A SUBSCRIBE of the peer's. */
export class SubscribeRequested extends PendingRequest implements IncomingSubscribe {
  readonly track: FullTrackName;
  readonly #releaseTrack: () => void;
  #publication: ActivePublication | null = null;
  readonly #answered: (() => void)[] = [];

  constructor(
    private readonly context: SessionContext,
    exchange: Exchange,
    message: Subscribe,
    parameters: Parameters,
  ) {
    super(context.core, exchange, parameters);
    this.track = message.track;
    this.#releaseTrack = context.publications.tracks.add(message.track);
  }

  accept(offer: PublicationOffer & { readonly trackAlias?: bigint } = {}): Publication {
    this.assertPending();
    const { publications } = this.context;
    const { parameters, trackProperties } = conveyableOffer(this.core, offer);
    const trackAlias = publications.claimAlias(this.track, offer.trackAlias);
    const publication = new ActivePublication(
      this.core,
      this.exchange,
      {
        origin: 'subscribe',
        track: this.track,
        trackAlias,
        parameters: this.parameters,
        forward: this.parameters.forward ?? true,
        largest: parameters.largestObject,
      },
      (over) => {
        publications.remove(over);
        this.#releaseTrack();
      },
    );
    const said = trackProperties.length > 0 ? { trackProperties } : {};
    try {
      this.#publication = publication;
      this.answer({ type: 'SUBSCRIBE_OK', trackAlias, parameters, ...said }, publication);
    } catch (error) {
      this.#publication = null;
      publications.releaseAlias(trackAlias);
      throw error;
    }
    publications.add(publication);
    for (const callback of this.#answered.splice(0)) callback();
    return publication;
  }

  /** Calls back once the application has answered, or the request is gone. */
  onAnswered(callback: () => void): void {
    this.#answered.push(callback);
  }

  protected override released(): void {
    if (this.#publication !== null) return;
    this.#releaseTrack();
    for (const callback of this.#answered.splice(0)) callback();
  }
}

/** A TRACK_STATUS of the peer's: answered like a SUBSCRIBE, but nothing follows. */
export class TrackStatusRequested extends PendingRequest implements IncomingTrackStatus {
  readonly track: FullTrackName;

  constructor(context: SessionContext, exchange: Exchange, message: TrackStatus, parameters: Parameters) {
    super(context.core, exchange, parameters);
    this.track = message.track;
  }

  accept(offer: PublicationOffer): void {
    const { trackStatusProperties } = this.core.profile.features;
    const { parameters, trackProperties } = conveyableOffer(this.core, offer, trackStatusProperties);
    const said = trackProperties.length > 0 ? { trackProperties } : {};
    this.answer({ type: 'REQUEST_OK', request: 'TRACK_STATUS', parameters, ...said }, this);
    this.exchange.finish();
  }
}
