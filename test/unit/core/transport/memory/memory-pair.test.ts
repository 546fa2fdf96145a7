import { describe, expect, it } from 'vitest';
import { memoryPair } from '../../../../../src/core/transport/memory/index.js';
import type { RecvStream, TransportSession } from '../../../../../src/core/transport/transport.js';
import { SessionClosed } from '../../../../../src/core/transport/transport-errors.js';
import { utf8 } from '../../../../../src/core/util/bytes.js';
import { ManualClock } from '../../../../support/manual-clock.js';

async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

function collectUni(session: TransportSession): RecvStream[] {
  const streams: RecvStream[] = [];
  session.onIncomingUni((stream) => streams.push(stream));
  return streams;
}

describe('memoryPair', () => {
  it('delivers nothing in the stack of the writer', async () => {
    const { client, server } = memoryPair();
    const streams = collectUni(server);
    const stream = await client.openUni();
    void stream.write(utf8('x'));
    expect(streams).toHaveLength(0);
    await turns();
    expect(streams).toHaveLength(1);
  });

  it('delays every frame by the latency of the injected clock', async () => {
    const clock = new ManualClock();
    const { client, server } = memoryPair({ clock, latencyMs: 50 });
    const streams = collectUni(server);
    void (await client.openUni()).write(utf8('x'));
    await clock.advance(49);
    expect(streams).toHaveLength(0);
    await clock.advance(1);
    expect(streams).toHaveLength(1);
  });

  it('lets streams overtake one another, never the bytes within one', async () => {
    const clock = new ManualClock();
    let slow = 10;
    const { client, server } = memoryPair({ clock, streamDelayMs: (id) => (id === 2n ? slow : 0) });
    const streams = collectUni(server);
    const first = await client.openUni();
    const second = await client.openUni();
    void first.write(utf8('a'));
    slow = 0;
    void first.write(utf8('b'));
    void second.write(utf8('c'));
    await clock.advance(5);
    expect(streams.map(({ id }) => id)).toEqual([6n]);
    await clock.advance(5);
    expect(streams.map(({ id }) => id)).toEqual([6n, 2n]);
    expect(await streams[1]?.read()).toEqual(utf8('a'));
    expect(await streams[1]?.read()).toEqual(utf8('b'));
  });

  it('hands out pieces no larger than asked for', async () => {
    const { client, server } = memoryPair({ chunkBytes: 1 });
    const streams = collectUni(server);
    const stream = await client.openUni();
    void stream.write(utf8('abc'));
    stream.end();
    await turns();
    expect(await streams[0]?.read()).toEqual(utf8('a'));
    expect(await streams[0]?.read()).toEqual(utf8('b'));
    expect(await streams[0]?.read()).toEqual(utf8('c'));
    expect(await streams[0]?.read()).toBeNull();
  });

  it('gives the reader a buffer of its own', async () => {
    const { client, server } = memoryPair();
    const streams = collectUni(server);
    const sent = utf8('abc');
    void (await client.openUni()).write(sent);
    await turns();
    (await streams[0]?.read())?.fill(0);
    expect(sent).toEqual(utf8('abc'));
  });

  it('shares the connection window, and gives it back for bytes that were thrown away', async () => {
    const { client, server } = memoryPair({ server: { connectionWindow: 10, streamWindow: 100 } });
    const streams = collectUni(server);
    const first = await client.openUni();
    const second = await client.openUni();
    const firstWrite = first.write(new Uint8Array(10).fill(1));
    expect(firstWrite).toBeUndefined();
    const secondWrite = second.write(new Uint8Array(10).fill(2));
    await turns();
    expect(second.queuedBytes).toBe(10);
    streams[0]?.stop(7n);
    await secondWrite;
    await turns();
    expect(second.queuedBytes).toBe(0);
    expect(await first.stopped).toBe(7n);
  });

  it('stops at the stream window until the reader takes bytes', async () => {
    const { client, server } = memoryPair({ server: { streamWindow: 4 } });
    const streams = collectUni(server);
    const stream = await client.openUni();
    let drained = false;
    const write = stream.write(utf8('abcdefgh'))?.then(() => {
      drained = true;
    });
    await turns();
    expect(stream.queuedBytes).toBe(4);
    expect(drained).toBe(false);
    expect(await streams[0]?.read()).toEqual(utf8('abcd'));
    await write;
    expect(stream.queuedBytes).toBe(0);
  });

  it('holds streams and loses datagrams while the network is dark', async () => {
    const pair = memoryPair();
    const streams = collectUni(pair.server);
    const datagrams: Uint8Array[] = [];
    pair.server.onDatagram((bytes) => datagrams.push(bytes));
    pair.pause();
    void (await pair.client.openUni()).write(utf8('x'));
    expect(pair.client.sendDatagram(utf8('gone'))).toBe('queued');
    await turns();
    expect(streams).toHaveLength(0);
    pair.resume();
    pair.client.sendDatagram(utf8('there'));
    await turns();
    expect(streams).toHaveLength(1);
    expect(datagrams).toEqual([utf8('there')]);
    expect(pair.client.stats().lostPackets).toBe(1);
  });

  it('loses the datagrams it is told to lose', async () => {
    const { client, server } = memoryPair({ dropDatagram: (bytes, from) => from === 'client' && bytes[0] === 0 });
    const got: Uint8Array[] = [];
    server.onDatagram((bytes) => got.push(bytes));
    client.sendDatagram(Uint8Array.of(0));
    client.sendDatagram(Uint8Array.of(1));
    await turns();
    expect(got).toEqual([Uint8Array.of(1)]);
  });

  it('says full when too many datagrams are under way, and holds no more than that for a late handler', async () => {
    const { client, server } = memoryPair({ datagramQueue: 2 });
    expect([1, 2, 3].map((n) => client.sendDatagram(Uint8Array.of(n)))).toEqual(['queued', 'queued', 'full']);
    await turns();
    expect(client.sendDatagram(Uint8Array.of(4))).toBe('queued');
    await turns();
    const got: Uint8Array[] = [];
    server.onDatagram((bytes) => got.push(bytes));
    expect(got).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
    expect(server.stats().lostPackets).toBe(1);
  });

  it('refuses every datagram when they are switched off', () => {
    const { client } = memoryPair({ maxDatagramSize: null });
    expect(client.maxDatagramSize).toBeNull();
    expect(client.sendDatagram(new Uint8Array())).toBe('too-large');
  });

  it.each(['idle', 'error'] as const)('ends both sides without a close frame (%s)', async (by) => {
    const pair = memoryPair();
    const stream = await pair.client.openUni();
    pair.kill(by);
    expect(await pair.client.closed).toMatchObject({ by, isApplication: false });
    expect(await pair.server.closed).toMatchObject({ by, isApplication: false });
    await expect(stream.write(utf8('x'))).rejects.toBeInstanceOf(SessionClosed);
  });

  it('can end one side alone, which the other does not learn', async () => {
    const pair = memoryPair();
    pair.kill('error', 'client');
    expect((await pair.client.closed).by).toBe('error');
    await turns();
    expect(await Promise.race([pair.server.closed, 'open'])).toBe('open');
    await pair.server.close(0n, '');
  });

  it('keeps nothing of streams that are over', async () => {
    const { client, server } = memoryPair({ server: { maxIncomingUni: 1, maxIncomingBidi: 1 } });
    let uni = 0;
    server.onIncomingUni((stream) => {
      void stream.read().then(() => uni++);
    });
    server.onIncomingBidi(({ send, recv }) => {
      void recv.read().then(() => send.end());
    });
    for (let i = 0; i < 200; i++) {
      const stream = await client.openUni();
      stream.end();
      expect(await stream.delivered()).toBe('acknowledged');
      const bidi = await client.openBidi();
      bidi.send.end();
      expect(await bidi.recv.read()).toBeNull();
    }
    expect(uni).toBe(200);
  });
});
