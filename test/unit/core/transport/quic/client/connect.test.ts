import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { generateCertificate } from '../../../../../../src/core/certs/generate.js';
import { MoqtError } from '../../../../../../src/core/errors/moqt-error.js';
import { quicTransport } from '../../../../../../src/core/transport/quic/index.js';
import type { ConnectOptions, Target } from '../../../../../../src/core/transport/transport.js';
import { authority } from '../../../../../support/certs.js';
import { loopbackCertificate } from '../../../../../support/loopback.js';
import { closeAll, connectTo, readAll, startServer } from '../../../../../support/quic-pair.js';
import { soon } from '../../../../../support/wait.js';

const sockets: Socket[] = [];

afterEach(async () => {
  await closeAll();
  for (const socket of sockets.splice(0)) socket.close();
});

/** A UDP socket that is not a QUIC server: it answers with `reply(packet)` or not at all. */
async function udpServer(reply: (packet: Buffer) => Buffer | null): Promise<number> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  socket.on('message', (packet, from) => {
    const answer = reply(packet);
    if (answer !== null) socket.send(answer, from.port, from.address);
  });
  return socket.address().port;
}

async function failure(target: Partial<Target>, options: Partial<ConnectOptions> = {}): Promise<MoqtError> {
  const connecting = quicTransport.connect(
    { host: '127.0.0.1', port: 1, path: '', ...target },
    { alpn: ['moqt-18'], verify: { kind: 'none' }, connectTimeoutMs: 5000, idleTimeoutMs: 10_000, ...options },
  );
  return connecting.then(
    () => {
      throw new Error('connected');
    },
    (error: unknown) => {
      if (error instanceof MoqtError) return error;
      throw error;
    },
  );
}

