import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  bytesEqual,
  concatBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  fromUtf8Leniently,
  toBase64,
  toHex,
  toLatin1,
  utf8,
} from '../../../../src/core/util/bytes.js';

describe('bytes', () => {
  it('concatenates chunks in order, also views into larger buffers', () => {
    const backing = Uint8Array.of(9, 1, 2, 9);
    expect(concatBytes([backing.subarray(1, 3), new Uint8Array(), Uint8Array.of(3)])).toEqual(Uint8Array.of(1, 2, 3));
    expect(concatBytes([])).toEqual(new Uint8Array());
  });

  it('compares content and length', () => {
    expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(0, 1, 2).subarray(1))).toBe(true);
    expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0))).toBe(false);
    expect(bytesEqual(Uint8Array.of(1), Uint8Array.of(2))).toBe(false);
  });

  it('tells text from bytes that are not UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fromUtf8(utf8(text))).toBe(text);
      }),
    );
    expect(fromUtf8(utf8('\ufeffbom'))).toBe('\ufeffbom');
    expect(fromUtf8(Uint8Array.of(0xff))).toBeNull();
    expect(fromUtf8(Uint8Array.of(0xed, 0xa0, 0x80))).toBeNull();
  });

  it('shows what is not UTF-8 as U+FFFD, and every byte as a character of its own', () => {
    expect(fromUtf8Leniently(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\ufffdb');
    expect(fromUtf8Leniently(utf8('\ufeffbom'))).toBe('\ufeffbom');
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(toLatin1(bytes)).toBe(Buffer.from(bytes).toString('latin1'));
      }),
    );
  });
});

describe.each(['Node', 'a browser'])('hex and base64 in %s', (where) => {
  const NodeBuffer = Buffer;
  afterEach(() => vi.unstubAllGlobals());
  const here = <T>(call: () => T): T => {
    if (where === 'a browser') vi.stubGlobal('Buffer', undefined);
    try {
      return call();
    } finally {
      vi.unstubAllGlobals();
    }
  };
  const lengths = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 40, maxLength: 300 }));

  it('are those of everybody, and are taken back', () => {
    fc.assert(
      fc.property(lengths, (bytes) => {
        const buffer = NodeBuffer.from(bytes);
        expect(here(() => toHex(bytes))).toBe(buffer.toString('hex'));
        expect(here(() => toBase64(bytes))).toBe(buffer.toString('base64'));
        expect(here(() => fromHex(buffer.toString('hex').toUpperCase()))).toEqual(bytes);
        for (const text of [
          buffer.toString('base64'),
          buffer.toString('base64').replace(/=+$/, ''),
          buffer.toString('base64url'),
        ]) {
          expect(here(() => fromBase64(text))).toEqual(bytes);
        }
      }),
    );
  });

  it('are refused in any other form', () => {
    const hex = ['a', 'zz', '0x12', '12 34', '12:34', 'é1', '١٢'];
    const base64 = ['A', 'AB==C', 'A===', 'AA=', 'AB==', '****', 'AA AA', '=', '====', 'AAF=', 'AAé='];
    for (const text of hex) {
      for (const before of ['', 'ab'.repeat(100)]) expect(here(() => fromHex(before + text))).toBeNull();
    }
    for (const text of base64) {
      for (const before of ['', 'AAAA'.repeat(100)]) expect(here(() => fromBase64(before + text))).toBeNull();
    }
    fc.assert(
      fc.property(lengths, fc.nat(), fc.constantFrom('-', ' ', '=', '\n', 'ÿ', '*'), (bytes, at, intruder) => {
        const text = NodeBuffer.from(bytes).toString('hex');
        const index = at % (text.length + 1);
        expect(here(() => fromHex(`${text.slice(0, index)}${intruder}${text.slice(index + 1)}`))).toBeNull();
      }),
    );
  });
});
