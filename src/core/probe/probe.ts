import { certificateFacts } from '../certs/facts.js';
import { CAUSES, type Cause, type ProbeStage, QUIC_STAGES, TCP_STAGES } from '../errors/causes.js';
import { CAUSE_TRIES } from '../errors/codes/texts/causes.js';
import { EXIT, type ExitCode } from '../errors/exit-codes.js';
import { hintFor } from '../errors/hints.js';
import { MoqtError } from '../errors/moqt-error.js';
import type { ProbeReport, ProbeWarning, RoundtripFacts, ThresholdFacts } from '../records/probe-report.js';
import { connect } from '../session/connect/connect.js';
import { type ConnectPlan, planConnection } from '../session/connect/connect-plan.js';
import type { ConnectedSession, ConnectSettings, ConnectWarning } from '../session/connect/connect-settings.js';
import type { SessionCloseInfo, SessionNotice } from '../session/session.js';
import { endedUnasked, endsSoon, pendingRead, settle } from '../session/setup/settle.js';
import { parseMoqtUrl } from '../url/parse-url.js';
import { escapeText } from '../util/escape.js';
import { redactUrl } from '../util/redact.js';
import { causeOf, stageOfCause } from './cause-of.js';
import { Experiments } from './experiments/experiments.js';
import { explainFailure } from './explain-failure.js';
import { LookWithoutHash } from './look-without-hash.js';
import { Observations } from './observations.js';
import type { ProbeContext, ProbeOptions, Verdict } from './probe-options.js';
import { sessionQuirks, withoutRepeats } from './quirks/quirks.js';
import { StageLog } from './stage-log.js';
import { alpnOffered, recordPassed, recordSetup, skipWhatDoesNotApply } from './stages.js';
import { DEFAULT_EXPIRY_WARNING_MS, protocolNone, sessionWarnings } from './warnings.js';

/** Longest message or hint in a report, in UTF-16 units. */
const MAX_TEXT = 1000;

/**
 * Walks the stages of a connection in order, times each, stops at the first that fails, and says why and what to try. What
 * fails is in the report. Rejects with MoqtError only for settings that cannot be used (before a packet is sent) and for
 * defects, or with the reason of the signal.
 */
export async function probe(url: string, options: ProbeOptions = {}): Promise<ProbeReport> {
  options.signal?.throwIfAborted();
  return new Probe(url, options).run();
}

class Probe {
  readonly #url: string;
  readonly #options: ProbeOptions;
  #start = performance.now();
  readonly #startedAt = new Date().toISOString();
  readonly #seen = new Observations(() => this.#elapsed());
  readonly #warnings: ProbeWarning[] = [];
  readonly #thresholds: ThresholdFacts[] = [];
  #roundtrip: RoundtripFacts | null = null;
  #session: ConnectedSession | null = null;
  #rttMs: number | null = null;
  #verdictMs: number | null = null;
  #log = new StageLog(QUIC_STAGES);
  #exitCode: ExitCode = EXIT.ok;

  constructor(url: string, options: ProbeOptions) {
    this.#url = url;
    this.#options = options;
  }