describe('connecting that fails', () => {
  it('names a refused port at once', async () => {
    const port = await udpServer(() => null);
    sockets.pop()?.close();
    const error = await soon(failure({ port }, { connectTimeoutMs: 600_000 }), 'the refusal');
    expect(error).toMatchObject({ code: 'MOQT_E_UNREACHABLE', reason: 'udp.refused', exitCode: 3 });
  });

  it('gives up sooner when it is told how long silence may be', async () => {
    const port = await udpServer(() => null);
    const error = await soon(failure({ port }, { connectTimeoutMs: 600_000, silenceTimeoutMs: 200 }), 'the failure');
    expect(error).toMatchObject({ reason: 'udp.no-answer', message: expect.stringContaining('within 200 ms') });
  });

  it('does not take for silence what is no QUIC', async () => {
    const port = await udpServer(() => Buffer.from('who is there?'));
    const error = await failure({ port }, { connectTimeoutMs: 500, silenceTimeoutMs: 100 });
    expect(error).toMatchObject({ reason: 'quic.not-quic' });
  });

  it('gives up on silence at the connect deadline', async () => {
    const port = await udpServer(() => null);
    const started = performance.now();
    const error = await failure({ port }, { connectTimeoutMs: 300 });
    expect(error).toMatchObject({ code: 'MOQT_E_TIMEOUT', reason: 'udp.no-answer', exitCode: 6 });
    // Node counts a timer from the beginning of the turn in which it was set.
    expect(performance.now() - started).toBeGreaterThan(200);
  });

  it('tells another service from silence', async () => {
    const port = await udpServer(() => Buffer.from('hello, this is not QUIC'));
    expect(await failure({ port }, { connectTimeoutMs: 300 })).toMatchObject({ reason: 'quic.not-quic', exitCode: 7 });
  });

  it('lists the versions of a Version Negotiation packet', async () => {
    const port = await udpServer((packet) => versionNegotiation(packet, [0x6b3343cf, 0x1a2a3a4a]));
    const error = await failure({ port });
    expect(error).toMatchObject({ code: 'MOQT_E_VERSION', reason: 'quic.version', exitCode: 7 });
    expect(error.message).toContain('v2');
  });

  it('ignores a Version Negotiation packet that lists our version, or does not echo our connection IDs', async () => {
    const listsOurs = await udpServer((packet) => versionNegotiation(packet, [1]));
    const error = await failure({ port: listsOurs }, { connectTimeoutMs: 200 });
    expect(error).toMatchObject({ exitCode: 6, reason: 'quic.timeout', hint: /list of versions that has version 1/ });
    const forged = await udpServer((packet) => {
      const answer = versionNegotiation(packet, [2]);
      answer[6] = (answer[6] as number) ^ 1;
      return answer;
    });
    expect((await failure({ port: forged }, { connectTimeoutMs: 200 })).reason).not.toBe('quic.version');
  });

  it('takes an empty datagram for an answer that is not QUIC', async () => {
    const port = await udpServer(() => Buffer.alloc(0));
    expect(await failure({ port }, { connectTimeoutMs: 300 })).toMatchObject({ exitCode: 7, reason: 'quic.not-quic' });
  });

  it('shows a long list of versions in part', async () => {
    const port = await udpServer((packet) =>
      versionNegotiation(packet, [0x51303436, ...Array.from({ length: 100 }, (_, i) => 0x7000 + i)]),
    );
    const error = await failure({ port });
    expect(error).toMatchObject({ reason: 'quic.version' });
    expect(error.message).toMatch(/it lists Q046 \(0x51303436\), 0x00007000, .* and 93 more$/);
  });

  it('says what was offered when no protocol is common', async () => {
    const { port } = await startServer();
    const error = await failure({ port }, { alpn: ['moqt-14', 'moqt-16'] });
    expect(error).toMatchObject({ code: 'MOQT_E_VERSION', reason: 'alpn.none', exitCode: 7 });
    expect(error.message).toContain('moqt-14, moqt-16');
  });

  it('tells a name that does not exist', async () => {
    expect(await failure({ host: 'does-not-exist.invalid' })).toMatchObject({
      code: 'MOQT_E_DNS',
      reason: 'dns.not-found',
      exitCode: 3,
    });
  });

  it('ends at once when the caller gives up', async () => {
    const port = await udpServer(() => null);
    const controller = new AbortController();
    const connecting = failure({ port }, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(connecting).rejects.toThrow('enough');
  });

  it('names an address that this machine does not have', async () => {
    expect(await failure({ port: 9 }, { bind: '203.0.113.7' })).toMatchObject({
      code: 'MOQT_E_LOCAL_IO',
      exitCode: 10,
    });
  });

  it('says which family is missing', async () => {
    expect(await failure({ port: 9 }, { family: 6 })).toMatchObject({ code: 'MOQT_E_UNREACHABLE', exitCode: 3 });
  });
});

describe('trust', () => {
  const chain = (rootsPem: string) => ({ kind: 'chain', rootsPem }) as const;

  it('accepts a chain to a given root, by name and by IP address', async () => {
    const { port } = await startServer();
    const { certPem } = await loopbackCertificate();
    const byIp = await connectTo(port, { verify: chain(certPem) });
    expect(byIp.protocol).toBe('moqt-18');
    const byName = await connectTo(port, { verify: chain(certPem), servername: 'localhost' });
    expect(byName.protocol).toBe('moqt-18');
  });

  it('accepts a chain with an intermediate certificate, and refuses it without', async () => {
    const root = await authority();
    const middle = await root.intermediate('Test Intermediate');
    const leaf = await middle.issue();
    const whole = await startServer({ certPem: leaf.certPem + middle.certPem, keyPem: leaf.keyPem });
    await connectTo(whole.port, { verify: chain(root.certPem) });
    const partial = await startServer({ certPem: leaf.certPem, keyPem: leaf.keyPem });
    expect(await failure({ port: partial.port }, { verify: chain(root.certPem) })).toMatchObject({
      reason: 'tls.untrusted',
      exitCode: 4,
    });
  });

  it('refuses a self-signed certificate and says how to pin it', async () => {
    const { port } = await startServer();
    const other = await generateCertificate({ hosts: ['localhost'], days: 1 });
    const error = await failure({ port }, { verify: chain(other.certPem) });
    expect(error).toMatchObject({ code: 'MOQT_E_TLS', reason: 'tls.self-signed', exitCode: 4 });
    expect(error.hint).toContain('--cert-sha256');
  });

  it('refuses a certificate for another host, by name and by IP address', async () => {
    const named = await generateCertificate({ hosts: ['example.com'], days: 1 });
    const { port } = await startServer(named);
    const options = { verify: chain(named.certPem) };
    expect(await failure({ port }, options)).toMatchObject({ reason: 'tls.wrong-host', exitCode: 4 });
    const byName = { ...options, servername: 'example.org' };
    expect(await failure({ port }, byName)).toMatchObject({ reason: 'tls.wrong-host', exitCode: 4 });
    const right = await connectTo(port, { ...options, servername: 'example.com' });
    expect(right.protocol).toBe('moqt-18');
  });

  it.each([
    ['expired', -40, 'tls.expired'],
    ['not valid yet', 40, 'tls.not-yet-valid'],
  ])('refuses a certificate that is %s, pinned or not', async (_name, days, reason) => {
    const now = (): Date => new Date(Date.now() + days * 86_400_000);
    const made = await generateCertificate({ hosts: ['127.0.0.1'], days: 10, now });
    const { port } = await startServer(made);
    expect(await failure({ port }, { verify: chain(made.certPem) })).toMatchObject({ reason, exitCode: 4 });
    const pinned = { verify: { kind: 'pins', sha256: [made.sha256] } } as const;
    expect(await failure({ port }, pinned)).toMatchObject({ reason, exitCode: 4 });
  });

  it('refuses a certificate with another hash than the pinned ones', async () => {
    const { port, listener } = await startServer();
    const verify = { kind: 'pins', sha256: [new Uint8Array(32), new Uint8Array(32).fill(7)] } as const;
    expect(await failure({ port }, { verify })).toMatchObject({
      reason: 'tls.pin-mismatch',
      exitCode: 4,
    });
    // The server may have seen the handshake end, but never a session that carried anything.
    expect(listener.counters().open).toBeLessThanOrEqual(1);
  });

  it('shows a client certificate to a server that asks for one, and is refused without', async () => {
    const root = await authority();
    const client = await root.issue({ hosts: ['client.example'], purposes: ['1.3.6.1.5.5.7.3.2'] });
    const { port, next } = await startServer({ clientCaPem: root.certPem });
    await connectTo(port, { certPem: client.certPem, keyPem: client.keyPem });
    const session = await next();
    expect(session.peerCertificates()[0]?.subjectAltName).toBe('DNS:client.example');
    const refused = await connectTo(port).then(
      (other) => other.closed,
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ tlsAlert: 'certificate_required' });
  });

  it('refuses a key that does not belong to the certificate when the listener starts', async () => {
    const { keyPem } = await generateCertificate({ hosts: ['localhost'], days: 1 });
    await expect(startServer({ keyPem })).rejects.toMatchObject({ code: 'MOQT_E_LOCAL_IO' });
    await expect(startServer({ keyPem: 'nonsense' })).rejects.toMatchObject({ code: 'MOQT_E_LOCAL_IO' });
  });
});

