import { beforeAll } from 'vitest';
import { listenQuic, quicTransport } from '../../src/core/transport/quic/index.js';
import type { TransportSession } from '../../src/core/transport/transport.js';
import { deferred } from '../../src/core/util/deferred.js';
import * as certs from '../support/certs.js';
import { soon } from '../support/wait.js';
import { transportCompliance } from './compliance.js';

let certificate: certs.TestCertificate;
beforeAll(async () => {
  certificate = await certs.selfSigned();
});

for (const host of ['127.0.0.1', '::1']) {
  transportCompliance(`raw QUIC over ${host}`, {
    maxStreamCode: 2n ** 53n - 1n,
    maxCloseCode: 2n ** 53n - 1n,
    uniDelivery: 'acknowledged',
    everyStopArrives: false,
    reservedStreams: 0,
    sendBuffer: 1024 * 1024,
    connect: async (limits = {}) => {
      const accepted = deferred<TransportSession>();
      const { certPem, keyPem } = certificate;
      const listener = await listenQuic(
        { host, port: 0, certPem, keyPem, alpn: ['moqt-18'], idleTimeoutMs: 10_000, ...limits.server },
        accepted.resolve,
      );
      const client = await quicTransport.connect(
        { host, port: listener.address.port, path: '/' },
        {
          alpn: ['moqt-18'],
          verify: { kind: 'pins', sha256: [certificate.sha256] },
          connectTimeoutMs: 5000,
          idleTimeoutMs: 10_000,
          ...limits.client,
        },
      );
      const server = await soon(accepted.promise, 'the server to accept');
      return {
        client,
        server,
        dispose: async () => {
          await client.close(0n, '', 500);
          await listener.close({ closeSessions: { code: 0n, reason: '' } });
        },
      };
    },
  });
}
