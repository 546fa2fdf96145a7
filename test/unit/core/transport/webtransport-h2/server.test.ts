import { request as httpRequest, type IncomingMessage } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2, type OutgoingHttpHeaders, type Settings } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { Listener, TransportSession } from '../../../../../src/core/transport/transport.js';
import type {
  H2Handlers,
  H2ListenOptions,
  PlainRequest,
} from '../../../../../src/core/transport/webtransport-h2/index.js';
import { selfSigned } from '../../../../support/certs.js';
import { TcpProxy } from '../../../../support/tcp-proxy.js';
import { eventually, soon, staysPending, unlessHeldUp } from '../../../../support/wait.js';
import { listenOnTcp } from '../../../../support/webtransport-over-tcp.js';
import { closing, connect, failure } from './support.js';

async function server(options: Partial<H2ListenOptions> = {}, handlers: Partial<H2Handlers> = {}): Promise<Listener> {
  return closing(await listenOnTcp(options, handlers));
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

function answerOf(scheme: 'http' | 'https', port: number, path: string, method = 'GET'): Promise<Answer> {
  const request = scheme === 'http' ? httpRequest : httpsRequest;
  return soon(
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path, method, agent: false, rejectUnauthorized: false });
      sent.on('error', reject);
      sent.on('response', (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      });
      sent.end();
    }),
    'the answer',
  );
}

/** A client of HTTP/2 that is not ours. */
function foreignClient(port: number, settings: Settings = {}): ClientHttp2Session {
  const client = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, settings });
  client.on('error', () => {});
  closing({ close: async () => client.destroy() });
  return client;
}

/** The status of a request, or how its stream was reset. */
function statusOf(client: ClientHttp2Session, headers: OutgoingHttpHeaders): Promise<string> {
  return soon(
    new Promise((resolve) => {
      const stream = client.request(headers, { endStream: false });
      stream.on('error', () => {});
      stream.on('response', (response) => resolve(String(response[':status'])));
      stream.on('close', () => resolve(`reset ${stream.rstCode}`));
      stream.resume();
    }),
    'the answer',
  );
}

const CONNECT: OutgoingHttpHeaders = {
  ':method': 'CONNECT',
  ':protocol': 'webtransport',
  ':scheme': 'https',
  ':authority': 'relay.example',
  ':path': '/',
};