describe('Happy Eyeballs', () => {
  it('goes on to the next address when one refuses', async () => {
    const { port } = await startServer();
    const resolve = new Map([[`relay.test:${port}`, ['::1', '127.0.0.1']]]);
    const stages: string[] = [];
    const session = await quicTransport.connect(
      { host: 'relay.test', port, path: '' },
      {
        alpn: ['moqt-18'],
        verify: { kind: 'none' },
        connectTimeoutMs: 5000,
        idleTimeoutMs: 5000,
        resolve,
        onStage: (timing) => stages.push(`${timing.stage} ${timing.detail}`),
      },
    );
    expect(session.remote).toEqual({ host: '127.0.0.1', port, family: 4 });
    expect(stages).toEqual(['dns ::1, 127.0.0.1', `quic 127.0.0.1:${port}`]);
    await session.close(0n, '');
  });

  it('goes on to the next address when one is silent', async () => {
    const { port } = await startServer({ host: '127.0.0.2' });
    const silent = createSocket('udp4');
    sockets.push(silent);
    await new Promise<void>((resolve) => silent.bind(port, '127.0.0.1', resolve));
    const resolve = new Map([[`relay.test:${port}`, ['127.0.0.1', '127.0.0.2']]]);
    const session = await quicTransport.connect(
      { host: 'relay.test', port, path: '' },
      { alpn: ['moqt-18'], verify: { kind: 'none' }, connectTimeoutMs: 5000, idleTimeoutMs: 5000, resolve },
    );
    expect(session.remote.host).toBe('127.0.0.2');
    await session.close(0n, '');
  });

  it.each([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '127.0.0.1'],
    ['::', '::1'],
  ])('reaches a server on %s by %s', async (bound, host) => {
    const { port, next } = await startServer({ host: bound });
    const session = await quicTransport.connect(
      { host, port, path: '' },
      { alpn: ['moqt-18'], verify: { kind: 'none' }, connectTimeoutMs: 5000, idleTimeoutMs: 5000 },
    );
    const server = await next();
    expect(server.remote).toMatchObject({ host, port: session.local.port });
    const received = new Promise<Buffer>((resolve) => server.onIncomingUni((stream) => resolve(readAll(stream))));
    const stream = await session.openUni();
    void stream.write(Buffer.alloc(300_000, 1));
    stream.end();
    expect((await received).length).toBe(300_000);
    await session.close(0n, '');
  });

  it('reaches a server on IPv6', async () => {
    const { port } = await startServer({ host: '::1' });
    const session = await quicTransport.connect(
      { host: '::1', port, path: '' },
      { alpn: ['moqt-18'], verify: { kind: 'none' }, connectTimeoutMs: 5000, idleTimeoutMs: 5000 },
    );
    expect(session.remote).toEqual({ host: '::1', port, family: 6 });
    await session.close(0n, '');
  });
});

