import { randomBytes } from 'node:crypto';
import type { Cause } from '../../errors/causes.js';
import { MoqtError } from '../../errors/moqt-error.js';
import type { RoundtripFacts } from '../../records/probe-report.js';
import { asMoqtError, sessionEndedError } from '../../session/failure.js';
import type {
  MoqtSession,
  Publication,
  PublishedNamespace,
  SessionCloseInfo,
  Subscription,
} from '../../session/session.js';
import { RequestRejected } from '../../session/session-errors.js';
import { formatNamespace } from '../../url/namespace.js';
import { utf8 } from '../../util/bytes.js';
import { systemClock } from '../../util/clock.js';
import { deferred } from '../../util/deferred.js';
import { escapeText } from '../../util/escape.js';
import { linkSignals } from '../../util/linked-signal.js';
import { withSignal } from '../../util/timeout.js';
import { type FullTrackName, MAX_NAMESPACE_FIELDS, type TrackNamespace, trackKey } from '../../wire/full-track-name.js';
import type { Redirect, RequestKind } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { ProbeContext } from '../probe-options.js';
import { failureQuirks, sessionQuirks } from '../quirks/quirks.js';
import { type AskedRequest, endedVerdict, requestVerdict, trackText } from '../requests/request-verdict.js';
import { SMALLEST_OBJECT } from './payload.js';
import { Receiver } from './receiver.js';
import type { RoundtripOptions } from './roundtrip-options.js';
import { roundtripVerdict } from './roundtrip-verdict.js';
import { sendObjects } from './sender.js';
import { Tally } from './tally.js';

/** Bounds what a round trip keeps: 17 bytes for each object. */
const MOST_OBJECTS = 10_000_000;
/** How often the end of a round trip is looked for. */
const LOOK_MS = 10;

/** What a round trip shares with the other requests of its probe. */
export interface RoundtripSetting {
  readonly parameters: Parameters;
  /** The round trip's own namespace lies below it; absent: below `moqt-probe`. */
  readonly namespace: TrackNamespace | undefined;
  /** Silence after the last object was sent, ms. */
  readonly dataTimeoutMs: number;
  readonly sentToken: boolean;
  /** Told what a peer redirects; the stage fails all the same. */
  readonly onRedirect?: ((request: RequestKind, redirect: Redirect) => void) | undefined;
}

/**
 * Publishes through the relay on a connection of its own and subscribes on the probe's: the stages `announce`, `subscribe`
 * and `data`. Throws MOQT_E_USAGE for options that make no sense, before anything is sent.
 */
export async function runRoundtrip(
  context: ProbeContext,
  options: RoundtripOptions,
  setting: RoundtripSetting,
): Promise<void> {
  await new Roundtrip(context, options, setting).run();
}

class Roundtrip {
  readonly #plan;
  readonly #track: FullTrackName;
  readonly #tally: Tally;
  readonly #receiver: Receiver;
  readonly #publication = deferred<Publication>();
  readonly #over = new AbortController();
  #subscribedAt = 0;
  #close: { who: string; session: MoqtSession; info: SessionCloseInfo } | null = null;

  constructor(
    private readonly context: ProbeContext,
    private readonly options: RoundtripOptions,
    private readonly setting: RoundtripSetting,
  ) {
    const { objects = 100, objectBytes = 1024, rate = 100, groupEvery = 10, forwarding = 'subgroup' } = options;
    check(objects >= 1 && objects <= MOST_OBJECTS, `objects from 1 to ${MOST_OBJECTS}`);
    check(objectBytes >= SMALLEST_OBJECT, `objects of at least ${SMALLEST_OBJECT} bytes: number, time and digest`);
    check(rate > 0 && Number.isFinite(rate), 'a rate above 0');
    check(groupEvery >= 1, 'at least one object in a group');
    this.#plan = { objects, objectBytes, rate, groupEvery, forwarding };
    // A name that nobody else has: a relay may refuse one that somebody announces already, or bring others' objects.
    const below = setting.namespace ?? [utf8('moqt-probe')];
    check(below.length < MAX_NAMESPACE_FIELDS, `a namespace of at most ${MAX_NAMESPACE_FIELDS - 1} fields`);
    const namespace = [
      ...below,
      utf8(`${setting.namespace === undefined ? '' : 'moqt-probe-'}${randomBytes(6).toString('hex')}`),
    ];
    this.#track = { namespace, name: utf8('roundtrip') };
    this.#tally = new Tally(this.#plan);
    this.#receiver = new Receiver(this.#tally, objectBytes);
  }

