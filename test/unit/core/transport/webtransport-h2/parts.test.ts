import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArrivedBytes, ByteQueue } from '../../../../../src/core/transport/webtransport-h2/byte-queue.js';
import { ReceiveWindow, SendWindow } from '../../../../../src/core/transport/webtransport-h2/flow-control.js';
import { SendScheduler } from '../../../../../src/core/transport/webtransport-h2/send-scheduler.js';
import { IncomingCredit, OutgoingCredit } from '../../../../../src/core/transport/webtransport-h2/stream-credit.js';
import { concatBytes } from '../../../../../src/core/util/bytes.js';
import { ManualClock } from '../../../../support/manual-clock.js';

const chunks = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 12 });

describe('the queue of a send stream', () => {
  it('gives back what went in, in whatever pieces it is taken', () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 5000 }), (parts, piece) => {
        const queue = new ByteQueue();
        for (const part of parts) queue.push(part);
        const all = concatBytes([new Uint8Array(0), ...parts]);
        expect(queue.bytes).toBe(all.length);
        const out = new Uint8Array(all.length);
        for (let at = 0; at < all.length; at += piece) queue.copyTo(out, at, Math.min(piece, all.length - at));
        expect(Buffer.compare(out, all)).toBe(0);
        expect(queue.bytes).toBe(0);
      }),
    );
  });
});

describe('what has arrived', () => {
  it('comes back in order, and belongs to its reader', () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 4 }), (parts, readEvery) => {
        const arrived = new ArrivedBytes();
        const got: Uint8Array[] = [];
        const take = (): boolean => {
          const chunk = arrived.take();
          if (chunk === null) return false;
          got.push(chunk.slice());
          chunk.fill(0xff);
          return true;
        };
        parts.forEach((part, i) => {
          if (part.length > 0) arrived.push(part.slice());
          if (i % readEvery === 0) take();
        });
        while (take());
        expect(arrived.bytes).toBe(0);
        const all = concatBytes([new Uint8Array(0), ...parts]);
        expect(Buffer.compare(concatBytes([new Uint8Array(0), ...got]), all)).toBe(0);
      }),
    );
  });

  it('takes memory in proportion to its bytes, however small the pieces and large the buffers they lie in', () => {
    const arrived = new ArrivedBytes();
    const large = new Uint8Array(64 << 10);
    for (let i = 0; i < 100_000; i++) arrived.push(large.subarray(i % 1000, (i % 1000) + 1));
    for (let i = 0; i < 10; i++) arrived.push(large.subarray(0, 2000));
    const buffers = new Set<ArrayBufferLike>();
    let count = 0;
    for (let chunk = arrived.take(); chunk !== null; chunk = arrived.take()) {
      buffers.add(chunk.buffer);
      count++;
    }
    expect(count).toBeLessThan(50);
    expect(buffers.has(large.buffer)).toBe(false);
    let held = 0;
    for (const buffer of buffers) held += buffer.byteLength;
    expect(held).toBeLessThan(2 * (100_000 + 10 * 2000));
  });
});

describe('windows', () => {
  it('tell once where they are blocked, and ignore limits that do not grow', () => {
    const window = new SendWindow(10);
    window.spend(10);
    expect([window.available, window.takeBlockedAt(), window.takeBlockedAt()]).toEqual([0, 10, null]);
    expect(window.raise(10)).toBe(false);
    expect(window.raise(5)).toBe(false);
    expect(window.raise(15)).toBe(true);
    expect([window.available, window.takeBlockedAt()]).toEqual([5, 15]);
  });

  it('grant anew once half has been read, and notice who sends more', () => {
    const window = new ReceiveWindow(100, undefined, { clock: new ManualClock(), rtt: () => null });
    expect(window.receive(100)).toBe(true);
    expect([window.consume(49), window.consume(1), window.consume(10)]).toEqual([null, 150, null]);
    expect(window.receive(50)).toBe(true);
    expect(window.receive(1)).toBe(false);
  });

  it('double while they are used up within two round trips, up to the ceiling', async () => {
    const clock = new ManualClock();
    let rtt: number | null = null;
    const window = new ReceiveWindow(100, 350, { clock, rtt: () => rtt });
    let consumed = 0;
    /** Uses the window up and reads until it is granted anew; its size then. */
    const regranted = (): number => {
      window.receive(window.limit - window.received);
      for (;;) {
        consumed++;
        const limit = window.consume(1);
        if (limit !== null) return limit - consumed;
      }
    };
    expect(regranted()).toBe(100);
    rtt = 10;
    await clock.advance(19);
    expect(regranted()).toBe(200);
    await clock.advance(20);
    expect(regranted()).toBe(200);
    expect(regranted()).toBe(350);
    expect(regranted()).toBe(350);
  });
});

