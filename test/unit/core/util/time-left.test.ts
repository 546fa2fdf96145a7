import { expect, it } from 'vitest';
import { timeLeft } from '../../../../src/core/util/time-left.js';

it.each([
  [0, '0s'],
  [59.9, '59s'],
  [60, '1m'],
  [3_661, '1h 1m'],
  [86_400, '1d'],
  [86_405, '1d'],
  [13 * 86_400 - 1, '12d 23h'],
  [-5, '0s'],
])('%d seconds are %s', (seconds, text) => expect(timeLeft(seconds)).toBe(text));
