import { afterEach, describe, expect, it } from 'vitest';
import type { RecvStream } from '../../../../../src/core/transport/transport.js';
import { SessionClosed, StreamReset, StreamStopped } from '../../../../../src/core/transport/transport-errors.js';
import { closeAll, connectPair, connectTo, readAll, startServer } from '../../../../support/quic-pair.js';
import { eventually, soon, staysPending, unlessHeldUp } from '../../../../support/wait.js';

afterEach(closeAll);

describe('backpressure', () => {
  it('stops a writer at the window of a reader that does not read, and goes on when it does', async () => {
    const { client, server } = await connectPair({ server: { streamWindow: 256 << 10 } });
    const incoming = new Promise<RecvStream>((resolve) => server.onIncomingUni(resolve));
    const stream = await client.openUni();
    const chunk = Buffer.alloc(64 << 10, 1);
    let written = 0;
    const writing = (async () => {
      for (; written < 8 << 20; written += chunk.length) await stream.write(chunk);
      stream.end();
    })();
    const recv = await incoming;
    // The datagram exchange shows that the connection has had every chance to carry more.
    await roundTrips(client, server, 50);
    expect(written).toBeLessThan((256 << 10) + 3 * (64 << 10));
    expect(stream.queuedBytes).toBeLessThanOrEqual(128 << 10);
    const all = await readAll(recv);
    await writing;
    expect(all.length).toBe(8 << 20);
  });

  it('honours a connection window that was asked for', async () => {
    const { client, server } = await connectPair({ server: { connectionWindow: 100_000, streamWindow: 80_000 } });
    const held: RecvStream[] = [];
    server.onIncomingUni((stream) => held.push(stream));
    const streams = await Promise.all(Array.from({ length: 8 }, () => client.openUni()));
    const sent = streams.map((stream) => {
      const writing = stream.write(Buffer.alloc(200_000, 2));
      stream.end();
      return writing;
    });
    await roundTrips(client, server, 50);
    expect(server.stats().receivedBytes).toBeLessThan(180_000);
    let sizes: Promise<number>[] = [];
    const readHeld = (): void => {
      sizes = sizes.concat(held.splice(0).map(async (stream) => (await readAll(stream)).length));
    };
    await eventually(() => {
      readHeld();
      return sizes.length === 8;
    }, 'the condition');
    await Promise.all(sent);
    expect(await Promise.all(sizes)).toEqual(Array.from({ length: 8 }, () => 200_000));
  });

  it('opens 20 000 streams in order against a limit of 100, and loses none', async () => {
    const { client, server } = await connectPair({ server: { maxIncomingUni: 100 } });
    const seen = new Set<number>();
    const done = new Promise<void>((resolve) => {
      server.onIncomingUni((stream) => {
        void readAll(stream).then((bytes) => {
          seen.add(bytes.readUInt32BE(0));
          if (seen.size === 20_000) resolve();
        });
      });
    });
    const ids: bigint[] = [];
    await Promise.all(
      Array.from({ length: 20_000 }, async (_, i) => {
        const stream = await client.openUni();
        ids.push(stream.id);
        const bytes = Buffer.alloc(16);
        bytes.writeUInt32BE(i, 0);
        await stream.write(bytes);
        stream.end();
      }),
    );
    await done;
    expect(ids.every((id, i) => i === 0 || id > (ids[i - 1] as bigint))).toBe(true);
  });

  it('gives null instead of a stream when the peer allows none, and keeps the order of those who wait', async () => {
    const { client, server } = await connectPair({ server: { maxIncomingUni: 2 } });
    const first = client.tryOpenUni();
    const second = client.tryOpenUni();
    expect(client.tryOpenUni()).toBeNull();
    const controller = new AbortController();
    const given = client.openUni({ signal: controller.signal });
    const third = client.openUni();
    controller.abort(new Error('no longer needed'));
    await expect(given).rejects.toThrow('no longer needed');
    server.onIncomingUni((stream) => void readAll(stream));
    first?.end();
    second?.end();
    expect((await third).id).toBe(10n);
  });
});

