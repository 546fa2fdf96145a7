import type { ProbeStage } from '../../errors/causes.js';
import type { Detail } from '../../records/probe-report.js';
import type { MoqtSession, Refusal, Rejection, SessionCloseInfo, Subscription } from '../../session/session.js';
import { RequestRejected } from '../../session/session-errors.js';
import { SessionClosed } from '../../transport/transport-errors.js';
import { formatNamespace } from '../../url/namespace.js';
import { escapeText } from '../../util/escape.js';
import { redactUrl } from '../../util/redact.js';
import type { FullTrackName, TrackNamespace } from '../../wire/full-track-name.js';
import type { Redirect, RequestKind } from '../../wire/messages/control-message.js';
import type { AuthorizationToken, Parameters } from '../../wire/messages/parameters.js';
import { WireError } from '../../wire/wire-error.js';
import type { ProbeContext, ProbeRequests, Verdict } from '../probe-options.js';
import { failureQuirks } from '../quirks/quirks.js';
import type { RoundtripOptions } from '../roundtrip/roundtrip-options.js';
import { dataVerdict, FirstObject } from './first-object.js';
import { refusedTrack } from './not-found.js';
import { type AskedRequest, endedVerdict, requestVerdict, trackText } from './request-verdict.js';

/** What a probe asks once the session is open; each is a stage, in the order of the stages. */
export interface RequestsOptions {
  /** PUBLISH_NAMESPACE; with a round trip the namespace that it uses. */
  readonly announce?: TrackNamespace | undefined;
  /** SUBSCRIBE, then the `data` stage: its first object. */
  readonly subscribe?: FullTrackName | undefined;
  readonly fetch?: FullTrackName | undefined;
  readonly trackStatus?: FullTrackName | undefined;
  readonly roundtrip?: RoundtripOptions | undefined;
  /** For the first object after a SUBSCRIBE, and the end of a round trip, ms; 0 is none. Default 5000. */
  readonly dataTimeoutMs?: number | undefined;
  /** Told what a peer redirects, as it came; the stage fails all the same. */
  readonly onRedirect?: ((request: RequestKind, redirect: Redirect) => void) | undefined;
  /** Tokens that go with every request. */
  readonly tokens?: readonly AuthorizationToken[] | undefined;
}

const DEFAULT_DATA_TIMEOUT_MS = 5000;
/** More than any track has, and still exact in every language: a peer answers with what there is (draft-18 §10.12). */
const LAST_GROUP = 2n ** 53n - 1n;

/** The requests of a probe, for `ProbeOptions.requests`. */
export function probeRequests(options: RequestsOptions): ProbeRequests {
  return { run: (context) => new RequestWalk(context, options).run() };
}

/** The stages after SETUP: each stops the walk when it fails. */
class RequestWalk {
  readonly #session: MoqtSession;
  readonly #parameters: Parameters;
  readonly #sentToken: boolean;
  #subscription: Subscription | null = null;
  readonly #first = new FirstObject();
  #close: SessionCloseInfo | null = null;

