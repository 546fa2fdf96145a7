import { afterEach, expect, it, vi } from 'vitest';
import { afterTurn } from '../../../../src/core/util/turn.js';

afterEach(() => vi.unstubAllGlobals());

it.each(['with setImmediate', 'without it, as in a browser'])(
  'comes after the promises that are due, %s',
  async (how) => {
    const order: string[] = [];
    if (how.startsWith('without')) vi.stubGlobal('setImmediate', undefined);
    const turn = new Promise<void>((resolve) => {
      afterTurn(() => {
        order.push('turn');
        resolve();
      });
    });
    void Promise.resolve()
      .then(() => {})
      .then(() => order.push('promise'));
    order.push('now');
    await turn;
    expect(order).toEqual(['now', 'promise', 'turn']);
  },
);
