import { MoqtError } from '../errors/moqt-error.js';
import type { ConnectDecision, ConnectRequest, Listener, ListenOptions, TransportSession } from './transport.js';
import type { PlainResponse, ServeOptions } from './webtransport/index.js';
import type { PlainRequest } from './webtransport-h2/index.js';

/** HTTP/3's own streams, and one more for the application. */
const MIN_INCOMING_UNI = 4;
const MIN_INCOMING_BIDI = 2;
const CLOSE_MS = 2000;
/** How often another port is tried when the system's choice is free on UDP only. */
const PORT_ATTEMPTS = 10;

export interface ListenBothOptions extends ListenOptions {
  /** Whether HTTP/3 is served beside the ALPNs of `alpn`. Without it and with no ALPN, no UDP port is opened. */
  readonly webtransport: boolean;
  /** Whether WebTransport over HTTP/2, and plain requests, are served on TCP of the same number. Default false. */
  readonly webtransportH2?: boolean;
  /** Limits and the hook for requests that are not for WebTransport, on HTTP/3. */
  readonly serve?: Pick<ServeOptions, 'maxSessions' | 'requestTimeoutMs' | 'unusedMs' | 'onRequest'>;
}

export interface ListenHandlers {
  /** Decides on a WebTransport request. */
  readonly onConnect: (request: ConnectRequest) => ConnectDecision;
  /** Gets each session, of whatever kind. */
  readonly onSession: (session: TransportSession) => void;
  /** Answers plain requests on the TCP port; without it they get 404. */
  readonly onHttp1?: (request: PlainRequest) => PlainResponse;
  /** One of the handlers threw: the request got 500, or the session was closed. */
  readonly onHandlerError?: (error: unknown) => void;
}

/**
 * One port number: UDP for raw QUIC and for WebTransport over HTTP/3, told apart by ALPN (a client that offers both gets the
 * raw one), TCP for WebTransport over HTTP/2. Counters of the TCP side begin with `tcp.` when both are open. Rejects with
 * MOQT_E_LOCAL_IO when the port cannot be had or the certificate cannot be used.
 */
export async function listen(options: ListenBothOptions, handlers: ListenHandlers): Promise<Listener> {
  const udp = options.webtransport || options.alpn.length > 0;
  if (!options.webtransportH2) return listenUdp(options, handlers);
  if (!udp) return listenTcp(options, handlers);
  for (let attempt = 1; ; attempt++) {
    const quic = await listenUdp(options, handlers);
    try {
      const h2 = await listenTcp({ ...options, port: quic.address.port }, handlers);
      return bothOf(quic, h2);
    } catch (error) {
      await quic.close();
      // A free UDP port need not be free on TCP; another one may be.
      if (options.port !== 0 || attempt === PORT_ATTEMPTS || !isPortTaken(error)) throw error;
    }
  }
}

async function listenTcp(options: ListenBothOptions, handlers: ListenHandlers): Promise<Listener> {
  const { listenWebTransportH2 } = await import('./webtransport-h2/index.js');
  const { serve, ...rest } = options;
  return listenWebTransportH2(
    {
      ...rest,
      ...(serve?.maxSessions === undefined ? {} : { maxSessions: serve.maxSessions }),
      ...(serve?.requestTimeoutMs === undefined ? {} : { handshakeTimeoutMs: serve.requestTimeoutMs }),
      ...(serve?.unusedMs === undefined ? {} : { unusedMs: serve.unusedMs }),
    },
    handlers,
  );
}

function bothOf(quic: Listener, h2: Listener): Listener {
  return {
    get address() {
      return quic.address;
    },
    counters() {
      const tcp = Object.entries(h2.counters()).map(([name, count]) => [`tcp.${name}`, count] as const);
      return { ...quic.counters(), ...Object.fromEntries(tcp) };
    },
    async close(options) {
      await Promise.all([quic.close(options), h2.close(options)]);
    },
  };
}

function isPortTaken(error: unknown): boolean {
  return error instanceof MoqtError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE';
}

async function listenUdp(options: ListenBothOptions, handlers: ListenHandlers): Promise<Listener> {
  const [{ listenQuic }, { serveWebTransport }] = await Promise.all([
    import('./quic/index.js'),
    import('./webtransport/index.js'),
  ]);
  const { webtransport, webtransportH2: _, serve, ...quicOptions } = options;
  const sessions = new Set<TransportSession>();
  const totals: Record<string, number> = {};

  const onSession = (session: TransportSession): void => {
    sessions.add(session);
    void session.closed.then(() => sessions.delete(session));
    handlers.onSession(session);
  };
  const onRawSession = (session: TransportSession): void => {
    try {
      onSession(session);
    } catch (error) {
      handlers.onHandlerError?.(error);
      void session.close(0n, 'internal error').catch(() => {});
    }
  };
  const serveOptions: ServeOptions = {
    ...serve,
    onHandlerError: (error) => handlers.onHandlerError?.(error),
    onCounters(counters) {
      for (const [name, count] of Object.entries(counters)) totals[name] = (totals[name] ?? 0) + count;
    },
  };

  const listener = await listenQuic(webtransport ? withHttp3(quicOptions) : quicOptions, (quic) => {
    if (webtransport && quic.protocol === 'h3')
      void serveWebTransport(quic, handlers.onConnect, onSession, serveOptions);
    else onRawSession(quic);
  });
  return {
    get address() {
      return listener.address;
    },
    counters: () => ({ ...listener.counters(), ...totals }),
    async close(closeOptions) {
      const closeSessions = closeOptions?.closeSessions;
      if (closeSessions !== undefined) {
        // Session by session, because WebTransport's have more to say than their connection's close.
        const { code, reason } = closeSessions;
        await Promise.allSettled([...sessions].map((session) => session.close(code, reason, CLOSE_MS)));
      }
      await listener.close(closeOptions);
    },
  };
}

function withHttp3(options: ListenOptions): ListenOptions {
  const { maxIncomingUni: uni, maxIncomingBidi: bidi } = options;
  return {
    ...options,
    alpn: [...options.alpn, 'h3'],
    ...(uni === undefined ? {} : { maxIncomingUni: Math.max(uni, MIN_INCOMING_UNI) }),
    ...(bidi === undefined ? {} : { maxIncomingBidi: Math.max(bidi, MIN_INCOMING_BIDI) }),
  };
}
