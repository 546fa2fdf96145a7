import { describe, expect, it } from 'vitest';
import { UnsentStreams } from '../../../../src/core/relay/unsent-streams.js';
import type { OutgoingSubgroup } from '../../../../src/core/session/session.js';
import type { Delivery } from '../../../../src/core/transport/transport.js';
import { type Deferred, deferred } from '../../../../src/core/util/deferred.js';

/** As much of a stream as is looked at. */
class Tail {
  readonly delivery: Deferred<Delivery> = deferred();
  asked = 0;

  constructor(public queuedBytes: number) {}

  delivered(): Promise<Delivery> {
    this.asked++;
    return this.delivery.promise;
  }
}

function filled(count: number, bytes: number): { unsent: UnsentStreams; tails: Tail[] } {
  const unsent = new UnsentStreams();
  const tails = Array.from({ length: count }, () => new Tail(bytes));
  for (const tail of tails) unsent.add(tail as unknown as OutgoingSubgroup);
  return { unsent, tails };
}

describe('UnsentStreams', () => {
  it('has room for a few streams, whatever they hold, and for many that hold little', () => {
    expect(filled(15, 64_000).unsent.room()).toBeUndefined();
    expect(filled(256, 100).unsent.room()).toBeUndefined();
  });

  it('forgets the streams that the transport has taken', () => {
    const { unsent, tails } = filled(100, 64_000);
    expect(unsent.room()).toBeInstanceOf(Promise);
    for (const tail of tails.slice(4)) tail.queuedBytes = 0;
    expect(unsent.room()).toBeUndefined();
  });

  it('does not count what was taken at once', () => {
    expect(filled(1000, 0).unsent.room()).toBeUndefined();
  });

  it.each(['delivered', 'reset'])('has room again when a stream is %s, and asks each stream once', async (how) => {
    const { unsent, tails } = filled(17, 16_000);
    const room = unsent.room();
    expect(unsent.room()).toBe(room);
    if (how === 'delivered') tails[3]?.delivery.resolve('acknowledged');
    else tails[3]?.delivery.reject(new Error('reset'));
    await room;
    expect(unsent.room()).toBeUndefined();
    expect(tails.every(({ asked }) => asked === 1)).toBe(true);
  });

  it('holds the full queues of streams that were ended, up to a bound, and keeps nobody waiting for them', () => {
    const unsent = new UnsentStreams();
    const tails = Array.from({ length: 40 }, () => new Tail(100_000));
    const held = tails.filter((tail) => {
      const may = unsent.mayHold(tail as unknown as OutgoingSubgroup);
      if (may) unsent.hold(tail as unknown as OutgoingSubgroup);
      return may;
    });
    expect(held).toHaveLength(20);
    for (const tail of held) unsent.add(tail as unknown as OutgoingSubgroup);
    expect(unsent.room()).toBeUndefined();
    for (const tail of held) tail.queuedBytes = 0;
    expect(unsent.mayHold(tails[39] as unknown as OutgoingSubgroup)).toBe(true);
  });

  it('bounds the number of streams as well', () => {
    expect(filled(257, 1).unsent.room()).toBeInstanceOf(Promise);
  });
});
