import { describe, expect, it } from 'vitest';
import { ProgressLine } from '../../../../src/core/render/progress.js';
import { formatBytes, formatMs } from '../../../../src/core/render/quantity.js';

describe('quantities for people', () => {
  it('picks the unit', () => {
    expect([0, 1023, 1536, 64 * 1024 ** 2].map(formatBytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '64.0 MiB']);
    expect([0.42, 12.3, 3_400, 125_000].map(formatMs)).toEqual(['0.42 ms', '12 ms', '3.4 s', '2m 5s']);
  });
});

describe('ProgressLine', () => {
  it('shows amount, share, rate since the last sample and round trip time', () => {
    const line = new ProgressLine();
    line.next({ atMs: 0, bytes: 0, objects: 0, rttMs: null });
    expect(line.next({ atMs: 1_000, bytes: 1024 ** 2, objects: 64, rttMs: 12, totalBytes: 4 * 1024 ** 2 })).toBe(
      '1.0 MiB of 4.0 MiB (25%)  64 objects  1.0 MiB/s  rtt 12 ms',
    );
  });
});
