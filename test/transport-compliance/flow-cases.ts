import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/util/bytes.js';
import { randomBytes } from '../support/random.js';
import { eventually, soon, staysPending } from '../support/wait.js';
import {
  bidiInbox,
  type Connect,
  fillUniCredit,
  plain,
  readAll,
  readBytes,
  type TransportHarness,
  uniInbox,
  writeAll,
  writeUntilBlocked,
} from './harness.js';

export function flowCases(connect: Connect, harness: TransportHarness): void {
  describe('backpressure', () => {
    it('bounds a writer whose reader stands still, and loses nothing', async () => {
      const window = 128 * 1024;
      const { near, far } = await connect({ far: { streamWindow: window, connectionWindow: 4 * window } });
      const arrived = uniInbox(far);
      const stream = await near.openUni();
      const chunk = randomBytes(16 * 1024);
      const { written, blocked } = await writeUntilBlocked(stream, chunk, window + harness.sendBuffer);
      const other = await arrived.next('the stream');
      expect(await staysPending(blocked)).toBe(true);
      expect(stream.queuedBytes).toBeGreaterThan(0);
      const reading = readBytes(other, written);
      await soon(blocked, 'room to write');
      const got = await reading;
      for (let at = 0; at < written; at += chunk.length) {
        expect(Buffer.compare(got.subarray(at, at + chunk.length), chunk)).toBe(0);
      }
    });

    it('of one stream does not hold up another', async () => {
      const window = 64 * 1024;
      const { near, far } = await connect({ far: { streamWindow: window, connectionWindow: 16 * window } });
      const arrived = uniInbox(far);
      const stalled = await near.openUni();
      const { blocked } = await writeUntilBlocked(stalled, randomBytes(16 * 1024), window + harness.sendBuffer);
      const unread = await arrived.next('the stalled stream');
      const bytes = randomBytes(1_000_000, 4);
      const stream = await near.openUni();
      const [got] = await Promise.all([arrived.next('the other stream').then(readAll), writeAll(stream, bytes)]);
      expect(Buffer.compare(got, bytes)).toBe(0);
      expect(await staysPending(blocked, 10)).toBe(true);
      unread.stop(0n);
      await soon(stalled.stopped, 'the stop');
      await soon(Promise.allSettled([blocked]), 'the stalled write');
      await expect(stalled.write(bytes)).rejects.toMatchObject({ name: 'StreamStopped' });
    });

    it('of the whole connection lets every stream come to its end', async () => {
      const window = 64 * 1024;
      const { near, far } = await connect({ far: { streamWindow: window, connectionWindow: 2 * window } });
      const arrived = uniInbox(far);
      const contents = Array.from({ length: 12 }, (_, i) => randomBytes(150_000 + i, i));
      const writing = Promise.all(contents.map(async (bytes) => writeAll(await near.openUni(), bytes)));
      const received = await Promise.all(contents.map(async (_, i) => readAll(await arrived.next(`stream ${i}`))));
      await writing;
      for (const bytes of received) {
        const expected = contents.find(({ length }) => length === bytes.length) as Uint8Array;
        expect(Buffer.compare(bytes, expected)).toBe(0);
      }
      expect(new Set(received.map(({ length }) => length)).size).toBe(contents.length);
    });

    it('gives the window of discarded bytes back', async () => {
      const window = 64 * 1024;
      const { near, far } = await connect({ far: { streamWindow: window, connectionWindow: 2 * window } });
      const arrived = uniInbox(far);
      for (let i = 0; i < 8; i++) {
        const stream = await soon(near.openUni(), 'credit');
        void stream.write(randomBytes(window, i));
        const other = await arrived.next(`stream ${i}`);
        if (i % 2 === 0) {
          other.stop(1n);
          await soon(stream.stopped, 'the stop');
        } else {
          stream.reset(1n);
          await expect(readAll(other)).rejects.toMatchObject({ name: 'StreamReset' });
        }
      }
      const bytes = randomBytes(500_000);
      const stream = await near.openUni();
      const [got] = await Promise.all([arrived.next('the last stream').then(readAll), writeAll(stream, bytes)]);
      expect(Buffer.compare(got, bytes)).toBe(0);
    });
  });

  describe('stream credit', () => {
    const limit = 6 + harness.reservedStreams;
    const limits = { maxIncomingUni: limit, maxIncomingBidi: limit };

    it('makes openUni wait until a stream is over, in order of asking', async () => {
      const { near, far } = await connect({ far: limits });
      const arrived = uniInbox(far);
      const open = await fillUniCredit(near, harness);
      expect(open.length).toBeLessThanOrEqual(limit);
      expect(open.length).toBeGreaterThanOrEqual(limit - harness.reservedStreams);
      const order: string[] = [];
      const first = near.openUni().then((stream) => {
        order.push('first');
        return stream;
      });
      const second = near.openUni().then((stream) => {
        order.push('second');
        return stream;
      });
      expect(await staysPending(first)).toBe(true);
      expect(near.tryOpenUni()).toBeNull();
      for (const stream of open) stream.end();
      for (const _ of open) await readAll(await arrived.next('a stream'));
      const [a, b] = await soon(Promise.all([first, second]), 'credit');
      expect(order).toEqual(['first', 'second']);
      expect(b.id).toBeGreaterThan(a.id);
    });

    it('makes openBidi wait until both directions are over', async () => {
      const { near, far } = await connect({ far: limits });
      const arrived = bidiInbox(far);
      const open = [];
      for (let i = 0; i < limit - harness.reservedStreams; i++) {
        const stream = await soon(near.openBidi(), 'credit');
        void stream.send.write(utf8('x'));
        open.push(stream);
      }
      const waiting = near.openBidi();
      for (const { send } of open) send.end();
      for (const _ of open) {
        const other = await arrived.next('a stream');
        expect(await readAll(other.recv)).toEqual(utf8('x'));
        other.send.end();
      }
      for (const { recv } of open) expect(await readAll(recv)).toHaveLength(0);
      const stream = await soon(waiting, 'credit');
      void stream.send.write(utf8('y'));
      expect(await readBytes((await arrived.next('the last stream')).recv, 1)).toEqual(utf8('y'));
    });

    it('comes back from streams that were reset', async () => {
      const { near, far } = await connect({ far: limits });
      const arrived = uniInbox(far);
      for (let i = 0; i < 3 * limit; i++) {
        const stream = await soon(near.openUni(), `credit for stream ${i}`);
        void stream.write(utf8('x'));
        const other = await arrived.next(`stream ${i}`);
        stream.reset(1n);
        await expect(readAll(other)).rejects.toMatchObject({ name: 'StreamReset', code: 1n });
      }
    });

    it('comes back from streams that were stopped', async () => {
      const { near, far } = await connect({ far: limits });
      const arrived = uniInbox(far);
      for (let i = 0; i < 3 * limit; i++) {
        const stream = await soon(near.openUni(), `credit for stream ${i}`);
        void stream.write(utf8('x'));
        const other = await arrived.next(`stream ${i}`);
        other.stop(2n);
        expect(await other.read()).toBeNull();
        if (harness.everyStopArrives) expect(await soon(stream.stopped, 'the stop')).toBe(2n);
        else stream.end();
      }
    });

    it('is not lost by a wait that was aborted', async () => {
      const { near, far } = await connect({ far: limits });
      const arrived = uniInbox(far);
      const open = await fillUniCredit(near, harness);
      const controller = new AbortController();
      const aborted = near.openUni({ signal: controller.signal });
      const patient = near.openUni();
      const reason = new Error('changed my mind');
      controller.abort(reason);
      await expect(soon(aborted, 'the abort')).rejects.toBe(reason);
      await expect(near.openUni({ signal: controller.signal })).rejects.toBe(reason);
      await expect(near.openBidi({ signal: controller.signal })).rejects.toBe(reason);
      expect(await staysPending(patient, 10)).toBe(true);
      for (const stream of open) stream.end();
      for (const _ of open) await readAll(await arrived.next('a stream'));
      await soon(patient, 'credit');
    });
  });

  describe('handlers that come late', () => {
    it('get every stream and datagram that came before', async () => {
      const { near, far } = await connect();
      for (let i = 0; i < 5; i++) {
        await writeAll(await near.openUni(), Uint8Array.of(i));
        await writeAll((await near.openBidi()).send, Uint8Array.of(10 + i));
      }
      expect(near.sendDatagram(utf8('early'))).toBe('queued');
      const figure = harness.countsPackets === false ? 'receivedBytes' : 'receivedPackets';
      await eventually(() => far.stats()[figure] > 0, 'something to arrive');
      expect(await staysPending(far.closed, 30)).toBe(true);
      const datagrams: Uint8Array[] = [];
      const [unis, bidis] = [uniInbox(far), bidiInbox(far)];
      far.onDatagram((bytes) => datagrams.push(plain(bytes)));
      const seen: number[] = [];
      for (let i = 0; i < 5; i++) {
        seen.push(...(await readAll(await unis.next('a uni stream'))));
        seen.push(...(await readAll((await bidis.next('a bidi stream')).recv)));
      }
      expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
      await eventually(() => datagrams.length > 0, 'the datagram');
      expect(datagrams).toEqual([utf8('early')]);
    });
  });
}
