import { expect, it } from 'vitest';
import { inParallel } from '../../../../src/core/util/in-parallel.js';

it('keeps the order, and has no more at work than the limit', async () => {
  let now = 0;
  let most = 0;
  const results = await inParallel([5, 1, 4, 2, 3, 0], 2, async (turns, index) => {
    most = Math.max(most, ++now);
    for (let i = 0; i < turns; i++) await null;
    now--;
    return `${index}:${turns}`;
  });
  expect(results).toEqual(['0:5', '1:1', '2:4', '3:2', '4:3', '5:0']);
  expect(most).toBe(2);
  expect(await inParallel([], 2, async () => 1)).toEqual([]);
});

it('rejects with the first rejection', async () => {
  const work = async (n: number) => {
    if (n === 2) throw new Error('two');
    return n;
  };
  await expect(inParallel([1, 2, 3], 2, work)).rejects.toThrow('two');
});