describe('resets and stops', () => {
  it('does not hang when many streams are reset with data that nobody has read', async () => {
    const { client, server } = await connectPair({ server: { streamWindow: 1 << 20, maxIncomingUni: 10 } });
    const incoming: RecvStream[] = [];
    let received = 0;
    server.onIncomingUni((stream) => {
      incoming.push(stream);
      received++;
    });
    // Far more than any window that would have to be given back.
    for (let i = 0; i < 100; i++) {
      const stream = await client.openUni();
      await stream.write(Buffer.alloc(600_000, 3));
      await eventually(() => received > i, 'the condition');
      stream.reset(5n);
      await expect(drain(incoming.pop() as RecvStream)).rejects.toBeInstanceOf(StreamReset);
    }
    const last = await client.openUni();
    const bytes = Buffer.alloc(2 << 20, 4);
    const writing = (async () => {
      await last.write(bytes);
      last.end();
    })();
    await eventually(() => received > 100, 'the condition');
    expect((await readAll(incoming.pop() as RecvStream)).equals(bytes)).toBe(true);
    await writing;
  });

  it('lets the peer open streams for ever although every one of them is stopped', async () => {
    const { client, server } = await connectPair({ server: { maxIncomingUni: 20 } });
    server.onIncomingUni((stream) => stream.stop(9n));
    for (let i = 0; i < 200; i++) {
      const stream = await client.openUni();
      void stream.write(Buffer.alloc(100));
      // Half of the limit is told; later streams are read to their end.
      if (i < 10) expect(await stream.stopped).toBe(9n);
      else stream.end();
    }
  });

  it('gives the exact stop code although the same packet acknowledges all data', async () => {
    const { client, server } = await connectPair({});
    server.onIncomingUni((stream) => stream.stop(BigInt(stream.id) + 1000n));
    for (let i = 0; i < 50; i++) {
      const stream = await client.openUni();
      await stream.write(Buffer.from('x'));
      expect(await stream.stopped).toBe(stream.id + 1000n);
      await expect(stream.delivered()).rejects.toBeInstanceOf(StreamStopped);
    }
  });

  it('stops a bidi stream in one direction and still answers in the other', async () => {
    const { client, server } = await connectPair({});
    server.onIncomingBidi((stream) => {
      stream.recv.stop(3n);
      void stream.send.write(Buffer.from('answer'));
      stream.send.end();
    });
    const bidi = await client.openBidi();
    await bidi.send.write(Buffer.from('question'));
    expect(await bidi.send.stopped).toBe(3n);
    expect((await readAll(bidi.recv)).toString()).toBe('answer');
  });

  it('tells a reset before any byte was sent', async () => {
    const { client, server } = await connectPair({});
    const incoming = new Promise<RecvStream>((resolve) => server.onIncomingUni(resolve));
    (await client.openUni()).reset(12n);
    await expect((await incoming).read()).rejects.toMatchObject({ code: 12n });
  });

  it('refuses codes that cannot be carried', async () => {
    const { client } = await connectPair({});
    const stream = await client.openUni();
    expect(() => stream.reset(-1n)).toThrow(RangeError);
    expect(() => stream.reset(2n ** 53n)).toThrow(RangeError);
    await expect(client.close(2n ** 60n, '')).rejects.toThrow(RangeError);
  });

  it('refuses to write after the end and after a reset', async () => {
    const { client } = await connectPair({});
    const ended = await client.openUni();
    ended.end();
    await expect(ended.write(Buffer.from('x'))).rejects.toThrow('after end');
    const reset = await client.openUni();
    reset.reset(4n);
    await expect(reset.write(Buffer.from('x'))).rejects.toMatchObject({ code: 4n });
    await expect(reset.delivered()).rejects.toMatchObject({ code: 4n });
  });
});