function rawSocket(port: number): Socket {
  const socket = connectTcp(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  closing({ close: async () => socket.destroy() });
  return socket;
}

function closeOf(socket: Socket): Promise<unknown> {
  return soon(new Promise((resolve) => socket.once('close', resolve)), 'the server to close the connection');
}

describe('plain requests on the port', () => {
  const handlers = (seen: PlainRequest[]): Partial<H2Handlers> => ({
    onHttp1(request) {
      seen.push(request);
      return {
        status: 200,
        headers: [['Content-Type', 'text/plain']],
        body: Buffer.from(`you asked for ${request.path}`),
      };
    },
  });

  it.each(['http', 'https'] as const)('are answered over %s and HTTP/1.1', async (scheme) => {
    const seen: PlainRequest[] = [];
    const { address } = await server({}, handlers(seen));
    const { status, headers, body } = await answerOf(scheme, address.port, '/certificate.sha256?x');
    expect([status, headers['content-type'], headers.connection, body]).toEqual([
      200,
      'text/plain',
      'close',
      'you asked for /certificate.sha256?x',
    ]);
    expect(seen[0]).toMatchObject({
      method: 'GET',
      authority: `127.0.0.1:${address.port}`,
      secure: scheme === 'https',
    });
  });

  it('are answered over HTTP/2', async () => {
    const seen: PlainRequest[] = [];
    const { address } = await server({}, handlers(seen));
    const stream = foreignClient(address.port).request({ ':path': '/page' });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe('you asked for /page');
    expect(seen[0]).toMatchObject({ method: 'GET', path: '/page', secure: true });
  });

  it('to HEAD have no body', async () => {
    const { address } = await server({}, handlers([]));
    const { headers, body } = await answerOf('http', address.port, '/x', 'HEAD');
    expect([headers['content-length'], body]).toEqual(['16', '']);
  });

  it('get 404 when nobody serves them, and 500 when the handler fails', async () => {
    const { address } = await server();
    expect((await answerOf('http', address.port, '/')).status).toBe(404);
    const errors: unknown[] = [];
    const failing = await server(
      {},
      {
        onHttp1() {
          throw new Error('defect');
        },
        onHandlerError: (error) => errors.push(error),
      },
    );
    expect((await answerOf('https', failing.address.port, '/')).status).toBe(500);
    expect(errors).toHaveLength(1);
  });

  it('with headers beyond the bound are refused, and so is what is no HTTP', async () => {
    const listener = await server({}, handlers([]));
    for (const text of [`GET / HTTP/1.1\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`, 'EHLO mail.example\r\n\r\n']) {
      const socket = rawSocket(listener.address.port);
      const closed = closeOf(socket);
      socket.write(text);
      await closed;
    }
    expect(listener.counters().requestsMalformed).toBe(2);
  });
});

describe('WebTransport requests', () => {
  it('beyond the one session of a connection are refused, and the session lives on', async () => {
    const sessions: TransportSession[] = [];
    const listener = await server({}, { onSession: (session) => sessions.push(session) });
    const client = foreignClient(listener.address.port);
    await soon(new Promise((resolve) => client.once('remoteSettings', resolve)), 'SETTINGS');
    expect(await statusOf(client, CONNECT)).toBe('200');
    expect(await statusOf(client, CONNECT)).toBe('reset 7');
    expect(await statusOf(client, { ':path': '/' })).toBe('404');
    expect(listener.counters()).toMatchObject({ sessionsRejected: 1, connectionsServed: 1 });
    expect(sessions).toHaveLength(1);
  });

  it.each([
    ['an unknown :protocol', { ...CONNECT, ':protocol': 'websocket' }, '501'],
    ['another scheme', { ...CONNECT, ':scheme': 'http' }, '400'],
    ['no :protocol', { ':method': 'CONNECT', ':authority': 'relay.example' }, '405'],
  ])('with %s are refused', async (_what, headers, status) => {
    const client = foreignClient((await server()).address.port);
    await soon(new Promise((resolve) => client.once('remoteSettings', resolve)), 'SETTINGS');
    expect(await statusOf(client, headers)).toBe(status);
  });

  it('get 500 when the decision fails or chooses what was not offered', async () => {
    const errors: unknown[] = [];
    const listener = await server(
      {},
      {
        onConnect({ path }) {
          if (path === '/throws') throw new Error('defect');
          return { accept: true, protocol: 'not offered' };
        },
        onHandlerError: (error) => errors.push(error),
      },
    );
    for (const path of ['/throws', '/']) {
      const error = await failure({ port: listener.address.port, path });
      expect(error.wire?.code).toBe(500n);
    }
    expect(errors).toHaveLength(2);
  });

  it('end in a closed session when the application cannot take it', async () => {
    const listener = await server(
      {},
      {
        onSession() {
          throw new Error('defect');
        },
        onHandlerError: () => {},
      },
    );
    const session = await connect({ port: listener.address.port });
    expect(await soon(session.closed, 'the close')).toMatchObject({ by: 'peer', reason: 'internal error' });
  });
});

describe('what a server bears', () => {
  it('is so many connections', async () => {
    const listener = await server({ maxConnections: 1 });
    await connect({ port: listener.address.port });
    expect((await failure({ port: listener.address.port })).stage).toMatch(/^t(cp|ls)$/);
    expect(listener.counters()).toMatchObject({ connectionsRefused: 1, open: 1 });
  });

  it('is so many connections that ask for nothing: the oldest gives way', async () => {
    const listener = await server({ maxHalfOpen: 2 });
    const { port } = listener.address;
    const sockets: Socket[] = [];
    for (const count of [1, 2]) {
      sockets.push(rawSocket(port));
      await eventually(() => listener.counters().halfOpen === count, 'the connection');
    }
    const evicted = closeOf(sockets[0] as Socket);
    await connect({ port });
    await evicted;
    expect(sockets[1]?.destroyed).toBe(false);
    expect(listener.counters()).toMatchObject({ halfOpenEvicted: 1, halfOpen: 1, open: 2 });
  });

  it.each([
    ['says nothing', () => {}],
    ['stops in its TLS handshake', (socket: Socket) => socket.write(Buffer.from([0x16, 3, 1, 0, 200, 1]))],
    ['stops in its HTTP/1.1 request', (socket: Socket) => socket.write('GET / HTTP/1.1\r\nHost')],
  ])('is a connection that %s, for a while', async (_what, begin) => {
    const listener = await server({ handshakeTimeoutMs: 50 });
    const socket = rawSocket(listener.address.port);
    const closed = closeOf(socket);
    begin(socket);
    await closed;
    await eventually(() => listener.counters().open === 0, 'nothing to be left');
    expect(listener.counters()).toMatchObject({ handshakeTimeouts: 1, tlsFailures: 0, halfOpen: 0 });
  });

  it.each([
    ['asks for nothing over HTTP/2', ['h2']],
    ['asks for nothing over TLS', ['http/1.1']],
  ])('is a connection that %s, for a while', async (_what, ALPNProtocols) => {
    const listener = await server({ handshakeTimeoutMs: 100, unusedMs: 50 });
    const { port } = listener.address;
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols });
    socket.on('error', () => {});
    socket.resume();
    await closeOf(socket);
    await eventually(() => listener.counters().open === 0, 'nothing to be left');
  });

  it('is a connection whose requests have been answered, for a while', async () => {
    const listener = await server({ unusedMs: 400 });
    const client = foreignClient(listener.address.port);
    expect(await statusOf(client, { ':path': '/' })).toBe('404');
    await eventually(() => listener.counters().open === 0, 'the connection to end');
    expect(listener.counters().connectionsUnused).toBe(1);
  });

  it.each([
    ['SETTINGS', Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])],
    ['PING', Buffer.concat([Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0]), Buffer.alloc(8)])],
  ])('is no flood of %s from a client that reads nothing', async (_what, frame) => {
    const listener = await server({ unusedMs: 60_000, handshakeTimeoutMs: 60_000 });
    const { port } = listener.address;
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    let closed = false;
    socket.on('error', () => {});
    socket.once('close', () => {
      closed = true;
    });
    closing({ close: async () => socket.destroy() });
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    const flood = Buffer.concat(Array<Buffer>(4000).fill(frame));
    // Never read, so that the answers pile up on the other side.
    const pump = (): void => {
      while (!closed && socket.write(flood));
    };
    socket.on('drain', pump);
    pump();
    await eventually(() => listener.counters().open === 0, 'the server to end the connection');
  });

  it('is a certificate and key that fit, and a port that is free', async () => {
    const [one, other] = [await selfSigned(), await selfSigned()];
    await expect(listenOnTcp({ certPem: one.certPem, keyPem: other.keyPem })).rejects.toMatchObject({
      code: 'MOQT_E_LOCAL_IO',
      reason: 'tls.bad-certificate',
    });
    const { port } = (await server()).address;
    await expect(listenOnTcp({ port })).rejects.toMatchObject({
      code: 'MOQT_E_LOCAL_IO',
      stage: 'tcp',
      reason: 'network.bind',
    });
  });
});