  constructor(
    private readonly context: ProbeContext,
    private readonly options: RequestsOptions,
  ) {
    this.#session = context.session;
    void this.#session.closed.then((close) => {
      this.#close = close;
    });
    const tokens = options.tokens ?? [];
    this.#parameters = tokens.length > 0 ? { authorizationTokens: tokens } : {};
    this.#sentToken = tokens.length > 0 || (context.options.connect?.setup?.authorizationTokens?.length ?? 0) > 0;
  }

  async run(): Promise<void> {
    const { options } = this;
    try {
      if (options.roundtrip !== undefined) {
        const { runRoundtrip } = await import('../roundtrip/roundtrip.js');
        await runRoundtrip(this.context, options.roundtrip, {
          parameters: this.#parameters,
          namespace: options.announce,
          dataTimeoutMs: options.dataTimeoutMs ?? DEFAULT_DATA_TIMEOUT_MS,
          sentToken: this.#sentToken,
          onRedirect: options.onRedirect,
        });
      } else if (!(await this.#announceAndSubscribe())) return;
      if (this.context.stages.failed !== null) return;
      if (options.fetch !== undefined && !(await this.#fetch(options.fetch))) return;
      if (options.trackStatus !== undefined && !(await this.#trackStatus(options.trackStatus))) return;
      if (this.#subscription !== null) await this.#data(this.#subscription);
    } finally {
      this.#subscription?.cancel();
    }
  }

  async #announceAndSubscribe(): Promise<boolean> {
    const { announce, subscribe } = this.options;
    if (announce !== undefined && !(await this.#announce(announce))) return false;
    return subscribe === undefined || (await this.#subscribe(subscribe));
  }

  /** Takes the announcement back at once: what is asked next must not be answered by this probe. */
  async #announce(namespace: TrackNamespace): Promise<boolean> {
    const asked = this.#asked('PUBLISH_NAMESPACE', formatNamespace(namespace));
    const outer = this.#session.handlers;
    const nothing = (request: { reject(refusal: Refusal): void }): void =>
      request.reject({ name: 'DOES_NOT_EXIST', reason: 'announced for a moment by a probe' });
    this.#session.handlers = { ...outer, onSubscribe: nothing, onFetch: nothing, onTrackStatus: nothing };
    return this.#stage('announce', asked, async () => {
      const published = await this.#session.publishNamespace(namespace, this.#parameters);
      await published.withdraw().catch(() => {});
      return { namespace: asked.target };
    });
  }

  #subscribe(track: FullTrackName): Promise<boolean> {
    const asked = this.#asked('SUBSCRIBE', trackText(track));
    const { unfiltered } = this.#session.profile.features;
    const parameters: Parameters = {
      ...this.#parameters,
      ...(unfiltered ? {} : { filter: { type: 'largest-object' } }),
    };
    return this.#stage(
      'subscribe',
      asked,
      async () => {
        this.#first.start();
        const subscription = await this.#session.subscribe(track, parameters, this.#first);
        this.#subscription = subscription;
        return { track: asked.target, alias: subscription.trackAlias.toString(), ...said(subscription.parameters) };
      },
      (rejection) => refusedTrack(this.#session, rejection, { ...asked, track }, this.#parameters),
    );
  }

  #fetch(track: FullTrackName): Promise<boolean> {
    const asked = this.#asked('FETCH', trackText(track));
    return this.#stage(
      'fetch',
      asked,
      async () => {
        const range = { start: { group: 0n, object: 0n }, end: { group: LAST_GROUP, object: 0n } };
        const startedAt = performance.now();
        const response = this.#session.fetch({ type: 'standalone', track, ...range }, this.#parameters);
        try {
          const { end, endOfTrack } = await response.ok;
          const okMs = performance.now() - startedAt;
          const entries = (await response.read()) ?? [];
          const first = entries.find((entry) => entry.kind === 'object');
          return {
            track: asked.target,
            okMs,
            end: `${end.group}.${end.object}`,
            endOfTrack,
            firstObject: first === undefined ? null : `${first.header.group}.${first.header.object}`,
            firstObjectMs: first === undefined ? null : performance.now() - startedAt,
          };
        } finally {
          response.cancel();
        }
      },
      (rejection) => refusedTrack(this.#session, rejection, { ...asked, track }, this.#parameters),
    );
  }

  #trackStatus(track: FullTrackName): Promise<boolean> {
    const asked = this.#asked('TRACK_STATUS', trackText(track));
    return this.#stage(
      'track-status',
      asked,
      async () => {
        const { parameters = {} } = await this.#session.trackStatus(track, this.#parameters);
        return { track: asked.target, ...said(parameters) };
      },
      (rejection) => refusedTrack(this.#session, rejection, { ...asked, track }, this.#parameters),
    );
  }

  async #data(subscription: Subscription): Promise<void> {
    const { stages, signal } = this.context;
    const { dataTimeoutMs = DEFAULT_DATA_TIMEOUT_MS } = this.options;
    const startedAt = this.context.elapsed();
    const outcome = await this.#first.wait(subscription, this.#session, dataTimeoutMs, signal);
    const durationMs = this.context.elapsed() - startedAt;
    if (outcome.kind === 'object') stages.ok('data', durationMs, outcome.detail);
    else stages.fail('data', durationMs, dataVerdict(outcome, subscription, dataTimeoutMs));
  }

  #asked(request: RequestKind, target: string): AskedRequest {
    return { request, target, sentToken: this.#sentToken };
  }

  /** One request: its time, what its answer says, or why it failed. False when it failed. */
  async #stage(
    name: ProbeStage,
    asked: AskedRequest,
    ask: () => Promise<Readonly<Record<string, Detail>>>,
    refused?: (rejection: Rejection) => Promise<Verdict>,
  ): Promise<boolean> {
    const { stages, signal } = this.context;
    const startedAt = this.context.elapsed();
    const goAway = this.#session.goAwayReceived;
    if (goAway !== null) {
      stages.fail(name, 0, goAwayVerdict(goAway.newSessionUri, asked, 'before it was sent'));
      return false;
    }
    if (this.#close !== null) {
      stages.fail(name, 0, endedVerdict(this.#close, asked));
      return false;
    }
    try {
      const detail = await ask();
      stages.ok(name, this.context.elapsed() - startedAt, detail);
      return true;
    } catch (thrown) {
      signal?.throwIfAborted();
      // What cannot be read ends the session, which says so with its code.
      const error = thrown instanceof WireError ? new SessionClosed(await this.#session.closed) : thrown;
      const durationMs = this.context.elapsed() - startedAt;
      const redirect = error instanceof RequestRejected ? error.rejection.redirect : undefined;
      if (redirect !== undefined) this.options.onRedirect?.(asked.request, redirect);
      if (error instanceof RequestRejected && error.rejection.name === 'GOING_AWAY') {
        const uri = this.#session.goAwayReceived?.newSessionUri ?? '';
        stages.fail(name, durationMs, goAwayVerdict(uri, asked, 'and refused it with GOING_AWAY'));
        return false;
      }
      const verdict =
        error instanceof RequestRejected && refused !== undefined
          ? await refused(error.rejection)
          : requestVerdict(error, asked, this.#session);
      if (verdict === null) throw error;
      for (const quirk of failureQuirks(error, asked.request)) this.context.warn(quirk);
      stages.fail(name, durationMs, verdict);
      return false;
    }
  }
}

function goAwayVerdict(uri: string, { request, target }: AskedRequest, when: string): Verdict {
  const where = uri === '' ? null : escapeText(redactUrl(uri), { maxLength: 300 });
  return {
    cause: 'session.goaway',
    message: `the peer asked to go elsewhere (GOAWAY) instead of answering ${request} ${target}, ${when}`,
    hint: where === null ? 'the relay is going away, or sheds load: connect again' : `probe ${where} instead`,
    detail: { request, newSessionUri: where },
  };
}

/** What an answer says about a track. */
function said({ largestObject, expires, groupOrder }: Parameters): Record<string, Detail> {
  return {
    largestObject: largestObject === undefined ? null : `${largestObject.group}.${largestObject.object}`,
    expiresMs: expires === undefined ? null : Number(expires),
    groupOrder: groupOrder ?? null,
  };
}
