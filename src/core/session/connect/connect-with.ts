import { MoqtError } from '../../errors/moqt-error.js';
import type { ConnectOptions, StageTiming, Transport, TransportSession } from '../../transport/transport.js';
import { SessionClosed } from '../../transport/transport-errors.js';
import type { MoqtUrl } from '../../url/parse-url.js';
import type { Clock } from '../../util/clock.js';
import { VERSION } from '../../util/version.js';
import type { SetupOptions } from '../../wire/messages/parameters.js';
import type { DraftProfile } from '../../wire/profile.js';
import type { MoqtSession, SessionOptions } from '../session.js';
import { chooseDraft } from '../setup/choose-draft.js';
import { closedBeforeSetup } from '../setup/early-close.js';
import { bothFailed, fallbackWarning, isUdpBlocked, silenceLimit } from './connect-fallback.js';
import { type ConnectPlan, planConnection } from './connect-plan.js';
import type {
  ConnectedSession,
  ConnectionReport,
  ConnectSettings,
  ConnectStage,
  ConnectWarning,
} from './connect-settings.js';
import { bootstrapTrust, needsBootstrap, type ResolvedTrust, resolveTrust } from './connect-trust.js';

/** What connecting is made of; loaded only when needed, because the transports are heavy. */
export interface ConnectParts {
  quic(): Promise<Transport>;
  webtransport(): Promise<Transport>;
  webtransportH2(): Promise<Transport>;
  establish(role: 'client', transport: TransportSession, options: SessionOptions): Promise<MoqtSession>;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** QUIC's, and the command line's: whoever says nothing else has not asked for anything. */
const DEFAULT_CONGESTION_CONTROL = 'cubic';

/** See connect(). */
export async function connectWith(
  parts: ConnectParts,
  url: string | MoqtUrl,
  settings: ConnectSettings,
): Promise<ConnectedSession> {
  settings.signal?.throwIfAborted();
  return new Connecting(parts, planConnection(url, settings), settings).run();
}

/** One run of connect(), from the checked plan to the session. */
class Connecting {
  readonly #parts: ConnectParts;
  readonly #plan: ConnectPlan;
  readonly #settings: ConnectSettings;
  readonly #start: number;
  #profile: DraftProfile;
  readonly #stages: ConnectStage[] = [];
  readonly #warnings: ConnectWarning[] = [];

  constructor(parts: ConnectParts, plan: ConnectPlan, settings: ConnectSettings) {
    this.#parts = parts;
    this.#plan = plan;
    this.#settings = settings;
    this.#start = parts.clock.now();
    this.#profile = plan.profiles[0] as DraftProfile;
  }

  async run(): Promise<ConnectedSession> {
    const trust = await this.#trust();
    for (const warning of trust.warnings) this.#warn(warning);
    const transport = await this.#open(trust);
    try {
      const { profile, warning } = chooseDraft(this.#plan, transport.protocol);
      if (warning !== null) this.#warn(warning);
      this.#profile = profile;
      const session = await this.#establish(transport);
      return Object.assign(session, { connection: this.#report(session, trust) });
    } catch (error) {
      await this.#abandon(transport, error);
      throw this.#explain(error, transport);
    }
  }

  async #trust(): Promise<ResolvedTrust> {
    const settings = this.#settings.trust ?? {};
    const env = this.#settings.env ?? this.#parts.env;
    const bootstrap = needsBootstrap(this.#plan, settings);
    // The roots are of no use to a hash that is still to come: an empty system store must not stand in its way.
    const trust = await resolveTrust(bootstrap ? { ...settings, insecure: true } : settings, env);
    if (!bootstrap) return trust;
    const startMs = this.#elapsed();
    const result = await bootstrapTrust(this.#plan, this.#settings, trust);
    this.#stage({ stage: 'bootstrap', startMs, endMs: this.#elapsed(), detail: result.detail });
    return result.trust;
  }

  async #open(trust: ResolvedTrust): Promise<TransportSession> {
    const { transport, fallback } = this.#plan;
    if (!fallback) return this.#openOver(transport, trust);
    const startMs = this.#elapsed();
    try {
      return await this.#openOver('webtransport', trust);
    } catch (error) {
      if (!isUdpBlocked(error) || !this.#hasTimeLeft()) throw error;
      this.#stage({ stage: 'udp', startMs, endMs: this.#elapsed(), detail: error.message });
      this.#warn(fallbackWarning(error));
      return await this.#openOver('webtransport-h2', trust).catch((second: unknown) => {
        throw second instanceof MoqtError ? bothFailed(error, second) : second;
      });
    }
  }

  async #openOver(kind: ConnectPlan['transport'], trust: ResolvedTrust): Promise<TransportSession> {
    const { url } = this.#plan;
    this.#warnOfIgnored(kind);
    const transport = await this.#load(kind);
    const offset = this.#elapsed();
    const target = { host: url.host, port: url.port, path: url.path.startsWith('/') ? url.path : `/${url.path}` };
    return transport.connect(target, this.#connectOptions(trust, offset));
  }

  #load(kind: ConnectPlan['transport']): Promise<Transport> {
    if (kind === 'quic') return this.#parts.quic();
    return kind === 'webtransport' ? this.#parts.webtransport() : this.#parts.webtransportH2();
  }

  #warnOfIgnored(kind: ConnectPlan['transport']): void {
    const { headers = [], congestionControl = DEFAULT_CONGESTION_CONTROL } = this.#settings.network ?? {};
    if (kind === 'quic' && headers.length > 0) {
      this.#warn({ kind: 'ignored-setting', message: 'raw QUIC has no CONNECT request: --header is not sent' });
    }
    if (kind === 'webtransport-h2' && congestionControl !== DEFAULT_CONGESTION_CONTROL) {
      const message = `HTTP/2 runs on the system's TCP: --congestion-control ${congestionControl} has no effect`;
      this.#warn({ kind: 'ignored-setting', message });
    }
  }

