import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/core/util/clock.js';

describe('systemClock', () => {
  it('never runs backwards', () => {
    let last = systemClock.now();
    for (let i = 0; i < 1000; i++) {
      const now = systemClock.now();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });

  it('calls back once, and not after cancel', async () => {
    let cancelled = 0;
    const timer = systemClock.after(1, () => cancelled++);
    timer.cancel();
    timer.cancel();
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
    expect(cancelled).toBe(0);
  });

  it('lets what came in time be read first when the process was held up', async () => {
    const order: string[] = [];
    const fired = new Promise<void>((resolve) => {
      systemClock.after(1, () => {
        order.push('deadline');
        resolve();
      });
    });
    setImmediate(() => order.push('what had come'));
    const until = performance.now() + 40;
    while (performance.now() < until);
    await fired;
    expect(order).toEqual(['what had come', 'deadline']);
  });

  it('does not fire a deadline at once that is longer than Node can count', async () => {
    let fired = false;
    const timer = systemClock.after(2 ** 40, () => {
      fired = true;
    });
    await new Promise<void>((resolve) => systemClock.after(10, resolve));
    timer.cancel();
    expect(fired).toBe(false);
  });
});
