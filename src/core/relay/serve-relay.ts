import { X509Certificate } from 'node:crypto';
import { MoqtError } from '../errors/moqt-error.js';
import type { MoqtSession } from '../session/session.js';
import type { ConnectDecision, ConnectRequest, Listener, TransportSession } from '../transport/transport.js';
import type { PlainResponse } from '../transport/webtransport/index.js';
import type { PlainRequest } from '../transport/webtransport-h2/index.js';
import { toHex } from '../util/bytes.js';
import { escapeText } from '../util/escape.js';
import { VERSION } from '../util/version.js';
import type { DraftProfile } from '../wire/profile.js';
import { TokenCheck } from './auth.js';
import { type FaultSet, parseFaults } from './faults/index.js';
import { answersOf, certificateHash } from './plain-http.js';
import { RelayCore } from './relay.js';
import { type CheckedOptions, checkOptions, type RelayTransport, type ServeRelayOptions } from './serve-options.js';
import { webServer, webUrl } from './web-server.js';

/** The certificate that a relay shows. */
export interface RelayCertificate {
  readonly certPem: string;
  /** SHA-256 of the DER. */
  readonly sha256: Uint8Array;
  readonly notAfter: Date;
  /** Made for this relay: clients must be told its hash. */
  readonly generated: boolean;
}

/** A relay that is accepting connections. */
export interface Relay {
  /** `moqt://…` for raw QUIC, `https://…` for WebTransport. */
  readonly urls: readonly string[];
  readonly certificate: RelayCertificate;
  /** The drafts served, as users write them. */
  readonly drafts: readonly string[];
  readonly transports: readonly RelayTransport[];
  /** The faults that it has on purpose, as they were asked for. */
  readonly faults: readonly string[];
  /** Where the page for browsers is, `http://…`; null when none is served. */
  readonly web: string | null;
  /** Sessions, subscriptions, objects, caps that were hit, packets dropped … since the start, or now, by name. */
  counters(): Readonly<Record<string, number>>;
  /** GOAWAY to all sessions, waits for them to end, closes the rest after `timeoutMs`, and stops. */
  drain(newSessionUri: string, timeoutMs: number): Promise<void>;
  /** Closes all sessions with NO_ERROR and stops. Idempotent. */
  close(): Promise<void>;
}

const GENERATED_DAYS = 13;
const UNAUTHORIZED_STATUS = 401;
const BUSY_STATUS = 503;
/** Connections beyond the sessions: those that are told that there are too many, or are on their way in or out. */
const SPARE_CONNECTIONS = 16;
const BAD_REQUEST_STATUS = 400;

/**
 * Starts a relay for development and tests: raw QUIC and WebTransport on one UDP port, WebTransport over HTTP/2 on the TCP
 * port of the same number, any mix of drafts. Rejects with MOQT_E_USAGE for what is wrong with the options, MOQT_E_DNS for a
 * host name without an address, MOQT_E_LOCAL_IO for a port or certificate that cannot be used.
 */
export async function serveRelay(options: ServeRelayOptions = {}): Promise<Relay> {
  const faults = parseFaults(options.faults ?? [], options.faultSeed ?? 1);
  const checked = await checkOptions(options);
  const names = [checked.host, ...(options.host === undefined ? [] : [options.host])];
  const certificate = await certificateFor(options, names, faults);
  const server = new RelayServer(options, checked, faults);
  await server.listen(certificate);
  const { keyPem: _, ...shown } = certificate;
  return {
    urls: server.urls,
    certificate: shown,
    drafts: checked.profiles.map(({ draft }) => draft),
    transports: checked.transports,
    faults: faults.given,
    web: server.web,
    counters: () => server.counters(),
    drain: (newSessionUri, timeoutMs) => server.drain(newSessionUri, timeoutMs),
    close: () => server.close(),
  };
}

class RelayServer {
  readonly #core: RelayCore;
  readonly #token: TokenCheck | null;
  #listener: Listener | null = null;

