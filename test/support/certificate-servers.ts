import type { TlsOptions } from 'node:tls';
import { listenQuic } from '../../src/core/transport/quic/index.js';
import type { TestCertificate } from './certs.js';
import { type TestServer, tlsServer } from './tcp-servers.js';

type Identity = Pick<TestCertificate, 'certPem' | 'keyPem'>;

/** TLS on TCP with this certificate, for as long as the work takes. */
export async function withTls<T>(
  { certPem, keyPem }: Identity,
  work: (url: string, server: TestServer) => Promise<T>,
  options: TlsOptions = {},
): Promise<T> {
  const server = await tlsServer({ cert: certPem, key: keyPem, ...options });
  try {
    return await work(`tls://127.0.0.1:${server.port}`, server);
  } finally {
    await server.close();
  }
}

/** Raw QUIC and HTTP/3 of our own endpoint, with a certificate that no relay would choose. */
export async function withQuic<T>(
  { certPem, keyPem }: Identity,
  work: (port: number, streams: () => number) => Promise<T>,
): Promise<T> {
  let streams = 0;
  const alpn = ['moqt-18', 'h3'];
  const listener = await listenQuic(
    { host: '127.0.0.1', port: 0, certPem, keyPem, alpn, idleTimeoutMs: 10_000 },
    (session) => {
      session.onIncomingBidi(() => streams++);
      session.onIncomingUni(() => streams++);
    },
  );
  try {
    return await work(listener.address.port, () => streams);
  } finally {
    await listener.close({ closeSessions: { code: 0n, reason: '' } });
  }
}
