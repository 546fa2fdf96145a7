import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveRelay } from '../../src/core/relay/serve-relay.js';
import { connect } from '../../src/core/session/connect/connect.js';
import { listen } from '../../src/core/transport/listen.js';
import { listenQuic } from '../../src/core/transport/quic/index.js';
import { authority, expired, selfSigned, type TestCertificate } from '../support/certs.js';
import { errorOf, run, startRelay, type TestRelay } from '../support/moqt.js';
import { dial, RelayUnderTest } from '../support/rogue-world.js';
import { eventually, unlessHeldUp } from '../support/wait.js';

const folder = mkdtempSync(join(tmpdir(), 'moqt-trust-'));
let relay: RelayUnderTest;
let secured: TestRelay;
beforeAll(async () => {
  relay = await RelayUnderTest.start();
  secured = await startRelay(['--auth-token', 'env:T'], { env: { T: 'opensesame' } });
});
afterAll(async () => {
  await relay.close();
  await secured.stop();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('row 35: no common protocol', () => {
  it('row 35: the relay ends that handshake alone, and the client learns what was offered', async () => {
    const dialling = dial(relay.port, '18', { alpn: ['moqt-99', 'hq-interop'] });
    await expect(dialling).rejects.toMatchObject({
      code: 'MOQT_E_VERSION',
      exitCode: 7,
      message: expect.stringContaining('moqt-99, hq-interop'),
    });
    await relay.isolates();
  });
});

describe('row 27: nobody answers from the start', () => {
  it.concurrent.each(['moqt', 'https'])(
    'row 27: %s: a timeout at the connect deadline, give or take a tenth',
    async (scheme) => {
      const { port, packets, close } = await counting();
      const url = `${scheme}://127.0.0.1:${port}`;
      const transport = scheme === 'moqt' ? 'quic' : 'webtransport';
      const open = (connectMs: number) =>
        connect(url, { transport, trust: { insecure: true }, timeouts: { connectMs } });
      // What is loaded at the first connection is no part of the wait.
      await expect(open(50)).rejects.toMatchObject({ exitCode: 6 });
      await unlessHeldUp(200, async () => {
        const started = performance.now();
        await expect(open(3000)).rejects.toMatchObject({ code: 'MOQT_E_TIMEOUT', exitCode: 6 });
        const waited = performance.now() - started;
        expect(waited).toBeGreaterThan(2700);
        // Not a second wait: how late a timer is on a busy machine is not the question.
        expect(waited).toBeLessThan(5700);
      });
      expect(packets()).toBeGreaterThan(2);
      close();
    },
  );
});

describe('row 36: HTTP says no', () => {
  it('row 36: 401 from a real relay is exit 5 with the status, over WebTransport', async () => {
    const url = `${secured.webtransport}?token=wrongwrong`;
    const result = await run(['connect', url, '--json', ...secured.trust]);
    expect(result.code, result.stderr).toBe(5);
    expect(result.stderr).not.toContain('wrongwrong');
  });
});

describe('row 37: certificates that a relay must not start with', () => {
  let good: TestCertificate;
  let other: TestCertificate;
  beforeAll(async () => {
    [good, other] = await Promise.all([selfSigned(), selfSigned()]);
  });

  it.each([
    ['a key of another certificate', () => ({ certPem: good.certPem, keyPem: other.keyPem })],
    ['a certificate that is none', () => ({ certPem: 'not PEM', keyPem: good.keyPem })],
    ['a key that is none', () => ({ certPem: good.certPem, keyPem: 'not PEM' })],
    ['an empty certificate', () => ({ certPem: '', keyPem: good.keyPem })],
    ['a certificate in the place of the key', () => ({ certPem: good.certPem, keyPem: good.certPem })],
  ])('row 37: %s', async (_what, pair) => {
    await expect(serveRelay({ port: 0, ...pair() })).rejects.toMatchObject({ name: 'MoqtError' });
  });

  it('row 37: an expired one: the relay refuses it, or every client does, naming the reason', async () => {
    const certificate = await expired();
    const started = await serveRelay({ port: 0, ...certificate }).catch((error: unknown) => error);
    if (started instanceof Error) return expect(started).toMatchObject({ name: 'MoqtError' });
    const { urls, close } = started as Awaited<ReturnType<typeof serveRelay>>;
    const opening = connect(urls[0] as string, { trust: { pins: [certificate.sha256] } });
    await expect(opening).rejects.toMatchObject({ exitCode: 4, reason: 'tls.expired' });
    await close();
  });

  it('row 37: on the command line: 10 or 4, and says which file', async () => {
    const cert = file('cert.pem', good.certPem);
    const key = file('key.pem', other.keyPem);
    const result = await run(['relay', '--listen', '127.0.0.1:0', '--cert', cert, '--key', key, '--json']);
    expect([4, 10], result.stderr).toContain(result.code);
    expect(errorOf(result).message).toMatch(/key/i);
  });
});

describe('row 39: roots that are none', () => {
  it.each([
    ['empty', () => file('empty.pem', '')],
    ['without a certificate', () => file('text.pem', 'nothing to see here\n')],
    [
      'with a damaged certificate',
      () => file('damaged.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
    ],
    ['that is a key', async () => file('akey.pem', (await selfSigned()).keyPem)],
    ['that does not exist', () => join(folder, 'absent.pem')],
    ['that is a folder', () => folder],
  ])('row 39: a CA file %s: 4, before any packet', async (_what, path) => {
    const { port, packets, close } = await counting();
    for (const scheme of ['moqt', 'https']) {
      const opening = connect(`${scheme}://127.0.0.1:${port}`, {
        trust: { caFile: await path() },
        timeouts: { connectMs: 500 },
      });
      await expect(opening).rejects.toMatchObject({ code: 'MOQT_E_TLS', exitCode: 4 });
    }
    expect(packets()).toBe(0);
    close();
  });

  it('row 39: an environment without any roots: 4, before any packet', async () => {
    const { port, packets, close } = await counting();
    const env = { SSL_CERT_FILE: file('none.pem', '') };
    const opening = connect(`moqt://127.0.0.1:${port}`, { env, timeouts: { connectMs: 500 } });
    await expect(opening).rejects.toMatchObject({ exitCode: 4 });
    expect(packets()).toBe(0);
    close();
  });
});

/** A UDP port that counts what comes. */
async function counting() {
  const socket = createSocket('udp4');
  let packets = 0;
  socket.on('message', () => packets++);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, packets: () => packets, close: () => void socket.close() };
}

describe('row 40: --insecure', () => {
  it.each(['quic', 'webtransport-h2'] as const)(
    'row 40: %s: warns on stderr, and says so in JSON',
    async (transport) => {
      const target = [
        'connect',
        secured.url(transport),
        '--transport',
        transport,
        '--insecure',
        '--auth-token',
        'env:T',
      ];
      const plain = await run(target, {
        env: { T: 'opensesame' },
      });
      expect(plain.code, plain.stderr).toBe(0);
      expect(plain.stderr).toMatch(/warning.*not verified/i);
      expect(plain.stdout.toString()).toMatch(/not verified/i);
      const json = await run([...target, '--json'], {
        env: { T: 'opensesame' },
      });
      expect(JSON.parse(json.stdout.toString())).toMatchObject({ verified: 'none' });
      expect(json.stderr).toMatch(/not verified/i);
    },
  );
});

describe('row 41: another certificate at the same place', () => {
  it.each(['chain', 'pin'])('row 41: %s: nothing of ours is sent before it is verified', async (how) => {
    const root = await authority();
    const [first, second] = [await root.issue(), await selfSigned()];
    const trust = how === 'chain' ? { caPem: root.certPem } : { pins: [first.sha256] };
    const { port, close } = await serve(first, 0);
    const opening = connect(`moqt://127.0.0.1:${port}`, { trust, timeouts: { setupMs: 300 } });
    // It is the right one: SETUP is sent, and not answered.
    await expect(opening).rejects.toMatchObject({ stage: 'setup' });
    await close();
    const impostor = await serve(second, port);
    const again = connect(`moqt://127.0.0.1:${port}`, { trust, setup: { path: '/secret' } });
    await expect(again).rejects.toMatchObject({ code: 'MOQT_E_TLS', exitCode: 4 });
    await eventually(() => impostor.ended() === impostor.opened(), 'the end of whatever was opened');
    expect(impostor.streams()).toBe(0);
    await impostor.close();
  });
});

describe('row 41: another certificate at the same place, over TCP', () => {
  it.each(['chain', 'pin'])('row 41: %s: no request is sent before it is verified', async (how) => {
    const root = await authority();
    const [first, second] = [await root.issue(), await selfSigned()];
    const trust = how === 'chain' ? { caPem: root.certPem } : { pins: [first.sha256] };
    const honest = await serveHttp2(first, 0);
    const open = () => connect(`https://127.0.0.1:${honest.port}/secret`, { transport: 'webtransport-h2', trust });
    // It is the right one: the request is sent, and answered.
    await expect(open()).rejects.toMatchObject({ wire: { space: 'http', code: 404n } });
    expect(honest.requests()).toBe(1);
    await honest.close();
    const impostor = await serveHttp2(second, honest.port);
    await expect(open()).rejects.toMatchObject({ code: 'MOQT_E_TLS', exitCode: 4 });
    expect(impostor.requests()).toBe(0);
    await impostor.close();
  });
});

/** A TCP server that counts and refuses requests. */
async function serveHttp2({ certPem, keyPem }: TestCertificate, port: number) {
  let requests = 0;
  const tcpOnly = { alpn: [], webtransport: false, webtransportH2: true };
  const listener = await listen(
    { host: '127.0.0.1', port, certPem, keyPem, idleTimeoutMs: 5000, ...tcpOnly },
    {
      onConnect() {
        requests++;
        return { accept: false, status: 404 };
      },
      onSession() {},
    },
  );
  return {
    port: listener.address.port,
    requests: () => requests,
    close: () => listener.close({ closeSessions: { code: 0n, reason: '' } }),
  };
}

/** A server that counts what its clients send. */
async function serve(certificate: TestCertificate, port: number) {
  let [opened, ended, streams] = [0, 0, 0];
  const { certPem, keyPem } = certificate;
  const listener = await listenQuic(
    { host: '127.0.0.1', port, certPem, keyPem, alpn: ['moqt-18'], idleTimeoutMs: 5000 },
    (session) => {
      opened++;
      session.onIncomingUni(() => streams++);
      session.onIncomingBidi(() => streams++);
      session.onDatagram(() => streams++);
      void session.closed.then(() => ended++);
    },
  );
  return {
    port: listener.address.port,
    opened: () => opened,
    ended: () => ended,
    streams: () => streams,
    close: () => listener.close({ closeSessions: { code: 0n, reason: '' } }),
  };
}
