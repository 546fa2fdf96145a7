import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import type { RecvStream } from '../../../../../src/core/transport/transport.js';
import { closeAll, connectTo, readAll, startServer } from '../../../../support/quic-pair.js';
import { UdpProxy } from '../../../../support/udp-proxy.js';
import { eventually } from '../../../../support/wait.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  await closeAll();
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function rawSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  cleanups.push(() => socket.close());
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}

async function proxyTo(port: number): Promise<UdpProxy> {
  const proxy = await UdpProxy.start({ target: { host: '127.0.0.1', port }, seed: 1 });
  cleanups.push(() => proxy.close());
  return proxy;
}

describe('a server under strangers', () => {
  it('demands Retry above the number of half-open connections, and accepts who answers it', async () => {
    const { port, listener, next } = await startServer({ retryAbove: 0 });
    await connectTo(port);
    const session = await next();
    expect(session.protocol).toBe('moqt-18');
    expect(listener.counters()).toMatchObject({ retriesSent: 1, badTokens: 0, accepted: 1, open: 1 });
  });

  it('ignores and counts random packets, empty ones included, while a session goes on', async () => {
    const { port, listener, next } = await startServer();
    const client = await connectTo(port);
    const server = await next();
    const stranger = await rawSocket();
    const sizes = [0, 1, 5, 20, 21, 40, 100, 1200, 1400];
    for (let i = 0; i < 900; i++) {
      const packet = randomBytes(sizes[i % sizes.length] as number);
      // Half with the long header bit, and some with our version and a plausible layout.
      if (packet.length > 6 && i % 2 === 0) packet[0] = 0xc0 | ((packet[0] as number) & 0x3f);
      if (packet.length > 30 && i % 6 === 0) {
        packet.writeUInt32BE(1, 1);
        packet[5] = 8;
        packet[14] = 8;
      }
      stranger.send(packet, port, '127.0.0.1');
    }
    await eventually(() => Object.values(listener.counters()).reduce((a, b) => a + b, 0) > 500, 'the condition');
    const received = new Promise<Buffer>((resolve) => server.onIncomingUni((stream) => resolve(readAll(stream))));
    const stream = await client.openUni();
    await stream.write(Buffer.alloc(100_000, 1));
    stream.end();
    expect((await received).length).toBe(100_000);
    await eventually(() => listener.counters().halfOpen === 0, 'the condition');
    expect(listener.counters()).toMatchObject({ open: 1, established: 1 });
  });

  it('answers an unknown version with the ones it speaks, in a smaller packet', async () => {
    const { port } = await startServer();
    const stranger = await rawSocket();
    const answered = new Promise<Buffer>((resolve) => stranger.once('message', resolve));
    const packet = Buffer.alloc(1200);
    packet[0] = 0xc0;
    packet.writeUInt32BE(0x6b3343cf, 1);
    packet[5] = 8;
    packet[14] = 8;
    stranger.send(packet, port, '127.0.0.1');
    const answer = await answered;
    expect(answer.readUInt32BE(1)).toBe(0);
    expect(answer.length).toBeLessThan(1200);
    expect(answer.subarray(-8).readUInt32BE(0) === 1 || answer.subarray(-4).readUInt32BE(0) === 1).toBe(true);
  });

  it('says that a port is taken, with the port', async () => {
    const { port } = await startServer();
    await expect(startServer({ port })).rejects.toMatchObject({
      code: 'MOQT_E_LOCAL_IO',
      exitCode: 10,
      message: expect.stringContaining(String(port)),
    });
  });

  it('stops accepting on close, lets sessions live, and frees the port with the last of them', async () => {
    const { port, listener, next } = await startServer();
    const client = await connectTo(port);
    const server = await next();
    await listener.close();
    await expect(connectTo(port, { connectTimeoutMs: 300 })).rejects.toMatchObject({ exitCode: 6 });
    server.onIncomingBidi((bidi) => {
      void readAll(bidi.recv).then((bytes) => {
        void bidi.send.write(bytes);
        bidi.send.end();
      });
    });
    const bidi = await client.openBidi();
    void bidi.send.write(Buffer.from('still here'));
    bidi.send.end();
    expect((await readAll(bidi.recv)).toString()).toBe('still here');
    await client.close(0n, '');
    await server.closed;
    await eventually(() => listener.counters().open === 0, 'the condition');
    const again = await startServer({ port });
    expect(again.port).toBe(port);
  });

  it('closes all sessions with a code when asked to', async () => {
    const { port, listener, next } = await startServer();
    const clients = await Promise.all([connectTo(port), connectTo(port)]);
    await Promise.all([next(), next()]);
    await listener.close({ closeSessions: { code: 17n, reason: 'going away' } });
    for (const client of clients) expect(await client.closed).toMatchObject({ by: 'peer', code: 17n });
  });
});