  async run(): Promise<ProbeReport> {
    let plan: ConnectPlan;
    try {
      const parsed = parseMoqtUrl(this.#url);
      const { transport = 'auto' } = this.#options.connect ?? {};
      const chosen = transport === 'auto' ? (parsed.scheme === 'moqt' ? 'quic' : 'webtransport') : transport;
      plan = planConnection(parsed, { ...this.#options.connect, transport: chosen });
    } catch (error) {
      if (!(error instanceof MoqtError) || error.code !== 'MOQT_E_URL') throw error;
      return this.#badUrl(error);
    }
    this.#log = new StageLog(plan.transport === 'webtransport-h2' ? TCP_STAGES : QUIC_STAGES);
    skipWhatDoesNotApply(this.#log, plan);
    const ended = new AbortController();
    const { signal = ended.signal } = this.#options;
    const settings: ConnectSettings = {
      ...this.#options.connect,
      transport: plan.transport,
      network: { ...this.#options.connect?.network, fewPackets: this.#options.requests === undefined },
    };
    const lab = new Experiments({
      plan,
      settings,
      seen: this.#seen,
      elapsed: () => this.#elapsed(),
      signal: AbortSignal.any([signal, ended.signal]),
    });
    try {
      await this.#walk(plan, settings, lab);
    } finally {
      lab.stop();
      ended.abort(new Error('the probe is over'));
    }
    return this.#report(plan, lab);
  }

  async #walk(plan: ConnectPlan, settings: ConnectSettings, lab: Experiments): Promise<void> {
    await preload(plan.transport);
    // Reading modules from the disk is no stage of the connection.
    this.#start = performance.now();
    lab.startPatient();
    const look = new LookWithoutHash({
      plan,
      settings,
      seen: this.#seen,
      elapsed: () => this.#elapsed(),
      onBegin: () => lab.startPatient(),
      isOurs,
      signal: this.#options.signal,
    });
    const assumed: ConnectWarning[] = [];
    let session: ConnectedSession;
    try {
      session = await connect(plan.url, {
        ...settings,
        observer: this.#seen.observe,
        handlers: { ...settings.handlers, onNotice: (notice) => this.#onNotice(notice) },
        onStage: (stage) => {
          if (stage.stage === 'bootstrap') look.drop();
          this.#seen.onStage(stage);
        },
        onWarning: (warning) => assumed.push(warning),
        signal: this.#options.signal,
      });
    } catch (error) {
      const failure = await look.explain(error);
      recordPassed(this.#log, plan, this.#seen);
      await this.#fail(failure, plan, lab);
      this.#warnings.push(...protocolNone(assumed));
      return;
    }
    this.#session = session;
    try {
      recordPassed(this.#log, plan, this.#seen);
      recordSetup(this.#log, session);
      await this.#afterSetup(session, plan, lab);
    } catch (error) {
      await this.#fail(error, plan, lab);
    } finally {
      this.#rttMs = session.transport.stats().rttMs;
      this.#warnings.push(...sessionQuirks(session));
      // The verdict stands; taking leave is no part of it.
      this.#verdictMs = this.#elapsed();
      await session.close();
    }
  }

  async #afterSetup(session: ConnectedSession, plan: ConnectPlan, lab: Experiments): Promise<void> {
    const { signal, requests, expiryWarningMs = DEFAULT_EXPIRY_WARNING_MS, connect: given = {} } = this.#options;
    const sizes = this.#compareSizes(lab);
    const { best } = this.#seen;
    const handshakeMs = best === null || best.establishedMs === null ? 0 : best.establishedMs - best.attemptMs;
    const mayCheckToken = (given.setup?.authorizationTokens?.length ?? 0) > 0;
    await settle(session, plan.url, signal, { handshakeMs, mayCheckToken });
    const end: { close: SessionCloseInfo | null } = { close: null };
    void session.closed.then((close) => {
      end.close = close;
    });
    if (session.goAwayReceived !== null) throw goAwayError(session.goAwayReceived.newSessionUri);
    const certificate = certificateFacts(session.transport.peerCertificates());
    const ownRoots = given.trust?.caFile !== undefined || given.trust?.caPem !== undefined;
    const warnings = sessionWarnings(session, this.#seen, certificate, { expiryWarningMs, ownRoots, now: Date.now() });
    this.#warnings.push(...warnings);
    if (requests !== undefined) await requests.run(this.#context(session));
    await sizes;
    await pendingRead();
    // Once objects have come, or a stage has failed, all is said.
    const isOver = this.#log.failed !== null || this.#log.status('data') === 'ok';
    if (!isOver && endsSoon(session)) await session.closed;
    if (end.close !== null && !isOver) throw endedUnasked(end.close, session, plan.url);
  }

  #onNotice(notice: SessionNotice): void {
    this.#options.connect?.handlers?.onNotice?.(notice);
    if (notice.kind !== 'request-goaway') return;
    const cause = 'session.goaway';
    this.#warnings.push({ cause, message: escapeText(notice.message), hint: CAUSE_TRIES[cause] });
  }

  /** Beside the rest, and without waiting for what may never be answered. */
  async #compareSizes(lab: Experiments): Promise<void> {
    const result = await lab.compareSizes();
    if (result !== 'vanishes') return;
    const verdict: Verdict = {
      cause: 'quic.mtu',
      message: `packets of 1200 bytes pass, those of ${lab.fullSizeBytes} bytes vanish on the way`,
      hint: 'the path MTU is small: a tunnel or VPN on the way; sessions work with small packets, and less throughput',
    };
    this.#log.warn('quic', verdict);
    this.#warnings.push({ cause: verdict.cause, message: verdict.message, hint: verdict.hint as string });
  }

  #context(session: ConnectedSession): ProbeContext {
    return {
      url: this.#url,
      session,
      options: this.#options,
      stages: this.#log,
      elapsed: () => this.#elapsed(),
      warn: (warning) => this.#warnings.push(warning),
      setRoundtrip: (facts) => {
        this.#roundtrip = facts;
      },
      addThreshold: (facts) => this.#thresholds.push(facts),
      signal: this.#options.signal,
    };
  }

  /** Records why the walk ended; rethrows what is no finding of a probe. */
  async #fail(error: unknown, plan: ConnectPlan, lab: Experiments): Promise<void> {
    if (this.#options.signal?.aborted) throw this.#options.signal.reason;
    if (!(error instanceof MoqtError)) throw error;
    const found = isOurs(error) ? null : causeOf(error, this.#log.names);
    if (found === null) throw error;
    // A stage that fails for want of time, or of an answer, took from the last thing that was seen.
    const durationMs = Math.max(0, this.#elapsed() - this.#seen.lastMs);
    const verdict = await explainFailure(
      {
        cause: found.cause,
        message: error.message,
        hint: error.hint ?? hintFor(error) ?? undefined,
        detail: this.#failureDetail(found.stage, plan, error),
      },
      plan,
      lab,
    );
    const stage =
      verdict.cause === found.cause ? found.stage : (stageOfCause(verdict.cause, this.#log.names) ?? found.stage);
    // What an experiment got an answer to was passed, though the connection itself did not come so far.
    if (found.stage === 'udp' && stage === 'quic') this.#log.ok('udp', durationMs, { tried: this.#seen.tried });
    this.#log.fail(stage, durationMs, shown(verdict));
    await this.#offerFallback(plan, lab);
    // Codes that speak of credentials are 5 whatever stage they came in.
    this.#exitCode = error.exitCode === EXIT.unauthorized ? EXIT.unauthorized : exitOf(verdict.cause);
  }

  /** Says so when WebTransport over HTTP/2 would do where UDP does not: programs that fall back do it then. */
  async #offerFallback({ transport }: ConnectPlan, lab: Experiments): Promise<void> {
    if (transport !== 'webtransport' || !(await lab.http2Works())) return;
    this.#warnings.push({
      cause: 'h2.fallback',
      message: 'WebTransport over HTTP/2 works on the TCP port of the same number: programs that fall back use it',
      hint: `${CAUSE_TRIES['h2.fallback']}; --transport webtransport-h2 probes it`,
    });
  }

  #failureDetail(stage: ProbeStage, plan: ConnectPlan, error: MoqtError): Verdict['detail'] {
    const seen = this.#seen;
    return {
      ...(error.wire !== undefined && {
        code: `0x${error.wire.code.toString(16)}`,
        codeName: error.wire.name,
        codeSpace: error.wire.space,
      }),
      ...((stage === 'udp' || stage === 'tcp' || stage === 'quic') && { tried: seen.tried }),
      ...(stage === 'quic' &&
        seen.versions !== null && { versions: seen.versions.map((one) => `0x${one.toString(16)}`) }),
      ...(stage === 'quic' && { retries: seen.best?.retries ?? 0 }),
      ...(stage === 'alpn' && { offered: [...alpnOffered(plan)] }),
      ...((stage === 'http3' || stage === 'http2') && { settings: seen.settingsDetail }),
      ...(stage === 'connect' && { status: seen.response?.status ?? null }),
    };
  }

  #badUrl(error: MoqtError): ProbeReport {
    for (const name of this.#log.names.slice(1)) this.#log.skip(name, 'the URL cannot be used');
    const hint = error.hint ?? 'expected moqt://host[:port][/path], https://… or http://…';
    this.#log.fail('url', this.#elapsed(), shown({ cause: 'url.invalid', message: error.message, hint }));
    this.#exitCode = error.exitCode;
    return this.#report(null, null);
  }

  #report(plan: ConnectPlan | null, lab: Experiments | null): ProbeReport {
    const failed = this.#log.report().find(({ status }) => status === 'failed');
    const connection = this.#session?.connection;
    const implementation = this.#session?.peerSetup.implementation;
    return {
      schema: 'moqt-probe/1',
      url: plan?.url.redacted ?? escapeText(redactUrl(this.#url), { maxLength: 300 }),
      ok: failed === undefined,
      ...(failed?.cause !== undefined && { cause: failed.cause }),
      ...(failed?.message !== undefined && { message: failed.message }),
      ...(failed?.hint !== undefined && { hint: failed.hint }),
      // A request that failed has recorded its cause itself.
      exitCode: this.#exitCode === EXIT.ok && failed?.cause !== undefined ? exitOf(failed.cause) : this.#exitCode,
      durationMs: this.#verdictMs ?? this.#elapsed(),
      stages: this.#log.report(),
      warnings: withoutRepeats(this.#warnings),
      startedAt: this.#startedAt,
      transport: plan?.transport ?? 'quic',
      draft: connection?.draft ?? null,
      implementation: implementation === undefined ? null : escapeText(implementation, { maxLength: 200 }),
      rttMs: this.#rttMs,
      certificate: certificateFacts(this.#seen.chain),
      roundtrip: this.#roundtrip,
      thresholds: this.#thresholds,
      experiments: lab?.done ?? [],
    };
  }

  #elapsed(): number {
    return performance.now() - this.#start;
  }
}

async function preload(transport: ConnectPlan['transport']): Promise<void> {
  if (transport === 'webtransport-h2') {
    await import('../transport/webtransport-h2/index.js');
    return;
  }
  const [{ loadQuiche }] = await Promise.all([
    import('../transport/quic/native.js'),
    import('../transport/quic/client/connect.js'),
    transport === 'webtransport' ? import('../transport/webtransport/index.js') : null,
    // Used while the connection comes about, whose times are told.
    import('./experiments/full-size-packet.js'),
  ]);
  // Whether there is a library is connect()'s to tell.
  await loadQuiche().catch(() => {});
}

/** What is wrong with the command line, a local file or moqt itself is no finding about the peer. */
function isOurs({ code, stage, reason }: MoqtError): boolean {
  if (code === 'MOQT_E_BUG' || code === 'MOQT_E_UNSUPPORTED' || code === 'MOQT_E_USAGE' || code === 'MOQT_E_ENCODE')
    return true;
  if (code === 'MOQT_E_LOCAL_IO') return reason !== 'network.bind' && reason !== 'network.socket';
  return (
    stage === 'config' || (reason?.startsWith('tls.ca-') ?? false) || (reason?.startsWith('tls.client-m') ?? false)
  );
}

function exitOf(cause: Cause): ExitCode {
  return (cause in CAUSES ? CAUSES[cause as keyof typeof CAUSES].exitCode : null) ?? EXIT.checkFailed;
}

function shown(verdict: Verdict): Verdict {
  const escaped = (text: string): string => escapeText(text, { maxLength: MAX_TEXT });
  return {
    ...verdict,
    message: escaped(verdict.message),
    ...(verdict.hint !== undefined && { hint: escaped(verdict.hint) }),
  };
}

function goAwayError(newSessionUri: string): MoqtError {
  const where = newSessionUri === '' ? '' : ` to ${redactUrl(newSessionUri)}`;
  return new MoqtError('MOQT_E_REJECTED', `the peer asked at once to go elsewhere${where}: GOAWAY`, {
    stage: 'session',
    cause: 'session.goaway',
    hint:
      newSessionUri === ''
        ? 'the relay is shutting down or moving its load: connect again in a while'
        : `use its new address: ${redactUrl(newSessionUri)}`,
  });
}
