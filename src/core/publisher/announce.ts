import { MoqtError } from '../errors/moqt-error.js';
import { asMoqtError, peerName, sessionEndedError } from '../session/failure.js';
import type { MoqtSession, PublishedNamespace, Refusal, SessionHandlers } from '../session/session.js';
import { type Clock, systemClock } from '../util/clock.js';
import { deferred } from '../util/deferred.js';
import { type FullTrackName, hasPrefix, type TrackNamespace } from '../wire/full-track-name.js';
import type { Parameters } from '../wire/messages/parameters.js';

/** What is announced, and for how long. */
export interface AnnounceOptions {
  /** At least one. */
  readonly namespaces: readonly TrackNamespace[];
  readonly parameters?: Pick<Parameters, 'authorizationTokens'>;
  /** ms; default: the session's. */
  readonly requestTimeoutMs?: number;
  /** Withdraw as soon as all were accepted. */
  readonly once?: boolean;
  /** Withdraw after so many ms, counted from the last acceptance; 0 or absent: hold. */
  readonly forMs?: number;
  /** Must not throw. */
  readonly onEvent?: (event: AnnounceEvent) => void;
  readonly clock?: Clock;
  /** An orderly end: everything is withdrawn. */
  readonly signal?: AbortSignal;
}

/** What happens while namespaces are announced. Names and reasons are as the peer sent them. */
export type AnnounceEvent =
  | { readonly kind: 'accepted'; readonly namespace: TrackNamespace; readonly ms: number }
  | { readonly kind: 'revoked'; readonly namespace: TrackNamespace; readonly reason: string }
  | {
      readonly kind: 'request';
      readonly request: 'SUBSCRIBE' | 'FETCH' | 'TRACK_STATUS' | 'SUBSCRIBE_NAMESPACE';
      /** Absent for a joining FETCH and for SUBSCRIBE_NAMESPACE. */
      readonly track?: FullTrackName;
      readonly prefix?: TrackNamespace;
      /** What it was refused with. */
      readonly answer: string;
    };

/** How it ended: all were accepted (`once`), `forMs` passed (`time`), or the signal (`stopped`). */
export interface AnnounceReport {
  readonly outcome: 'once' | 'time' | 'stopped';
  readonly accepted: number;
  readonly revoked: number;
  /** Requests of the peer that were answered. */
  readonly requests: number;
  /** Milliseconds that the namespaces were held, from the last acceptance. */
  readonly heldMs: number;
}

const NOTHING_HERE: Refusal = {
  name: 'DOES_NOT_EXIST',
  reason: 'the namespace is announced, but no track is published',
};

/**
 * Announces namespaces, holds them, and answers whoever asks for a track in them that there is none. Rejects with MoqtError
 * when the peer refuses one, does not answer, takes all of them back, or ends the session.
 */
export async function announce(session: MoqtSession, options: AnnounceOptions): Promise<AnnounceReport> {
  if (options.namespaces.length === 0) {
    throw new MoqtError('MOQT_E_USAGE', 'there is no namespace to announce', { stage: 'config', cause: 'announce' });
  }
  return new Announcer(session, options).run();
}

class Announcer {
  readonly #session: MoqtSession;
  readonly #options: AnnounceOptions;
  readonly #clock: Clock;
  readonly #held: PublishedNamespace[] = [];
  readonly #over = deferred<AnnounceReport['outcome']>();
  #requests = 0;
  #revoked = 0;

  constructor(session: MoqtSession, options: AnnounceOptions) {
    this.#session = session;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#over.promise.catch(() => {});
  }

