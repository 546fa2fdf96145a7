import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ListenBothOptions, ListenHandlers } from '../../../../src/core/transport/listen.js';
import { quicTransport } from '../../../../src/core/transport/quic/index.js';
import type {
  ConnectOptions,
  Listener,
  RecvStream,
  StageTiming,
  Transport,
  TransportSession,
} from '../../../../src/core/transport/transport.js';
import { webtransportTransport } from '../../../../src/core/transport/webtransport/index.js';
import { webtransportH2Transport } from '../../../../src/core/transport/webtransport-h2/index.js';
import { loopbackOptions } from '../../../support/loopback.js';
import { randomBytes } from '../../../support/random.js';
import { eventually, soon, staysPending } from '../../../support/wait.js';
import { connectWebTransport, listenOnLoopback } from '../../../support/webtransport-over-quic.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function server(options: Partial<ListenBothOptions> = {}, handlers: Partial<ListenHandlers> = {}) {
  const listener = await listenOnLoopback(options, handlers);
  cleanups.push(() => listener.close({ closeSessions: { code: 0n, reason: '' } }));
  return listener;
}

async function connect(transport: Transport, listener: Listener, path: string, options: Partial<ConnectOptions> = {}) {
  const target = { host: '127.0.0.1', port: listener.address.port, path };
  const session = await transport.connect(target, await loopbackOptions(options));
  cleanups.push(() => session.close(0n, '', 500));
  return session;
}

async function readAll(stream: RecvStream): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('one UDP port', () => {
  it('serves raw QUIC and WebTransport side by side', async () => {
    const sessions: TransportSession[] = [];
    const listener = await server({}, { onSession: (session) => sessions.push(session) });
    const raw = await connect(quicTransport, listener, '', { alpn: ['moqt-16'] });
    const web = await connect(webtransportTransport, listener, '/moq?x=1', { alpn: ['moqt-18', 'moqt-16'] });
    expect([raw.kind, raw.protocol, web.kind, web.protocol]).toEqual(['quic', 'moqt-16', 'webtransport', 'moqt-18']);
    await eventually(() => sessions.length === 2, 'both sessions');
    expect(sessions.map(({ kind, protocol }) => [kind, protocol])).toEqual([
      ['quic', 'moqt-16'],
      ['webtransport', 'moqt-18'],
    ]);
    expect(sessions[1]?.http?.path).toBe('/moq?x=1');
    expect(web.peerCertificates()).toHaveLength(1);
  });

  it('prefers raw QUIC for a client that offers both', async () => {
    const listener = await server();
    const session = await connect(quicTransport, listener, '', { alpn: ['moqt-18', 'h3'] });
    expect(session.protocol).toBe('moqt-18');
  });

  it('has no HTTP/3 unless asked for', async () => {
    const listener = await server({ webtransport: false });
    await expect(connect(webtransportTransport, listener, '/')).rejects.toMatchObject({ code: 'MOQT_E_VERSION' });
  });

  it('answers any path with any status', async () => {
    const listener = await server({}, { onConnect: ({ path }) => ({ accept: false, status: Number(path.slice(1)) }) });
    await expect(connect(webtransportTransport, listener, '/401')).rejects.toMatchObject({
      code: 'MOQT_E_UNAUTHORIZED',
    });
    await expect(connect(webtransportTransport, listener, '/404')).rejects.toMatchObject({
      code: 'MOQT_E_REJECTED',
      reason: 'webtransport.not-found',
    });
    await expect(connect(webtransportTransport, listener, '/500')).rejects.toMatchObject({ code: 'MOQT_E_REJECTED' });
  });

  it('closes its sessions of both kinds, each in its own way, and lets the port go', async () => {
    const listener = await server();
    const raw = await connect(quicTransport, listener, '');
    const web = await connect(webtransportTransport, listener, '/');
    await soon(listener.close({ closeSessions: { code: 5n, reason: 'over' } }), 'the listener to close');
    const info = { by: 'peer', isApplication: true, code: 5n, reason: 'over' };
    await expect(soon(raw.closed, 'the end')).resolves.toMatchObject(info);
    await expect(soon(web.closed, 'the end')).resolves.toMatchObject(info);
  });

  it('counts what it refuses', async () => {
    const listener = await server();
    const session = await connect(webtransportTransport, listener, '/');
    await session.close(0n, '');
    await eventually(() => listener.counters().sessionsRejected === 0, 'the counters of a closed connection');
    expect(listener.counters()).toMatchObject({ earlyStreamsRejected: 0, unknownStreams: 0 });
  });

  it('survives an application that throws', async () => {
    const errors: unknown[] = [];
    const onSession = () => {
      throw new Error('oops');
    };
    const listener = await server({}, { onSession, onHandlerError: (error) => errors.push(error) });
    const raw = await connect(quicTransport, listener, '');
    const web = await connect(webtransportTransport, listener, '/');
    await expect(soon(raw.closed, 'the end')).resolves.toMatchObject({ by: 'peer', reason: 'internal error' });
    await expect(soon(web.closed, 'the end')).resolves.toMatchObject({ by: 'peer', reason: 'internal error' });
    expect(errors).toHaveLength(2);
  });
});

