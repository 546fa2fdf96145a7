import { describe, expect, it } from 'vitest';
import { closestName } from '../../../../src/core/util/closest-name.js';

describe('closestName', () => {
  const names = ['publish', 'subscribe', 'relay', 'connect'];
  it('finds the word that was meant', () => {
    expect(closestName('pubilsh', names)).toBe('publish');
    expect(closestName('subscibe', names)).toBe('subscribe');
    expect(closestName('realy', names)).toBe('relay');
  });
  it('stays silent when nothing is near', () => {
    expect(closestName('xyzzy', names)).toBeNull();
  });
});
