import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/util/bytes.js';
import { escapeBytes, escapeInvisible, escapeText } from '../../../../src/core/util/escape.js';

describe('escapeText', () => {
  it.each([
    ['\x1b[31mred', '\\x1b[31mred'],
    ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['a\r\nb\tc\0', 'a\\r\\nb\\tc\\x00'],
    ['\x9b31m\x7f', '\\x9b31m\\x7f'],
    ['\u202egpj.exe\u2066', '\\u{202e}gpj.exe\\u{2066}'],
    ['\u061c\u200e\u200f', '\\u{61c}\\u{200e}\\u{200f}'],
    ['line\u2028break\u2029', 'line\\u{2028}break\\u{2029}'],
    ['\ufeffbom\u{e0041}', '\\u{feff}bom\\u{e0041}'],
    ['lone \ud800 surrogate', 'lone \\u{d800} surrogate'],
  ])('makes %j harmless', (text, expected) => {
    expect(escapeText(text)).toBe(expected);
  });

  it('leaves ordinary text of any script as it is', () => {
    const text = 'live/room1 – höhe 東京 👩\u200d🚀 می\u200cخواهم \\o/';
    expect(escapeText(text)).toBe(text);
  });

  it('is idempotent and lets no control character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeText(text);
        expect(escapeText(escaped)).toBe(escaped);
        expect(escaped).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it('cuts what is too long and says so', () => {
    expect(escapeText('abcdef', { maxLength: 3 })).toBe('abc…');
    expect(escapeText('abc', { maxLength: 3 })).toBe('abc');
  });
});

describe('escapeBytes', () => {
  it('shows bytes that are not UTF-8 and keeps those around them', () => {
    expect(escapeBytes(Uint8Array.of(0x61, 0xff, 0xc3, 0xb6, 0xc3))).toBe('a\\xffö\\xc3');
    expect(escapeBytes(Uint8Array.of(0xed, 0xa0, 0x80))).toBe('\\xed\\xa0\\x80');
    expect(escapeBytes(Uint8Array.of(0xf4, 0x90, 0x80, 0x80, 0x62))).toBe('\\xf4\\x90\\x80\\x80b');
  });

  it('agrees with escapeText on well-formed UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(escapeBytes(utf8(text))).toBe(escapeText(text));
      }),
    );
  });

  it('takes any bytes and lets no control character through', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(escapeBytes(bytes)).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      }),
    );
  });
});

describe('escapeInvisible', () => {
  it('leaves a JSON document what it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = escapeInvisible(JSON.stringify({ text }));
        expect(JSON.parse(json)).toEqual({ text });
        expect(json).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u2028\u2029]/);
      }),
    );
  });

  it('leaves line ends and what people can see', () => {
    expect(escapeInvisible('one\ntwo\t“three” 👩\u200d💻')).toBe('one\ntwo\t“three” 👩\u200d💻');
    expect(escapeInvisible('a\u202eb\u009b')).toBe('a\\u202eb\\u009b');
  });
});
