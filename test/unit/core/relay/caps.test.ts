import { describe, expect, it } from 'vitest';
import { BufferBudget } from '../../../../src/core/relay/buffer-budget.js';
import { Caps } from '../../../../src/core/relay/caps.js';
import type { RelayEvent } from '../../../../src/core/relay/events.js';
import { RelayCore } from '../../../../src/core/relay/relay.js';
import { ManualClock } from '../../../support/manual-clock.js';

describe('Caps', () => {
  it('counts every hit and tells of one a second', async () => {
    const clock = new ManualClock();
    const events: RelayEvent[] = [];
    const caps = new Caps(clock, (event) => events.push(event));
    for (let i = 0; i < 5; i++) caps.hit('max-tracks', 10);
    caps.hit('max-lag', 7);
    await clock.advance(1000);
    caps.hit('max-tracks', 10);
    expect(events).toEqual([
      { type: 'cap', cap: 'max-tracks', limit: 10, hits: 1 },
      { type: 'cap', cap: 'max-lag', limit: 7, hits: 1 },
      { type: 'cap', cap: 'max-tracks', limit: 10, hits: 6 },
    ]);
    expect(caps.snapshot()).toEqual({ capMaxTracks: 6, capMaxLag: 1 });
  });
});

describe('BufferBudget', () => {
  it('asks for room once, after the work that took too much', async () => {
    let asked = 0;
    const budget = new BufferBudget(100, () => {
      asked++;
      budget.give(60);
    });
    budget.take(90);
    expect(asked).toBe(0);
    budget.take(20);
    budget.take(20);
    expect(asked).toBe(0);
    await Promise.resolve();
    expect(asked).toBe(1);
    expect(budget.used).toBe(70);
  });

  it('asks for none when it was given back meanwhile', async () => {
    const budget = new BufferBudget(100, () => expect.unreachable());
    budget.take(150);
    budget.give(100);
    await Promise.resolve();
    expect(budget.used).toBe(50);
  });
});

describe('the seats of a relay', () => {
  it('are as many as it says; one that is left is free again', () => {
    const core = new RelayCore({ policy: { maxSessions: 2 } });
    const first = core.seat();
    expect(core.seat()).not.toBeNull();
    expect(core.seat()).toBeNull();
    first?.vacate();
    first?.vacate();
    expect(core.seat()).not.toBeNull();
    expect(core.seat()).toBeNull();
    expect(core.counters()).toMatchObject({ capMaxSessions: 2 });
  });
});