  async run(): Promise<void> {
    const { context } = this;
    this.#watch('subscriber', context.session);
    const publisher = await this.#openPublisher();
    const outer = linkSignals(this.#over.signal, context.signal ?? this.#over.signal);
    let announced: PublishedNamespace | null = null;
    let subscription: Subscription | null = null;
    try {
      this.#watch('publisher', publisher);
      announced = await this.#announce(publisher);
      if (context.stages.failed !== null) return;
      subscription = await this.#subscribe();
      if (subscription !== null) await this.#flow(outer.signal);
    } finally {
      outer.dispose();
      subscription?.cancel();
      await announced?.withdraw().catch(() => {});
      for (const quirk of sessionQuirks(publisher)) context.warn(quirk);
      await publisher.close();
    }
  }

  /** The same relay, transport and draft as the probe's own session. */
  async #openPublisher(): Promise<MoqtSession> {
    const { url, session, options, signal } = this.context;
    const { connect } = await import('../../session/connect/connect.js');
    const connecting = connect(url, {
      ...options.connect,
      // A trace is of one session: the probe's own.
      sessionObserver: undefined,
      drafts: [session.profile.draft],
      transport: session.connection.transport === 'memory' ? 'auto' : session.connection.transport,
      handlers: {
        onSubscribe: (request) => {
          if (trackKey(request.track) === trackKey(this.#track)) this.#offer(request.accept());
          else request.reject({ name: 'DOES_NOT_EXIST', reason: 'no such track' });
        },
      },
      signal,
    });
    return connecting.catch((error: unknown) => {
      if (!(error instanceof MoqtError)) throw error;
      const { code, stage, reason, hint, peer, wire } = error;
      const message = `the second connection, for the publisher: ${error.message}`;
      throw new MoqtError(code, message, { stage, cause: reason, hint, peer, wire, origin: error });
    });
  }

  /** The relay has the track; objects flow once it wants them. */
  #offer(publication: Publication): void {
    if (publication.forward) {
      this.#publication.resolve(publication);
      return;
    }
    publication.onUpdate = ({ forward }) => {
      if (forward) this.#publication.resolve(publication);
    };
  }

  async #announce(publisher: MoqtSession): Promise<PublishedNamespace | null> {
    const { namespace } = this.#track;
    if (this.options.via === 'publish') {
      const asked = this.#asked('PUBLISH', trackText(this.#track));
      await this.#stage('announce', asked, publisher, async () => {
        this.#offer(
          await publisher.publish(this.#track, { parameters: { ...this.setting.parameters, forward: true } }),
        );
        return { track: asked.target, via: 'publish' };
      });
      return null;
    }
    let published: PublishedNamespace | null = null;
    const asked = this.#asked('PUBLISH_NAMESPACE', formatNamespace(namespace));
    await this.#stage('announce', asked, publisher, async () => {
      published = await publisher.publishNamespace(namespace, this.setting.parameters);
      return { namespace: asked.target, via: 'namespace' };
    });
    return published;
  }

  async #subscribe(): Promise<Subscription | null> {
    const { session } = this.context;
    let subscription: Subscription | null = null;
    const asked = this.#asked('SUBSCRIBE', trackText(this.#track));
    const filter = session.profile.features.unfiltered ? {} : ({ filter: { type: 'largest-object' } } as const);
    await this.#stage('subscribe', asked, session, async () => {
      this.#subscribedAt = performance.now();
      subscription = await session.subscribe(this.#track, { ...this.setting.parameters, ...filter }, this.#receiver);
      return { track: asked.target };
    });
    return subscription;
  }

  async #flow(signal: AbortSignal): Promise<void> {
    const { stages } = this.context;
    const startedAt = this.context.elapsed();
    const publication = await this.#wanted(signal);
    if (publication === null) {
      stages.fail('data', this.context.elapsed() - startedAt, this.#neverWanted());
      return;
    }
    const sending = sendObjects(publication, this.#plan, this.#tally, signal);
    const failure: unknown = await sending.then(
      () => null,
      (error: unknown) => error,
    );
    this.context.signal?.throwIfAborted();
    // Streams that break because a session ended are told with the end of the session.
    if (failure === null) await this.#untilArrived();
    const facts = this.#tally.facts();
    this.context.setRoundtrip(facts);
    const durationMs = this.context.elapsed() - startedAt;
    const verdict = roundtripVerdict(facts, {
      lossHasThreshold: this.options.lossHasThreshold ?? false,
      lostAlone: this.#tally.lostAlone,
      unsent: this.#plan.objects - facts.sent,
      forwarding: this.#plan.forwarding,
      dataTimeoutMs: this.setting.dataTimeoutMs,
      close: this.#close,
    });
    if (verdict !== null) stages.fail('data', durationMs, verdict);
    else if (failure !== null) throw asMoqtError(failure, 'data');
    else stages.ok('data', durationMs, this.#detail(facts));
    if (publication.isOpen) await publication.done('TRACK_ENDED', '').catch(() => {});
  }

  #detail({ sent, received, groups }: RoundtripFacts): Readonly<Record<string, number | null>> {
    const { firstArrivalMs } = this.#tally;
    const firstObjectMs = firstArrivalMs === null ? null : firstArrivalMs - this.#subscribedAt;
    return { sent, received, groups, firstObjectMs };
  }

  /** The publication once the relay asks for objects; null when it does not, or a session ends. */
  async #wanted(signal: AbortSignal): Promise<Publication | null> {
    const { dataTimeoutMs } = this.setting;
    const late = deferred<null>();
    const timer = dataTimeoutMs > 0 ? systemClock.after(dataTimeoutMs, () => late.resolve(null)) : null;
    try {
      return await withSignal(Promise.race([this.#publication.promise, late.promise]), signal);
    } catch (error) {
      this.context.signal?.throwIfAborted();
      if (this.#close !== null) return null;
      throw error;
    } finally {
      timer?.cancel();
    }
  }

  #neverWanted() {
    if (this.#close !== null) {
      const { who, info } = this.#close;
      const { message, hint, reason } = sessionEndedError(info, { stage: 'data', afterData: false });
      return {
        cause: reason as Cause,
        message: `the session of the ${who} ended before an object was sent: ${escapeText(message, { maxLength: 300 })}`,
        hint: hint ?? 'see the log of the relay',
        detail: { sent: 0, received: 0 },
      };
    }
    const { via = 'namespace' } = this.options;
    return {
      cause: 'data.none',
      message: `the relay accepted publisher and subscriber, but did not ask the publisher for the track within ${Math.round(this.setting.dataTimeoutMs)} ms`,
      hint: `it does not bring the two together: try --via ${via === 'publish' ? 'namespace' : 'publish'}`,
      detail: { sent: 0, received: 0 },
    } as const;
  }

  /** Until everything is here, or nothing has come for the data timeout. */
  async #untilArrived(): Promise<void> {
    const { dataTimeoutMs } = this.setting;
    const sentAt = performance.now();
    while (!this.#tally.isComplete && this.#close === null) {
      const quietMs = performance.now() - Math.max(sentAt, this.#tally.lastArrivalMs);
      if (dataTimeoutMs > 0 && quietMs >= dataTimeoutMs) return;
      await new Promise<void>((resolve) => systemClock.after(LOOK_MS, resolve));
      this.context.signal?.throwIfAborted();
    }
    // What comes twice comes a little later.
    const { rttMs } = this.context.session.transport.stats();
    await new Promise<void>((resolve) => systemClock.after(LOOK_MS + 2 * Math.min(rttMs ?? 0, 500), resolve));
  }

  #watch(who: string, session: MoqtSession): void {
    void session.closed.then((info) => {
      this.#close ??= { who, session, info };
      this.#over.abort(new Error(`the session of the ${who} ended`));
    });
  }

  #asked(request: RequestKind, target: string): AskedRequest {
    return { request, target, sentToken: this.setting.sentToken };
  }

  async #stage(
    name: 'announce' | 'subscribe',
    asked: AskedRequest,
    session: MoqtSession,
    ask: () => Promise<Readonly<Record<string, string>>>,
  ): Promise<void> {
    const { stages, signal } = this.context;
    const startedAt = this.context.elapsed();
    if (this.#close !== null && this.#close.session === session) {
      stages.fail(name, 0, endedVerdict(this.#close.info, asked));
      return;
    }
    try {
      const detail = await ask();
      stages.ok(name, this.context.elapsed() - startedAt, detail);
    } catch (error) {
      signal?.throwIfAborted();
      const redirect = error instanceof RequestRejected ? error.rejection.redirect : undefined;
      if (redirect !== undefined) this.setting.onRedirect?.(asked.request, redirect);
      const verdict = requestVerdict(error, asked, session);
      if (verdict === null) throw error;
      for (const quirk of failureQuirks(error, asked.request)) this.context.warn(quirk);
      stages.fail(name, this.context.elapsed() - startedAt, verdict);
    }
  }
}

function check(holds: boolean, expected: string): void {
  if (holds) return;
  throw new MoqtError('MOQT_E_USAGE', `a round trip needs ${expected}`, { stage: 'config', cause: 'usage.roundtrip' });
}
