import { describe, expect, it } from 'vitest';
import { probeMany, StateWatch } from '../../../../src/core/probe/probe-many.js';
import { okReport, silentReport } from '../../../support/probe-reports.js';

describe('probeMany', () => {
  it('runs no more at once than allowed, and tells in the order of the list', async () => {
    let running = 0;
    let most = 0;
    const told: number[] = [];
    const reports = await probeMany([5, 1, 3, 0, 2], {
      concurrency: 2,
      probe: async (turns) => {
        most = Math.max(most, ++running);
        for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
        running--;
        return { ...okReport, durationMs: turns };
      },
      onReport: (_, index) => told.push(index),
    });
    expect(most).toBe(2);
    expect(told).toEqual([0, 1, 2, 3, 4]);
    expect(reports.map(({ durationMs }) => durationMs)).toEqual([5, 1, 3, 0, 2]);
  });

  it('ends with the first that throws, begins no other, and leaves none running', async () => {
    const begun: number[] = [];
    let ended = 0;
    const all = probeMany([0, 1, 2, 3], {
      concurrency: 2,
      probe: async (i) => {
        begun.push(i);
        if (i === 0) throw new Error('no such draft');
        await new Promise((resolve) => setImmediate(resolve));
        ended++;
        return okReport;
      },
    });
    await expect(all).rejects.toThrow('no such draft');
    expect(begun).toEqual([0, 1]);
    expect(ended).toBe(1);
  });
});

describe('StateWatch', () => {
  it('tells changes only, with how long it had been otherwise', () => {
    const watch = new StateWatch();
    const at = (seconds: number) => new Date(1_000_000 + seconds * 1000).toISOString();
    expect(watch.see(0, { ...okReport, startedAt: at(0) })).toBeNull();
    expect(watch.see(0, { ...okReport, startedAt: at(10) })).toBeNull();
    expect(watch.see(1, { ...silentReport, startedAt: at(10) })).toBeNull();
    expect(watch.see(0, { ...silentReport, startedAt: at(20) })).toMatchObject({
      from: 'ok',
      to: 'udp.no-answer',
      afterMs: 20_000,
    });
    expect(watch.see(0, { ...okReport, startedAt: at(25) })).toMatchObject({ to: 'ok', afterMs: 5_000 });
  });
});
