import { describe, expect, it } from 'vitest';
import { cutReason } from '../../../../src/core/session/reason.js';

describe('cutReason', () => {
  it('leaves what fits', () => {
    expect(cutReason('x'.repeat(1024))).toHaveLength(1024);
    expect(cutReason('')).toBe('');
  });

  it('cuts by bytes and never within a character', () => {
    expect(cutReason('x'.repeat(1025))).toHaveLength(1024);
    const cut = cutReason(`${'x'.repeat(1023)}é`);
    expect(cut).toBe('x'.repeat(1023));
    expect(Buffer.byteLength(cutReason('😀'.repeat(300)))).toBe(1024);
  });
});
