import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatNamespace,
  formatTrackName,
  formatTuple,
  parseFullTrackName,
  parseNamespace,
  parseTrackName,
} from '../../../../src/core/url/namespace.js';
import { utf8 } from '../../../../src/core/util/bytes.js';

describe('parseNamespace', () => {
  it('takes fields between slashes, and any byte as %xx', () => {
    expect(parseNamespace('live/room1')).toEqual([utf8('live'), utf8('room1')]);
    expect(parseNamespace('live%2Froom1')).toEqual([utf8('live/room1')]);
    expect(parseNamespace('%00%ff%25/höhe')).toEqual([Uint8Array.of(0, 255, 0x25), utf8('höhe')]);
    expect(parseNamespace('a b')).toEqual([utf8('a b')]);
  });

  it.each([
    ['', 'empty'],
    ['/live', 'first field is empty'],
    ['live/', 'last field is empty'],
    ['a//b', 'field 2 is empty'],
    ['100%', '% is not followed'],
    ['%4', '% is not followed'],
    ['%zz', '% is not followed'],
    ['\ud800', 'Unicode'],
    [Array(33).fill('a').join('/'), '33 fields'],
    ['a'.repeat(4097), '4097 bytes'],
  ])('refuses %j with MOQT_E_NAME', (text, problem) => {
    expect(() => parseNamespace(text)).toThrow(
      expect.objectContaining({
        code: 'MOQT_E_NAME',
        exitCode: 2,
        message: expect.stringContaining(problem),
        hint: expect.any(String),
      }),
    );
  });

  it('takes the largest that the drafts allow', () => {
    expect(parseNamespace(Array(32).fill('a').join('/'))).toHaveLength(32);
    expect(parseNamespace('a'.repeat(4096))[0]).toHaveLength(4096);
  });

  it('takes an empty prefix and empty fields only where the caller says so', () => {
    expect(parseNamespace('', { allowEmpty: true })).toEqual([]);
    expect(parseNamespace('a//b', { allowEmptyFields: true })).toEqual([utf8('a'), utf8(''), utf8('b')]);
    expect(() => parseNamespace('', { allowEmptyFields: true })).toThrow('empty');
  });
});

describe('parseTrackName', () => {
  it('keeps slashes and decodes %xx', () => {
    expect(parseTrackName('a/b%2fc%00')).toEqual(utf8('a/b/c\0'));
    expect(parseTrackName('')).toEqual(utf8(''));
    expect(() => parseTrackName('50%')).toThrow(expect.objectContaining({ code: 'MOQT_E_NAME' }));
  });
});

describe('parseFullTrackName', () => {
  it('holds namespace and name together against the limit', () => {
    expect(parseFullTrackName('a'.repeat(4000), 'b'.repeat(96)).name).toHaveLength(96);
    expect(() => parseFullTrackName('a'.repeat(4000), 'b'.repeat(97))).toThrow('4097 bytes');
  });
});

describe('formatNamespace', () => {
  it('shows slashes within a field, bytes that are not UTF-8 and control characters as %xx', () => {
    expect(formatNamespace([utf8('live'), utf8('a/b')])).toBe('live/a%2Fb');
    expect(formatNamespace([Uint8Array.of(0x61, 0xff, 0x25), utf8('höhe')])).toBe('a%FF%25/höhe');
    expect(formatNamespace([utf8('\x1b[31m\u202e\n')])).toBe('%1B[31m%E2%80%AE%0A');
  });

  it('writes what the parser reads back, for any namespace and name', () => {
    const field = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).map(utf8),
    );
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 32 }), field, (namespace, name) => {
        expect(parseNamespace(formatNamespace(namespace))).toEqual(namespace);
        expect(parseTrackName(formatTrackName(name))).toEqual(name);
      }),
    );
  });
});

describe('formatTuple', () => {
  it('shows where a field ends', () => {
    expect(formatTuple([utf8('live/room1'), utf8('a"b')])).toBe('("live/room1", "a%22b")');
    expect(formatTuple([])).toBe('()');
  });
});