describe('paths', () => {
  it('survives a NAT that gives the client another port', async () => {
    const { port, next } = await startServer();
    const proxy = await proxyTo(port);
    const client = await connectTo(proxy.port);
    const server = await next();
    const before = server.remote.port;
    const received = new Promise<Buffer>((resolve) => server.onIncomingUni((stream) => resolve(readAll(stream))));
    const stream = await client.openUni();
    await stream.write(Buffer.alloc(50_000, 1));
    proxy.rebind();
    await stream.write(Buffer.alloc(50_000, 2));
    stream.end();
    expect((await received).length).toBe(100_000);
    await eventually(() => server.remote.port !== before, 'the condition');
    const back = new Promise<Buffer>((resolve) => client.onIncomingUni((one) => resolve(readAll(one))));
    const answer = await server.openUni();
    await answer.write(Buffer.alloc(200_000, 3));
    answer.end();
    expect((await back).length).toBe(200_000);
  });

  it('falls back to small packets when large ones vanish, and delivers everything', async () => {
    const { port, next } = await startServer();
    const proxy = await proxyTo(port);
    const client = await connectTo(proxy.port);
    const server = await next();
    proxy.toServer.faults = { mtu: 1280 };
    proxy.toClient.faults = { mtu: 1280 };
    const received = new Promise<Buffer>((resolve) => server.onIncomingUni((stream) => resolve(readAll(stream))));
    const stream = await client.openUni();
    void stream.write(Buffer.alloc(100_000, 1));
    stream.end();
    expect((await received).length).toBe(100_000);
    expect(client.stats().packetSize).toBe(1200);
    expect(client.maxDatagramSize).toBeLessThan(1200);
  });

  it('goes on after the path was dark for a while', async () => {
    const { port, next } = await startServer();
    const proxy = await proxyTo(port);
    const client = await connectTo(proxy.port);
    const server = await next();
    const received = new Promise<Buffer>((resolve) => server.onIncomingUni((stream) => resolve(readAll(stream))));
    const stream = await client.openUni();
    await stream.write(Buffer.alloc(30_000, 1));
    proxy.blackhole = true;
    void stream.write(Buffer.alloc(30_000, 2));
    stream.end();
    // Several probe timeouts have passed in vain.
    await eventually(() => proxy.toServer.counters.blackholed > 3, 'the condition');
    proxy.blackhole = false;
    expect((await received).length).toBe(60_000);
  });

  it('does not call a stream delivered that was stopped after its end, however late one asks', async () => {
    const { port, next } = await startServer();
    const proxy = await proxyTo(port);
    const client = await connectTo(proxy.port);
    const server = await next();
    const incoming = new Promise<RecvStream>((resolve) => server.onIncomingUni(resolve));
    const stream = await client.openUni();
    void stream.write(Buffer.from('first'));
    const recv = await incoming;
    // The end is handed over, but lost on the way.
    proxy.toServer.blackhole = true;
    void stream.write(Buffer.from('last'));
    stream.end();
    await eventually(() => proxy.toServer.counters.blackholed > 0, 'the end to be sent');
    const before = proxy.toClient.counters.forwarded;
    recv.stop(6n);
    await eventually(() => proxy.toClient.counters.forwarded > before, 'the stop to arrive');
    await expect(stream.delivered()).rejects.toMatchObject({ code: 6n });
    proxy.toServer.blackhole = false;
  });

  it('learns quickly that the process at the other end is gone', async () => {
    const { port, next } = await startServer();
    const proxy = await proxyTo(port);
    const client = await connectTo(proxy.port, { keepAliveMs: 100 });
    await next();
    await proxy.close();
    expect(await client.closed).toMatchObject({ by: 'error' });
  });
});
