import { describe, expect, it } from 'vitest';
import { failWhenStuck } from '../../../../src/cli/command/fail-when-stuck.js';

describe('failWhenStuck', () => {
  it('is a defect when the process has nothing left to wait for', async () => {
    const work = failWhenStuck(new Promise<void>(() => {}));
    process.emit('beforeExit', 0);
    await expect(work).rejects.toMatchObject({
      code: 'MOQT_E_BUG',
      exitCode: 70,
      hint: expect.stringMatching(/defect/),
    });
  });

  it('gives what the work gives, and leaves no listener behind', async () => {
    const before = process.listenerCount('beforeExit');
    await expect(failWhenStuck(Promise.resolve(3))).resolves.toBe(3);
    await expect(failWhenStuck(Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(process.listenerCount('beforeExit')).toBe(before);
  });
});
