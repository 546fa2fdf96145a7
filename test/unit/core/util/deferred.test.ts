import { describe, expect, it } from 'vitest';
import { deferred, ignorable } from '../../../../src/core/util/deferred.js';

describe('deferred', () => {
  it('keeps its first outcome', async () => {
    const one = deferred<number>();
    expect(one.settled).toBe(false);
    one.resolve(1);
    one.resolve(2);
    one.reject(new Error('late'));
    expect(one.settled).toBe(true);
    expect(await one.promise).toBe(1);
  });

  it('passes a rejection on to whoever awaits an ignorable promise', async () => {
    const failing = deferred();
    const promise = ignorable(failing.promise);
    failing.reject(new Error('no'));
    await expect(promise).rejects.toThrow('no');
  });

  it('raises no unhandled rejection for an ignorable promise', async () => {
    const seen: unknown[] = [];
    const listener = (reason: unknown): void => void seen.push(reason);
    process.on('unhandledRejection', listener);
    void ignorable(Promise.reject(new Error('nobody looks')));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listener);
    expect(seen).toEqual([]);
  });
});
