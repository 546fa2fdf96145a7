import { describe, expect, it } from 'vitest';
import type { TransportSession } from '../../src/core/transport/transport.js';
import { SessionClosed } from '../../src/core/transport/transport-errors.js';
import { utf8 } from '../../src/core/util/bytes.js';
import { randomBytes } from '../support/random.js';
import { eventually, soon } from '../support/wait.js';
import {
  bidiInbox,
  type Connect,
  fillUniCredit,
  plain,
  readBytes,
  type TransportHarness,
  uniInbox,
} from './harness.js';

export function sessionCases(connect: Connect, harness: TransportHarness): void {
  describe('the session', () => {
    it('names its protocol and its addresses alike on both ends', async () => {
      const { near, far } = await connect();
      expect(near.protocol).toBe('moqt-18');
      expect(far.protocol).toBe('moqt-18');
      if (harness.sharesNames === false) return;
      expect(near.remote.port).toBe(far.local.port);
      expect(near.remote.host).toBe(far.local.host);
      expect(far.remote.port).toBe(near.local.port);
      expect(near.kind).toBe(far.kind);
    });

    it('counts what it sends and receives', async () => {
      const { near, far } = await connect();
      const arrived = uniInbox(far);
      const stream = await near.openUni();
      void stream.write(randomBytes(50_000));
      await readBytes(await arrived.next('the stream'), 50_000);
      expect(near.stats().sentBytes).toBeGreaterThanOrEqual(50_000);
      expect(far.stats().receivedBytes).toBeGreaterThanOrEqual(50_000);
      if (harness.countsPackets !== false) expect(near.stats().sentPackets).toBeGreaterThan(0);
    });
  });

  describe('datagrams', () => {
    it('arrive byte for byte, up to the size the session names, and no further', async () => {
      const { near, far } = await connect();
      const max = near.maxDatagramSize as number;
      expect(max).toBeGreaterThanOrEqual(1000);
      const got: Uint8Array[] = [];
      far.onDatagram((bytes) => got.push(plain(bytes)));
      for (const length of [1, 100, max]) {
        const bytes = randomBytes(length, length);
        await untilArrived(near, bytes, got);
        expect(got.some((one) => Buffer.compare(one, bytes) === 0)).toBe(true);
      }
      expect(near.sendDatagram(new Uint8Array((near.maxDatagramSize as number) + 1))).toBe('too-large');
      expect(near.sendDatagram(new Uint8Array(100_000))).toBe('too-large');
      expect(got.every(({ length }) => [1, 100, max].includes(length))).toBe(true);
    });

    it('keep their boundaries when many follow one another', async () => {
      const { near, far } = await connect();
      const got: Uint8Array[] = [];
      far.onDatagram((bytes) => got.push(plain(bytes)));
      let sent = 0;
      for (let i = 0; i < 50; i++) if (near.sendDatagram(Uint8Array.of(i, ...randomBytes(i, i))) === 'queued') sent++;
      await eventually(() => got.length > 0, 'a datagram');
      for (const bytes of got)
        expect(bytes).toEqual(
          Uint8Array.of(bytes[0] as number, ...randomBytes(bytes[0] as number, bytes[0] as number)),
        );
      expect(got.length).toBeLessThanOrEqual(sent);
    });

    it('never block and never throw, however many are sent', async () => {
      const { near, far } = await connect();
      far.onDatagram(() => {});
      const bytes = new Uint8Array(1000);
      const outcomes = new Set(Array.from({ length: 20_000 }, () => near.sendDatagram(bytes)));
      expect([...outcomes].sort()).toEqual(['full', 'queued']);
    });
  });

  describe('close', () => {
    const codes = [0n, 3n, 0x19n, 2n ** 32n - 1n, harness.maxCloseCode];

    it.each(codes)('carries the code %i and the reason to the other end', async (code) => {
      const { near, far } = await connect();
      const closing = near.close(code, 'so long – höhe', 2000);
      expect(await soon(far.closed, 'the far end')).toMatchObject({
        by: 'peer',
        isApplication: true,
        code,
        reason: 'so long – höhe',
      });
      await soon(closing, 'close');
      expect(await near.closed).toMatchObject({ by: 'local', isApplication: true, code, reason: 'so long – höhe' });
    });

    it('keeps the first of several outcomes', async () => {
      const { near, far } = await connect();
      await soon(Promise.all([near.close(1n, 'first', 2000), near.close(2n, 'second', 2000)]), 'close');
      await soon(near.close(3n, 'third', 2000), 'another close');
      expect(await near.closed).toMatchObject({ code: 1n, reason: 'first' });
      expect(await soon(far.closed, 'the far end')).toMatchObject({ code: 1n, reason: 'first' });
      await soon(far.close(4n, 'late', 2000), 'close of the far end');
      expect(await far.closed).toMatchObject({ by: 'peer', code: 1n });
    });

    it('takes an empty reason, and refuses codes that do not fit', async () => {
      const { near, far } = await connect();
      await expect(near.close(harness.maxCloseCode + 1n, '')).rejects.toBeInstanceOf(RangeError);
      await expect(near.close(-1n, '')).rejects.toBeInstanceOf(RangeError);
      await soon(near.close(0n, '', 2000), 'close');
      expect(await soon(far.closed, 'the far end')).toMatchObject({ code: 0n, reason: '' });
    });

    it.each(['near', 'far'] as const)(
      'fails everything under way and to come (closed by the %s end)',
      async (closer) => {
        const ends = await connect({ far: { streamWindow: 16_384, maxIncomingUni: 4 + harness.reservedStreams } });
        const { near, far } = ends;
        const [unis, bidis] = [uniInbox(far), bidiInbox(far)];
        const { send, recv } = await near.openBidi();
        void send.write(utf8('x'));
        const stream = await near.openUni();
        const blocked = stream.write(randomBytes(2_000_000)) as Promise<void>;
        await Promise.all([unis.next('the uni stream'), bidis.next('the bidi stream')]);
        await fillUniCredit(near, harness);
        const pending = [recv.read(), blocked, near.openUni(), stream.delivered()];
        const outcomes = Promise.allSettled(pending);
        await ends[closer].close(7n, 'over', 2000);
        for (const outcome of await soon(outcomes, 'everything to fail')) {
          expect(outcome.status).toBe('rejected');
          const error = (outcome as PromiseRejectedResult).reason as SessionClosed;
          expect(error).toBeInstanceOf(SessionClosed);
          expect(error.info).toMatchObject({ by: closer === 'near' ? 'local' : 'peer', code: 7n, reason: 'over' });
        }
        for (const session of [near, far]) {
          await soon(session.closed, 'the end');
          await expect(session.openUni()).rejects.toBeInstanceOf(SessionClosed);
          await expect(session.openBidi()).rejects.toBeInstanceOf(SessionClosed);
          expect(session.tryOpenUni()).toBeNull();
          expect(session.sendDatagram(utf8('x'))).not.toBe('queued');
        }
        await expect(send.write(utf8('x'))).rejects.toBeInstanceOf(SessionClosed);
        await expect(recv.read()).rejects.toBeInstanceOf(SessionClosed);
        send.end();
        send.reset(1n);
        recv.stop(1n);
      },
    );

    it('raises no unhandled rejection for promises that nobody looked at', async () => {
      const unhandled: unknown[] = [];
      const listener = (reason: unknown): void => void unhandled.push(reason);
      process.on('unhandledRejection', listener);
      try {
        const { near, far } = await connect({ far: { streamWindow: 16_384 } });
        uniInbox(far);
        const stream = await near.openUni();
        void stream.write(randomBytes(2_000_000));
        void stream.write(randomBytes(10));
        void stream.delivered();
        void stream.stopped;
        await near.close(0n, '', 2000);
        void stream.write(randomBytes(10));
        void stream.delivered();
        await soon(far.closed, 'the far end');
        await new Promise((resolve) => setTimeout(resolve, 5));
      } finally {
        process.off('unhandledRejection', listener);
      }
      expect(unhandled).toEqual([]);
    });
  });
}

/** Datagrams may be lost: sends the same one until it has come through. */
async function untilArrived(from: TransportSession, bytes: Uint8Array, got: readonly Uint8Array[]): Promise<void> {
  const before = got.length;
  let attempts = 0;
  await eventually(() => {
    if (attempts++ % 20 === 0) expect(from.sendDatagram(bytes)).toBe('queued');
    return got.slice(before).some((one) => one.length === bytes.length);
  }, `a datagram of ${bytes.length} bytes`);
}
