import type { Server as Http1Server } from 'node:http';
import { performServerHandshake } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { toAddress } from '../address.js';
import { listenError } from '../socket-error.js';
import { checkKeyPair, materialError } from '../tls-material.js';
import type {
  Address,
  ConnectDecision,
  ConnectRequest,
  Listener,
  ListenOptions,
  TransportSession,
} from '../transport.js';
import type { PlainResponse } from '../webtransport/server.js';
import { Acceptor, type AcceptorCounter } from './acceptor.js';
import { appendKeys } from './keylog.js';
import { http1Server, notFound, type PlainHandler, type PlainRequest } from './plain-http.js';
import { ServedConnection, type ServedCounter } from './served-connection.js';
import { localLimits, ourSettings, REMOTE_CUSTOM_SETTINGS } from './settings.js';
import { ALPN_H2, isTlsError } from './tls-failure.js';

const DEFAULT_MAX_CONNECTIONS = 1000;
const DEFAULT_MAX_HALF_OPEN = 100;
const DEFAULT_HANDSHAKE_MS = 10_000;
const DEFAULT_UNUSED_MS = 5000;
/** A plain answer is a page at most; whoever reads it more slowly has to do without. */
const RESPONSE_MS = 30_000;
const CLOSE_MS = 2000;

/** What floods of frames may cost (node:http2's bounds; its own are ten times as wide). */
const FLOOD_BOUNDS = {
  maxSettings: 32,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 20,
  maxOutstandingPings: 10,
  maxHeaderListPairs: 128,
} as const;

export interface H2ListenOptions extends ListenOptions {
  /** WebTransport sessions at a time on one connection; more are refused. Default 1. */
  readonly maxSessions?: number;
  /** Connections without a request yet, beyond which the oldest gives way. Default 100. */
  readonly maxHalfOpen?: number;
  /** How long TLS and the first request may take together, ms. Default 10 s. */
  readonly handshakeTimeoutMs?: number;
  /** How long a connection is kept without a session or a request, ms. Default 5 s. */
  readonly unusedMs?: number;
}

export interface H2Handlers {
  readonly onConnect: (request: ConnectRequest) => ConnectDecision;
  readonly onSession: (session: TransportSession) => void;
  /** Answers requests other than WebTransport's, whatever version of HTTP they come by; without it they get 404. */
  readonly onHttp1?: (request: PlainRequest) => PlainResponse;
  /** One of the handlers threw: the request got 500, or the session was closed. */
  readonly onHandlerError?: (error: unknown) => void;
}

type Counter =
  | AcceptorCounter
  | ServedCounter
  | 'tlsFailures'
  | 'plainConnections'
  | 'requestsMalformed'
  | 'connectionsServed';

/**
 * One TCP port for WebTransport over HTTP/2 and for plain requests: HTTP/2 and HTTP/1.1 over TLS by ALPN, HTTP/1.1 in the
 * clear by the first byte. Rejects with MOQT_E_LOCAL_IO when the port cannot be had, or certificate and key cannot be used.
 */
export async function listenWebTransportH2(options: H2ListenOptions, handlers: H2Handlers): Promise<Listener> {
  const server = new H2Server(options, handlers);
  await server.open();
  return server;
}

