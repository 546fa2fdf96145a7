import type { ConnectDecision, ConnectRequest, Listener, ListenOptions, TransportSession } from './transport.js';
import type { ServeOptions } from './webtransport/index.js';

/** HTTP/3's own streams, and one more for the application. */
const MIN_INCOMING_UNI = 4;
const MIN_INCOMING_BIDI = 2;
const CLOSE_MS = 2000;

export interface ListenBothOptions extends ListenOptions {
  /** Whether HTTP/3 is served beside the ALPNs of `alpn`. */
  readonly webtransport: boolean;
  /** Limits and the hook for requests that are not for WebTransport. */
  readonly serve?: Pick<ServeOptions, 'maxSessions' | 'requestTimeoutMs' | 'unusedMs' | 'onRequest'>;
}

export interface ListenHandlers {
  /** Decides on a WebTransport request. */
  readonly onConnect: (request: ConnectRequest) => ConnectDecision;
  /** Gets each session, of either kind. */
  readonly onSession: (session: TransportSession) => void;
  /** One of the handlers threw: the request got 500, or the session was closed. */
  readonly onHandlerError?: (error: unknown) => void;
}

/**
 * One UDP port for raw QUIC and for WebTransport over HTTP/3, told apart by ALPN. A client that offers both gets the raw
 * one. Rejects with MOQT_E_LOCAL_IO when the port cannot be had or the certificate cannot be used.
 */
export async function listen(options: ListenBothOptions, handlers: ListenHandlers): Promise<Listener> {
  const [{ listenQuic }, { serveWebTransport }] = await Promise.all([
    import('./quic/index.js'),
    import('./webtransport/index.js'),
  ]);
  const { webtransport, serve, ...quicOptions } = options;
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
