import { describe, expect, it } from 'vitest';
import { ExpirySet } from '../../../../../src/core/session/data/expiry-set.js';
import { ManualClock } from '../../../../support/manual-clock.js';

describe('ExpirySet', () => {
  it('expires each item after its own span, with one timer for all', async () => {
    const clock = new ManualClock();
    const expired: string[] = [];
    const set = new ExpirySet<string>(clock, 100, (item) => void expired.push(item));
    set.add('a');
    await clock.advance(60);
    set.add('b');
    expect(clock.pending).toBe(1);
    await clock.advance(40);
    expect(expired).toEqual(['a']);
    await clock.advance(60);
    expect(expired).toEqual(['a', 'b']);
    expect(clock.pending).toBe(0);
  });

  it('forgets what was deleted or cleared', async () => {
    const clock = new ManualClock();
    const expired: string[] = [];
    const set = new ExpirySet<string>(clock, 100, (item) => void expired.push(item));
    set.add('a');
    set.add('b');
    expect(set.delete('a')).toBe(true);
    expect(set.delete('a')).toBe(false);
    expect(set.clear()).toEqual(['b']);
    await clock.advance(200);
    expect(expired).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