describe('incoming streams and datagrams', () => {
  it('are held until somebody listens', async () => {
    const { client, server } = await connectPair({});
    const stream = await client.openUni();
    await stream.write(Buffer.from('early'));
    stream.end();
    const bidi = await client.openBidi();
    await bidi.send.write(Buffer.from('early too'));
    bidi.send.end();
    expect(client.sendDatagram(Buffer.from('datagram'))).toBe('queued');
    await eventually(() => server.stats().receivedBytes > 1000 && server.stats().receivedPackets > 4, 'the condition');
    const uni = new Promise<RecvStream>((resolve) => server.onIncomingUni(resolve));
    expect((await readAll(await uni)).toString()).toBe('early');
    const incoming = new Promise<RecvStream>((resolve) => server.onIncomingBidi((one) => resolve(one.recv)));
    expect((await readAll(await incoming)).toString()).toBe('early too');
    const datagram = new Promise<Uint8Array>((resolve) => server.onDatagram(resolve));
    expect(Buffer.from(await datagram).toString()).toBe('datagram');
  });

  it('say what does not fit a datagram before it is sent, and carry what just fits', async () => {
    const { client, server } = await connectPair({});
    const max = client.maxDatagramSize as number;
    expect(max).toBeGreaterThan(1100);
    const received = new Promise<Uint8Array>((resolve) => server.onDatagram(resolve));
    expect(client.sendDatagram(Buffer.alloc(max + 1))).toBe('too-large');
    expect(client.sendDatagram(Buffer.alloc(max, 7))).toBe('queued');
    expect((await received).length).toBe(max);
  });

  it('say when the datagram queue is full', async () => {
    const { client } = await connectPair({});
    const results = new Set(Array.from({ length: 5000 }, () => client.sendDatagram(Buffer.alloc(1000))));
    expect(results).toEqual(new Set(['queued', 'full']));
  });
});

describe('the end of a session', () => {
  it('lets what has arrived be read, then says how the session ended', async () => {
    const { client, server } = await connectPair({});
    const incoming = new Promise<RecvStream>((resolve) => server.onIncomingUni(resolve));
    const stream = await client.openUni();
    await stream.write(Buffer.from('last words'));
    const recv = await incoming;
    await client.close(42n, 'bye');
    await server.closed;
    expect(Buffer.from((await recv.read()) as Uint8Array).toString()).toBe('last words');
    await expect(recv.read()).rejects.toBeInstanceOf(SessionClosed);
    await expect(server.openUni()).rejects.toMatchObject({ info: { code: 42n, by: 'peer' } });
    expect(server.tryOpenUni()).toBeNull();
    expect(server.sendDatagram(Buffer.from('x'))).toBe('full');
  });

  it('delivers the ends that were asked for before the close', async () => {
    const { client, server } = await connectPair({ server: { streamWindow: 64 << 10 } });
    const received = new Promise<Buffer>((resolve) => server.onIncomingUni((one) => resolve(readAll(one))));
    const stream = await client.openUni();
    void stream.write(Buffer.alloc(1 << 20, 5));
    stream.end();
    await client.close(0n, '');
    expect((await received).length).toBe(1 << 20);
  });

  it('does not wait longer than its deadline for a peer that reads nothing', async () => {
    const { client } = await connectPair({ server: { streamWindow: 64 << 10 } });
    const stream = await client.openUni();
    const writing = stream.write(Buffer.alloc(1 << 20, 5));
    stream.end();
    await soon(client.close(0n, '', 200), 'the close');
    await expect(writing).rejects.toBeInstanceOf(SessionClosed);
    await expect(stream.delivered()).rejects.toBeInstanceOf(SessionClosed);
  });

  it('ends by the idle timeout when the peer is silent', async () => {
    const { client, server } = await connectPair({ server: { idleTimeoutMs: 300 }, client: { keepAliveMs: 0 } });
    expect(await server.closed).toMatchObject({ by: 'idle' });
    expect(await client.closed).toMatchObject({ by: 'idle' });
  });

  it('stays open beyond the idle timeout with keep-alive', async () => {
    await unlessHeldUp(150, async () => {
      const { client, server } = await connectPair({ server: { idleTimeoutMs: 300 } });
      expect(await staysPending(server.closed, 1000)).toBe(true);
      await client.close(0n, '');
    });
  });

  it('takes deadlines and intervals that are longer than a timer can be', async () => {
    const days = 60 * 86_400_000;
    const { client, server } = await connectPair({ client: { connectTimeoutMs: days, keepAliveMs: days } });
    const sent = client.stats().sentPackets;
    await roundTrips(client, server, 20);
    // An overflowing interval would send a PING every millisecond.
    expect(client.stats().sentPackets - sent).toBeLessThan(100);
    await client.close(0n, '', days);
  });

  it('measures round trips in fractions of a millisecond', async () => {
    const { client, server } = await connectPair({});
    await roundTrips(client, server, 20);
    const stats = client.stats();
    expect(stats.rttMs).toBeGreaterThan(0);
    expect(stats.minRttMs as number).toBeLessThanOrEqual(stats.rttMs as number);
    expect(stats.sentPackets).toBeGreaterThan(0);
    expect(stats.receivedBytes).toBeGreaterThan(0);
  });
});

