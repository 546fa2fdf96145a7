import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { listenQuic, quicTransport } from '../../src/core/transport/quic/index.js';
import type { TransportSession } from '../../src/core/transport/transport.js';
import { deferred } from '../../src/core/util/deferred.js';
import * as certs from '../support/certs.js';
import { randomBytes } from '../support/random.js';
import { type PacketFaults, UdpProxy } from '../support/udp-proxy.js';
import { eventually, soon } from '../support/wait.js';
import { readAll, uniInbox, writeAll } from '../transport-compliance/harness.js';

let certificate: certs.TestCertificate;
beforeAll(async () => {
  certificate = await certs.selfSigned();
});

/** Has something done when the test is over, the last first. */
type Finally = (release: () => Promise<void>) => void;

interface Path {
  readonly client: TransportSession;
  readonly server: TransportSession;
  readonly proxy: UdpProxy;
}

/** Connected as the client sees it; the server may still wait for the last packet of the handshake. */
interface HalfPath {
  readonly client: TransportSession;
  readonly accepted: Promise<TransportSession>;
  readonly proxy: UdpProxy;
}

interface PathOptions {
  readonly faults?: PacketFaults;
  readonly seed?: number;
  readonly idleTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
}

/** A QUIC connection through a network with these faults in both directions. */
async function connectThrough(finish: Finally, options: PathOptions = {}): Promise<Path> {
  const { client, accepted, proxy } = await openThrough(finish, options);
  return { client, server: await soon(accepted, 'the server to accept'), proxy };
}

async function openThrough(finish: Finally, options: PathOptions): Promise<HalfPath> {
  const { faults = {}, seed = 1, idleTimeoutMs = 20_000, connectTimeoutMs = 20_000 } = options;
  const accepted = deferred<TransportSession>();
  const { certPem, keyPem } = certificate;
  const listener = await listenQuic(
    { host: '127.0.0.1', port: 0, certPem, keyPem, alpn: ['moqt-18'], idleTimeoutMs },
    accepted.resolve,
  );
  finish(() => listener.close({ closeSessions: { code: 0n, reason: '' } }));
  const target = { host: '127.0.0.1', port: listener.address.port };
  const proxy = await UdpProxy.start({ target, seed, toServer: faults, toClient: faults });
  finish(() => proxy.close());
  const client = await quicTransport.connect(
    { host: '127.0.0.1', port: proxy.port, path: '/' },
    { alpn: ['moqt-18'], verify: { kind: 'pins', sha256: [certificate.sha256] }, connectTimeoutMs, idleTimeoutMs },
  );
  finish(() => client.close(0n, '', 500));
  return { client, accepted: accepted.promise, proxy };
}

async function transfer(from: TransportSession, to: TransportSession, bytes: Uint8Array): Promise<Uint8Array> {
  const arrived = uniInbox(to);
  const stream = await from.openUni();
  const [received] = await Promise.all([arrived.next('the stream').then(readAll), writeAll(stream, bytes)]);
  return received;
}

