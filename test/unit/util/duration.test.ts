import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../src/core/util/duration.js';
import { parseSize } from '../../../src/core/util/size.js';

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