  #connectOptions(trust: ResolvedTrust, offset: number): ConnectOptions {
    const { timeouts, protocols, fallback } = this.#plan;
    const { network = {}, signal, env = this.#parts.env } = this.#settings;
    return {
      ...network,
      alpn: protocols,
      verify: trust.verify,
      servername: trust.servername,
      certPem: trust.certPem,
      keyPem: trust.keyPem,
      // A deadline that has passed already still is a deadline: 0 would mean none.
      connectTimeoutMs: timeouts.connectMs === 0 ? 0 : Math.max(1, timeouts.connectMs - offset),
      ...(fallback && { silenceTimeoutMs: silenceLimit(timeouts) }),
      idleTimeoutMs: timeouts.idleMs,
      observer: this.#settings.observer,
      keylogFile: network.keylogFile ?? (env.SSLKEYLOGFILE || undefined),
      signal,
      onStage: (timing: StageTiming) =>
        this.#stage({ ...timing, startMs: timing.startMs + offset, endMs: timing.endMs + offset }),
    };
  }

  async #establish(transport: TransportSession): Promise<MoqtSession> {
    const { timeouts } = this.#plan;
    const { handlers, limits, sessionObserver, onControlMessage, signal } = this.#settings;
    const startMs = this.#elapsed();
    const session = await this.#parts.establish('client', transport, {
      profiles: [this.#profile],
      setup: this.#setup(),
      timeouts: { setupMs: timeouts.setupMs, requestMs: timeouts.requestMs, closeMs: timeouts.closeMs },
      ...(handlers === undefined ? {} : { handlers }),
      ...(limits === undefined ? {} : { limits }),
      ...(sessionObserver === undefined ? {} : { observer: sessionObserver }),
      ...(onControlMessage === undefined ? {} : { onControlMessage }),
      ...(signal === undefined ? {} : { signal }),
    });
    this.#stage({ stage: 'setup', startMs, endMs: this.#elapsed() });
    return session;
  }

  /** PATH and AUTHORITY exist on raw QUIC only: WebTransport's CONNECT carries both (draft-18 §10.3.1). */
  #setup(): SetupOptions {
    const { url, transport } = this.#plan;
    const place = transport === 'quic' ? { path: url.path, authority: url.authority } : {};
    return { ...place, implementation: `moqt/${VERSION}`, ...this.#settings.setup };
  }

  #report(session: MoqtSession, trust: ResolvedTrust): ConnectionReport {
    const { url, peer, profiles } = this.#plan;
    const verified = { chain: 'chain', pins: 'pin', none: 'none' } as const;
    return {
      url: url.redacted,
      peer,
      transport: session.transport.kind,
      dialect: session.transport.http?.dialect ?? null,
      offered: profiles.map(({ draft }) => draft),
      draft: session.profile.draft,
      protocol: session.transport.protocol,
      verified: verified[trust.verify.kind],
      roots: trust.roots,
      stages: this.#stages,
      totalMs: this.#elapsed(),
      warnings: this.#warnings,
    };
  }

  async #abandon(transport: TransportSession, error: unknown): Promise<void> {
    const isVersion = error instanceof MoqtError && error.code === 'MOQT_E_VERSION';
    const code = this.#profile.codes('session').code(isVersion ? 'VERSION_NEGOTIATION_FAILED' : 'NO_ERROR');
    await transport.close(code, '', this.#plan.timeouts.closeMs);
  }

  #explain(error: unknown, transport: TransportSession): unknown {
    return error instanceof SessionClosed ? closedBeforeSetup(error, this.#profile, transport, this.#plan.peer) : error;
  }

  #stage(stage: ConnectStage): void {
    this.#stages.push(stage);
    this.#settings.sessionObserver?.stage(stage);
    this.#settings.onStage?.(stage);
  }

  #warn(warning: ConnectWarning): void {
    this.#warnings.push(warning);
    this.#settings.onWarning?.(warning);
  }

  #hasTimeLeft(): boolean {
    const { connectMs } = this.#plan.timeouts;
    return connectMs === 0 || this.#elapsed() < connectMs;
  }

  #elapsed(): number {
    return this.#parts.clock.now() - this.#start;
  }
}
