import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitLine, wrapText } from '../../../../src/core/util/wrap-text.js';

it('breaks at spaces, gives long words a line of their own, and keeps every word', () => {
  expect(wrapText('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapText('a extraordinarily b', 5)).toEqual(['a', 'extraordinarily', 'b']);
  expect(wrapText('', 5)).toEqual([]);
});

const RED = '\u001b[31m';
const OFF = '\u001b[0m';

describe('a line that is fitted', () => {
  it('keeps its spacing, and goes on behind the hanging spaces', () => {
    expect(fitLine('  name   ok', 20, 4)).toEqual(['  name   ok']);
    expect(fitLine('  name   ok  what it is all about', 20, 4)).toEqual(['  name   ok  what it', '    is all about']);
  });

  it('counts no colours, and never cuts them', () => {
    const painted = `${RED}FAILED${OFF} udp.refused after ${RED}12 ms${OFF}`;
    expect(fitLine(painted, 29, 2)).toEqual([painted.slice(0, painted.indexOf(' ms')), `  ms${OFF}`]);
  });

  it('gives a word that is too long a line of its own, with fewer spaces before it', () => {
    expect(fitLine('a 123456789 b', 10, 4)).toEqual(['a', ' 123456789', '    b']);
    expect(fitLine('a 123456789ab b', 10, 4)).toEqual(['a', '123456789ab', '    b']);
  });

  it('leaves an empty line', () => {
    expect(fitLine('', 10, 4)).toEqual(['']);
  });

  it('loses no word, and makes no line longer than it must be', () => {
    const text = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(text, fc.integer({ min: 5, max: 40 }), fc.integer({ min: 0, max: 8 }), (line, width, hang) => {
        const lines = fitLine(line, width, hang);
        expect(lines.join(' ').split(/ +/).filter(Boolean)).toEqual(line.split(' '));
        for (const one of lines) expect(one.length <= width || !one.trim().includes(' ')).toBe(true);
      }),
    );
  });
});
