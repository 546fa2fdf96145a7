import { describe, expect, it } from 'vitest';
import { EarlyArrivals } from '../../../../../../src/core/transport/webtransport/h3/early-arrivals.js';
import { ManualClock } from '../../../../../support/manual-clock.js';

function setUp() {
  const clock = new ManualClock();
  const early = new EarlyArrivals({ streams: 2, datagrams: 1, waitMs: 100 }, clock);
  const log: string[] = [];
  const add = (session: number, kind: 'stream' | 'datagram', name: string): void =>
    early.add(session, {
      kind,
      deliver: () => void log.push(`${name} delivered`),
      reject: () => void log.push(`${name} rejected`),
    });
  return { clock, early, log, add };
}

describe('what arrives before its session', () => {
  it('is delivered when the session begins, in the order it came, and to no other session', () => {
    const { early, log, add } = setUp();
    add(0, 'stream', 'a');
    add(4, 'datagram', 'b');
    add(0, 'stream', 'c');
    early.release(0);
    expect(log).toEqual(['a delivered', 'c delivered']);
  });

  it('is rejected beyond the bounds of its kind, which hold for all sessions together', () => {
    const { early, log, add } = setUp();
    for (const [session, name] of [
      [0, 'a'],
      [4, 'b'],
      [8, 'c'],
    ] as const) {
      add(session, 'stream', name);
      add(session, 'datagram', `${name}'`);
    }
    expect(log).toEqual(["b' rejected", 'c rejected', "c' rejected"]);
    expect(early.rejected).toEqual({ stream: 1, datagram: 2 });
  });

  it('makes room when its session begins', () => {
    const { early, log, add } = setUp();
    add(0, 'stream', 'a');
    add(0, 'stream', 'b');
    early.release(0);
    add(4, 'stream', 'c');
    expect(log).toEqual(['a delivered', 'b delivered']);
  });

  it('is rejected when no session comes in time, counted from the first', async () => {
    const { clock, log, add } = setUp();
    add(0, 'stream', 'a');
    await clock.advance(60);
    add(0, 'datagram', 'b');
    await clock.advance(60);
    expect(log).toEqual(['a rejected', 'b rejected']);
  });

  it('is rejected when the connection ends', () => {
    const { early, log, add } = setUp();
    add(0, 'stream', 'a');
    add(4, 'stream', 'b');
    early.dropAll();
    expect(log).toEqual(['a rejected', 'b rejected']);
  });
});
