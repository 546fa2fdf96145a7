import { describe, expect, it } from 'vitest';
import { StreamReset, StreamStopped } from '../../src/core/transport/transport-errors.js';
import { concatBytes, utf8 } from '../../src/core/util/bytes.js';
import { randomBytes } from '../support/random.js';
import { soon } from '../support/wait.js';
import {
  bidiInbox,
  type Connect,
  plain,
  readAll,
  readBytes,
  type TransportHarness,
  uniInbox,
  writeAll,
} from './harness.js';

export function streamCases(connect: Connect, harness: TransportHarness): void {
  describe('stream data', () => {
    it.each([0, 1, 1199, 65_536, 3 * 1024 * 1024 + 1])('carries %i bytes exactly on a uni stream', async (length) => {
      const { near, far } = await connect();
      const arrived = uniInbox(far);
      const bytes = randomBytes(length, length);
      const stream = await near.openUni();
      const [received] = await Promise.all([arrived.next('the stream').then(readAll), writeAll(stream, bytes)]);
      expect(Buffer.compare(received, bytes)).toBe(0);
      expect(await soon(stream.delivered(), 'delivery')).toBe(harness.uniDelivery);
      expect(stream.queuedBytes).toBe(0);
    });

    it('carries both directions of a bidi stream at the same time', async () => {
      const { near, far } = await connect();
      const arrived = bidiInbox(far);
      const [there, back] = [randomBytes(1_500_000, 1), randomBytes(1_400_001, 2)];
      const { send, recv, id } = await near.openBidi();
      void send.write(there.subarray(0, 1));
      const other = await arrived.next('the stream');
      const [gotThere, gotBack] = await Promise.all([
        readAll(other.recv),
        readAll(recv),
        writeAll(send, there.subarray(1)),
        writeAll(other.send, back),
      ]);
      if (harness.sharesNames !== false) expect(other.id).toBe(id);
      expect(Buffer.compare(gotThere, there)).toBe(0);
      expect(Buffer.compare(gotBack, back)).toBe(0);
      await expect(soon(send.delivered(), 'delivery')).resolves.toMatch(/^(acknowledged|handed-over)$/);
    });

    it('writes several buffers as one, empty ones included', async () => {
      const { near, far } = await connect();
      const arrived = uniInbox(far);
      const parts = [utf8('a'), new Uint8Array(), randomBytes(100_000), utf8('b'), new Uint8Array()];
      const stream = await near.openUni();
      const wait = stream.writev(parts);
      const reading = arrived.next('the stream').then(readAll);
      await wait;
      stream.end();
      expect(Buffer.compare(await reading, concatBytes(parts))).toBe(0);
    });

    it('is at its end when nothing is left to read, and not before', async () => {
      const { near, far } = await connect();
      const arrived = uniInbox(far);
      const bytes = randomBytes(200_000, 3);
      const stream = await near.openUni();
      const written = writeAll(stream, bytes);
      const recv = await arrived.next('the stream');
      let length = 0;
      for (;;) {
        const atEnd = recv.atEnd;
        const chunk = await soon(recv.read(), 'the next bytes');
        if (chunk === null) break;
        expect(atEnd).toBe(false);
        length += chunk.length;
      }
      expect(length).toBe(bytes.length);
      expect(recv.atEnd).toBe(true);
      await written;
    });

    it('is not at its end when it was stopped', async () => {
      const { near, far } = await connect();
      const arrived = uniInbox(far);
      const stream = await near.openUni();
      void stream.write(utf8('x'))?.catch(() => {});
      const recv = await arrived.next('the stream');
      recv.stop(1n);
      expect(await recv.read()).toBeNull();
      expect(recv.atEnd).toBe(false);
    });

    it('delivers bytes without waiting for FIN', async () => {
      const { near, far } = await connect();
      const arrived = bidiInbox(far);
      const { send, recv } = await near.openBidi();
      void send.write(utf8('ping'));
      const other = await arrived.next('the stream');
      expect(await readBytes(other.recv, 4)).toEqual(utf8('ping'));
      void other.send.write(utf8('pong'));
      expect(await readBytes(recv, 4)).toEqual(utf8('pong'));
      void send.write(utf8('again'));
      expect(await readBytes(other.recv, 5)).toEqual(utf8('again'));
    });

    it('keeps hundreds of streams apart, whatever the credit', async () => {
      const { near, far } = await connect();
      const count = 400;
      const arrived = uniInbox(far);
      const receiving = (async () => {
        const readers: Promise<Uint8Array>[] = [];
        for (let i = 0; i < count; i++) readers.push(readAll(await arrived.next(`stream ${i}`)));
        return Promise.all(readers);
      })();
      const ids: bigint[] = [];
      const sent: Uint8Array[] = [];
      for (let i = 0; i < count; i++) {
        const bytes = randomBytes(4 + (i % 50) * 97, i);
        new DataView(bytes.buffer).setUint32(0, i);
        sent.push(bytes);
        const stream = await soon(near.openUni(), `credit for stream ${i}`);
        ids.push(stream.id);
        await writeAll(stream, bytes);
      }
      const received = (await receiving).map((bytes) => Buffer.from(bytes).toString('latin1'));
      const expected = sent.map((bytes) => Buffer.from(bytes).toString('latin1'));
      expect(received.sort()).toEqual(expected.sort());
      expect(ids).toEqual([...ids].sort((a, b) => (a < b ? -1 : 1)));
      expect(new Set(ids).size).toBe(count);
    });

    it('opens streams in the order of the calls', async () => {
      const { near, far } = await connect();
      uniInbox(far);
      bidiInbox(far);
      const unis = await Promise.all(Array.from({ length: 5 }, () => near.openUni()));
      const bidis = await Promise.all(Array.from({ length: 5 }, () => near.openBidi()));
      for (const streams of [unis, bidis]) {
        for (let i = 1; i < 5; i++) expect(streams[i]?.id).toBeGreaterThan(streams[i - 1]?.id as bigint);
      }
    });

    it('answers concurrent reads in order, and null again and again after FIN', async () => {
      const { near, far } = await connect();
      const arrived = bidiInbox(far);
      const { send, recv } = await near.openBidi();
      void send.write(utf8('x'));
      const other = await arrived.next('the stream');
      const first = recv.read();
      const second = recv.read();
      const third = recv.read();
      void other.send.write(utf8('1'));
      expect(plain((await soon(first, 'the first read')) as Uint8Array)).toEqual(utf8('1'));
      void other.send.write(utf8('2'));
      other.send.end();
      expect(plain((await soon(second, 'the second read')) as Uint8Array)).toEqual(utf8('2'));
      expect(await soon(third, 'the third read')).toBeNull();
      expect(await recv.read()).toBeNull();
    });

    it('refuses to write after the end, and takes end twice', async () => {
      const { near, far } = await connect();
      const arrived = uniInbox(far);
      const stream = await near.openUni();
      void stream.write(utf8('all'));
      stream.end();
      stream.end();
      await expect(stream.write(utf8('more'))).rejects.toThrow();
      expect(await readAll(await arrived.next())).toEqual(utf8('all'));
    });

    it('leaves the buffers of writer and reader to their owners', async () => {
      const { near, far } = await connect();
      const arrived = uniInbox(far);
      const bytes = randomBytes(50_000, 9);
      const before = bytes.slice();
      const [first, second] = [await near.openUni(), await near.openUni()];
      await Promise.all([writeAll(first, bytes), writeAll(second, bytes)]);
      for (let i = 0; i < 2; i++) {
        const got = await readAll(await arrived.next());
        expect(Buffer.compare(got, before)).toBe(0);
        got.fill(0);
      }
      expect(Buffer.compare(bytes, before)).toBe(0);
    });

    it('takes any priority', async () => {
      const { near, far } = await connect();
      const arrived = uniInbox(far);
      const stream = await near.openUni();
      for (const urgency of [0, 128, 255]) stream.priority(urgency);
      await writeAll(stream, utf8('x'));
      stream.priority(3);
      expect(await readAll(await arrived.next())).toEqual(utf8('x'));
    });
  });

  const codes = [0n, 1n, 0x1en, 0x1fn, 0xffn, 2n ** 32n - 1n, harness.maxStreamCode];

  describe('reset', () => {
    it.each(codes)('carries the code %i to a waiting reader, and to later reads', async (code) => {
      const { near, far } = await connect();
      const arrived = uniInbox(far);
      const stream = await near.openUni();
      void stream.write(utf8('x'));
      const other = await arrived.next('the stream');
      expect(await readBytes(other, 1)).toEqual(utf8('x'));
      const reading = other.read();
      stream.reset(code);
      stream.reset(code === 7n ? 8n : 7n);
      stream.end();
      const error = await soon(
        reading.catch((reason: unknown) => reason),
        'the reset',
      );
      expect(error).toBeInstanceOf(StreamReset);
      expect((error as StreamReset).code).toBe(code);
      await expect(other.read()).rejects.toMatchObject({ name: 'StreamReset', code });
    });

    it('reaches a reader that has not begun to read', async () => {
      const { near, far } = await connect();
      const arrived = uniInbox(far);
      const stream = await near.openUni();
      void stream.write(randomBytes(5000));
      const other = await arrived.next('the stream');
      stream.reset(5n);
      await expect(readAll(other)).rejects.toMatchObject({ name: 'StreamReset', code: 5n });
    });

    it('fails what the writer still does and waits for', async () => {
      const { near, far } = await connect({ far: { streamWindow: 16_384 } });
      uniInbox(far);
      const stream = await near.openUni();
      const blocked = stream.write(randomBytes(2_000_000)) as Promise<void>;
      const delivered = stream.delivered();
      stream.reset(3n);
      expect(stream.queuedBytes).toBe(0);
      await expect(soon(blocked, 'the write')).rejects.toThrow();
      await expect(soon(delivered, 'delivery')).rejects.toThrow();
      await expect(stream.write(utf8('x'))).rejects.toThrow();
      await expect(stream.delivered()).rejects.toThrow();
    });

    it('refuses codes that do not fit', async () => {
      const { near, far } = await connect();
      uniInbox(far);
      const stream = await near.openUni();
      expect(() => stream.reset(-1n)).toThrow(RangeError);
      expect(() => stream.reset(harness.maxStreamCode + 1n)).toThrow(RangeError);
      stream.reset(0n);
    });

    it('of one direction leaves the other alone', async () => {
      const { near, far } = await connect();
      const arrived = bidiInbox(far);
      const { send, recv } = await near.openBidi();
      void send.write(utf8('x'));
      const other = await arrived.next('the stream');
      send.reset(2n);
      await expect(readAll(other.recv)).rejects.toMatchObject({ code: 2n });
      const bytes = randomBytes(200_000);
      const [got] = await Promise.all([readAll(recv), writeAll(other.send, bytes)]);
      expect(Buffer.compare(got, bytes)).toBe(0);
    });
  });

  describe('stop', () => {
    it.each(codes)('carries the code %i to the writer', async (code) => {
      const { near, far } = await connect();
      const arrived = uniInbox(far);
      const stream = await near.openUni();
      void stream.write(utf8('x'));
      const other = await arrived.next('the stream');
      expect(await readBytes(other, 1)).toEqual(utf8('x'));
      const reading = other.read();
      await readyToStop();
      other.stop(code);
      other.stop(code === 7n ? 8n : 7n);
      expect(await soon(stream.stopped, 'the stop')).toBe(code);
      expect(await soon(reading, 'the pending read')).toBeNull();
      expect(await other.read()).toBeNull();
      const error = await stream.write(utf8('y'))?.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StreamStopped);
      expect((error as StreamStopped).code).toBe(code);
      await expect(stream.delivered()).rejects.toBeInstanceOf(StreamStopped);
      stream.end();
      stream.reset(1n);
    });

    it('fails a writer that waits for room', async () => {
      const { near, far } = await connect({ far: { streamWindow: 16_384 } });
      const arrived = uniInbox(far);
      const stream = await near.openUni();
      const blocked = stream.write(randomBytes(2_000_000)) as Promise<void>;
      (await arrived.next('the stream')).stop(9n);
      await expect(soon(blocked, 'the write')).rejects.toMatchObject({ name: 'StreamStopped', code: 9n });
      expect(stream.queuedBytes).toBe(0);
      expect(await soon(stream.stopped, 'the stop')).toBe(9n);
    });

    it('after FIN or reset has been read changes nothing', async () => {
      const { near, far } = await connect();
      const arrived = uniInbox(far);
      const [ended, broken] = [await near.openUni(), await near.openUni()];
      await writeAll(ended, utf8('all'));
      const first = await arrived.next('the first stream');
      expect(await readAll(first)).toEqual(utf8('all'));
      first.stop(1n);
      expect(await first.read()).toBeNull();
      expect(await soon(ended.delivered(), 'delivery')).toBe(harness.uniDelivery);
      void broken.write(utf8('x'));
      const second = await arrived.next('the second stream');
      broken.reset(4n);
      await expect(readAll(second)).rejects.toMatchObject({ code: 4n });
      second.stop(1n);
    });

    it('refuses codes that do not fit', async () => {
      const { near, far } = await connect();
      bidiInbox(far);
      const { recv, send } = await near.openBidi();
      void send.write(utf8('x'));
      expect(() => recv.stop(-1n)).toThrow(RangeError);
      expect(() => recv.stop(harness.maxStreamCode + 1n)).toThrow(RangeError);
    });

    it('of one direction leaves the other alone', async () => {
      const { near, far } = await connect();
      const arrived = bidiInbox(far);
      const { send, recv } = await near.openBidi();
      void send.write(utf8('x'));
      const other = await arrived.next('the stream');
      recv.stop(6n);
      void other.send.write(randomBytes(100));
      expect(await soon(other.send.stopped, 'the stop')).toBe(6n);
      const bytes = randomBytes(200_000);
      const [got] = await Promise.all([readAll(other.recv), writeAll(send, bytes)]);
      expect(Buffer.compare(got.subarray(1), bytes)).toBe(0);
    });
  });
}

/** Lets a read that was just asked for begin to wait. */
async function readyToStop(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
