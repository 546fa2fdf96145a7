import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeStringItem,
  encodeStringList,
  parseIntegerDictionary,
  parseStringItem,
  parseStringList,
} from '../../../../../src/core/transport/webtransport/structured-field.js';

const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });

describe('structured field strings', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.array(printable, { maxLength: 6 }), printable, (list, item) => {
        expect(parseStringList(encodeStringList(list))).toEqual(list);
        expect(parseStringItem(encodeStringItem(item))).toBe(item);
      }),
    );
  });

  it.each([
    ['"moqt-18", "moqt-16"', ['moqt-18', 'moqt-16']],
    ['  "a"\t,\t"b"  ', ['a', 'b']],
    ['"a";q=1;x, "b";y="z;,"', ['a', 'b']],
    ['"a\\"b\\\\c"', ['a"b\\c']],
    ['', []],
  ])('reads the list %s', (text, items) => {
    expect(parseStringList(text)).toEqual(items);
  });

  it.each([
    'moqt-18',
    '"a", b',
    '"a",',
    ',"a"',
    '"a" "b"',
    '"a',
    '"a\\n"',
    '("a" "b")',
    '1',
    '"a";',
    '"a";X',
    '"a";x=',
    '"é"',
  ])('ignores the whole field %s', (text) => {
    expect(parseStringList(text)).toBeNull();
  });

  it('takes exactly one string as an item', () => {
    expect(parseStringItem(' "moqt-18";v=1 ')).toBe('moqt-18');
    expect(parseStringItem('"a", "b"')).toBeNull();
    expect(parseStringItem('moqt-18')).toBeNull();
    expect(parseStringItem('')).toBeNull();
  });

  it('refuses to write what a string cannot hold', () => {
    expect(() => encodeStringItem('é')).toThrow(RangeError);
    expect(() => encodeStringItem('a\nb')).toThrow(RangeError);
  });

  it('parses hostile input in time linear in its length', () => {
    const text = `"${'\\"'.repeat(20_000)}`;
    expect(parseStringList(text)).toBeNull();
    expect(parseStringList('"a", '.repeat(20_000))).toBeNull();
  });
});

describe('structured field dictionaries of integers', () => {
  it.each([
    ['u=1, bl=20,br=300', { u: 1, bl: 20, br: 300 }],
    ['u=1;x="y";z', { u: 1 }],
    ['u=-5', { u: -5 }],
    ['u=1, u=2', { u: 2 }],
    ['u=999999999999999', { u: 999_999_999_999_999 }],
    ['', {}],
  ])('reads %s', (text, members) => {
    expect(Object.fromEntries(parseIntegerDictionary(text) ?? [])).toEqual(members);
  });

  it.each(['u', 'u;x=1', 'u=1.5', 'u="1"', 'u=token', 'u=?1'])('has no integer for %s', (text) => {
    expect(parseIntegerDictionary(text)?.get('u')).toBeNaN();
  });

  it.each(['U=1', 'u=', 'u=1,', ',u=1', 'u=1 bl=2', 'u=(1 2)', 'u=1000000000000000', 'u=1;', '=1'])(
    'ignores the whole field %s',
    (text) => {
      expect(parseIntegerDictionary(text)).toBeNull();
    },
  );
});