  constructor(
    private readonly options: ServeRelayOptions,
    private readonly checked: CheckedOptions,
    private readonly faults: FaultSet,
  ) {
    const token = options.authToken === undefined ? null : new TokenCheck(options.authToken);
    this.#token = token;
    this.#core = new RelayCore({
      policy: options.policy,
      onEvent: options.onEvent,
      ...(token !== null && { authorizes: (tokens) => token.tokens(tokens) }),
    });
  }

  get urls(): readonly string[] {
    const { host, port } = (this.#listener as Listener).address;
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return [
      ...(this.#serves('quic') ? [`moqt://${authority}/`] : []),
      ...(this.#serves('webtransport') || this.#serves('webtransport-h2') ? [`https://${authority}/`] : []),
    ];
  }

  get web(): string | null {
    return this.options.web === true ? webUrl((this.#listener as Listener).address) : null;
  }

  #serves(transport: RelayTransport): boolean {
    return this.checked.transports.includes(transport);
  }

  async listen(certificate: RelayCertificate & { readonly keyPem: string }): Promise<void> {
    const onHttp1 = await this.#httpServer(certificate);
    const { certPem, keyPem } = certificate;
    const { listen } = await import('../transport/listen.js');
    const { checked, options } = this;
    const maxStreams = options.maxStreams ?? 1000;
    this.#listener = await listen(
      {
        host: checked.host,
        port: checked.port,
        certPem,
        keyPem,
        alpn: this.#serves('quic') ? checked.profiles.map(({ alpn }) => alpn) : [],
        webtransport: this.#serves('webtransport'),
        webtransportH2: this.#serves('webtransport-h2'),
        idleTimeoutMs: options.idleTimeoutMs ?? 30_000,
        maxIncomingUni: maxStreams,
        maxIncomingBidi: maxStreams,
        maxConnections: this.#core.policy.maxSessions + SPARE_CONNECTIONS,
        ...(options.congestionControl && { congestionControl: options.congestionControl }),
        ...(options.keylogFile && { keylogFile: options.keylogFile }),
        ...this.faults.listenOptions,
      },
      {
        onConnect: (request) => this.faults.connect(request, () => this.#onConnect(request)),
        onHttp1,
        onSession: (session) => void this.#onSession(session),
        onHandlerError: (error) => this.#refused('', `internal error: ${message(error)}`),
      },
    );
  }

  async #httpServer(certificate: RelayCertificate): Promise<(request: PlainRequest) => PlainResponse> {
    const anyHost = this.options.allowRemote === true;
    if (this.options.web !== true) return answersOf(certificateHash(toHex(certificate.sha256)), anyHost);
    return webServer({
      certificate,
      drafts: this.checked.profiles.map(({ draft }) => draft),
      tokenRequired: this.#token !== null,
      anyHost,
      urls: () => this.urls,
    });
  }

  counters(): Record<string, number> {
    const counters = this.#core.counters();
    const transport = this.#listener?.counters() ?? {};
    for (const [name, value] of Object.entries(transport)) counters[`transport.${name}`] = value;
    return counters;
  }

  async drain(newSessionUri: string, timeoutMs: number): Promise<void> {
    await this.#core.drain(newSessionUri, timeoutMs);
    await this.#stop();
  }

  async close(): Promise<void> {
    await this.#core.close();
    await this.#stop();
  }

  async #stop(): Promise<void> {
    await this.#listener?.close({ closeSessions: { code: 0n, reason: '' } });
  }

  /** WebTransport's CONNECT: any path; the draft is agreed here, and a token that comes along is judged. */
  #onConnect(request: ConnectRequest): ConnectDecision {
    if (this.#core.draining || this.#core.refusesSession()) return { accept: false, status: BUSY_STATUS };
    if (this.#token?.http(request) === 'wrong') {
      this.#refused(place(request.remote), 'the request has a wrong token');
      return { accept: false, status: UNAUTHORIZED_STATUS, headers: [['www-authenticate', 'Bearer']] };
    }
    const protocol = chooseProtocol(this.checked.profiles, request.availableProtocols);
    if (protocol === undefined) return { accept: false, status: BAD_REQUEST_STATUS };
    return { accept: true, protocol };
  }

  async #onSession(transport: TransportSession): Promise<void> {
    if (this.faults.takesOver(transport, this.checked.profiles)) return;
    const remote = place(transport.remote);
    const seat = this.#core.draining ? null : this.#core.seat();
    if (seat === null) {
      const why = this.#core.draining ? 'the relay is going away' : 'the relay has as many sessions as it takes';
      this.#refused(remote, why);
      await transport.close(INTERNAL_ERROR, why).catch(() => {});
      return;
    }
    try {
      const { establishSession } = await import('../session/establish.js');
      const { maxRequests } = this.faults;
      const session: MoqtSession = await establishSession('server', transport, {
        profiles: this.checked.profiles,
        setup: { implementation: `moqt/${VERSION}` },
        timeouts: {
          setupMs: this.options.setupTimeoutMs ?? 5000,
          requestMs: this.#core.policy.requestTimeoutMs,
          closeMs: this.options.closeTimeoutMs ?? 2000,
        },
        // No request is handed on before the session is.
        handlers: this.faults.handlers(seat.handlers, () => session),
        ...(maxRequests !== undefined && { limits: { maxRequests } }),
        ...(this.options.observe && { observer: this.options.observe() }),
      });
      if (!this.#isAuthorized(session)) {
        this.#refused(remote, 'no token, or a wrong one');
        seat.vacate();
        await session.close('UNAUTHORIZED', 'a token is required');
        return;
      }
      seat.attach(this.faults.session(session));
      this.faults.welcome(session);
    } catch (error) {
      seat.vacate();
      this.#refused(remote, message(error));
    }
  }

  #isAuthorized(session: MoqtSession): boolean {
    if (this.#token === null) return true;
    const { http } = session.transport;
    return (http !== undefined && this.#token.http(http) === 'right') || this.#token.setup(session.peerSetup);
  }

  #refused(remote: string, reason: string): void {
    this.#core.tally.sessionsRefused++;
    this.#core.emit({ type: 'session-refused', remote, reason });
  }
}

