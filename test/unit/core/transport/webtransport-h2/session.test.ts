import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecvStream } from '../../../../../src/core/transport/transport.js';
import { encodeVarints } from '../../../../../src/core/transport/webtransport/h3/varint.js';
import {
  CAPSULE,
  encodeCapsule,
  encodeClose,
  encodeVarintCapsule,
} from '../../../../../src/core/transport/webtransport-h2/capsules.js';
import { PipeError } from '../../../../../src/core/transport/webtransport-h2/index.js';
import { concatBytes, utf8 } from '../../../../../src/core/util/bytes.js';
import { type Clock, systemClock } from '../../../../../src/core/util/clock.js';
import { capsulePair, type Dialect } from '../../../../support/capsule-sessions.js';
import { randomBytes } from '../../../../support/random.js';
import { rawPeer } from '../../../../support/raw-capsule-peer.js';
import { eventually, soon, staysPending } from '../../../../support/wait.js';

const streamCapsule = (id: number, data: Uint8Array, fin = false): Uint8Array =>
  encodeCapsule(fin ? CAPSULE.STREAM_FIN : CAPSULE.STREAM, concatBytes([encodeVarints(id), data]));

/** The IDs that a client uses first. */
const CLIENT = { draft: { bidi: 0, uni: 2 }, 'fails-components': { bidi: 1, uni: 3 } } as const;
const SERVER = { draft: { bidi: 1, uni: 3 }, 'fails-components': { bidi: 0, uni: 2 } } as const;

function inbox(session: { onIncomingUni(handler: (stream: RecvStream) => void): void }): RecvStream[] {
  const streams: RecvStream[] = [];
  session.onIncomingUni((stream) => void streams.push(stream));
  return streams;
}

async function drained(stream: RecvStream): Promise<{ bytes: number; end: unknown }> {
  let bytes = 0;
  for (;;) {
    try {
      const chunk = await soon(stream.read(), 'a chunk');
      if (chunk === null) return { bytes, end: null };
      bytes += chunk.length;
    } catch (end) {
      return { bytes, end };
    }
  }
}

