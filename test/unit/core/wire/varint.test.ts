import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../../src/core/wire/reader.js';
import { quicVarint, type VarintCodec, vi64, vi64WithoutSevenBytes } from '../../../../src/core/wire/varint.js';
import { EncodeError, WireError } from '../../../../src/core/wire/wire-error.js';
import { ByteWriter } from '../../../../src/core/wire/writer.js';

function encode(codec: VarintCodec, value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(codec.size(value));
  expect(codec.write(bytes, 0, value)).toBe(bytes.length);
  return bytes;
}

function decode(codec: VarintCodec, hex: string): number | bigint {
  const bytes = Buffer.from(hex, 'hex');
  expect(codec.length(bytes[0] as number)).toBe(bytes.length);
  return codec.read(bytes, 0);
}

const codecs = { quicVarint, vi64, vi64WithoutSevenBytes };

describe.each(Object.entries(codecs))('%s', (_name, codec) => {
  it('reads back what it wrote, whatever the size', () => {
    const bits = codec.max.toString(2).length;
    const value = fc
      .integer({ min: 1, max: bits })
      .chain((width) => fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n }));
    fc.assert(
      fc.property(value, (v) => {
        const bytes = encode(codec, v);
        expect(codec.length(bytes[0] as number)).toBe(bytes.length);
        expect(BigInt(codec.read(bytes, 0))).toBe(v);
        if (v <= Number.MAX_SAFE_INTEGER) expect(Buffer.compare(encode(codec, Number(v)), bytes)).toBe(0);
      }),
    );
  });

  it('gives a number up to 2^53-1 and an exact bigint above', () => {
    for (const v of [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, codec.max]) {
      const read = codec.read(encode(codec, v), 0);
      expect(read).toBe(v < 2n ** 53n ? Number(v) : v);
    }
  });

  it('refuses to write what has no encoding', () => {
    for (const v of [-1, 1.5, Number.NaN, 2 ** 53, -1n, codec.max + 1n]) {
      expect(() => codec.size(v)).toThrow(EncodeError);
      expect(() => codec.write(new Uint8Array(9), 0, v)).toThrow(EncodeError);
    }
  });
});

describe('quicVarint', () => {
  it('reads the examples of RFC 9000 §A.1, also where a form is longer than needed', () => {
    expect(decode(quicVarint, 'c2197c5eff14e88c')).toBe(151_288_809_941_952_652n);
    expect(decode(quicVarint, '9d7f3e7d')).toBe(494_878_333);
    expect(decode(quicVarint, '7bbd')).toBe(15_293);
    expect(decode(quicVarint, '25')).toBe(37);
    expect(decode(quicVarint, '4025')).toBe(37);
  });
});

describe('vi64', () => {
  it('reads the examples of draft-18 §1.4.1', () => {
    expect(decode(vi64, '25')).toBe(37);
    expect(decode(vi64, '8025')).toBe(37);
    expect(decode(vi64, 'bbbd')).toBe(15_293);
    expect(decode(vi64, 'ed7f3e7d')).toBe(226_442_877);
    expect(decode(vi64, 'faa1a0e403d8')).toBe(2_893_212_287_960);
    expect(decode(vi64, 'fc8998abc66bc0')).toBe(151_288_809_941_952);
    expect(decode(vi64, 'fefa318fa8e3ca11')).toBe(70_423_237_261_249_041n);
    expect(decode(vi64, 'ffffffffffffffffff')).toBe(2n ** 64n - 1n);
  });

  it('writes 49-bit values in 7 bytes only where the draft has that form', () => {
    expect(Buffer.from(encode(vi64, 151_288_809_941_952)).toString('hex')).toBe('fc8998abc66bc0');
    expect(encode(vi64WithoutSevenBytes, 151_288_809_941_952)).toHaveLength(8);
    expect(() => vi64WithoutSevenBytes.length(0xfc)).toThrow(WireError);
    expect(() => vi64WithoutSevenBytes.length(0xfd)).toThrow(WireError);
    expect(vi64WithoutSevenBytes.length(0xfe)).toBe(8);
  });
});

describe('ByteReader', () => {
  it('asks for more bytes at every cut, and reports a violation instead when its bytes are bounded', () => {
    const writer = new ByteWriter(vi64);
    writer.uint16(0xabcd);
    writer.varint(2n ** 60n);
    writer.lengthPrefixed(Buffer.from('name'));
    const bytes = writer.finish();
    const readAll = (reader: ByteReader) => [
      reader.uint16(),
      reader.bigVarint(),
      Buffer.from(reader.lengthPrefixed(10, 'name')).toString(),
    ];
    expect(readAll(new ByteReader(vi64, bytes))).toEqual([0xabcd, 2n ** 60n, 'name']);
    for (let cut = 0; cut < bytes.length; cut++) {
      expect(() => readAll(new ByteReader(vi64, bytes, 0, cut))).toThrow(
        expect.objectContaining({ name: 'WireError', incomplete: true }),
      );
      const bounds = { message: 'ran out', closeWith: 'KEY_VALUE_FORMATTING_ERROR' } as const;
      expect(() => readAll(new ByteReader(vi64, bytes, 0, cut, bounds))).toThrow(
        expect.objectContaining({ incomplete: false, message: 'ran out', closeWith: 'KEY_VALUE_FORMATTING_ERROR' }),
      );
    }
  });

  it('refuses a length above its bound before it looks at the bytes', () => {
    const reader = new ByteReader(vi64, Buffer.from('ffffffffffffffffff', 'hex'));
    expect(() => reader.lengthPrefixed(65_535, 'name length')).toThrow(
      expect.objectContaining({ name: 'WireError', incomplete: false }),
    );
  });
});

describe('ByteWriter', () => {
  it('grows without losing what was written, and writes nothing when a value does not fit', () => {
    const writer = new ByteWriter(quicVarint, 2);
    for (let i = 0; i < 100; i++) writer.uint8(i);
    expect(() => writer.uint8(256)).toThrow(EncodeError);
    expect(() => writer.uint16(65_536)).toThrow(EncodeError);
    expect(() => writer.varint(2n ** 62n)).toThrow(EncodeError);
    expect([...writer.finish()]).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});