describe('the scheduler', () => {
  const stream = (name: string, urgency: number) => ({ name, urgency });

  it('serves the most urgent first and equals in turn', () => {
    const scheduler = new SendScheduler<{ name: string; urgency: number }>();
    const [a, b, c, d] = [stream('a', 5), stream('b', 5), stream('c', 1), stream('d', 200)];
    for (const one of [d, a, b, c]) scheduler.add(one);
    scheduler.add(a);
    const order: string[] = [];
    for (let i = 0; i < 6; i++) {
      const one = scheduler.next();
      order.push(one?.name ?? '-');
      if (one !== null && i < 3) scheduler.add(one);
    }
    expect(order).toEqual(['c', 'c', 'c', 'c', 'a', 'b']);
    expect(scheduler.next()).toBe(d);
    expect(scheduler.isEmpty).toBe(true);
    expect(scheduler.next()).toBeNull();
  });

  it('follows a change of urgency, and forgets who leaves', () => {
    const scheduler = new SendScheduler<{ name: string; urgency: number }>();
    const [a, b, c] = [stream('a', 5), stream('b', 6), stream('c', 7)];
    for (const one of [a, b, c]) scheduler.add(one);
    c.urgency = 0;
    scheduler.move(c);
    scheduler.remove(a);
    scheduler.remove(a);
    expect([scheduler.next(), scheduler.next(), scheduler.next()]).toEqual([c, b, null]);
    scheduler.move(a);
    expect(scheduler.isEmpty).toBe(true);
  });

  it('keeps its order whatever is done to it', () => {
    const step = fc.tuple(fc.constantFrom('add', 'remove', 'move', 'next'), fc.nat(7), fc.nat(3));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const streams = Array.from({ length: 8 }, (_, i) => stream(`${i}`, i % 3));
        const scheduler = new SendScheduler<{ name: string; urgency: number }>();
        const model: { name: string; urgency: number }[] = [];
        const leave = (one: { name: string }): void => {
          const at = model.findIndex(({ name }) => name === one.name);
          if (at >= 0) model.splice(at, 1);
        };
        for (const [what, which, urgency] of steps) {
          const one = streams[which] as { name: string; urgency: number };
          const waits = model.includes(one);
          if (what === 'add' && !waits) model.push(one);
          if (what === 'add') scheduler.add(one);
          if (what === 'remove') {
            leave(one);
            scheduler.remove(one);
          }
          if (what === 'move') {
            one.urgency = urgency;
            if (waits) {
              leave(one);
              model.push(one);
            }
            scheduler.move(one);
          }
          if (what === 'next') {
            const least = Math.min(...model.map((waiting) => waiting.urgency));
            const expected = model.find((waiting) => waiting.urgency === least) ?? null;
            if (expected !== null) leave(expected);
            expect(scheduler.next()).toBe(expected);
          }
          expect(scheduler.isEmpty).toBe(model.length === 0);
        }
      }),
    );
  });
});

describe('stream credit', () => {
  it('hands out IDs four apart, up to the limit', () => {
    const credit = new OutgoingCredit(3, 2);
    expect([credit.take(), credit.take(), credit.take()]).toEqual([3, 7, null]);
    expect([credit.takeBlockedAt(), credit.takeBlockedAt()]).toEqual([2, null]);
    expect([credit.hasTaken(7), credit.hasTaken(11)]).toEqual([true, false]);
    expect([credit.raise(2), credit.raise(3), credit.take()]).toEqual([false, true, 11]);
  });

  it('lets the peer begin its streams in any order, each once, and no more than allowed', () => {
    const credit = new IncomingCredit('uni', 2, 4);
    expect([credit.begins(10), credit.begins(10), credit.begins(2), credit.begins(2)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect([credit.begins(6), credit.begins(14)]).toEqual([true, true]);
    expect(() => credit.begins(18)).toThrow(/uni stream 18.*MAX_STREAMS 4/);
    credit.finish();
    expect([credit.due(false), credit.due(true), credit.begins(18)]).toEqual([5, null, true]);
  });

  it('is announced in quarters unless the peer waits for it', () => {
    const credit = new IncomingCredit('bidi', 0, 100);
    for (let i = 0; i < 24; i++) credit.finish();
    expect([credit.due(false), credit.due(true), credit.due(true)]).toEqual([null, 124, null]);
    for (let i = 0; i < 25; i++) credit.finish();
    expect(credit.due(false)).toBe(149);
  });
});