describe('key log', () => {
  it('appends the secrets of every connection to one file', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'moqt-test-'));
    try {
      const keylogFile = join(directory, 'keys');
      const { port, next } = await startServer();
      for (let i = 0; i < 2; i++) {
        const client = await connectTo(port, { keylogFile });
        const server = await next();
        server.onIncomingUni((stream) => void readAll(stream));
        await client.close(0n, '');
        await client.closed;
      }
      const lines = readFileSync(keylogFile, 'utf8').split('\n');
      expect(lines.filter((line) => line.startsWith('CLIENT_TRAFFIC_SECRET_0 '))).toHaveLength(2);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('a connection of few packets', () => {
  it('goes over a plain socket, and carries what any other does', async () => {
    const server = await startServer();
    const session = await connectTo(server.port, { fewPackets: true });
    expect(session.stats()).toMatchObject({ packetIo: 'dgram' });
    const stream = await session.openUni();
    stream.write(Buffer.from('few'))?.catch(() => {});
    stream.end();
    const peer = await server.next();
    const received = new Promise<Buffer>((resolve, reject) => {
      peer.onIncomingUni((incoming) => void readAll(incoming).then(resolve, reject));
    });
    expect((await soon(received, 'the stream')).toString()).toBe('few');
  });
});

/** RFC 9000 §17.2.1, in answer to a client's Initial. */
function versionNegotiation(packet: Buffer, versions: readonly number[]): Buffer {
  const dcidLength = packet[5] as number;
  const dcid = packet.subarray(6, 6 + dcidLength);
  const scidLength = packet[6 + dcidLength] as number;
  const scid = packet.subarray(7 + dcidLength, 7 + dcidLength + scidLength);
  const list = Buffer.alloc(4 * versions.length);
  versions.forEach((version, i) => {
    list.writeUInt32BE(version, 4 * i);
  });
  return Buffer.concat([Buffer.from([0x80, 0, 0, 0, 0, scidLength]), scid, Buffer.from([dcidLength]), dcid, list]);
}
