import {
  createServer as createHttp2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import { describe, expect, it } from 'vitest';
import type { MoqtError } from '../../../../../src/core/errors/moqt-error.js';
import type { StageTiming } from '../../../../../src/core/transport/transport.js';
import { webtransportH2Transport } from '../../../../../src/core/transport/webtransport-h2/index.js';
import { loopbackCertificate } from '../../../../support/loopback.js';
import { blackhole, type TestServer, tcpServer, tlsServer } from '../../../../support/tcp-servers.js';
import { eventually, soon } from '../../../../support/wait.js';
import { listenOnTcp } from '../../../../support/webtransport-over-tcp.js';
import { closing, connect, failure } from './support.js';

async function tls(
  ALPNProtocols: string[] | undefined,
  onSocket?: Parameters<typeof tlsServer>[1],
): Promise<TestServer> {
  const { certPem, keyPem } = await loopbackCertificate();
  return closing(await tlsServer({ cert: certPem, key: keyPem, ...(ALPNProtocols && { ALPNProtocols }) }, onSocket));
}

/** An HTTP/2 server that is not ours. */
async function http2(
  settings: Settings,
  onStream: (stream: ServerHttp2Stream, session: ServerHttp2Session) => void = () => {},
): Promise<TestServer> {
  const server = createHttp2Server({ settings });
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    onStream(stream, stream.session as ServerHttp2Session);
  });
  server.on('sessionError', () => {});
  return tls(['h2'], (socket) => server.emit('connection', socket));
}

const WEBTRANSPORT: Settings = { enableConnectProtocol: true, customSettings: { 11104: 1, 11105: 1000 } } as Settings;

/** Connects with little time, and looks that nothing is left behind. */
async function quickFailure(server: TestServer, connectTimeoutMs = 400): Promise<MoqtError> {
  const error = await failure({ port: server.port }, { connectTimeoutMs });
  await eventually(() => server.open() === 0, 'the connection to end');
  return error;
}

describe('TCP', () => {
  it('names a refused port at once', async () => {
    const server = await tcpServer();
    await server.close();
    const error = await failure({ port: server.port });
    expect(error).toMatchObject({ code: 'MOQT_E_UNREACHABLE', stage: 'tcp', reason: 'tcp.refused', exitCode: 3 });
    expect(error.peer).toBe(`127.0.0.1:${server.port}`);
  });

  it('gives up on silence at the connect deadline', async () => {
    const hole = closing(await blackhole());
    const started = performance.now();
    const error = await failure({ port: hole.port }, { connectTimeoutMs: 300 });
    expect(error).toMatchObject({ code: 'MOQT_E_TIMEOUT', stage: 'tcp', reason: 'tcp.timeout', exitCode: 6 });
    expect(error.message).toContain('300 ms');
    // Node counts a timer from the beginning of the turn in which it was set.
    expect(performance.now() - started).toBeGreaterThan(200);
  });

  it('tries the next address beside one that is silent, and one that refuses', async () => {
    const hole = closing(await blackhole());
    const { port } = hole;
    const { certPem, keyPem } = await loopbackCertificate();
    closing(await listenOnTcp({ host: '127.0.0.3', port, certPem, keyPem }));
    const resolve = new Map([[`relay.example:${port}`, ['127.0.0.2', '127.0.0.1', '127.0.0.3']]]);
    const session = await connect({ host: 'relay.example', port }, { resolve });
    expect(session.remote).toMatchObject({ host: '127.0.0.3', port, family: 4 });
  });

  it('falls back to the other address family', async () => {
    const server = closing(await listenOnTcp());
    const { port } = server.address;
    const resolve = new Map([[`relay.example:${port}`, ['::1', '127.0.0.1']]]);
    const session = await connect({ host: 'relay.example', port }, { resolve });
    expect(session.remote.host).toBe('127.0.0.1');
  });

  it('binds to the address that it is told', async () => {
    const server = closing(await listenOnTcp());
    const session = await connect({ port: server.address.port }, { bind: '127.0.0.9' });
    expect(session.local.host).toBe('127.0.0.9');
    const error = await failure({ port: server.address.port }, { bind: '192.0.2.1' });
    expect(error).toMatchObject({ code: 'MOQT_E_LOCAL_IO', stage: 'tcp', reason: 'network.bind', exitCode: 10 });
  });

  it('says that a name does not exist', async () => {
    expect(await failure({ host: 'nowhere.invalid' })).toMatchObject({ stage: 'dns' });
  });
});

