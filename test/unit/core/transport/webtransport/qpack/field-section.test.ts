import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { H3Error } from '../../../../../../src/core/transport/webtransport/h3/h3-error.js';
import {
  decodeFieldSection,
  encodeFieldSection,
} from '../../../../../../src/core/transport/webtransport/qpack/field-section.js';
import { STATIC_TABLE } from '../../../../../../src/core/transport/webtransport/qpack/static-table.js';
import { fromHex, toHex } from '../../../../../../src/core/util/bytes.js';

const decode = (hex: string) => decodeFieldSection(fromHex(hex) as Uint8Array);
const failure = (name: string) => expect.objectContaining({ codeName: name });

const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
const line = fc.oneof(
  fc.tuple(latin1, latin1),
  fc.constantFrom(...STATIC_TABLE),
  fc.tuple(fc.constantFrom(...STATIC_TABLE.map(([name]) => name)), latin1),
);

describe('QPACK field sections', () => {
  it('read the literal with name reference of RFC 9204 §B.1', () => {
    expect(decode('0000510b2f696e6465782e68746d6c')).toEqual([[':path', '/index.html']]);
  });

  it('write that example byte for byte', () => {
    expect(toHex(encodeFieldSection([[':path', '/index.html']]))).toBe('0000510b2f696e6465782e68746d6c');
  });

  it('read Huffman-coded values and names', () => {
    // :authority www.example.com, then custom-key: custom-value (strings of RFC 7541 §C.4).
    expect(decode('0000508cf1e3c2e5f23a6ba0ab90f4ff2f0125a849e95ba97d7f8925a849e95bb8e8b4bf')).toEqual([
      [':authority', 'www.example.com'],
      ['custom-key', 'custom-value'],
    ]);
  });

  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 10 }), (lines) => {
        expect(decodeFieldSection(encodeFieldSection(lines))).toEqual(lines.map((entry) => [...entry]));
      }),
    );
  });

  it('use one or two bytes for entries of the static table', () => {
    STATIC_TABLE.forEach((entry, index) => {
      const sensitive = ['authorization', 'cookie', 'set-cookie'].includes(entry[0]);
      if (!sensitive) expect(encodeFieldSection([entry]).length - 2).toBe(index < 63 ? 1 : 2);
    });
    expect(STATIC_TABLE).toHaveLength(99);
  });

  it('mark secrets as never to be indexed', () => {
    expect((encodeFieldSection([['authorization', 'Bearer x']])[2] as number) & 0xf0).toBe(0x70);
    expect((encodeFieldSection([['proxy-authorization', 'x']])[2] as number) & 0xf0).toBe(0x30);
  });

  it.each([
    ['a section that needs the dynamic table', '0200c1'],
    ['an indexed dynamic entry', '000080'],
    ['a dynamic name reference', '0000400161'],
    ['a post-base index', '000010'],
    ['a post-base name reference', '00000000'],
    ['a static index beyond the table', '0000ff24'],
    ['a string longer than the section', '0000510b2f'],
    ['an integer without end', '0000ffffffffffffffffffff01'],
    ['an integer of zeros without end', `000027${'80'.repeat(200)}00`],
    ['nothing at all', ''],
    ['half a prefix', '00'],
  ])('refuse %s', (_what, hex) => {
    expect(() => decode(hex)).toThrow(failure('QPACK_DECOMPRESSION_FAILED'));
  });

  it('refuse more than 64 KiB of fields, counting what each costs', () => {
    const many = new Uint8Array(2 + 3000).fill(0xc1, 2);
    expect(() => decodeFieldSection(many)).toThrow(failure('H3_EXCESSIVE_LOAD'));
  });

  it('either decode or fail with H3Error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeFieldSection(Uint8Array.of(0, 0, ...bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(H3Error);
        }
      }),
    );
  });
});
