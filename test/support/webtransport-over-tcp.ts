import type { ConnectOptions, Listener, TransportSession } from '../../src/core/transport/transport.js';
import {
  type H2Handlers,
  type H2ListenOptions,
  listenWebTransportH2,
  webtransportH2Transport,
} from '../../src/core/transport/webtransport-h2/index.js';
import { deferred } from '../../src/core/util/deferred.js';
import { soon } from './wait.js';
import { loopbackCertificate, loopbackOptions } from './webtransport-over-quic.js';

/** A listener for WebTransport over HTTP/2 on a free TCP port of the loopback address. */
export async function listenOnTcp(
  options: Partial<H2ListenOptions> = {},
  handlers: Partial<H2Handlers> = {},
): Promise<Listener> {
  const { certPem, keyPem } = await loopbackCertificate();
  return listenWebTransportH2(
    { host: '127.0.0.1', port: 0, certPem, keyPem, alpn: [], idleTimeoutMs: 10_000, ...options },
    {
      onConnect: ({ availableProtocols }) => ({ accept: true, protocol: availableProtocols[0] ?? null }),
      onSession: () => {},
      ...handlers,
    },
  );
}

export interface TcpWebTransportPair {
  readonly client: TransportSession;
  readonly server: TransportSession;
  readonly listener: Listener;
  dispose(): Promise<void>;
}

/** A WebTransport session over HTTP/2, TLS and TCP on loopback. */
export async function connectOverTcp(
  options: { client?: Partial<ConnectOptions>; server?: Partial<H2ListenOptions> } = {},
): Promise<TcpWebTransportPair> {
  const accepted = deferred<TransportSession>();
  const listener = await listenOnTcp(options.server, { onSession: accepted.resolve });
  const { host, port } = listener.address;
  const client = await webtransportH2Transport.connect(
    { host, port, path: '/moq' },
    await loopbackOptions(options.client),
  );
  const server = await soon(accepted.promise, 'the server to have the session');
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
