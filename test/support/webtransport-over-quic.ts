import { type ListenBothOptions, type ListenHandlers, listen } from '../../src/core/transport/listen.js';
import type { ConnectOptions, Listener, TransportSession } from '../../src/core/transport/transport.js';
import { webtransportTransport } from '../../src/core/transport/webtransport/index.js';
import { deferred } from '../../src/core/util/deferred.js';
import { type LoopbackPair, loopbackCertificate, loopbackOptions, loopbackPair } from './loopback.js';

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

/** A WebTransport session over real QUIC on loopback. */
export async function connectWebTransport(options: {
  client?: Partial<ConnectOptions>;
  server?: Partial<ListenBothOptions>;
}): Promise<LoopbackPair> {
  const accepted = deferred<TransportSession>();
  const listener = await listenOnLoopback(options.server, { onSession: accepted.resolve });
  const target = { host: '127.0.0.1', port: listener.address.port, path: '/moq' };
  const client = await webtransportTransport.connect(target, await loopbackOptions(options.client));
  const server = await accepted.promise;
  return loopbackPair(client, server, listener);
}