describe.each(['draft', 'fails-components'] as const)('a session in the %s dialect', (dialect) => {
  const client = CLIENT[dialect];
  const server = SERVER[dialect];

  it('numbers its streams as the dialect does, and names the dialect', async () => {
    const pair = capsulePair({ dialect });
    const ids = async (session: typeof pair.client) => [
      (await session.openBidi()).id,
      (await session.openUni()).id,
      (await session.openUni()).id,
    ];
    expect(await ids(pair.client)).toEqual([BigInt(client.bidi), BigInt(client.uni), BigInt(client.uni + 4)]);
    expect(await ids(pair.server)).toEqual([BigInt(server.bidi), BigInt(server.uni), BigInt(server.uni + 4)]);
    expect([pair.client.http.dialect, pair.server.dialect]).toEqual([dialect, dialect]);
  });

  it('says where it is blocked: by the stream, by the session, by the number of streams', async () => {
    const peer = { maxData: 1500, maxStreamDataUni: 1000, maxStreamsUni: 2 };
    const { session, seen, bytes, wire } = rawPeer({ role: 'client', dialect, peer });
    const first = await session.openUni();
    const second = await session.openUni();
    void first.write(new Uint8Array(2000));
    void second.write(new Uint8Array(2000));
    const third = session.openUni();
    const has = (...capsule: Uint8Array[]): boolean =>
      capsule.every((one) => Buffer.concat(bytes).includes(Buffer.from(one)));
    await eventually(
      () =>
        has(
          encodeVarintCapsule(CAPSULE.STREAM_DATA_BLOCKED, client.uni, 1000),
          encodeVarintCapsule(CAPSULE.DATA_BLOCKED, 1500),
          encodeVarintCapsule(dialect === 'draft' ? 0x190b4d44 : 0x190b4d43, 2),
        ),
      'to be blocked',
    );
    expect(seen.reduce((sum, one) => sum + (one.type === 'stream' ? one.length : 0), 0)).toBe(1500);
    wire.write(encodeVarintCapsule(CAPSULE.MAX_DATA, 4000));
    wire.write(encodeVarintCapsule(CAPSULE.MAX_STREAM_DATA, client.uni, 2000));
    wire.write(encodeVarintCapsule(CAPSULE.MAX_STREAMS_UNI, 3));
    await soon(third, 'credit');
    const sent = (id: number): number =>
      seen.reduce((sum, one) => sum + (one.type === 'stream' && one.id === id ? one.length : 0), 0);
    await eventually(() => sent(client.uni) === 2000 && sent(client.uni + 4) === 1000, 'the rest');
    expect([first.queuedBytes, second.queuedBytes]).toEqual([0, 1000]);
  });

  it('sends the most urgent stream first, and equals in turn', async () => {
    const limits = { maxData: 10, maxStreamDataUni: 1 << 20 };
    const { session, seen, wire } = rawPeer({ role: 'client', dialect, peer: limits });
    const streams = [await session.openUni(), await session.openUni(), await session.openUni()];
    streams.forEach((stream, i) => {
      stream.priority([200, 200, 3][i] as number);
      void stream.write(new Uint8Array(60_000));
    });
    await eventually(() => seen.some(({ type }) => type === 'stream'), 'the first bytes');
    seen.length = 0;
    wire.write(encodeVarintCapsule(CAPSULE.MAX_DATA, 1 << 20));
    const total = (): number => seen.reduce((sum, one) => sum + (one.type === 'stream' ? one.length : 0), 0);
    await eventually(() => total() === 180_000 - 10, 'everything');
    const order = seen.flatMap((one) => (one.type === 'stream' && one.length > 0 ? [one.id] : []));
    const [a, b, urgent] = streams.map(({ id }) => Number(id)) as [number, number, number];
    const lastUrgent = order.lastIndexOf(urgent);
    expect(order.slice(0, lastUrgent + 1).every((id) => id === urgent)).toBe(true);
    const rest = order.slice(lastUrgent + 1);
    const firstOf = (id: number): number => rest.indexOf(id);
    expect(Math.abs(firstOf(a) - firstOf(b))).toBe(1);
    // In turn: neither is done before the other has had as many turns, save one.
    const half = rest.slice(0, 4);
    expect(Math.abs(half.filter((id) => id === a).length - half.filter((id) => id === b).length)).toBeLessThanOrEqual(
      1,
    );
  });

  it('stops taking bytes for HTTP/2 while that takes none, and goes on where it was', async () => {
    const { session, wire, pipe, seen } = rawPeer({ role: 'client', dialect }, { highWaterBytes: 10_000 });
    wire.pause();
    const stream = await session.openUni();
    const data = randomBytes(200_000);
    const waiting = stream.write(data) as Promise<void>;
    expect(await staysPending(waiting)).toBe(true);
    expect(pipe.queuedBytes).toBeLessThan(100_000);
    expect(stream.queuedBytes).toBeGreaterThan(100_000);
    wire.resume();
    await soon(waiting, 'room');
    const got = (): number => seen.reduce((sum, one) => sum + (one.type === 'stream' ? one.length : 0), 0);
    await eventually(() => got() === data.length, 'everything');
  });

  it('does not read from a peer that makes it answer and reads nothing', async () => {
    const { session, wire, pipe } = rawPeer({ role: 'server', dialect }, { highWaterBytes: 1000 });
    session.onIncomingUni((stream) => stream.stop(1n));
    wire.pause();
    const limits = { sent: 0 };
    for (let round = 0; round < 400 && !pipe.isPaused; round++) {
      // One stream, stopped, ended: answered with STOP_SENDING and, in time, MAX_STREAMS.
      for (let i = 0; i < 75; i++) {
        const id = client.uni + 4 * limits.sent++;
        wire.write(concatBytes([streamCapsule(id, utf8('x')), encodeVarintCapsule(CAPSULE.RESET_STREAM, id, 0, 1)]));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(pipe.isPaused).toBe(true);
    wire.resume();
    await eventually(() => !pipe.isPaused, 'the peer to be read again');
    expect(await staysPending(session.closed, 10)).toBe(true);
  });

  it('holds what nobody reads to its windows', async () => {
    const local = { maxData: 3000, maxStreamDataUni: 2000 };
    const { session, wire } = rawPeer({ role: 'server', dialect, local });
    const streams = inbox(session);
    wire.write(streamCapsule(client.uni, new Uint8Array(2000)));
    wire.write(streamCapsule(client.uni + 4, new Uint8Array(1000)));
    await eventually(() => streams.length === 2, 'the streams');
    expect(await staysPending(session.closed, 20)).toBe(true);
    wire.write(streamCapsule(client.uni + 4, new Uint8Array(1)));
    expect(await soon(session.closed, 'the end')).toEqual({
      by: 'local',
      isApplication: false,
      code: 3n,
      reason: 'the peer sent 3001 bytes where MAX_DATA allows 3000',
    });
  });

  it.each([
    [
      'more than a stream is allowed',
      streamCapsule(client.uni, new Uint8Array(2001)),
      3n,
      new RegExp(`2001 bytes on stream ${client.uni} where MAX_STREAM_DATA allows 2000`),
    ],
    ['more streams than allowed', streamCapsule(client.uni + 4 * 100, utf8('x')), 1n, /MAX_STREAMS 100/],
    ['a stream ID beyond counting', streamCapsule(2 ** 52 + client.uni, utf8('x')), 1n, /MAX_STREAMS 100/],
    ['data on a stream of ours', streamCapsule(server.uni, utf8('x')), 1n, /data on a stream of ours/],
    ['data on a bidi stream that we have not opened', streamCapsule(server.bidi, utf8('x')), 1n, /not opened/],
    [
      'a limit for a stream that we have not opened',
      encodeVarintCapsule(CAPSULE.MAX_STREAM_DATA, server.uni + 40, 9),
      1n,
      /not opened/,
    ],
    ['a broken capsule', encodeCapsule(CAPSULE.MAX_DATA, new Uint8Array(9)), 1n, /MAX_DATA capsule of 9 bytes/],
  ])('ends when the peer sends %s, and resets the CONNECT stream', async (_, bytes, code, reason) => {
    const local = { maxStreamDataUni: 2000 };
    const { session, wire, pipe } = rawPeer({ role: 'server', dialect, local });
    inbox(session);
    const opening = session.openUni();
    const pending = (await opening).delivered();
    wire.write(bytes);
    const info = await soon(session.closed, 'the end');
    expect(info).toMatchObject({ by: 'local', isApplication: false, code });
    expect(info.reason).toMatch(reason);
    expect(pipe.destroyedWith).toBe(Number(code));
    expect((await soon(wire.failed.promise, 'the reset')).code).toBe(Number(code));
    await expect(pending).rejects.toMatchObject({ name: 'SessionClosed', info });
  });

  it('opens a stream before it says of it that it ends or is not read', async () => {
    const { session, seen } = rawPeer({ role: 'client', dialect });
    (await session.openUni()).reset(7n);
    (await session.openBidi()).recv.stop(8n);
    await eventually(() => seen.some(({ type }) => type === 'stop'), 'the capsules');
    const reliableSize = dialect === 'draft' ? 0 : null;
    expect(seen).toEqual([
      { type: 'stream', id: client.uni, length: 0, fin: false },
      { type: 'reset', id: client.uni, code: 7n, reliableSize },
      { type: 'stream', id: client.bidi, length: 0, fin: false },
      { type: 'stop', id: client.bidi, code: 8n },
    ]);
  });

  it('shows codes of any size, and answers a stop with the same', async () => {
    const { session, wire, seen } = rawPeer({ role: 'server', dialect });
    const streams = inbox(session);
    const code = 2n ** 62n - 1n;
    wire.write(encodeVarintCapsule(CAPSULE.RESET_STREAM, client.uni, code));
    await eventually(() => streams.length === 1, 'the stream');
    await expect((streams[0] as RecvStream).read()).rejects.toMatchObject({ name: 'StreamReset', code });
    const stream = await session.openUni();
    void stream.write(utf8('abc'));
    await eventually(() => seen.some(({ type }) => type === 'stream'), 'the stream');
    wire.write(encodeVarintCapsule(CAPSULE.STOP_SENDING, server.uni, code));
    expect(await soon(stream.stopped, 'the stop')).toBe(code);
    if (dialect === 'draft') await eventually(() => seen.some(({ type }) => type === 'reset'), 'the answer');
    else expect(await staysPending(new Promise(() => {}), 10)).toBe(true);
    const answer = { type: 'reset', id: server.uni, code, reliableSize: 3 };
    expect(seen.filter(({ type }) => type === 'reset')).toEqual(dialect === 'draft' ? [answer] : []);
  });

  it('tells the application of a wish to drain once, by capsule or GOAWAY', async () => {
    const { client: near, server: far } = capsulePair({ dialect });
    let drains = 0;
    far.onDrain(() => drains++);
    near.drain();
    near.drain();
    await eventually(() => drains > 0, 'the wish');
    far.drained();
    await near.close(0n, '');
    expect(drains).toBe(1);
  });

  it('drops and counts datagrams that nobody takes', async () => {
    const { client: near, server: far } = capsulePair({ dialect });
    for (let i = 0; i < 300; i++) expect(near.sendDatagram(Uint8Array.of(i))).toBe('queued');
    await eventually(() => far.stats().droppedDatagrams === 300 - 256, 'datagrams to be dropped');
    let got = 0;
    far.onDatagram(() => got++);
    expect(got).toBe(256);
  });

  it('carries 10 000 streams in a row, and keeps nothing of them', async () => {
    const { client: near, server: far } = capsulePair({ dialect });
    let bytes = 0;
    let ended = 0;
    far.onIncomingUni((stream) => {
      void drained(stream).then((result) => {
        bytes += result.bytes;
        ended++;
      });
    });
    for (let i = 0; i < 10_000; i++) {
      const stream = await soon(near.openUni(), `credit for stream ${i}`);
      void stream.write(Uint8Array.of(i & 0xff, 1, 2));
      stream.end();
    }
    await eventually(() => ended === 10_000, 'the last stream');
    expect(bytes).toBe(30_000);
    await near.close(0n, '');
  });
});

describe('the end of a session', () => {
  it('comes behind what streams were ended with', async () => {
    const { client: near, server: far } = capsulePair({ pipe: { highWaterBytes: 2000, chunkBytes: 700 } });
    const streams = inbox(far);
    const stream = await near.openUni();
    void stream.write(randomBytes(200_000));
    stream.end();
    const closing = near.close(5n, 'done');
    await eventually(() => streams.length === 1, 'the stream');
    expect(await soon(far.closed, 'the far end')).toMatchObject({ code: 5n, reason: 'done' });
    await closing;
    // What had arrived before the close can be read behind it.
    expect(await drained(streams[0] as RecvStream)).toEqual({ bytes: 200_000, end: null });
  });

  it('does not wait longer than asked for a peer that answers nothing', async () => {
    const { session, pipe } = rawPeer({ role: 'client' });
    const started = performance.now();
    await soon(session.close(1n, 'bye', 60), 'close');
    expect(performance.now() - started).toBeGreaterThan(30);
    expect(pipe.destroyedWith).toBe(8);
    expect(await session.closed).toMatchObject({ by: 'local', code: 1n, reason: 'bye' });
  });

  it('does not wait longer than asked for a stream that cannot end', async () => {
    const { session } = rawPeer({ role: 'client', peer: { maxStreamDataUni: 10 } });
    const stream = await session.openUni();
    void stream.write(new Uint8Array(100));
    stream.end();
    await soon(session.close(1n, 'bye', 120), 'close');
    await expect(stream.delivered()).rejects.toMatchObject({ name: 'SessionClosed' });
  });

  it('without a capsule means code 0, and is answered', async () => {
    const { session, wire, pipe } = rawPeer({ role: 'server' });
    wire.end();
    expect(await soon(session.closed, 'the end')).toEqual({ by: 'peer', isApplication: true, code: 0n, reason: '' });
    expect(pipe.isEnded).toBe(true);
  });

  it('with a reset right behind it is the reset', async () => {
    const { session, wire } = rawPeer({ role: 'server' });
    wire.end();
    await new Promise((resolve) => setTimeout(resolve, 5));
    wire.destroy(0xb);
    expect(await soon(session.closed, 'the end')).toMatchObject({ by: 'peer', isApplication: false, code: 11n });
  });

  it('inside a capsule is an error', async () => {
    const { session, wire } = rawPeer({ role: 'server' });
    wire.write(encodeVarintCapsule(CAPSULE.MAX_DATA, 5000).subarray(0, 5));
    wire.end();
    const info = await soon(session.closed, 'the end');
    expect(info).toMatchObject({ by: 'local', code: 1n, reason: 'the session ends inside a capsule' });
  });

  it.each([
    [new PipeError('idle', null, 'nothing came'), { by: 'idle', code: 0n }],
    [new PipeError('connection', null, 'ECONNRESET'), { by: 'error', code: 0n, reason: 'ECONNRESET' }],
    [new PipeError('connection', 2, 'GOAWAY'), { by: 'peer', code: 2n, reason: 'GOAWAY' }],
    [new PipeError('reset', 8, 'CANCEL'), { by: 'peer', code: 8n, reason: 'CANCEL' }],
  ])('by the connection says how: %s', async (failure, expected) => {
    let released = 0;
    const onRelease = async (): Promise<void> => {
      released++;
      throw new Error('gone already');
    };
    const { session, pipe } = rawPeer({ role: 'server', more: { onRelease } });
    pipe.fail(failure);
    expect(await soon(session.closed, 'the end')).toMatchObject({ ...expected, isApplication: false });
    await soon(session.close(3n, 'late'), 'close');
    expect(released).toBe(1);
  });

  it('ignores what follows the close capsule', async () => {
    const { session, wire } = rawPeer({ role: 'server' });
    const streams = inbox(session);
    wire.write(concatBytes([encodeClose(9n, 'over'), streamCapsule(2, utf8('x')), Uint8Array.of(0xff, 0xff)]));
    expect(await soon(session.closed, 'the end')).toMatchObject({ by: 'peer', code: 9n, reason: 'over' });
    expect(streams).toEqual([]);
  });
});

describe('states of streams', () => {
  it('in the draft dialect: a reset is told behind the data that it leaves standing', async () => {
    const { session, wire } = rawPeer({ role: 'server' });
    const streams = inbox(session);
    wire.write(streamCapsule(2, new Uint8Array(500)));
    wire.write(encodeVarintCapsule(CAPSULE.RESET_STREAM, 2, 4, 500));
    await eventually(() => streams.length === 1, 'the stream');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await drained(streams[0] as RecvStream)).toMatchObject({
      bytes: 500,
      end: { name: 'StreamReset', code: 4n },
    });
  });

  it.each([
    [
      'a reset that takes data back',
      [streamCapsule(2, new Uint8Array(5)), encodeVarintCapsule(CAPSULE.RESET_STREAM, 2, 4, 3)],
      1n,
    ],
    ['a reset that promises data', [encodeVarintCapsule(CAPSULE.RESET_STREAM, 2, 4, 3)], 1n],
    ['data behind FIN', [streamCapsule(2, utf8('a'), true), streamCapsule(2, utf8('b'))], 5n],
    [
      'a second reset',
      [encodeVarintCapsule(CAPSULE.RESET_STREAM, 2, 4, 0), encodeVarintCapsule(CAPSULE.RESET_STREAM, 2, 4, 0)],
      5n,
    ],
    ['STOP_SENDING for its own stream', [encodeVarintCapsule(CAPSULE.STOP_SENDING, 2, 0)], 1n],
    ['a limit for its own stream', [encodeVarintCapsule(CAPSULE.MAX_STREAM_DATA, 2, 9)], 1n],
    ['data on a stream that is over', [streamCapsule(2, utf8(''), true), streamCapsule(2, utf8('b'))], 5n],
  ])('in the draft dialect: %s ends the session', async (_, capsules, code) => {
    const { session, wire } = rawPeer({ role: 'server' });
    inbox(session);
    wire.write(concatBytes(capsules));
    expect(await soon(session.closed, 'the end')).toMatchObject({ by: 'local', isApplication: false, code });
  });

  it('in the other dialect: what comes for streams that are over is dropped, and its window given back', async () => {
    const dialect = 'fails-components';
    const { session, wire, seen } = rawPeer({ role: 'server', dialect, local: { maxData: 1000 } });
    const streams = inbox(session);
    session.onIncomingBidi(() => {});
    wire.write(streamCapsule(3, utf8('a'), true));
    await eventually(() => streams.length === 1, 'the stream');
    expect(await drained(streams[0] as RecvStream)).toEqual({ bytes: 1, end: null });
    wire.write(streamCapsule(3, new Uint8Array(400)));
    wire.write(encodeVarintCapsule(CAPSULE.RESET_STREAM, 3, 0));
    wire.write(streamCapsule(3, new Uint8Array(400)));
    await eventually(() => seen.some(({ type }) => type === 'max-data'), 'the window');
    expect(await staysPending(session.closed, 10)).toBe(true);
  });

  it('in the other dialect: a limit that a peer sets for its own stream is ignored', async () => {
    const { session, wire } = rawPeer({ role: 'server', dialect: 'fails-components' });
    const streams = inbox(session);
    wire.write(encodeVarintCapsule(CAPSULE.MAX_STREAM_DATA, 3, 16_384));
    wire.write(streamCapsule(3, utf8('abc'), true));
    await eventually(() => streams.length === 1, 'the stream');
    expect(await drained(streams[0] as RecvStream)).toEqual({ bytes: 3, end: null });
  });

  it('in the other dialect: long data carries no FIN, and stream 0 only short capsules', async () => {
    const { session, seen } = rawPeer({ role: 'server', dialect: 'fails-components' });
    const { send } = await session.openBidi();
    const uni = await session.openUni();
    void send.write(new Uint8Array(200));
    send.end();
    void uni.write(new Uint8Array(100));
    uni.end();
    const short = await session.openUni();
    void short.write(new Uint8Array(10));
    short.end();
    await Promise.all([send.delivered(), uni.delivered(), short.delivered()]);
    await eventually(() => seen.filter((one) => one.type === 'stream' && one.fin).length === 3, 'all ends');
    const of = (id: number) =>
      seen.flatMap((one) => (one.type === 'stream' && one.id === id ? [[one.length, one.fin]] : []));
    expect(of(0)).toEqual([
      [63, false],
      [63, false],
      [63, false],
      [11, true],
    ]);
    expect(of(2)).toEqual([
      [100, false],
      [0, true],
    ]);
    expect(of(6)).toEqual([[10, true]]);
  });

  it('let go of a stop and a limit that cross the end', async () => {
    const { session, wire, seen } = rawPeer({ role: 'client' });
    const stream = await session.openUni();
    void stream.write(utf8('x'));
    stream.end();
    await soon(stream.delivered(), 'delivery');
    wire.write(encodeVarintCapsule(CAPSULE.STOP_SENDING, 2, 1));
    wire.write(encodeVarintCapsule(CAPSULE.MAX_STREAM_DATA, 2, 1 << 20));
    wire.write(encodeCapsule(CAPSULE.DATAGRAM, utf8('marker')));
    let marked = false;
    session.onDatagram(() => {
      marked = true;
    });
    await eventually(() => marked, 'the marker');
    expect(await staysPending(session.closed, 10)).toBe(true);
    expect(seen.filter(({ type }) => type === 'reset')).toEqual([]);
  });
});

/** Deadlines come fifty times as early: hundreds of sessions wait out the grace of a bare end. */
const hurried: Clock = {
  now: () => systemClock.now(),
  after: (ms, callback, options) => systemClock.after(ms / 50, callback, options),
};

describe('whatever comes', () => {
  it('a session takes it or ends with a reason, and settles what hangs on it', async () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(fc.constantFrom(...Object.values(CAPSULE)), fc.uint8Array({ maxLength: 20 }))
        .map(([type, value]) => encodeCapsule(type, value)),
      fc
        .tuple(fc.constantFrom(...Object.values(CAPSULE)), fc.array(fc.nat(12), { maxLength: 3 }))
        .map(([type, values]) => encodeVarintCapsule(type, ...values)),
    );
    const dialects = fc.constantFrom<Dialect>('draft', 'fails-components');
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listener);
    process.on('uncaughtException', listener);
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.array(piece, { maxLength: 15 }),
          dialects,
          fc.boolean(),
          async (pieces, dialect, server) => {
            const more = { clock: hurried };
            const { session, wire } = rawPeer({ role: server ? 'server' : 'client', dialect, more });
            session.onIncomingUni((stream) => void drained(stream));
            session.onIncomingBidi(({ recv, send }) => {
              void recv.read().catch(() => {});
              void send.write(utf8('answer'));
            });
            session.onDatagram(() => {});
            const { send, recv } = await session.openBidi();
            void send.write(utf8('question'));
            const reading = drained(recv);
            for (const bytes of pieces) wire.write(bytes);
            wire.end();
            const info = await soon(session.closed, 'the end');
            expect(['local', 'peer']).toContain(info.by);
            expect(info.isApplication || info.reason.length > 0).toBe(true);
            expect(info.reason).not.toContain('internal');
            await reading;
          },
        ),
        { numRuns: 300 },
      );
      await new Promise((resolve) => setTimeout(resolve, 5));
    } finally {
      process.off('unhandledRejection', listener);
      process.off('uncaughtException', listener);
    }
    expect(unhandled).toEqual([]);
  });
});
