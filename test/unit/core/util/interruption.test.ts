import { describe, expect, it } from 'vitest';
import { Interruption } from '../../../../src/core/util/interruption.js';

describe('an interruption', () => {
  it('breaks off the waits that are under way and all later ones, with its first reason', async () => {
    const interruption = new Interruption();
    const waits = [new Promise(() => {}), new Promise(() => {})].map((never) => interruption.guard(never));
    const reason = new Error('enough');
    interruption.trigger(reason);
    interruption.trigger(new Error('again'));
    for (const wait of waits) await expect(wait).rejects.toBe(reason);
    await expect(interruption.guard(Promise.resolve(1))).rejects.toBe(reason);
    expect(interruption.reason).toBe(reason);
  });

  it('leaves what is over alone', async () => {
    const interruption = new Interruption();
    expect(await interruption.guard(Promise.resolve('done'))).toBe('done');
    await expect(interruption.guard(Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    interruption.trigger(new Error('late'));
  });

  it('swallows what fails after it', async () => {
    const interruption = new Interruption();
    interruption.trigger(new Error('enough'));
    // An unobserved rejection would end the test run.
    await expect(interruption.guard(Promise.reject(new Error('unheard')))).rejects.toThrow('enough');
  });
});
