import { describe, expect, it } from 'vitest';
import type {
  BidiStream,
  RecvStream,
  SendStream,
  TransportSession,
} from '../../../../../src/core/transport/transport.js';
import { SessionClosed, StreamReset, StreamStopped } from '../../../../../src/core/transport/transport-errors.js';
import { concatBytes, fromUtf8, utf8 } from '../../../../../src/core/util/bytes.js';
import { eventually, soon } from '../../../../support/wait.js';
import { openPair } from '../../../../support/webtransport-over-memory.js';

const nextUni = (session: TransportSession): Promise<RecvStream> =>
  soon(new Promise((resolve) => session.onIncomingUni(resolve)), 'an incoming stream');
const nextBidi = (session: TransportSession): Promise<BidiStream> =>
  soon(new Promise((resolve) => session.onIncomingBidi(resolve)), 'an incoming stream');

async function readAll(stream: RecvStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [new Uint8Array(0)];
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) chunks.push(chunk);
  return concatBytes(chunks);
}

describe.each([16 * 1024, 1])('a WebTransport session, read in pieces of %i bytes', (chunkBytes) => {
  const memory = { chunkBytes };

  it('knows its protocol, path and headers on both sides', async () => {
    const { client, server } = await openPair({ memory, headers: [['X-Room', 'blue']] });
    expect([client.protocol, server.protocol]).toEqual(['moqt-18', 'moqt-18']);
    expect(client.http).toMatchObject({ path: '/moq?room=1', authority: 'relay.example:4443', status: 200 });
    expect(server.http).toMatchObject({ path: '/moq?room=1', authority: 'relay.example:4443', status: 200 });
    expect(server.http.headers.get('x-room')).toBe('blue');
    expect(server.http.headers.get('sec-webtransport-http3-draft02')).toBe('1');
  });

  it.each(['client', 'server'] as const)('carries unidirectional streams of the %s', async (from) => {
    const ends = await openPair({ memory });
    const [here, there] = from === 'client' ? [ends.client, ends.server] : [ends.server, ends.client];
    const incoming = nextUni(there);
    const stream = here.tryOpenUni();
    void stream?.write(utf8('hello '));
    void stream?.writev([utf8('wor'), utf8('ld')]);
    stream?.end();
    const received = await incoming;
    expect(received.id).toBe(stream?.id);
    expect(fromUtf8(await readAll(received))).toBe('hello world');
    await expect(received.read()).resolves.toBeNull();
    await expect(stream?.delivered()).resolves.toBe('acknowledged');
  });

  it.each(['client', 'server'] as const)('carries bidirectional streams of the %s', async (from) => {
    const ends = await openPair({ memory });
    const [here, there] = from === 'client' ? [ends.client, ends.server] : [ends.server, ends.client];
    const incoming = nextBidi(there);
    const stream = await here.openBidi();
    void stream.send.writev([utf8('que'), utf8('stion')]);
    stream.send.end();
    const received = await incoming;
    expect(fromUtf8(await readAll(received.recv))).toBe('question');
    void received.send.write(utf8('answer'));
    received.send.end();
    expect(fromUtf8(await readAll(stream.recv))).toBe('answer');
  });

  it('carries streams that hold nothing', async () => {
    const { client, server } = await openPair({ memory });
    const incoming = nextUni(server);
    (await client.openUni()).end();
    await expect((await incoming).read()).resolves.toBeNull();
  });

  it('ends with the code and reason of the close', async () => {
    const { client, server, pair } = await openPair({ memory });
    await soon(client.close(0x1234_5678n, 'that is all'), 'the close');
    const code = 0x1234_5678n;
    await expect(client.closed).resolves.toEqual({ by: 'local', isApplication: true, code, reason: 'that is all' });
    await expect(server.closed).resolves.toEqual({ by: 'peer', isApplication: true, code, reason: 'that is all' });
    await soon(pair.server.closed, 'the end of the connection');
  });
});

