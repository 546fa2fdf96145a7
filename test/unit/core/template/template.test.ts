import { describe, expect, it } from 'vitest';
import { MoqtError } from '../../../../src/core/errors/moqt-error.js';
import { compileTemplate, hasPlaceholders, type TemplateContext } from '../../../../src/core/template/template.js';

/** Counts up, so that what is random is known. */
function context(changes: Partial<TemplateContext> = {}): TemplateContext {
  let next = 0;
  return { count: 3, nowNanos: 1_700_000_000_123_456_789n, random: (below) => next++ % below, ...changes };
}

describe('compileTemplate', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['{{Count}}', '3'],
    ['{{ Count }}/{{Count}}', '3/3'],
    ['{{Unix}}', '1700000000'],
    ['{{UnixNano}}', '1700000000123456789'],
    ['at {{Time}}!', 'at 2023-11-14T22:13:20.123Z!'],
    ['{{ID}}', 'ABCDEFGHIJKLMNOPQRSTUV'],
    ['{{Random 4 4}}', 'BCDE'],
    ['{{Random 0 0}}', ''],
    ['a } b {c} }}', 'a } b {c} }}'],
  ])('%j becomes %j', (text, expected) => {
    expect(compileTemplate(text)(context())).toBe(expected);
  });

  it('makes texts of every length from min to max, and of no other', () => {
    const template = compileTemplate('{{Random 2 4}}');
    const lengths = Array.from({ length: 12 }, (_, i) => template(context({ random: (below) => i % below })).length);
    expect(new Set(lengths)).toEqual(new Set([2, 3, 4]));
  });

  it('takes its values anew each time', () => {
    const template = compileTemplate('{{Count}}');
    expect([1, 2].map((count) => template(context({ count })))).toEqual(['1', '2']);
  });

  it.each([
    '{{count}}',
    '{{Nope}}',
    '{{}}',
    '{{Count 1}}',
    '{{constructor}}',
    '{{Random}}',
    '{{Random 5}}',
    '{{Random 5 4}}',
    '{{Random 1 99999999}}',
    '{{Random a b}}',
    'x {{Count',
  ])('refuses %s and says what there is', (text) => {
    expect(() => compileTemplate(text)).toThrow(MoqtError);
    expect(() => compileTemplate(text)).toThrow(
      expect.objectContaining({ code: 'MOQT_E_USAGE', hint: expect.stringContaining('{{Count}}') }),
    );
  });

  it('knows a text with placeholders', () => {
    expect(hasPlaceholders('a {{Count}}')).toBe(true);
    expect(hasPlaceholders('a {Count}')).toBe(false);
  });
});
