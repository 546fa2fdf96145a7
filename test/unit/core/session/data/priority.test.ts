import { describe, expect, it } from 'vitest';
import { streamUrgency } from '../../../../../src/core/session/data/priority.js';

describe('streamUrgency', () => {
  it('lets the subscriber decide first, then the publisher', () => {
    expect(streamUrgency(0, 255)).toBeLessThan(streamUrgency(8, 0));
    expect(streamUrgency(128, 0)).toBeLessThan(streamUrgency(128, 255));
    expect(streamUrgency()).toBe(streamUrgency(128, 128));
  });

  it('stays below control streams and within a byte', () => {
    expect(streamUrgency(0, 0)).toBe(1);
    expect(streamUrgency(255, 255)).toBe(255);
  });
});
