import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { http2CodeName } from '../../errors/codes/http2-codes.js';
import type { ErrorCode } from '../../errors/error-codes.js';
import type { MoqtError, MoqtErrorOptions } from '../../errors/moqt-error.js';
import { systemClock } from '../../util/clock.js';
import { deferred } from '../../util/deferred.js';
import { withSignal, withTimeout } from '../../util/timeout.js';
import { toAddress } from '../address.js';
import type { ConnectOptions } from '../transport.js';
import { chosenProtocol, refusal, webTransportError } from '../webtransport/http-answer.js';
import type { SessionRequest } from '../webtransport/session-request.js';
import { encodeStringList } from '../webtransport/structured-field.js';
import { DIALECTS } from './dialect.js';
import { headerMap } from './header-map.js';
import { Http2Link } from './http2-link.js';
import { Http2Pipe } from './http2-pipe.js';
import { grantedBy } from './init-header.js';
import { CapsuleSession } from './session.js';
import {
  HTTP2_WINDOW,
  localLimits,
  ourSettings,
  type PeerSettings,
  REMOTE_CUSTOM_SETTINGS,
  readPeerSettings,
  settingsById,
} from './settings.js';
import type { TrustedTls } from './tls.js';
import { isTlsError, tlsFailure } from './tls-failure.js';

export interface OpenOptions extends ConnectOptions {
  /** What is left of the connect deadline, for SETTINGS and response together, ms; 0 is none. */
  readonly timeoutMs: number;
  /** `host:port` as the user named it. */
  readonly peer: string;
  /** The server's SETTINGS have come. */
  readonly onSettings: () => void;
}

/**
 * Opens a WebTransport session on a TLS connection that is trusted, and which it then owns: closed with the session, and when
 * none comes about. `raw` is the socket below TLS. Rejects as openWebTransport() of HTTP/3 does.
 */
export async function openWebTransportH2(
  tls: TrustedTls,
  raw: Socket,
  request: SessionRequest,
  options: OpenOptions,
): Promise<CapsuleSession> {
  const attempt = new Attempt(tls, raw, request, options);
  try {
    const opening = withTimeout(attempt.run(), options.timeoutMs, () => attempt.timeoutError());
    return await withSignal(opening, options.signal);
  } catch (error) {
    attempt.abandon();
    throw error;
  }
}

class Attempt {
  readonly #tls: TrustedTls;
  readonly #raw: Socket;
  readonly #request: SessionRequest;
  readonly #options: OpenOptions;
  readonly #limits: ReturnType<typeof localLimits>;
  readonly #http2: ClientHttp2Session;
  readonly #link: Http2Link;
  readonly #settings = deferred<PeerSettings>();

