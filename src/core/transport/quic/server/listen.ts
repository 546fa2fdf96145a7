import { MoqtError } from '../../../errors/moqt-error.js';
import { listenError } from '../../socket-error.js';
import type { Listener, ListenOptions, TransportSession } from '../../transport.js';
import { configFor, quicSettings } from '../config.js';
import { loadQuiche } from '../native.js';
import { QuicSession } from '../session.js';
import { ServerEndpoint } from './server-endpoint.js';

const DEFAULT_MAX_CONNECTIONS = 1000;
const DEFAULT_RETRY_ABOVE = 100;

/**
 * Accepts QUIC connections. `onSession` gets each one whose handshake is done; it must not throw.
 * Rejects with MOQT_E_LOCAL_IO when the port cannot be had, or certificate and key cannot be used.
 */
export async function listenQuic(
  options: ListenOptions,
  onSession: (session: TransportSession) => void,
): Promise<Listener> {
  const quiche = await loadQuiche();
  const settings = quicSettings(options);
  const { maxIncomingUni, maxIncomingBidi } = settings;
  const tls = {
    caPem: options.clientCaPem ?? null,
    acceptAny: false,
    certPem: options.certPem,
    keyPem: options.keyPem,
  };
  const config = configFor(quiche, tls, settings);
  // A certificate or key that cannot be used is found now, not with the first client.
  config(options.host);
  const endpoint = new ServerEndpoint({
    quiche,
    config,
    options,
    limits: {
      maxIncomingUni,
      maxIncomingBidi,
      maxConnections: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
      retryAbove: options.retryAbove ?? DEFAULT_RETRY_ABOVE,
    },
    onEstablished: (connection) => {
      const session = new QuicSession(connection, () => endpoint.address);
      onSession(options.wrapConnection?.(session) ?? session);
    },
  });
  try {
    await endpoint.open();
  } catch (error) {
    throw bindError(error as NodeJS.ErrnoException, options);
  }
  return {
    get address() {
      return endpoint.address;
    },
    counters: () => endpoint.counters(),
    close: (closeOptions) => closeListener(endpoint, closeOptions?.closeSessions),
  };
}

async function closeListener(
  endpoint: ServerEndpoint,
  closeSessions: { code: bigint; reason: string } | undefined,
): Promise<void> {
  await endpoint.stopAccepting();
  if (closeSessions === undefined) return;
  const { code, reason } = closeSessions;
  await Promise.all([...endpoint.connections].map((connection) => connection.close(code, reason, 2000)));
}

function bindError(origin: NodeJS.ErrnoException, options: ListenOptions): MoqtError {
  return origin instanceof MoqtError ? origin : listenError('udp', origin, options);
}