describe('streams of a WebTransport session', () => {
  it('unwrap the codes of resets and stops', async () => {
    const { client, server } = await openPair();
    const incoming = nextBidi(server);
    const stream = await client.openBidi();
    void stream.send.write(utf8('x'));
    const received = await incoming;
    await received.recv.read();
    const reset = received.recv.read();
    stream.send.reset(0xffff_ffffn);
    await expect(reset).rejects.toEqual(new StreamReset(0xffff_ffffn));
    stream.recv.stop(30n);
    await expect(soon(received.send.stopped, 'the stop')).resolves.toBe(30n);
    await expect(received.send.write(utf8('y'))).rejects.toEqual(new StreamStopped(30n));
    await expect(stream.recv.read()).resolves.toBeNull();
  });

  it('refuse codes that have no place in 32 bits', async () => {
    const { client } = await openPair();
    const stream = await client.openBidi();
    expect(() => stream.send.reset(2n ** 32n)).toThrow(RangeError);
    expect(() => stream.recv.stop(-1n)).toThrow(RangeError);
    await expect(client.close(2n ** 32n, '')).rejects.toThrow(RangeError);
  });

  it('hold the writer back when the reader does not read', async () => {
    const { client, server } = await openPair({ memory: { server: { streamWindow: 1000 } } });
    const incoming = nextUni(server);
    const stream = await client.openUni();
    const drained = stream.write(new Uint8Array(5000));
    expect(drained).toBeInstanceOf(Promise);
    expect(stream.queuedBytes).toBeGreaterThan(3000);
    const received = await incoming;
    let total = 0;
    while (total < 5000) total += (await received.read())?.length ?? 0;
    await soon(drained as Promise<void>, 'the write');
    expect(stream.queuedBytes).toBe(0);
  });

  it('are forgotten by their session when they are over, however they end', async () => {
    const { client, server } = await openPair();
    const incoming: RecvStream[] = [];
    server.onIncomingUni((stream) => incoming.push(stream));
    for (let i = 0; i < 4; i++) void client.tryOpenUni()?.write(utf8('x'));
    await eventually(() => incoming.length === 4, 'the streams');
    expect([client.openStreams.size, server.openStreams.size]).toEqual([4, 4]);
    const [ended, reset, stopped, drained] = [...client.openStreams] as unknown as SendStream[];
    ended?.end();
    drained?.end();
    reset?.reset(1n);
    incoming[2]?.stop(1n);
    await stopped?.stopped;
    await expect(stopped?.write(utf8('y'))).rejects.toBeInstanceOf(StreamStopped);
    await Promise.allSettled([0, 1, 3].map((index) => readAll(incoming[index] as RecvStream)));
    await eventually(() => client.openStreams.size + server.openStreams.size === 0, 'nothing to be left');
  });

  it('wait for credit, in order, and give up on a signal', async () => {
    const { client } = await openPair({ memory: { server: { maxIncomingUni: 2 } } });
    // One of the two carries HTTP/3's control stream.
    expect(client.tryOpenUni()).not.toBeNull();
    expect(client.tryOpenUni()).toBeNull();
    const abort = new AbortController();
    const waiting = client.openUni({ signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('fail with the session’s end, whatever they were doing', async () => {
    const { client, server } = await openPair({ memory: { server: { streamWindow: 10, maxIncomingUni: 3 } } });
    const incoming = nextUni(server);
    const stream = await client.openUni();
    const blocked = stream.write(new Uint8Array(100));
    const received = await incoming;
    await received.read();
    const bidi = await client.openBidi();
    const reading = bidi.recv.read();
    expect(client.tryOpenUni()).not.toBeNull();
    const opening = client.openUni();
    const closing = server.close(7n, 'gone');
    const closed = expect.objectContaining({
      name: 'SessionClosed',
      info: { by: 'peer', isApplication: true, code: 7n, reason: 'gone' },
    });
    await expect(blocked).rejects.toEqual(closed);
    await expect(reading).rejects.toEqual(closed);
    await expect(opening).rejects.toEqual(closed);
    await expect(client.openBidi()).rejects.toEqual(closed);
    await expect(stream.write(utf8('x'))).rejects.toEqual(closed);
    await expect(bidi.recv.read()).rejects.toEqual(closed);
    expect(client.tryOpenUni()).toBeNull();
    await expect(received.read()).rejects.toBeInstanceOf(SessionClosed);
    await soon(closing, 'the close');
    expect(client.openStreams.size + server.openStreams.size).toBe(0);
  });
});

describe('datagrams of a WebTransport session', () => {
  it('arrive, even those sent before a handler was set', async () => {
    const { client, server } = await openPair();
    expect(client.sendDatagram(utf8('one'))).toBe('queued');
    const got: (string | null)[] = [];
    const both = new Promise<void>((resolve) => {
      // Streams and datagrams are ordered in memory, so the first datagram is there before the handler.
      const incoming = nextUni(server);
      client.tryOpenUni()?.end();
      void incoming.then(() => {
        server.onDatagram((bytes) => {
          got.push(fromUtf8(bytes));
          if (got.length === 2) resolve();
        });
        client.sendDatagram(utf8('two'));
      });
    });
    await soon(both, 'the datagrams');
    expect(got).toEqual(['one', 'two']);
  });

  it('are as large as the connection allows less the session’s ID', async () => {
    const { client } = await openPair({ memory: { maxDatagramSize: 1000 } });
    expect(client.maxDatagramSize).toBe(999);
    expect(client.sendDatagram(new Uint8Array(999))).toBe('queued');
    expect(client.sendDatagram(new Uint8Array(1000))).toBe('too-large');
  });

  it('are refused where the connection has none, and after the end', async () => {
    const { client } = await openPair({ memory: { maxDatagramSize: null } });
    expect(client.maxDatagramSize).toBeNull();
    expect(client.sendDatagram(utf8('x'))).toBe('too-large');
    const other = await openPair();
    await other.client.close(0n, '');
    expect(other.client.sendDatagram(utf8('x'))).toBe('full');
  });
});

describe('the end of a WebTransport session', () => {
  it('reaches the client from the server, with its connection', async () => {
    const { client, server, pair, served } = await openPair();
    await soon(server.close(3n, 'bye'), 'the close');
    await expect(client.closed).resolves.toEqual({ by: 'peer', isApplication: true, code: 3n, reason: 'bye' });
    await expect(server.closed).resolves.toMatchObject({ by: 'local', code: 3n });
    await soon(Promise.all([pair.client.closed, served]), 'the end of the connection');
  });

  it('is the same for every caller of close', async () => {
    const { client, server } = await openPair();
    await soon(Promise.all([client.close(1n, 'a'), client.close(2n, 'b')]), 'the close');
    await expect(client.closed).resolves.toMatchObject({ code: 1n });
    await expect(server.closed).resolves.toMatchObject({ code: 1n });
    await soon(server.close(9n, 'late'), 'the late close');
    await expect(server.closed).resolves.toMatchObject({ code: 1n });
  });

  it('does not wait for a silent peer longer than its deadline', async () => {
    const { client, pair } = await openPair();
    pair.pause();
    await soon(client.close(0n, '', 50), 'the close');
    await expect(client.closed).resolves.toMatchObject({ by: 'local' });
  });

  it.each(['idle', 'error'] as const)('is %s when the connection goes that way', async (by) => {
    const { client, server, pair } = await openPair();
    const reading = (await client.openBidi()).recv.read();
    pair.kill(by);
    await expect(soon(client.closed, 'the end')).resolves.toMatchObject({ by, isApplication: false });
    await expect(soon(server.closed, 'the end')).resolves.toMatchObject({ by });
    await expect(reading).rejects.toMatchObject({ name: 'SessionClosed', info: { by } });
  });

  it('may be announced: drain', async () => {
    const { client, server } = await openPair();
    server.drain();
    await soon(new Promise<void>((resolve) => client.onDrain(resolve)), 'the drain');
  });
});