describe('closing a server', () => {
  it('ends its sessions with the code, and every connection', async () => {
    const listener = await listenOnTcp();
    const session = await connect({ port: listener.address.port });
    rawSocket(listener.address.port);
    await eventually(() => listener.counters().open === 2, 'both connections');
    await listener.close({ closeSessions: { code: 7n, reason: 'bye' } });
    expect(await soon(session.closed, 'the close')).toEqual({
      by: 'peer',
      isApplication: true,
      code: 7n,
      reason: 'bye',
    });
    await eventually(() => listener.counters().open === 0, 'nothing to be left');
    expect(await failure({ port: listener.address.port })).toMatchObject({ reason: 'tcp.refused' });
  });

  it('leaves them alone otherwise, and takes no more', async () => {
    const listener = await listenOnTcp();
    const { port } = listener.address;
    const session = await connect({ port });
    await listener.close();
    expect(await failure({ port })).toMatchObject({ reason: 'tcp.refused' });
    session.onIncomingUni(() => {});
    expect(session.tryOpenUni()).not.toBeNull();
    await session.close(0n, '');
    await eventually(() => listener.counters().open === 0, 'the connection to end');
  });
});

describe('a session on a connection', () => {
  it('is released on both sides with its sockets', async () => {
    const sessions: TransportSession[] = [];
    const listener = await server({}, { onSession: (session) => sessions.push(session) });
    const session = await connect({ port: listener.address.port });
    await session.close(5n, 'done');
    expect(await soon((sessions[0] as TransportSession).closed, 'the close')).toMatchObject({ by: 'peer', code: 5n });
    await eventually(() => listener.counters().open === 0, 'the connection to end');
  });

  it('measures round trips and bytes', async () => {
    const listener = await server();
    const session = await connect({ port: listener.address.port });
    await eventually(() => session.stats().rttMs !== null, 'an answer to PING');
    const { rttMs, minRttMs, sentBytes, receivedBytes } = session.stats();
    expect(rttMs).toBeGreaterThan(0);
    expect(minRttMs).toBeGreaterThan(0);
    expect(sentBytes).toBeGreaterThan(300);
    expect(receivedBytes).toBeGreaterThan(300);
  });

  it('lives while nothing is said, by PING', async () => {
    const listener = await server({ idleTimeoutMs: 150 });
    await unlessHeldUp(50, async () => {
      const session = await connect({ port: listener.address.port }, { idleTimeoutMs: 150 });
      const { receivedBytes } = session.stats();
      expect(await staysPending(session.closed, 500)).toBe(true);
      expect(session.stats().receivedBytes).toBeGreaterThan(receivedBytes);
    });
  });

  it('ends on both sides as idle when the network swallows everything', async () => {
    const sessions: TransportSession[] = [];
    const listener = await server({ idleTimeoutMs: 200 }, { onSession: (session) => sessions.push(session) });
    const proxy = closing(await TcpProxy.start(listener.address));
    const session = await connect({ port: proxy.port }, { idleTimeoutMs: 200 });
    proxy.blackhole = true;
    expect(await soon(session.closed, 'the client to give up')).toMatchObject({ by: 'idle' });
    expect(await soon((sessions[0] as TransportSession).closed, 'the server to give up')).toMatchObject({ by: 'idle' });
    await eventually(() => listener.counters().open === 0, 'the connection to end');
  });

  it('ends as an error when the connection is cut', async () => {
    const sessions: TransportSession[] = [];
    const listener = await server({}, { onSession: (session) => sessions.push(session) });
    const proxy = closing(await TcpProxy.start(listener.address));
    const session = await connect({ port: proxy.port });
    proxy.cut();
    expect(await soon(session.closed, 'the client to notice')).toMatchObject({ by: 'error' });
    expect(await soon((sessions[0] as TransportSession).closed, 'the server to notice')).toMatchObject({ by: 'error' });
  });
});

describe('what a client grants', () => {
  it('is the greater of its SETTINGS and its WebTransport-Init', async () => {
    const text = 'x'.repeat(500);
    const listener = await server(
      {},
      {
        onSession: (session) =>
          void session.openUni().then(async (stream) => {
            await stream.write(Buffer.from(text));
            stream.end();
          }),
      },
    );
    // A maximum of sessions, 64 KiB in all, 4 bytes a stream, 10 streams.
    const settings = { customSettings: { 11104: 1, 11105: 65536, 11106: 4, 11108: 10 } } as Settings;
    const client = foreignClient(listener.address.port, settings);
    const stream = client.request({ ...CONNECT, 'webtransport-init': 'u=1000' }, { endStream: false });
    stream.on('error', () => {});
    let received = '';
    stream.setEncoding('latin1').on('data', (piece: string) => {
      received += piece;
    });
    await eventually(() => received.includes(text), 'all of the stream, on the credit of the header');
    stream.destroy();
  });
});
