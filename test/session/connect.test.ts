import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/core/session/connect/connect.js';
import type { ConnectedSession, ConnectSettings } from '../../src/core/session/connect/connect-settings.js';
import { establishSession } from '../../src/core/session/establish.js';
import type { MoqtSession } from '../../src/core/session/session.js';
import { listen } from '../../src/core/transport/listen.js';
import type { ConnectDecision, ConnectRequest } from '../../src/core/transport/transport.js';
import { PROFILES, profileByDraft } from '../../src/core/wire/drafts/index.js';
import * as certs from '../support/certs.js';
import { withFree } from '../support/free-port.js';
import { eventually, soon } from '../support/wait.js';

let folder: string;
let root: certs.TestAuthority;
let good: certs.TestCertificate;
let caFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moqt-connect-'));
  root = await certs.authority();
  good = await root.issue();
  caFile = join(folder, 'ca.pem');
  await writeFile(caFile, root.certPem);
});
afterAll(() => rm(folder, { recursive: true }));

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of cleanup.splice(0).reverse()) await release();
});

interface ServerOptions {
  readonly drafts?: readonly string[];
  readonly certificate?: certs.TestCertificate;
  readonly decide?: (request: ConnectRequest) => ConnectDecision;
}

interface TestServer {
  readonly port: number;
  readonly sessions: MoqtSession[];
}

/** Our own server on both transports, which speaks only these drafts. */
async function serve(options: ServerOptions = {}): Promise<TestServer> {
  const profiles = (options.drafts ?? ['18', '16', '14']).map(
    (draft) => profileByDraft(draft) ?? PROFILES[0],
  ) as typeof PROFILES;
  const { certPem, keyPem } = options.certificate ?? good;
  const sessions: MoqtSession[] = [];
  const choose = (request: ConnectRequest): ConnectDecision => {
    const chosen = request.availableProtocols.find((one) =>
      profiles.some(({ webtransportProtocol }) => webtransportProtocol === one),
    );
    return { accept: true, protocol: chosen ?? null };
  };
  const listener = await listen(
    {
      host: '127.0.0.1',
      port: 0,
      certPem,
      keyPem,
      alpn: profiles.map(({ alpn }) => alpn),
      idleTimeoutMs: 10_000,
      webtransport: true,
    },
    {
      onConnect: options.decide ?? choose,
      onSession: (transport) => {
        const timeouts = { setupMs: 5000, requestMs: 5000, closeMs: 500 };
        establishSession('server', transport, { profiles, timeouts }).then(
          (session) => sessions.push(session),
          () => {},
        );
      },
    },
  );
  cleanup.push(() => listener.close({ closeSessions: { code: 0n, reason: '' } }));
  return { port: listener.address.port, sessions };
}

/** The same on a port that nobody has on TCP. */
function serveAlone(options: ServerOptions = {}): Promise<TestServer> {
  return withFree(
    'tcp',
    () => serve(options),
    async () => {},
  );
}

async function open(url: string, settings: ConnectSettings = {}): Promise<ConnectedSession> {
  const session = await connect(url, { trust: { caFile }, ...settings });
  cleanup.push(() => session.close());
  return session;
}

