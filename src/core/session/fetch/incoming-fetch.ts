import type { Location } from '../../wire/location.js';
import type { Fetch, FetchTarget } from '../../wire/messages/control-message.js';
import type { KeyValuePair, Parameters } from '../../wire/messages/parameters.js';
import type { SessionContext } from '../context.js';
import { conveyableOffer } from '../parameters.js';
import type { Exchange } from '../requests/exchange.js';
import { PendingRequest } from '../requests/incoming-request.js';
import type { IncomingFetch, OutgoingFetch, Publication, Refusal } from '../session.js';
import type { SubscribeRequested } from '../tracks/incoming-subscribe.js';
import type { ActivePublication } from '../tracks/publication.js';
import { endsBeforeStart } from './fetch-range.js';
import { FetchWriter } from './outgoing-fetch.js';

/** A FETCH of the peer's. */
export class FetchRequested extends PendingRequest implements IncomingFetch {
  readonly target: FetchTarget;
  joining: Publication | undefined;

  constructor(
    private readonly context: SessionContext,
    exchange: Exchange,
    message: Fetch,
    parameters: Parameters,
  ) {
    super(context.core, exchange, parameters);
    this.target = message.target;
  }

  async accept(ok: {
    readonly endOfTrack: boolean;
    readonly end: Location;
    readonly parameters?: Parameters;
    readonly trackProperties?: readonly KeyValuePair[];
  }): Promise<OutgoingFetch> {
    const { parameters, trackProperties } = conveyableOffer(this.core, ok);
    const writer = new FetchWriter(this.core, this.exchange, this.parameters);
    this.answer(
      {
        type: 'FETCH_OK',
        // A field of its own in 14, where 0 is no answer; elsewhere what was asked for.
        ...(this.core.profile.features.unfiltered ? {} : { groupOrder: this.parameters.groupOrder ?? 'ascending' }),
        endOfTrack: ok.endOfTrack,
        end: ok.end,
        parameters,
        ...(trackProperties.length > 0 && { trackProperties }),
      },
      writer,
    );
    await writer.open();
    return writer;
  }

  /**
   * What the session itself decides about a fetch before the application sees it. `pending` is the SUBSCRIBE that a
   * joining fetch names, when that has not been answered. `proceed` is called at once, or after that answer.
   */
  check(pending: SubscribeRequested | undefined, proceed: () => void): void {
    const { target } = this;
    if (target.type === 'standalone') {
      if (endsBeforeStart(target.start, target.end)) this.reject(invalidRange('the range ends before it starts'));
      else proceed();
      return;
    }
    if (pending !== undefined) {
      pending.onAnswered(() => {
        if (this.isPending) this.check(undefined, proceed);
      });
      return;
    }
    const publication = this.context.publications.get(target.joiningRequestId);
    const refusal = publication === undefined ? this.#noPublication(target.joiningRequestId) : this.#judge(publication);
    if (refusal !== null) this.reject(refusal);
    else if (this.core.ending === null) {
      this.joining = publication;
      proceed();
    }
  }

  #noPublication(requestId: bigint): Refusal {
    return {
      name: 'INVALID_JOINING_REQUEST_ID',
      reason: `Request ID ${requestId} is not an established subscription of this session`,
    };
  }

  /** Which subscriptions may be joined: draft-16 §9.16.2, draft-18 §10.12.2. */
  #judge(publication: ActivePublication): Refusal | null {
    if (this.core.profile.features.requests === 'muxed-control') {
      const filter = publication.parameters.filter?.type ?? 'largest-object';
      if (filter !== 'largest-object') {
        this.core.fail('PROTOCOL_VIOLATION', `a joining fetch for a subscription with the filter ${filter}`);
        return null;
      }
    } else if (!publication.forward) return invalidRange('the subscription that is joined does not forward');
    const location = publication.joiningLocation;
    if (location === undefined) return invalidRange('no object had been published when the subscription began');
    const { target } = this;
    if (target.type === 'absolute-joining' && target.joiningStart > location.group) {
      return invalidRange('the joining fetch starts after the subscription');
    }
    return null;
  }
}

function invalidRange(reason: string): Refusal {
  return { name: 'INVALID_RANGE', reason };
}
