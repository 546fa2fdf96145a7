import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../../../src/core/util/duration.js';
import { formatSize, parseSize } from '../../../../src/core/util/size.js';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['250ms', 250],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['24d', 2_073_600_000],
  ])('reads %s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '5', '-1s', '1e400s', 'NaN', '5 s', '5sec', '25d', '0x5s', '１s'])(
    'refuses %j and names the accepted form',
    (text) => {
      expect(() => parseDuration(text)).toThrowError(
        expect.objectContaining({ code: 'MOQT_E_USAGE', hint: expect.stringContaining('ms s m h d') }),
      );
    },
  );
});

describe('parseSize', () => {
  it.each([
    ['512B', 512],
    ['16KiB', 16_384],
    ['0.5MiB', 524_288],
    ['4M', 4_000_000],
    ['1GiB', 1_073_741_824],
  ])('reads %s', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each(['', '512', '-1B', '1e400', 'NaN', '1.5', '4mb', '99999999GiB'])(
    'refuses %j and names the accepted form',
    (text) => {
      expect(() => parseSize(text)).toThrowError(
        expect.objectContaining({ code: 'MOQT_E_USAGE', hint: expect.stringContaining('KiB') }),
      );
    },
  );
});

describe('formatDuration', () => {
  it.each([
    [0, '0'],
    [250, '250ms'],
    [0.5, '0.5ms'],
    [0.0001, '0.0001ms'],
    [5_000, '5s'],
    [90_000, '90s'],
    [120_000, '2m'],
    [86_400_000, '1d'],
  ])('writes %d as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it('is what parseDuration reads', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (ms) => parseDuration(formatDuration(ms)) === ms));
  });
});

describe('formatSize', () => {
  it.each([
    [0, '0B'],
    [100, '100B'],
    [16_384, '16KiB'],
    [64 * 1024 * 1024, '64MiB'],
    [4_000_000, '4M'],
  ])('writes %d as %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));

  it('is what parseSize reads', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1e15 - 1 }), (bytes) => parseSize(formatSize(bytes)) === bytes));
  });
});
