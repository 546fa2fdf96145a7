import { MoqtError } from '../errors/moqt-error.js';
import { asMoqtError } from '../session/failure.js';
import { mayMeanNotThere } from '../session/not-there.js';
import type { MoqtSession, SessionHandlers, Subscription, SubscriptionSink } from '../session/session.js';
import { RequestRejected } from '../session/session-errors.js';
import { type Clock, systemClock } from '../util/clock.js';
import { withSignal } from '../util/timeout.js';
import { trackKey } from '../wire/full-track-name.js';
import type { Parameters, SubscriptionFilter } from '../wire/messages/parameters.js';
import type { SubscribeOptions } from './subscribe-options.js';

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 2000;
/** How long a SUBSCRIBE may go unanswered before it counts as held. */
const HELD_AFTER_MS = 500;
/** How long after the end of --wait an answer may still be on its way. */
const ANSWER_GRACE_MS = 1000;
/** Relays hold a SUBSCRIBE for a publisher to come no longer than this. */
const LONGEST_RENDEZVOUS_MS = 30_000;

export interface Established {
  readonly session: MoqtSession;
  readonly subscription: Subscription;
  /** SUBSCRIBEs sent. */
  readonly attempts: number;
}

/**
 * SUBSCRIBE, again and again while the track is not there and is waited for; or a PUBLISH for the track, if that comes
 * first. `reconnect` gives a new session after one that the peer closed because it could not read RENDEZVOUS_TIMEOUT.
 */
export class Establisher {
  readonly #options: SubscribeOptions;
  readonly #createSink: (session: MoqtSession) => SubscriptionSink;
  readonly #reconnect: (() => Promise<MoqtSession>) | undefined;
  readonly #clock: Clock;
  readonly #deadline: number | null;
  /** Aborted once nothing is waited for any more. */
  readonly #over = new AbortController();
  #published: Subscription | undefined;
  #attempts = 0;
  #toldHeld = false;
  #rendezvous: boolean;
  #lastAnswer: MoqtError | undefined;

  constructor(
    options: SubscribeOptions,
    createSink: (session: MoqtSession) => SubscriptionSink,
    reconnect: (() => Promise<MoqtSession>) | undefined,
  ) {
    this.#options = options;
    this.#createSink = createSink;
    this.#reconnect = reconnect;
    this.#clock = options.clock ?? systemClock;
    const { waitMs } = options;
    this.#rendezvous = waitMs !== undefined;
    this.#deadline = waitMs === undefined || waitMs === 0 ? null : this.#clock.now() + waitMs;
  }