describe('connecting by WebTransport', () => {
  it('reports each stage, in order', async () => {
    const listener = await server();
    const stages: StageTiming[] = [];
    await connect(webtransportTransport, listener, '/', { onStage: (timing) => stages.push(timing) });
    expect(stages.map(({ stage }) => stage)).toEqual(['dns', 'quic', 'webtransport']);
    for (const { startMs, endMs } of stages) expect(endMs).toBeGreaterThanOrEqual(startMs);
    expect(stages[2]?.startMs).toBeGreaterThanOrEqual(stages[1]?.endMs as number);
    expect(stages[2]?.detail).toBe('moqt-18');
  });

  it('leaves room for HTTP/3 when only one incoming stream is wanted', async () => {
    const sessions: TransportSession[] = [];
    const listener = await server({ maxIncomingUni: 1, maxIncomingBidi: 1 }, { onSession: (s) => sessions.push(s) });
    const session = await connect(webtransportTransport, listener, '/', { maxIncomingUni: 1 });
    await eventually(() => sessions.length === 1, 'the session');
    for (const [here, there] of [
      [session, sessions[0]],
      [sessions[0], session],
    ] as TransportSession[][]) {
      const incoming = new Promise<RecvStream>((resolve) => there?.onIncomingUni(resolve));
      const stream = await soon((here as TransportSession).openUni(), 'credit');
      void stream.write(Uint8Array.of(1));
      stream.end();
      expect(await readAll(await soon(incoming, 'the stream'))).toHaveLength(1);
    }
  });

  it('refuses bad input before it sends anything', async () => {
    const target = { host: '127.0.0.1', port: 1, path: '/a b' };
    await expect(webtransportTransport.connect(target, await loopbackOptions())).rejects.toMatchObject({
      code: 'MOQT_E_URL',
      exitCode: 2,
    });
  });

  it('times out on a server that completes the handshake and then says nothing', async () => {
    // ALPN h3 without an HTTP/3 behind it.
    const listener = await server({ webtransport: false, alpn: ['h3'] });
    await expect(connect(webtransportTransport, listener, '/', { connectTimeoutMs: 300 })).rejects.toMatchObject({
      code: 'MOQT_E_TIMEOUT',
      reason: 'http3.no-settings',
    });
  });

  it('stops when the caller gives up', async () => {
    const listener = await server({ webtransport: false, alpn: ['h3'] });
    const abort = new AbortController();
    const onStage = ({ stage }: StageTiming): void => {
      if (stage === 'quic') setImmediate(() => abort.abort(new Error('enough')));
    };
    const connecting = connect(webtransportTransport, listener, '/', { signal: abort.signal, onStage });
    await expect(connecting).rejects.toThrow('enough');
  });

  it.each(['client', 'server'] as const)('delivers what the %s ended before it closes', async (closer) => {
    const pair = await connectWebTransport({});
    cleanups.push(pair.dispose);
    const [here, there] = closer === 'client' ? [pair.client, pair.server] : [pair.server, pair.client];
    const bytes = randomBytes(12_000_000);
    const incoming = new Promise<RecvStream>((resolve) => there.onIncomingUni(resolve));
    const stream = await here.openUni();
    void stream.write(bytes);
    stream.end();
    const closing = here.close(9n, 'all said', 10_000);
    const received = await soon(incoming, 'the stream');
    // Nobody has read it yet, so the other end must not hear of the close.
    expect(await staysPending(there.closed)).toBe(true);
    expect(Buffer.compare(await soon(readAll(received), 'the bytes'), bytes)).toBe(0);
    await expect(soon(there.closed, 'the end')).resolves.toMatchObject({ by: 'peer', code: 9n, reason: 'all said' });
    await soon(closing, 'the close');
  });
});