/**
 * "An implementation specific error" in every draft (draft-18 §3.5), none of which has a code for a server that is full:
 * TOO_MANY_REQUESTS of 14 to 16 is about Request IDs.
 */
const INTERNAL_ERROR = 0x1n;

/** The first of the client's protocols that we speak; null for a draft that has no string; undefined: none in common. */
function chooseProtocol(profiles: readonly DraftProfile[], available: readonly string[]): string | null | undefined {
  for (const protocol of available) {
    if (profiles.some(({ webtransportProtocol }) => webtransportProtocol === protocol)) return protocol;
  }
  return profiles.some(({ webtransportProtocol }) => webtransportProtocol === null) ? null : undefined;
}

async function certificateFor(
  options: ServeRelayOptions,
  names: readonly string[],
  faults: FaultSet,
): Promise<RelayCertificate & { readonly keyPem: string }> {
  const { certPem, keyPem } = options;
  if (certPem !== undefined && faults.certificate !== null) {
    throw new MoqtError('MOQT_E_USAGE', 'a fault of the certificate needs one that the relay makes', {
      stage: 'config',
      cause: 'relay.fault',
      hint: 'leave out --cert and --key, or the fault',
    });
  }
  if (certPem !== undefined && keyPem !== undefined) {
    const { certificateSha256 } = await import('../certs/trust.js');
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(certPem);
    } catch (origin) {
      throw new MoqtError('MOQT_E_LOCAL_IO', `the certificate cannot be read: ${message(origin)}`, {
        stage: 'config',
        cause: 'relay.certificate',
        hint: 'expected a certificate in PEM',
        origin,
      });
    }
    return {
      certPem,
      keyPem,
      sha256: certificateSha256(certificate),
      notAfter: new Date(certificate.validTo),
      generated: false,
    };
  }
  const { generateCertificate } = await import('../certs/generate.js');
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', ...names.filter((name) => !isWildcard(name))])];
  const made = await generateCertificate({ hosts, days: GENERATED_DAYS, ...faults.certificate });
  return { certPem: made.certPem, keyPem: made.keyPem, sha256: made.sha256, notAfter: made.notAfter, generated: true };
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function place({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function message(error: unknown): string {
  return escapeText(error instanceof Error ? error.message : String(error), { maxLength: 300 });
}