describe('connect to a real server', () => {
  it.each([
    ['moqt', '18', 'quic', 'moqt-18'],
    ['moqt', '16', 'quic', 'moqt-16'],
    ['moqt', '14', 'quic', 'moq-00'],
    ['https', '18', 'webtransport', 'moqt-18'],
    ['https', '16', 'webtransport', 'moqt-16'],
    ['https', '14', 'webtransport', ''],
  ])('%s:// with draft %s pinned', async (scheme, draft, kind, protocol) => {
    const server = await serve();
    const session = await open(`${scheme}://localhost:${server.port}/app?x=1`, { drafts: [draft] });
    expect(session.connection).toMatchObject({
      transport: kind,
      draft,
      protocol,
      offered: [draft],
      verified: 'chain',
      roots: caFile,
      warnings: [],
      url: `${scheme}://localhost:${server.port}/app?x=***`,
    });
    expect(session.profile.draft).toBe(draft);
    const stages = session.connection.stages.map(({ stage }) => stage);
    expect(stages).toEqual(kind === 'quic' ? ['dns', 'quic', 'setup'] : ['dns', 'quic', 'webtransport', 'setup']);
    for (const { startMs, endMs } of session.connection.stages) expect(endMs).toBeGreaterThanOrEqual(startMs);
    const other = await eventually(() => server.sessions[0], 'the server to have a session');
    expect(other.peerSetup.implementation).toMatch(/^moqt\//);
    expect(other.peerSetup.path).toBe(kind === 'quic' ? '/app?x=1' : undefined);
    expect(other.peerSetup.authority).toBe(kind === 'quic' ? `localhost:${server.port}` : undefined);
    if (kind !== 'quic') expect(other.transport.http?.path).toBe('/app?x=1');
  });

  it.each([
    ['moqt', ['18', '16', '14'], ['16', '14'], '16'],
    ['moqt', ['18', '16', '14'], ['14'], '14'],
    ['moqt', ['14', '18'], ['18', '14'], '14'],
    ['https', ['18', '16', '14'], ['16'], '16'],
    ['https', ['18', '16', '14'], ['14'], '14'],
  ])('%s:// offering %j to a server of %j: draft %s', async (scheme, drafts, served, draft) => {
    const server = await serve({ drafts: served });
    const session = await open(`${scheme}://127.0.0.1:${server.port}`, { drafts });
    expect(session.connection.draft).toBe(draft);
    const assumed = scheme === 'https' && draft === '14';
    expect(session.connection.warnings.map(({ kind }) => kind)).toEqual(assumed ? ['draft-assumed'] : []);
  });

  it.each(['moqt', 'https'])('%s://: says that there is no common draft (row 35)', async (scheme) => {
    const server = await serve({ drafts: ['14'] });
    await expect(open(`${scheme}://localhost:${server.port}`, { drafts: ['18', '16'] })).rejects.toMatchObject({
      code: 'MOQT_E_VERSION',
      exitCode: 7,
      stage: 'alpn',
    });
  });

  it('assumes a pinned draft that the server did not name, and ends with 7 when that was wrong', async () => {
    const server = await serve({ drafts: ['18'] });
    const warnings: string[] = [];
    const opening = open(`https://localhost:${server.port}`, {
      drafts: ['16'],
      onWarning: ({ kind }) => warnings.push(kind),
    });
    await expect(opening).rejects.toMatchObject({ exitCode: 7, stage: 'setup' });
    expect(warnings).toEqual(['draft-assumed']);
  });

  it('takes WebTransport on moqt:// and raw QUIC on https:// when told to', async () => {
    const server = await serve();
    const over = await open(`moqt://localhost:${server.port}/x`, { transport: 'webtransport' });
    expect(over.connection.transport).toBe('webtransport');
    const raw = await open(`https://localhost:${server.port}/x`, { transport: 'quic' });
    expect(raw.connection.transport).toBe('quic');
  });
});

describe.each(['moqt', 'https'])('trust over %s://', (scheme) => {
  it('pins a certificate that no root vouches for (row 38)', async () => {
    const certificate = await certs.wrongHost();
    const server = await serve({ certificate });
    const session = await open(`${scheme}://127.0.0.1:${server.port}`, {
      trust: { pins: [good.sha256, certificate.sha256] },
    });
    expect(session.connection).toMatchObject({ verified: 'pin', warnings: [] });
  });

  it('accepts anything when told to, and warns (row 40)', async () => {
    const server = await serve({ certificate: await certs.expired() });
    const session = await open(`${scheme}://127.0.0.1:${server.port}`, { trust: { insecure: true } });
    expect(session.connection).toMatchObject({ verified: 'none', warnings: [{ kind: 'insecure' }] });
  });

  it('refuses what it should, naming the reason, and no session comes about (rows 37, 38)', async () => {
    const chain = { caFile };
    const cases: [string, certs.TestCertificate, ConnectSettings['trust'], string][] = [
      ['localhost', await root.issue({ fromDays: -9, toDays: -2 }), chain, 'tls.expired'],
      ['localhost', await root.issue({ fromDays: 2, toDays: 9 }), chain, 'tls.not-yet-valid'],
      ['localhost', await root.issue({ hosts: ['elsewhere.example'] }), chain, 'tls.wrong-host'],
      ['127.0.0.1', await root.issue({ hosts: ['localhost'] }), chain, 'tls.wrong-host'],
      ['localhost', await certs.selfSigned(), chain, 'tls.self-signed'],
      ['localhost', await (await certs.authority('Stranger')).issue(), chain, 'tls.untrusted'],
      ['localhost', good, { caFile, pins: [root.sha256] }, 'tls.pin-mismatch'],
    ];
    for (const [host, certificate, trust, cause] of cases) {
      const server = await serve({ certificate });
      const error = await open(`${scheme}://${host}:${server.port}`, { trust }).catch((reason: unknown) => reason);
      expect(error, cause).toMatchObject({ code: 'MOQT_E_TLS', exitCode: 4, stage: 'tls', reason: cause });
      expect(server.sessions).toHaveLength(0);
    }
  });

  it('verifies another name when given one', async () => {
    const server = await serve({ certificate: await root.issue({ hosts: ['relay.example'] }) });
    const session = await open(`${scheme}://127.0.0.1:${server.port}`, {
      trust: { caFile, servername: 'relay.example' },
    });
    expect(session.connection.verified).toBe('chain');
  });
});

describe('http://', () => {
  it('fetches the hash, pins it and opens WebTransport', async () => {
    const certificate = await certs.selfSigned();
    const server = await serveAlone({ certificate });
    const http = createServer((_request, response) => response.end(Buffer.from(certificate.sha256).toString('hex')));
    http.listen(server.port, '127.0.0.1');
    await once(http, 'listening');
    cleanup.push(() => http.close());
    const session = await open(`http://127.0.0.1:${server.port}/x`, { trust: {} });
    expect(session.connection).toMatchObject({ transport: 'webtransport', verified: 'pin', warnings: [] });
    expect(session.connection.stages[0]).toMatchObject({ stage: 'bootstrap', detail: '/certificate.sha256' });
  });

  it('refuses a server that shows another certificate than the hash it gave', async () => {
    const server = await serveAlone();
    const http = createServer((_request, response) => response.end('00'.repeat(32)));
    http.listen(server.port, '127.0.0.1');
    await once(http, 'listening');
    cleanup.push(() => http.close());
    await expect(open(`http://127.0.0.1:${server.port}`, { trust: {} })).rejects.toMatchObject({
      code: 'MOQT_E_TLS',
      reason: 'tls.pin-mismatch',
    });
  });
});

describe('when no session comes about', () => {
  it.each([
    [401, 'MOQT_E_UNAUTHORIZED', 5],
    [403, 'MOQT_E_UNAUTHORIZED', 5],
    [404, 'MOQT_E_REJECTED', 8],
    [429, 'MOQT_E_REJECTED', 8],
    [302, 'MOQT_E_REJECTED', 8],
  ])('HTTP %i is %s, without the token of the URL (rows 36, 43)', async (status, code, exitCode) => {
    const headers = status === 302 ? ([['location', 'https://other.example/?t=alsosecret']] as const) : [];
    const server = await serve({ decide: () => ({ accept: false, status, headers }) });
    const url = `https://localhost:${server.port}/app?token=verysecret`;
    const error = (await open(url).catch((reason: unknown) => reason)) as Error & { hint?: string };
    expect(error).toMatchObject({
      code,
      exitCode,
      stage: 'webtransport',
      message: expect.stringContaining(`${status}`),
    });
    expect(`${error.message} ${error.hint}`).not.toMatch(/verysecret|alsosecret/);
    if (status === 302) expect(error.message).toContain('https://other.example/');
  });

  it('says promptly that nothing listens (row 26)', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    for (const scheme of ['moqt', 'https']) {
      await expect(soon(open(`${scheme}://127.0.0.1:${port}`), 'the refusal')).rejects.toMatchObject({
        code: 'MOQT_E_UNREACHABLE',
        exitCode: 3,
      });
    }
  });

  it('ends at the connect deadline when nobody answers, and rejects with the reason of its signal (row 27)', async () => {
    const silent = createSocket('udp4');
    silent.bind(0, '127.0.0.1');
    await once(silent, 'listening');
    cleanup.push(() => silent.close());
    const url = `moqt://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await expect(open(url, { timeouts: { connectMs: 200 } })).rejects.toMatchObject({
      code: 'MOQT_E_TIMEOUT',
      exitCode: 6,
    });
    const reason = new Error('enough');
    await expect(open(url, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(open(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('ends at the setup deadline when the server never says SETUP, and closes', async () => {
    const closed: Promise<unknown>[] = [];
    const listener = await listen(
      { host: '127.0.0.1', port: 0, ...good, alpn: ['moqt-18'], idleTimeoutMs: 10_000, webtransport: false },
      { onConnect: () => ({ accept: true, protocol: null }), onSession: (transport) => closed.push(transport.closed) },
    );
    cleanup.push(() => listener.close({ closeSessions: { code: 0n, reason: '' } }));
    const url = `moqt://127.0.0.1:${listener.address.port}`;
    await expect(open(url, { timeouts: { setupMs: 200 } })).rejects.toMatchObject({
      code: 'MOQT_E_TIMEOUT',
      exitCode: 6,
      stage: 'setup',
    });
    expect(await soon(closed[0] as Promise<unknown>, 'the close')).toMatchObject({ by: 'peer', isApplication: true });
  });

  it('names a host that does not exist', async () => {
    await expect(open('moqt://does-not-exist.invalid')).rejects.toMatchObject({ stage: 'dns' });
  });
});