  constructor(tls: TrustedTls, raw: Socket, request: SessionRequest, options: OpenOptions) {
    this.#tls = tls;
    this.#raw = raw;
    this.#request = request;
    this.#options = options;
    this.#limits = localLimits(options);
    this.#http2 = connect(`https://${request.authority}`, {
      createConnection: () => tls.socket,
      settings: ourSettings('client', this.#limits),
      remoteCustomSettings: REMOTE_CUSTOM_SETTINGS,
    });
    this.#link = new Http2Link(this.#http2, tls.socket, raw);
    this.#http2.once('remoteSettings', (settings) => {
      options.observer?.({ kind: 'settings', settings: settingsById(settings) });
      this.#settings.resolve(readPeerSettings(settings));
    });
    void this.#link.closed.then(() => this.#settings.reject(this.#connectionError()));
    this.#http2.once('connect', () => this.#http2.setLocalWindowSize(HTTP2_WINDOW));
    // A rejection that nobody waits for any more.
    this.#settings.promise.catch(() => {});
  }

  async run(): Promise<CapsuleSession> {
    // The draft forbids a CONNECT before the server's SETTINGS: they say which dialect it speaks.
    const settings = await this.#settings.promise;
    this.#options.onSettings();
    this.#check(settings);
    const stream = this.#http2.request(this.#fields(), { endStream: false });
    const answer = headerMap(await this.#response(stream));
    this.#options.observer?.({ kind: 'response', status: answer.status, headers: answer.headers });
    const { path, authority, protocols } = this.#request;
    const refused = refusal(answer.status, answer.headers, { path, protocols, peer: this.#options.peer });
    if (refused !== null) throw refused;
    return this.#session(stream, settings, {
      protocol: chosenProtocol(
        answer.headers,
        { path, protocols, peer: this.#options.peer },
        { bare: DIALECTS[settings.dialect].bareProtocol },
      ),
      http: { path, authority, status: answer.status, headers: answer.headers },
    });
  }

  #check({ connectProtocol, webTransport }: PeerSettings): void {
    if (connectProtocol && webTransport) return;
    const missing = connectProtocol ? 'WebTransport' : 'extended CONNECT';
    throw this.#error('MOQT_E_PROTOCOL', `the peer speaks HTTP/2 but not WebTransport: no ${missing} in its SETTINGS`, {
      cause: 'webtransport.unsupported',
      hint: 'perhaps a plain web server; if it is a MoQ relay, try moqt:// (raw QUIC) or HTTP/3',
    });
  }

  #fields(): Record<string, string | string[]> {
    const fields: Record<string, string | string[]> = {
      ':method': 'CONNECT',
      ':protocol': 'webtransport',
      ':scheme': 'https',
      ':authority': this.#request.authority,
      ':path': this.#request.path,
    };
    if (this.#request.protocols.length > 0) {
      fields['wt-available-protocols'] = encodeStringList(this.#request.protocols);
    }
    for (const [name, value] of this.#request.headers) {
      const before = fields[name];
      fields[name] = before === undefined ? value : [before, value].flat();
    }
    return fields;
  }

  #response(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
    return new Promise((resolve, reject) => {
      stream.once('response', resolve);
      // 'close' follows, and tells the reason better.
      stream.on('error', () => {});
      stream.once('close', () =>
        reject(this.#link.failure === null ? this.#resetError(stream) : this.#connectionError()),
      );
    });
  }

  #session(
    stream: ClientHttp2Stream,
    peer: PeerSettings,
    opened: Pick<ConstructorParameters<typeof CapsuleSession>[1], 'protocol' | 'http'>,
  ): CapsuleSession {
    const link = this.#link;
    const { localAddress, localPort, remoteAddress, remotePort } = this.#raw;
    const session = new CapsuleSession(new Http2Pipe(stream, link), {
      ...opened,
      role: 'client',
      dialect: peer.dialect,
      remote: toAddress(remoteAddress ?? '', remotePort ?? 0),
      local: toAddress(localAddress ?? '', localPort ?? 0),
      certificates: this.#tls.chain,
      localLimits: this.#limits,
      peerLimits: grantedBy(peer.limits, opened.http.headers),
      clock: systemClock,
      rtt: () => link.rttMs,
      minRtt: () => link.minRttMs,
      bytes: () => link.bytes,
      onRelease: () => link.release(),
    });
    link.onGoaway(() => session.drained());
    link.start(this.#options);
    return session;
  }

  /** No session comes about: everything is let go at once. */
  abandon(): void {
    this.#link.destroy(constants.NGHTTP2_CANCEL);
  }

  timeoutError(): MoqtError {
    return this.#settings.settled
      ? this.#error('MOQT_E_TIMEOUT', 'no response to the WebTransport CONNECT in time', {
          cause: 'webtransport.timeout',
        })
      : this.#error('MOQT_E_TIMEOUT', 'no HTTP/2 SETTINGS came in time', { cause: 'http2.no-settings' });
  }

  #resetError(stream: ClientHttp2Stream): MoqtError {
    const code = stream.rstCode ?? 0;
    return this.#error('MOQT_E_REJECTED', `the peer reset the WebTransport CONNECT: ${http2CodeName(code)}`, {
      cause: 'webtransport.rejected',
      wire: { space: 'http2', code: BigInt(code), name: http2CodeName(code) },
    });
  }

  /** The connection ended before there was a session. */
  #connectionError(): MoqtError {
    const { error, goawayCode } = this.#link;
    // A server that wants a client certificate says so only after its handshake, as TLS 1.3 has it.
    if (error !== null && isTlsError(error)) return tlsFailure(error, this.#options.peer);
    const name = goawayCode !== null && goawayCode !== 0 ? http2CodeName(goawayCode) : null;
    const said = name === null ? '' : `: ${name}`;
    const wire = name === null ? undefined : ({ space: 'http2', code: BigInt(goawayCode as number), name } as const);
    if (name === null && error?.code === 'ERR_HTTP2_ERROR') {
      return this.#error('MOQT_E_PROTOCOL', 'what the peer sent is not HTTP/2', {
        cause: 'http2.protocol',
        origin: error,
      });
    }
    // Some servers close without an alert when they do not like what the client proved.
    const certificateHint = this.#options.certPem === undefined ? null : 'it may not accept the client certificate';
    if (!this.#settings.settled) {
      return this.#error('MOQT_E_PROTOCOL', `the peer closed the connection before its SETTINGS came${said}`, {
        cause: 'http2.protocol',
        wire,
        hint:
          certificateHint ??
          'an HTTP/2 that is not one, or a server that is full or going away: check the port, and see its log',
        origin: error ?? undefined,
      });
    }
    return this.#error('MOQT_E_REJECTED', `the peer closed the connection instead of answering${said}`, {
      cause: 'webtransport.rejected',
      wire,
      hint: certificateHint ?? undefined,
      origin: error ?? undefined,
    });
  }

  #error(code: ErrorCode, message: string, options: Omit<MoqtErrorOptions, 'stage' | 'peer'>): MoqtError {
    return webTransportError(this.#options.peer, code, message, options);
  }
}
