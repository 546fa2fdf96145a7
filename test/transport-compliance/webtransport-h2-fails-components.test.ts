import type { TransportSession } from '../../src/core/transport/transport.js';
import { wrapWebTransport } from '../../src/core/transport/w3c/index.js';
import { listenWebTransportH2, webtransportH2Transport } from '../../src/core/transport/webtransport-h2/index.js';
import { deferred } from '../../src/core/util/deferred.js';
import { fixedLimits, foreignClient, foreignServer } from '../support/fails-components.js';
import { loopbackCertificate, loopbackOptions } from '../support/loopback.js';
import { soon } from '../support/wait.js';
import { transportCompliance } from './compliance.js';
import type { BrokenCase } from './harness.js';

const base = {
  maxStreamCode: 2n ** 32n - 1n,
  maxCloseCode: 2n ** 32n - 1n,
  uniDelivery: 'handed-over',
  everyStopArrives: true,
  reservedStreams: 0,
  sendBuffer: 1024 * 1024,
  opensAtOnce: false,
  countsPackets: false,
  sharesNames: false,
} as const;

/** What version 1.6.8 does, read in its source; `ours` is the role that we have. */
function broken(ours: 'client' | 'server'): readonly BrokenCase[] {
  const theirs = ours === 'client' ? 'server' : 'client';
  return [
    {
      name: new RegExp(
        `${ours} acts > stop > carries the code 4294967295n|${theirs} acts > reset > carries the code 4294967295n`,
      ),
      reason: 'it cuts the codes of streams to 255',
    },
    {
      name: new RegExp(
        `${ours} acts > (backpressure > (bounds a writer|of one stream does not hold up)|close > fails everything under way)`,
      ),
      reason: 'it takes in and grants anew whatever arrives on a stream, read or not: there is no backpressure',
    },
    {
      name: `${theirs} acts > reset > of one direction leaves the other alone`,
      reason: 'it forgets both directions of a stream when it resets one of them',
    },
    {
      name: `${ours} acts > stream credit > makes openBidi wait until both directions are over`,
      reason: 'it gives the credit of a bidirectional stream back after a reset or stop only, not after two FINs',
    },
  ];
}

transportCompliance('our client of WebTransport over HTTP/2, the server of @fails-components/webtransport', {
  ...base,
  broken: broken('client'),
  connect: async (limits = {}) => {
    const listener = await foreignServer(fixedLimits(limits.server));
    const accepted = listener.accept();
    const target = { host: '127.0.0.1', port: listener.port, path: '/moq' };
    const client = await webtransportH2Transport.connect(target, await loopbackOptions(limits.client));
    const server = await soon(
      accepted.then((session) => wrapWebTransport(session, { role: 'server', protocol: 'moqt-18' })),
      'the server',
    );
    return {
      client,
      server,
      dispose: async () => {
        await Promise.all([client.close(0n, '', 500), server.close(0n, '', 500)]);
        listener.close();
      },
    };
  },
});

transportCompliance('the client of @fails-components/webtransport, our server of WebTransport over HTTP/2', {
  ...base,
  broken: broken('server'),
  connect: async (limits = {}) => {
    const accepted = deferred<TransportSession>();
    const { certPem, keyPem, sha256 } = await loopbackCertificate();
    const listener = await listenWebTransportH2(
      { host: '127.0.0.1', port: 0, certPem, keyPem, alpn: [], idleTimeoutMs: 10_000, ...limits.server },
      {
        onConnect: ({ availableProtocols }) => ({ accept: true, protocol: availableProtocols[0] ?? null }),
        onSession: accepted.resolve,
      },
    );
    const url = `https://127.0.0.1:${listener.address.port}/moq`;
    const wt = await foreignClient(url, sha256, fixedLimits(limits.client));
    const client = await soon(wrapWebTransport(wt), 'the client');
    const server = await soon(accepted.promise, 'the server');
    return {
      client,
      server,
      dispose: async () => {
        await Promise.all([client.close(0n, '', 500), server.close(0n, '', 500)]);
        await listener.close({ closeSessions: { code: 0n, reason: '' } });
      },
    };
  },
});