  async run(): Promise<AnnounceReport> {
    const { signal, once, forMs } = this.#options;
    const onAbort = (): void => this.#over.resolve('stopped');
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const uninstall = this.#answerRequests();
    let timer: { cancel(): void } | undefined;
    try {
      void this.#session.closed.then((close) => {
        const options = { stage: 'announce', afterData: false, peer: peerName(this.#session) } as const;
        this.#over.reject(sessionEndedError(close, options));
      });
      await this.#offerAll();
      const since = this.#clock.now();
      if (once) this.#over.resolve('once');
      else if (forMs) timer = this.#clock.after(forMs, () => this.#over.resolve('time'));
      const outcome = await this.#over.promise;
      const { length: accepted } = this.#held;
      const heldMs = this.#clock.now() - since;
      return { outcome, accepted, revoked: this.#revoked, requests: this.#requests, heldMs };
    } catch (error) {
      if (signal?.aborted) {
        return {
          outcome: 'stopped',
          accepted: this.#held.length,
          revoked: this.#revoked,
          requests: this.#requests,
          heldMs: 0,
        };
      }
      throw asMoqtError(error, 'announce', this.#session);
    } finally {
      timer?.cancel();
      signal?.removeEventListener('abort', onAbort);
      await Promise.all(this.#held.map((namespace) => namespace.withdraw().catch(() => {})));
      uninstall();
    }
  }

  async #offerAll(): Promise<void> {
    const { namespaces, parameters, requestTimeoutMs, signal } = this.#options;
    for (const namespace of namespaces) {
      const startedAt = this.#clock.now();
      const request = { timeoutMs: requestTimeoutMs, signal };
      const published = await this.#session.publishNamespace(namespace, parameters ?? {}, request);
      this.#held.push(published);
      this.#options.onEvent?.({ kind: 'accepted', namespace, ms: this.#clock.now() - startedAt });
      void published.cancelled.then(({ kind, reason }) => {
        if (kind === 'peer') this.#onRevoked(namespace, reason ?? '');
      });
    }
  }

  #onRevoked(namespace: TrackNamespace, reason: string): void {
    this.#revoked++;
    this.#options.onEvent?.({ kind: 'revoked', namespace, reason });
    if (this.#revoked < this.#options.namespaces.length) return;
    this.#over.reject(
      new MoqtError('MOQT_E_REJECTED', `the peer took the announcement back${reason ? `: ${reason}` : ''}`, {
        stage: 'announce',
        cause: 'announce.revoked',
        peer: peerName(this.#session),
      }),
    );
  }

  /** Requests below the namespaces are answered here; everything else goes to whoever had the session before. */
  #answerRequests(): () => void {
    const outer = this.#session.handlers;
    const isOurs = (track: FullTrackName | undefined): boolean =>
      track === undefined || this.#options.namespaces.some((namespace) => hasPrefix(track.namespace, namespace));
    const seen = (event: Extract<AnnounceEvent, { kind: 'request' }>): void => {
      this.#requests++;
      this.#options.onEvent?.(event);
    };
    const answer = NOTHING_HERE.name;
    const mine: SessionHandlers = {
      ...outer,
      onSubscribe: (request) => {
        if (!isOurs(request.track) && outer.onSubscribe) return outer.onSubscribe(request);
        request.reject(NOTHING_HERE);
        seen({ kind: 'request', request: 'SUBSCRIBE', track: request.track, answer });
      },
      onFetch: (request) => {
        const track = request.target.type === 'standalone' ? request.target.track : request.joining?.track;
        if (!isOurs(track) && outer.onFetch) return outer.onFetch(request);
        request.reject(NOTHING_HERE);
        seen({ kind: 'request', request: 'FETCH', ...(track === undefined ? {} : { track }), answer });
      },
      onTrackStatus: (request) => {
        if (!isOurs(request.track) && outer.onTrackStatus) return outer.onTrackStatus(request);
        request.reject(NOTHING_HERE);
        seen({ kind: 'request', request: 'TRACK_STATUS', track: request.track, answer });
      },
      onSubscribeNamespace: (request) => {
        if (outer.onSubscribeNamespace) return outer.onSubscribeNamespace(request);
        // Everything here has been announced already; saying it twice confuses relays.
        request.reject({ name: 'NOT_SUPPORTED', reason: 'namespaces are announced by PUBLISH_NAMESPACE' });
        seen({ kind: 'request', request: 'SUBSCRIBE_NAMESPACE', prefix: request.prefix, answer: 'NOT_SUPPORTED' });
      },
    };
    this.#session.handlers = mine;
    return () => {
      if (this.#session.handlers === mine) this.#session.handlers = outer;
    };
  }
}
