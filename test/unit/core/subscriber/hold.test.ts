import { describe, expect, it } from 'vitest';
import { Hold } from '../../../../src/core/subscriber/hold.js';
import { ManualClock } from '../../../support/manual-clock.js';

describe('a hold', () => {
  it('is over after its limit while data flows', async () => {
    const clock = new ManualClock();
    const hold = new Hold(clock);
    expect(hold.expired('x', 100)).toBe(false);
    expect(hold.until).toBe(100);
    await clock.advance(99);
    hold.noteData();
    expect(hold.expired('x', 100)).toBe(false);
    await clock.advance(1);
    expect(hold.expired('x', 100)).toBe(true);
  });

  it('lasts three times as long when nothing arrives at all', async () => {
    const clock = new ManualClock();
    const hold = new Hold(clock);
    hold.expired('x', 100);
    await clock.advance(100);
    expect(hold.expired('x', 100)).toBe(false);
    expect(hold.until).toBe(125);
    await clock.advance(199);
    expect(hold.expired('x', 100)).toBe(false);
    await clock.advance(1);
    expect(hold.expired('x', 100)).toBe(true);
  });

  it('begins anew for something else', async () => {
    const clock = new ManualClock();
    const hold = new Hold(clock);
    hold.expired('x', 100);
    await clock.advance(90);
    hold.expired('y', 100);
    await clock.advance(90);
    hold.noteData();
    expect(hold.expired('y', 100)).toBe(false);
    hold.release();
    expect(hold.until).toBeNull();
  });
});
