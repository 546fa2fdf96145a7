import type { ConnectOptions, Listener, TransportSession } from '../../src/core/transport/transport.js';
import {
  type H2Handlers,
  type H2ListenOptions,
  listenWebTransportH2,
  webtransportH2Transport,
} from '../../src/core/transport/webtransport-h2/index.js';
import { deferred } from '../../src/core/util/deferred.js';
import { type LoopbackPair, loopbackCertificate, loopbackOptions, loopbackPair } from './loopback.js';
import { soon } from './wait.js';

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

/** A WebTransport session over HTTP/2, TLS and TCP on loopback. */
export async function connectOverTcp(
  options: { client?: Partial<ConnectOptions>; server?: Partial<H2ListenOptions> } = {},
): Promise<LoopbackPair> {
  const accepted = deferred<TransportSession>();
  const listener = await listenOnTcp(options.server, { onSession: accepted.resolve });
  const { host, port } = listener.address;
  const client = await webtransportH2Transport.connect(
    { host, port, path: '/moq' },
    await loopbackOptions(options.client),
  );
  const server = await soon(accepted.promise, 'the server to have the session');
  return loopbackPair(client, server, listener);
}