describe('priorities', () => {
  it('send the more urgent of two blocked streams first', async () => {
    const { client, server } = await connectPair({ server: { streamWindow: 4 << 20 } });
    const finished: bigint[] = [];
    const both = new Promise<void>((resolve) => {
      server.onIncomingUni((stream) => {
        void readAll(stream).then(() => {
          finished.push(stream.id);
          if (finished.length === 2) resolve();
        });
      });
    });
    const slow = await client.openUni();
    const urgent = await client.openUni();
    slow.priority(200);
    urgent.priority(1);
    void slow.write(Buffer.alloc(3 << 20));
    slow.end();
    void urgent.write(Buffer.alloc(1 << 20));
    urgent.end();
    await both;
    expect(finished).toEqual([urgent.id, slow.id]);
  });
});

describe('congestion control', () => {
  it.each(['cubic', 'reno', 'bbr'] as const)('by %s carries a megabyte both ways', async (congestionControl) => {
    const { client, server } = await connectPair({ client: { congestionControl }, server: { congestionControl } });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      const received = new Promise<Buffer>((resolve) => to.onIncomingUni((stream) => resolve(readAll(stream))));
      const stream = await from.openUni();
      await stream.write(Buffer.alloc(1 << 20, 7));
      stream.end();
      expect((await received).length).toBe(1 << 20);
    }
  });
});

describe('many connections', () => {
  it('are refused beyond the cap, counted, and accepted again when one has ended', async () => {
    const { listener, port, next } = await startServer({ maxConnections: 2 });
    const first = await connectTo(port);
    await connectTo(port);
    await Promise.all([next(), next()]);
    await expect(connectTo(port)).rejects.toMatchObject({ reason: 'quic.closed' });
    expect(listener.counters().refusedByLimit).toBeGreaterThan(0);
    expect(listener.counters().open).toBe(2);
    await first.close(0n, '');
    await eventually(() => listener.counters().open === 1, 'the condition');
    await connectTo(port);
  });

  it('find one another by their IDs', async () => {
    const { port, next } = await startServer();
    const clients = await Promise.all(Array.from({ length: 30 }, () => connectTo(port)));
    for (let i = 0; i < 30; i++) {
      const session = await next();
      session.onIncomingUni((stream) => {
        void readAll(stream).then(async (bytes) => session.close(BigInt(bytes.toString()), ''));
      });
    }
    const codes = clients.map(async (client, i) => {
      const stream = await client.openUni();
      await stream.write(Buffer.from(String(i)));
      stream.end();
      return (await client.closed).code;
    });
    expect(await Promise.all(codes)).toEqual(clients.map((_, i) => BigInt(i)));
  });
});

type Session = Awaited<ReturnType<typeof connectTo>>;

async function drain(stream: RecvStream): Promise<void> {
  while ((await stream.read()) !== null) {
    // Only the outcome matters.
  }
}

/** Datagrams there and back, one after another. */
async function roundTrips(client: Session, server: Session, count: number): Promise<void> {
  let arrived = (): void => {};
  server.onDatagram((bytes) => server.sendDatagram(bytes));
  client.onDatagram(() => arrived());
  for (let i = 0; i < count; i++) {
    const back = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    client.sendDatagram(Buffer.from([i]));
    await back;
  }
}