describe('TCP beside UDP', () => {
  it('has the same number, and its own sessions, requests and counters', async () => {
    const kinds: string[] = [];
    const listener = await server(
      { webtransportH2: true },
      {
        onSession: ({ kind }) => kinds.push(kind),
        onHttp1: ({ path }) => ({ status: 200, body: Buffer.from(path) }),
      },
    );
    const overTcp = await connect(webtransportH2Transport, listener, '/moq');
    const overUdp = await connect(webtransportTransport, listener, '/moq');
    expect([overTcp.kind, overTcp.protocol, overUdp.kind]).toEqual(['webtransport-h2', 'moqt-18', 'webtransport']);
    await eventually(() => kinds.length === 2, 'both sessions');
    expect([...kinds].sort()).toEqual(['webtransport', 'webtransport-h2']);
    const { host, port } = listener.address;
    expect(await (await fetch(`http://${host}:${port}/page`)).text()).toBe('/page');
    expect(listener.counters()).toMatchObject({ open: 1, 'tcp.connectionsServed': 1, 'tcp.plainConnections': 1 });
  });

  it('is closed with it, and closes its sessions with the same code', async () => {
    const listener = await listenOnLoopback({ webtransportH2: true });
    const session = await connect(webtransportH2Transport, listener, '/');
    await listener.close({ closeSessions: { code: 9n, reason: 'over' } });
    expect(await soon(session.closed, 'the close')).toMatchObject({ by: 'peer', code: 9n, reason: 'over' });
    await expect(connect(webtransportH2Transport, listener, '/')).rejects.toMatchObject({ reason: 'tcp.refused' });
    await expect(connect(webtransportTransport, listener, '/')).rejects.toMatchObject({ reason: 'udp.refused' });
  });

  it('may stand alone', async () => {
    const listener = await server({ alpn: [], webtransport: false, webtransportH2: true });
    expect((await connect(webtransportH2Transport, listener, '/')).kind).toBe('webtransport-h2');
    await expect(connect(webtransportTransport, listener, '/')).rejects.toMatchObject({ reason: 'udp.refused' });
  });

  it('is not there unless asked for', async () => {
    const listener = await server();
    await expect(connect(webtransportH2Transport, listener, '/')).rejects.toMatchObject({ reason: 'tcp.refused' });
  });

  it('that cannot be had frees the UDP port', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => taken.close(resolve)));
    const { port } = taken.address() as AddressInfo;
    await expect(listenOnLoopback({ port, webtransportH2: true })).rejects.toMatchObject({
      code: 'MOQT_E_LOCAL_IO',
      stage: 'tcp',
      reason: 'network.bind',
    });
    // The port is free on UDP, and only there.
    expect((await server({ port })).address.port).toBe(port);
  });
});
