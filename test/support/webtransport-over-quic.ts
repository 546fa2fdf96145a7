import { generateCertificate } from '../../src/core/certs/generate.js';
import { type ListenBothOptions, type ListenHandlers, listen } from '../../src/core/transport/listen.js';
import type { ConnectOptions, Listener, TransportSession } from '../../src/core/transport/transport.js';
import { webtransportTransport } from '../../src/core/transport/webtransport/index.js';
import { deferred } from '../../src/core/util/deferred.js';

let certificate: ReturnType<typeof generateCertificate> | null = null;

/** One certificate for localhost and the loopback addresses per test file. */
export function loopbackCertificate(): ReturnType<typeof generateCertificate> {
  certificate ??= generateCertificate({ hosts: ['localhost', '127.0.0.1', '::1'], days: 13 });
  return certificate;
}

/** A listener for raw QUIC and WebTransport on a free port of the loopback address. */
export async function listenOnLoopback(
  options: Partial<ListenBothOptions> = {},
  handlers: Partial<ListenHandlers> = {},
): Promise<Listener> {
  const { certPem, keyPem } = await loopbackCertificate();
  return listen(
    {
      host: '127.0.0.1',
      port: 0,
      certPem,
      keyPem,
      alpn: ['moqt-18', 'moqt-16'],
      idleTimeoutMs: 10_000,
      webtransport: true,
      ...options,
    },
    {
      onConnect: ({ availableProtocols }) => ({ accept: true, protocol: availableProtocols[0] ?? null }),
      onSession: () => {},
      ...handlers,
    },
  );
}

/** What a client on the loopback address needs to trust it. */
export async function loopbackOptions(options: Partial<ConnectOptions> = {}): Promise<ConnectOptions> {
  const { sha256 } = await loopbackCertificate();
  return {
    alpn: ['moqt-18'],
    verify: { kind: 'pins', sha256: [sha256] },
    connectTimeoutMs: 5000,
    idleTimeoutMs: 10_000,
    ...options,
  };
}

export interface QuicWebTransportPair {
  readonly client: TransportSession;
  readonly server: TransportSession;
  readonly listener: Listener;
  dispose(): Promise<void>;
}

/** A WebTransport session over real QUIC on loopback. */
export async function connectWebTransport(options: {
  client?: Partial<ConnectOptions>;
  server?: Partial<ListenBothOptions>;
}): Promise<QuicWebTransportPair> {
  const accepted = deferred<TransportSession>();
  const listener = await listenOnLoopback(options.server, { onSession: accepted.resolve });
  const target = { host: '127.0.0.1', port: listener.address.port, path: '/moq' };
  const client = await webtransportTransport.connect(target, await loopbackOptions(options.client));
  const server = await accepted.promise;
  return {
    client,
    server,
    listener,
    async dispose() {
      await Promise.all([client.close(0n, '', 500), server.close(0n, '', 500)]);
      await listener.close({ closeSessions: { code: 0n, reason: '' } });
    },
  };
}
