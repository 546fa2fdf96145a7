import { expect, it } from 'vitest';
import { wrapText } from '../../../../src/core/util/wrap-text.js';

it('breaks at spaces, gives long words a line of their own, and keeps every word', () => {
  expect(wrapText('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapText('a extraordinarily b', 5)).toEqual(['a', 'extraordinarily', 'b']);
  expect(wrapText('', 5)).toEqual([]);
});