describe('TLS', () => {
  it('says that a port accepts and stays silent', async () => {
    const server = closing(await tcpServer());
    const error = await quickFailure(server);
    expect(error).toMatchObject({ code: 'MOQT_E_TIMEOUT', stage: 'tls', reason: 'tls.timeout', exitCode: 6 });
  });

  it('says that something else answers', async () => {
    const server = closing(await tcpServer((socket) => socket.resume().write('220 mail.example ESMTP\r\n')));
    const error = await quickFailure(server);
    expect(error).toMatchObject({ code: 'MOQT_E_PROTOCOL', stage: 'tls', reason: 'tls.not-tls', exitCode: 7 });
  });

  it('says that the server closed', async () => {
    const server = closing(await tcpServer((socket) => socket.destroy()));
    const error = await quickFailure(server);
    expect(error).toMatchObject({ code: 'MOQT_E_PROTOCOL', stage: 'tls', reason: 'tls.closed', exitCode: 7 });
  });

  it.each([
    ['a server that speaks HTTP/1.1 only', ['http/1.1']],
    ['a server without ALPN', undefined],
  ])('finds no common protocol with %s', async (_what, protocols) => {
    const error = await quickFailure(await tls(protocols));
    expect(error).toMatchObject({ code: 'MOQT_E_VERSION', stage: 'alpn', reason: 'alpn.none', exitCode: 7 });
    expect(error.message).toContain('h2');
  });

  it('says that TLS is too old', async () => {
    const { certPem: cert, keyPem: key } = await loopbackCertificate();
    const server = closing(
      await tlsServer({ cert, key, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    );
    expect(await quickFailure(server)).toMatchObject({ code: 'MOQT_E_TLS', stage: 'tls', exitCode: 4 });
  });
});

describe('HTTP/2', () => {
  it('waits for SETTINGS no longer than it may', async () => {
    const error = await quickFailure(await tls(['h2']));
    expect(error).toMatchObject({ code: 'MOQT_E_TIMEOUT', reason: 'http2.no-settings', exitCode: 6 });
  });

  it('says that what came is not HTTP/2', async () => {
    const error = await quickFailure(
      await tls(['h2'], (socket) => socket.resume().write('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    expect(error).toMatchObject({ code: 'MOQT_E_PROTOCOL', reason: 'http2.protocol', exitCode: 7 });
  });

  it('says that the server closed before its SETTINGS came', async () => {
    const error = await quickFailure(await tls(['h2'], (socket) => socket.resume().end()));
    expect(error).toMatchObject({ code: 'MOQT_E_PROTOCOL', reason: 'http2.protocol', exitCode: 7 });
    expect(error.message).toContain('before its SETTINGS came');
  });

  it('says that the server closed instead of answering', async () => {
    const error = await quickFailure(await http2(WEBTRANSPORT, (_stream, session) => session.destroy()));
    expect(error).toMatchObject({ code: 'MOQT_E_REJECTED', reason: 'webtransport.rejected', exitCode: 8 });
  });

  it('says what GOAWAY said', async () => {
    const server = await http2(WEBTRANSPORT, (_stream, session) => session.goaway(11, 0));
    const error = await quickFailure(server);
    expect(error).toMatchObject({ code: 'MOQT_E_REJECTED', reason: 'webtransport.rejected' });
    expect(error.wire).toEqual({ space: 'http2', code: 11n, name: 'ENHANCE_YOUR_CALM' });
  });

  it.each([
    ['extended CONNECT', {}],
    ['WebTransport', { enableConnectProtocol: true }],
  ])('says that there is no %s', async (missing, settings) => {
    const error = await quickFailure(await http2(settings));
    expect(error).toMatchObject({ code: 'MOQT_E_PROTOCOL', reason: 'webtransport.unsupported', exitCode: 7 });
    expect(error.message).toContain(missing);
  });

  it('says with which code the request was reset', async () => {
    const server = await http2(WEBTRANSPORT, (stream) => stream.close(7));
    const error = await quickFailure(server);
    expect(error).toMatchObject({ code: 'MOQT_E_REJECTED', reason: 'webtransport.rejected', exitCode: 8 });
    expect(error.wire).toEqual({ space: 'http2', code: 7n, name: 'REFUSED_STREAM' });
  });

  it('waits for the answer no longer than it may', async () => {
    const error = await quickFailure(await http2(WEBTRANSPORT));
    expect(error).toMatchObject({ code: 'MOQT_E_TIMEOUT', reason: 'webtransport.timeout', exitCode: 6 });
  });
});

describe('the answer', () => {
  it.each([
    [401, 'MOQT_E_UNAUTHORIZED', 'webtransport.unauthorized', 5],
    [403, 'MOQT_E_UNAUTHORIZED', 'webtransport.unauthorized', 5],
    [404, 'MOQT_E_REJECTED', 'webtransport.not-found', 8],
    [301, 'MOQT_E_REJECTED', 'webtransport.redirect', 8],
    [307, 'MOQT_E_REJECTED', 'webtransport.redirect', 8],
    [406, 'MOQT_E_REJECTED', 'webtransport.rejected', 8],
    [429, 'MOQT_E_REJECTED', 'webtransport.rejected', 8],
    [500, 'MOQT_E_REJECTED', 'webtransport.rejected', 8],
    [503, 'MOQT_E_REJECTED', 'webtransport.rejected', 8],
  ])('%i is %s', async (status, code, reason, exitCode) => {
    const server = closing(
      await listenOnTcp(
        {},
        { onConnect: () => ({ accept: false, status, headers: [['Location', 'https://else.example/?token=secret']] }) },
      ),
    );
    const error = await failure({ port: server.address.port, path: '/live?token=secret' });
    expect(error).toMatchObject({ code, reason, exitCode, stage: 'webtransport' });
    expect(error.wire).toEqual({ space: 'http', code: BigInt(status), name: `HTTP ${status}` });
    expect(`${error.message} ${error.hint}`).not.toContain('secret');
    if (status < 400) expect(error.message).toContain('else.example');
    await eventually(() => server.counters().open === 0, 'the connection to end');
  });

  it('chooses a protocol, and may carry headers', async () => {
    const server = closing(
      await listenOnTcp({}, { onConnect: () => ({ accept: true, protocol: 'moqt-16', headers: [['X-Relay', 'a']] }) }),
    );
    const session = await connect({ port: server.address.port }, { alpn: ['moqt-18', 'moqt-16'] });
    expect(session.protocol).toBe('moqt-16');
    expect(session.http).toMatchObject({ status: 200, path: '/moq', authority: `127.0.0.1:${server.address.port}` });
    expect(session.http?.headers.get('x-relay')).toBe('a');
  });

  it.each([
    ['no protocol', undefined],
    ['one that is no string', 'moqt-18'],
  ])('with %s is a session without one', async (_what, field) => {
    const server = await http2(WEBTRANSPORT, (stream) =>
      stream.respond({ ':status': 200, ...(field === undefined ? {} : { 'wt-protocol': field }) }),
    );
    expect((await connect({ port: server.port })).protocol).toBe('');
  });

  it('with a protocol that was not offered is a failure that names it', async () => {
    const server = await http2(WEBTRANSPORT, (stream) =>
      stream.respond({ ':status': 200, 'wt-protocol': '"moqt-99"' }),
    );
    await expect(connect({ port: server.port })).rejects.toMatchObject({
      reason: 'protocol.mismatch',
      exitCode: 7,
      message: expect.stringContaining('moqt-99'),
    });
  });

  it('may be informational before it is final', async () => {
    const server = await http2(WEBTRANSPORT, (stream) => {
      stream.additionalHeaders({ ':status': 103 });
      stream.respond({ ':status': 200 });
    });
    expect((await connect({ port: server.port })).http?.status).toBe(200);
  });
});

describe('a connection attempt', () => {
  it('sends the request that was asked for', async () => {
    const seen: unknown[] = [];
    const server = closing(
      await listenOnTcp(
        {},
        {
          onConnect({ path, authority, headers, availableProtocols, remote }) {
            seen.push(path, authority, headers.get('x-a'), availableProtocols, remote.host);
            return { accept: true, protocol: null };
          },
        },
      ),
    );
    const { port } = server.address;
    const resolve = new Map([[`relay.example:${port}`, ['127.0.0.1']]]);
    const headers = [
      ['X-A', '1'],
      ['x-a', '2'],
    ] as const;
    const session = await connect(
      { host: 'relay.example', port, path: '/a?b=c' },
      { resolve, headers, alpn: ['x', 'y"z'] },
    );
    expect(seen).toEqual(['/a?b=c', `relay.example:${port}`, '1, 2', ['x', 'y"z'], '127.0.0.1']);
    expect(session.protocol).toBe('');
  });

  it('tells its stages in order', async () => {
    const stages: StageTiming[] = [];
    const server = closing(await listenOnTcp());
    await connect({ port: server.address.port }, { onStage: (timing) => stages.push(timing) });
    expect(stages.map(({ stage }) => stage)).toEqual(['dns', 'tcp', 'tls', 'http2', 'webtransport']);
    for (const [i, { startMs, endMs }] of stages.entries()) {
      expect(endMs).toBeGreaterThanOrEqual(startMs);
      expect(startMs).toBeGreaterThanOrEqual(stages[i - 1]?.endMs ?? 0);
    }
  });

  it('refuses what cannot be asked for before a packet is sent', async () => {
    const server = closing(await tcpServer());
    expect(await failure({ port: server.port, path: 'no slash' })).toMatchObject({ code: 'MOQT_E_URL' });
    expect(await failure({ port: server.port }, { headers: [['host', 'x']] })).toMatchObject({ code: 'MOQT_E_USAGE' });
    expect(server.accepted()).toBe(0);
  });

  it.each([
    ['TCP', async (): Promise<Partial<TestServer> & { port: number }> => closing(await blackhole())],
    ['TLS', async () => closing(await tcpServer())],
    ['SETTINGS', () => tls(['h2'])],
    ['the answer', () => http2(WEBTRANSPORT)],
  ])('ends at once when it is aborted while it waits for %s', async (_what, start) => {
    const { port, accepted, open } = await start();
    const controller = new AbortController();
    const reason = new Error('enough');
    const connecting = webtransportH2Transport.connect(
      { host: '127.0.0.1', port, path: '/' },
      { alpn: [], verify: { kind: 'none' }, connectTimeoutMs: 0, idleTimeoutMs: 0, signal: controller.signal },
    );
    const outcome = expect(soon(connecting, 'the attempt to end')).rejects.toBe(reason);
    if (accepted !== undefined) await eventually(() => accepted() === 1, 'the connection');
    controller.abort(reason);
    await outcome;
    if (open !== undefined) await eventually(() => open() === 0, 'the connection to end');
  });

  it('that is aborted before it begins does nothing', async () => {
    const server = closing(await tcpServer());
    const signal = AbortSignal.abort(new Error('never'));
    await expect(connect({ port: server.port }, { signal })).rejects.toThrow('never');
    expect(server.accepted()).toBe(0);
  });
});
