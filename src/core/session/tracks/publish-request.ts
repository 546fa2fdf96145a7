import { deferred, ignorable } from '../../util/deferred.js';
import type { FullTrackName } from '../../wire/full-track-name.js';
import type { ControlMessage } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import { codeFor } from '../codes.js';
import type { SessionContext } from '../context.js';
import { conveyableOffer, mergeParameters } from '../parameters.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from '../requests/exchange.js';
import { endedError, rejectionError } from '../requests/rejection.js';
import { RequestDeadline } from '../requests/request-deadline.js';
import type { Publication, PublicationOffer, RequestOptions } from '../session.js';
import { ActivePublication } from './publication.js';

/** PUBLISH: resolves once the peer has accepted it. */
export async function publish(
  context: SessionContext,
  track: FullTrackName,
  offer: PublicationOffer,
  options?: RequestOptions,
): Promise<Publication> {
  const { core, channel, publications } = context;
  const { parameters, trackProperties } = conveyableOffer(core, offer);
  const said = trackProperties.length > 0 ? { trackProperties } : {};
  const deadline = new RequestDeadline(core, 'PUBLISH', options);
  const trackAlias = publications.claimAlias(track);
  const request = new PublishRequest(context, track, trackAlias, parameters);
  try {
    request.exchange = await channel.open(
      'PUBLISH',
      (requestId) => ({ type: 'PUBLISH', requestId, track, trackAlias, parameters, ...said }),
      request,
      deadline.signal,
    );
    return await deadline.race(request.established);
  } catch (error) {
    request.abandon();
    throw error;
  } finally {
    deadline.dispose();
  }
}

/** A PUBLISH of ours until it is answered. */
class PublishRequest implements ExchangeHandler {
  exchange: Exchange | null = null;
  readonly established: Promise<Publication>;
  readonly #established = deferred<Publication>();
  readonly #releaseTrack: () => void;
  #publication: ActivePublication | null = null;

  constructor(
    private readonly context: SessionContext,
    private readonly track: FullTrackName,
    private readonly trackAlias: bigint,
    private readonly parameters: Parameters,
  ) {
    this.established = ignorable(this.#established.promise);
    this.#releaseTrack = context.publications.tracks.add(track);
  }

  /** Nobody waits for the answer any more. */
  abandon(): void {
    if (this.#publication !== null) {
      void this.#publication.done('TRACK_ENDED', 'no longer published');
      return;
    }
    // A publisher terminates a pending subscription by PUBLISH_DONE too (draft-18 §5.1).
    const { code } = codeFor(this.context.core.profile, 'publish-done', 'TRACK_ENDED');
    this.exchange?.finish({ type: 'PUBLISH_DONE', statusCode: code, streamCount: 0n, reason: 'no longer published' });
    this.#release();
  }

  onMessage(message: ControlMessage): void {
    const { core } = this.context;
    if (message.type === 'PUBLISH_OK' || message.type === 'REQUEST_OK') {
      const expected = core.profile.features.publishOkIsRequestOk ? 'REQUEST_OK' : 'PUBLISH_OK';
      if (message.type === expected) this.#onOk(message.parameters);
      else if (expected === 'REQUEST_OK') {
        // The table of draft 18 still lists 0x1E, and Cloudflare's relay sends it.
        core.notice('quirk:publish-ok-0x1e', 'PUBLISH was answered with PUBLISH_OK (0x1E) instead of REQUEST_OK');
        this.#onOk(message.parameters);
      } else core.fail('PROTOCOL_VIOLATION', `a PUBLISH was answered with ${message.type}`);
    } else if (message.type === 'REQUEST_ERROR') {
      this.#established.reject(rejectionError(core, 'PUBLISH', message));
      this.exchange?.finish();
      this.#release();
    } else core.fail('PROTOCOL_VIOLATION', `a PUBLISH was answered with ${message.type}`);
  }

  onPeerFinished(): void {
    this.onEnd({ kind: 'peer' });
    this.exchange?.finish();
  }

  onEnd(end: ExchangeEnd): void {
    this.#established.reject(endedError('PUBLISH', end));
    this.#release();
  }

  #onOk(answer: Parameters): void {
    const { core, publications } = this.context;
    if (this.exchange === null) throw new Error('PUBLISH_OK before PUBLISH');
    const publication = new ActivePublication(
      core,
      this.exchange,
      {
        origin: 'publish',
        track: this.track,
        trackAlias: this.trackAlias,
        parameters: mergeParameters(this.parameters, answer),
        // Absent means 1, whatever PUBLISH said (draft-18 §10.2.12).
        forward: answer.forward ?? true,
        largest: this.parameters.largestObject,
      },
      (over) => {
        publications.remove(over);
        this.#releaseTrack();
      },
    );
    this.#publication = publication;
    this.exchange.handler = publication;
    publications.add(publication);
    this.#established.resolve(publication);
  }

  #release(): void {
    if (this.#publication !== null) return;
    this.#releaseTrack();
    this.context.publications.releaseAlias(this.trackAlias);
  }
}