  async run(first: MoqtSession): Promise<Established> {
    const { signal } = this.#options;
    const onAbort = (): void => this.#over.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      let session = first;
      for (;;) {
        const result = await this.#onSession(session);
        if (result !== 'reconnect') return result;
        if (this.#reconnect === undefined) throw this.#expired();
        session = await this.#reconnect();
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async #onSession(session: MoqtSession): Promise<Established | 'reconnect'> {
    const sink = this.#createSink(session);
    const uninstall = this.#acceptPublish(session, sink);
    let closed = false;
    void session.closed.then(() => {
      closed = true;
    });
    try {
      let delay = FIRST_RETRY_MS;
      for (;;) {
        const withRendezvous = this.#rendezvous && session.profile.features.rendezvousTimeout;
        this.#rendezvous = false;
        try {
          const subscription = await this.#subscribe(session, sink, withRendezvous);
          return { session, subscription, attempts: this.#attempts };
        } catch (error) {
          if (this.#published !== undefined) break;
          if (this.#over.signal.aborted || this.#options.waitMs === undefined)
            throw asMoqtError(error, 'subscribe', session);
          const notThere = error instanceof RequestRejected && this.#isNotThere(error);
          if (error instanceof RequestRejected) this.#lastAnswer = error;
          if (!notThere) {
            if (this.#isExpired) throw this.#lastAnswer ?? asMoqtError(error, 'subscribe', session);
            if (!withRendezvous) throw asMoqtError(error, 'subscribe', session);
            // The peer may not know the parameter; without it things may go better.
            this.#lastAnswer ??= asMoqtError(error, 'subscribe', session);
            if (closed) return 'reconnect';
            continue;
          }
          const retryIn = error.rejection.retryAfterMs ?? delay;
          if (error.rejection.retryAfterMs === null) delay = Math.min(delay * 2, LONGEST_RETRY_MS);
          await this.#pause(retryIn, error);
          if (this.#published !== undefined) break;
        }
      }
      return { session, subscription: this.#published, attempts: this.#attempts };
    } finally {
      uninstall();
    }
  }

  async #subscribe(session: MoqtSession, sink: SubscriptionSink, rendezvous: boolean): Promise<Subscription> {
    const { waitMs, requestTimeoutMs, track } = this.#options;
    this.#attempts++;
    const parameters = subscribeParameters(session, this.#options);
    const wanted =
      waitMs === undefined || waitMs === 0 ? LONGEST_RENDEZVOUS_MS : Math.min(waitMs, LONGEST_RENDEZVOUS_MS);
    // A relay may hold a SUBSCRIBE until a publisher comes, so while one is waited for only the deadline counts; one that
    // was asked to hold it answers at that moment, and its answer says more than our clock.
    const grace = rendezvous ? ANSWER_GRACE_MS : 0;
    const timeoutMs = waitMs === undefined ? requestTimeoutMs : this.#deadline === null ? 0 : this.#remaining + grace;
    const held = waitMs === undefined ? null : this.#clock.after(HELD_AFTER_MS, () => this.#tellHeld());
    const subscription = await session
      .subscribe(track, rendezvous ? { ...parameters, rendezvousTimeout: BigInt(wanted) } : parameters, sink, {
        timeoutMs,
        signal: this.#over.signal,
      })
      .finally(() => held?.cancel());
    if (this.#published === undefined) return subscription;
    // The PUBLISH was first.
    subscription.cancel();
    return this.#published;
  }

  #tellHeld(): void {
    if (this.#toldHeld) return;
    this.#toldHeld = true;
    this.#options.onEvent?.({ kind: 'held' });
  }

  /** While the track is not there, its publisher may offer it by itself. */
  #acceptPublish(session: MoqtSession, sink: SubscriptionSink): () => void {
    const outer = session.handlers;
    const key = trackKey(this.#options.track);
    const mine: SessionHandlers = {
      ...outer,
      onPublish: (request) => {
        if (trackKey(request.track) === key && this.#published === undefined && !this.#over.signal.aborted) {
          this.#published = request.accept(publishParameters(this.#options), sink);
          this.#over.abort(new Error('the track was published to us'));
        } else if (outer.onPublish) outer.onPublish(request);
        else request.reject({ name: 'UNINTERESTED', reason: 'this track is not wanted' });
      },
    };
    session.handlers = mine;
    return () => {
      if (session.handlers === mine) session.handlers = outer;
    };
  }

  async #pause(ms: number, answer: RequestRejected): Promise<void> {
    if (this.#deadline !== null && ms >= this.#remaining) {
      // No further try fits; a PUBLISH may still come.
      await this.#sleep(this.#remaining);
      if (this.#published !== undefined) return;
      throw answer;
    }
    this.#options.onEvent?.({
      kind: 'waiting',
      attempt: this.#attempts,
      answer: answer.message,
      retryInMs: ms,
    });
    await this.#sleep(ms);
  }

  async #sleep(ms: number): Promise<void> {
    let cancel = (): void => {};
    const slept = new Promise<void>((resolve) => {
      const timer = this.#clock.after(ms, resolve);
      cancel = () => timer.cancel();
    });
    try {
      await withSignal(slept, this.#over.signal);
    } catch (error) {
      if (this.#published === undefined) throw asMoqtError(error, 'subscribe');
    } finally {
      cancel();
    }
  }

  #isNotThere({ rejection }: RequestRejected): boolean {
    return mayMeanNotThere(rejection, this.#options.parameters?.authorizationTokens !== undefined);
  }

  get #remaining(): number {
    return this.#deadline === null ? Number.POSITIVE_INFINITY : Math.max(1, this.#deadline - this.#clock.now());
  }
  get #isExpired(): boolean {
    return this.#deadline !== null && this.#clock.now() >= this.#deadline;
  }
  #expired(): MoqtError {
    return (
      this.#lastAnswer ?? new MoqtError('MOQT_E_TIMEOUT', 'no publisher came', { stage: 'subscribe', cause: 'wait' })
    );
  }
}

/** What SUBSCRIBE asks for; what was not asked for is left out (draft-18 §10.2). */
function subscribeParameters(session: MoqtSession, options: SubscribeOptions): Parameters {
  const { filter, priority, groupOrder, parameters } = options;
  return {
    ...parameters,
    ...(priority === undefined ? {} : { subscriberPriority: priority }),
    ...(groupOrder === undefined ? {} : { groupOrder }),
    ...filterOf(filter, session.profile.features.unfiltered),
  };
}

function publishParameters(options: SubscribeOptions): Parameters {
  const { filter, priority, groupOrder } = options;
  return {
    forward: true,
    ...(priority === undefined ? {} : { subscriberPriority: priority }),
    ...(groupOrder === undefined ? {} : { groupOrder }),
    ...(filter === undefined || filter === 'current-group' ? {} : { filter }),
  };
}

function filterOf(filter: SubscribeOptions['filter'], unfiltered: boolean): { filter?: SubscriptionFilter } {
  if (filter === 'current-group') {
    // No filter means everything from where the publisher still has it; the same can be said as a start at 0.
    return unfiltered ? {} : { filter: { type: 'absolute-start', start: { group: 0n, object: 0n } } };
  }
  if (filter !== undefined) return { filter };
  return unfiltered ? {} : { filter: { type: 'largest-object' } };
}