class H2Server implements Listener {
  readonly #options: H2ListenOptions;
  readonly #handlers: H2Handlers;
  readonly #acceptor: Acceptor;
  readonly #tls: TlsServer;
  readonly #http1: Http1Server;
  readonly #sessions = new Set<TransportSession>();
  readonly #limits: ReturnType<typeof localLimits>;
  readonly #counts: Record<Counter, number> = {
    connectionsRefused: 0,
    halfOpenEvicted: 0,
    handshakeTimeouts: 0,
    tlsFailures: 0,
    plainConnections: 0,
    connectionsServed: 0,
    connectionsUnused: 0,
    sessionsRejected: 0,
    requestsMalformed: 0,
  };
  #address: Address | null = null;
  #closing = false;

  constructor(options: H2ListenOptions, handlers: H2Handlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#limits = localLimits(options);
    this.#tls = this.#createTls();
    this.#http1 = http1Server(this.#answer, {
      request: (socket) => this.#acceptor.settled(socket),
      malformed: () => this.#count('requestsMalformed'),
    });
    this.#acceptor = new Acceptor({
      maxConnections: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
      maxHalfOpen: options.maxHalfOpen ?? DEFAULT_MAX_HALF_OPEN,
      handshakeTimeoutMs: options.handshakeTimeoutMs ?? DEFAULT_HANDSHAKE_MS,
      onTls: (socket) => this.#tls.emit('connection', socket),
      onPlain: (socket) => this.#onPlain(socket, socket),
      count: this.#count,
    });
  }

  async open(): Promise<void> {
    const { host, port } = this.#options;
    const { server } = this.#acceptor;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(listenError('tcp', error, { host, port })));
      server.listen({ host, port }, resolve);
    });
    // Accepting may fail when the system is out of descriptors; the server goes on.
    server.on('error', () => {});
    const { address, port: bound } = server.address() as AddressInfo;
    this.#address = toAddress(address, bound);
  }

  get address(): Address {
    if (this.#address === null) throw new Error('not listening');
    return this.#address;
  }

  counters(): Readonly<Record<string, number>> {
    return { open: this.#acceptor.open, halfOpen: this.#acceptor.halfOpen, ...this.#counts };
  }

  async close({ closeSessions }: { closeSessions?: { code: bigint; reason: string } } = {}): Promise<void> {
    this.#closing = true;
    this.#acceptor.server.close();
    this.#acceptor.destroyHalfOpen();
    if (closeSessions === undefined) return;
    const { code, reason } = closeSessions;
    await Promise.allSettled([...this.#sessions].map((session) => session.close(code, reason, CLOSE_MS)));
    this.#acceptor.destroyAll();
  }

  #createTls(): TlsServer {
    const { certPem, keyPem, clientCaPem, keylogFile } = this.#options;
    try {
      checkKeyPair(certPem, keyPem);
      const tls = createTlsServer({
        cert: certPem,
        key: keyPem,
        minVersion: 'TLSv1.2',
        ALPNProtocols: [ALPN_H2, 'http/1.1'],
        ...(clientCaPem === undefined ? {} : { ca: clientCaPem, requestCert: true, rejectUnauthorized: true }),
      });
      tls.on('secureConnection', (socket) => this.#onSecure(socket));
      tls.on('tlsClientError', (error, socket) => {
        // A connection that ends in its handshake, by the client or by a bound of ours, is no failure of TLS.
        if (isTlsError(error)) this.#count('tlsFailures');
        socket.destroy();
      });
      if (keylogFile !== undefined) tls.on('keylog', (line) => appendKeys(keylogFile, line));
      return tls;
    } catch (error) {
      throw materialError(error instanceof Error ? error.message : String(error), error);
    }
  }

  #onSecure(socket: TLSSocket): void {
    const raw = this.#acceptor.socketOf(socket);
    if (raw === null || raw.destroyed) {
      socket.destroy();
      return;
    }
    // Errors end in 'close'.
    socket.on('error', () => {});
    if (socket.alpnProtocol !== ALPN_H2) {
      this.#onPlain(socket, raw);
      return;
    }
    this.#count('connectionsServed');
    const http2 = performServerHandshake(socket, {
      ...FLOOD_BOUNDS,
      settings: ourSettings('server', this.#limits),
      remoteCustomSettings: REMOTE_CUSTOM_SETTINGS,
    });
    http2.once('stream', () => this.#acceptor.settled(raw));
    const { idleTimeoutMs, maxSessions = 1, unusedMs = DEFAULT_UNUSED_MS } = this.#options;
    new ServedConnection(http2, socket, raw, {
      limits: this.#limits,
      idleTimeoutMs,
      maxSessions,
      unusedMs,
      responseMs: RESPONSE_MS,
      remote: toAddress(raw.remoteAddress ?? '', raw.remotePort ?? 0),
      local: toAddress(raw.localAddress ?? '', raw.localPort ?? 0),
      decide: this.#decide,
      onSession: this.#onSession,
      answer: this.#answer,
      count: this.#count,
    });
  }

  /** HTTP/1.1: one request, one answer, all of it within a bounded time. */
  #onPlain(socket: Socket, raw: Socket): void {
    this.#count('plainConnections');
    const limit = setTimeout(() => raw.destroy(), RESPONSE_MS);
    raw.once('close', () => clearTimeout(limit));
    this.#http1.emit('connection', socket);
  }

  readonly #count = (name: Counter): void => {
    this.#counts[name]++;
  };

  readonly #decide = (request: ConnectRequest): ConnectDecision =>
    this.#guarded<ConnectDecision>(
      () => {
        // A connection that had not asked for a session yet comes too late.
        if (this.#closing) return { accept: false, status: 503 };
        const made = this.#handlers.onConnect(request);
        if (made.accept && made.protocol !== null && !request.availableProtocols.includes(made.protocol)) {
          throw new Error(`${JSON.stringify(made.protocol)} was not among the protocols that the client offered`);
        }
        return made;
      },
      { accept: false, status: 500 },
    );

  readonly #onSession = (session: TransportSession): boolean => {
    this.#sessions.add(session);
    void session.closed.then(() => this.#sessions.delete(session));
    return this.#guarded(() => {
      this.#handlers.onSession(session);
      return true;
    }, false);
  };

  readonly #answer: PlainHandler = (request) =>
    this.#guarded<PlainResponse>(() => (this.#handlers.onHttp1 ?? notFound)(request), { status: 500 });

  #guarded<T>(call: () => T, instead: T): T {
    try {
      return call();
    } catch (error) {
      this.#handlers.onHandlerError?.(error);
      return instead;
    }
  }
}