// Side by side: each of them is mostly waiting for its own network.
describe.concurrent('a QUIC connection through a bad network', () => {
  it('delivers every byte despite loss, corruption, duplication and reordering (row 31)', async ({
    onTestFinished: finish,
  }) => {
    const faults = { loss: 0.02, corruption: 0.02, duplication: 0.02, reordering: 0.1, reorderMs: 3, mtu: 1472 };
    const { client, server, proxy } = await connectThrough(finish, { faults, seed: 31 });
    const bytes = randomBytes(2 * 1024 * 1024, 31);
    expect(Buffer.compare(await transfer(client, server, bytes), bytes)).toBe(0);
    const { lost, corrupted, duplicated, reordered } = proxy.toServer.counters;
    for (const count of [lost, corrupted, duplicated, reordered]) expect(count).toBeGreaterThan(0);
  });

  it('connects through heavy loss and corruption, or ends in a clean timeout (row 30)', async ({
    onTestFinished: finish,
  }) => {
    const faults = { loss: 0.3, corruption: 0.3 };
    // A handshake is a handful of packets: only many seeds make sure that each kind of it is hit.
    let hits = 0;
    let connected = 0;
    await Promise.all(
      Array.from({ length: 24 }, async (_, seed) => {
        const path = await openThrough(finish, { faults, seed, connectTimeoutMs: 8000, idleTimeoutMs: 4000 }).catch(
          (error: unknown) => error as Error,
        );
        if (path instanceof Error) {
          expect(path).toMatchObject({ code: 'MOQT_E_TIMEOUT', exitCode: 6 });
          return;
        }
        const { lost, corrupted } = path.proxy.toServer.counters;
        if (lost + corrupted > 0) hits++;
        // The client's last packet may never get through: then both learn of it, and nobody waits for ever.
        const end = await soon(
          Promise.race([path.accepted, path.client.closed]),
          'the server to accept, or an end',
          15_000,
        );
        if ('by' in end) expect(end.isApplication).toBe(false);
        else connected++;
      }),
    );
    expect(hits).toBeGreaterThan(5);
    expect(connected).toBeGreaterThan(12);
  });

  it('resumes after two seconds of darkness in mid-transfer (row 28)', async ({ onTestFinished: finish }) => {
    const { client, server, proxy } = await connectThrough(finish);
    const bytes = randomBytes(4 * 1024 * 1024, 28);
    const receiving = transfer(client, server, bytes);
    await eventually(() => server.stats().receivedBytes > 200_000, 'the transfer to be under way');
    proxy.blackhole = true;
    await new Promise((resolve) => setTimeout(resolve, 2000));
    proxy.blackhole = false;
    expect(Buffer.compare(await receiving, bytes)).toBe(0);
    expect(proxy.toServer.counters.blackholed).toBeGreaterThan(0);
  });

  it('ends on both sides as idle when the darkness stays (row 29)', async ({ onTestFinished: finish }) => {
    const { client, server, proxy } = await connectThrough(finish, { idleTimeoutMs: 500 });
    proxy.blackhole = true;
    expect(await soon(client.closed, 'the client to give up')).toMatchObject({ by: 'idle' });
    expect(await soon(server.closed, 'the server to give up')).toMatchObject({ by: 'idle' });
  });

  it('is a timeout when the idle timeout is shorter than the deadline of a handshake that nobody answers', async ({
    onTestFinished: finish,
  }) => {
    const silent = createSocket('udp4');
    silent.bind(0, '127.0.0.1');
    await once(silent, 'listening');
    finish(async () => void silent.close());
    const connecting = quicTransport.connect(
      { host: '127.0.0.1', port: silent.address().port, path: '/' },
      { alpn: ['moqt-18'], verify: { kind: 'none' }, connectTimeoutMs: 10_000, idleTimeoutMs: 300 },
    );
    await expect(connecting).rejects.toMatchObject({ code: 'MOQT_E_TIMEOUT', exitCode: 6, reason: 'udp.no-answer' });
  });

  it('survives a NAT that gives it another port (row 32)', async ({ onTestFinished: finish }) => {
    const { client, server, proxy } = await connectThrough(finish);
    const [first, second] = [randomBytes(300_000, 1), randomBytes(300_000, 2)];
    const arrived = uniInbox(server);
    await writeAll(await client.openUni(), first);
    expect(Buffer.compare(await readAll(await arrived.next()), first)).toBe(0);
    proxy.rebind();
    await writeAll(await client.openUni(), second);
    expect(Buffer.compare(await readAll(await arrived.next()), second)).toBe(0);
  });

  it('works where packets above 1232 bytes of payload vanish (row 33)', async ({ onTestFinished: finish }) => {
    const { client, server, proxy } = await connectThrough(finish, { faults: { mtu: 1232 } });
    const bytes = randomBytes(1_000_000, 33);
    expect(Buffer.compare(await transfer(client, server, bytes), bytes)).toBe(0);
    expect(proxy.toServer.counters.forwarded).toBeGreaterThan(0);
  });
});
