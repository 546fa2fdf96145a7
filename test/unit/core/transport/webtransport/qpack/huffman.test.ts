import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { H3Error } from '../../../../../../src/core/transport/webtransport/h3/h3-error.js';
import { huffmanDecode } from '../../../../../../src/core/transport/webtransport/qpack/huffman.js';
import { HUFFMAN_CODE_LENGTHS } from '../../../../../../src/core/transport/webtransport/qpack/huffman-table.js';
import { fromHex } from '../../../../../../src/core/util/bytes.js';

const decode = (hex: string): string => Buffer.from(huffmanDecode(fromHex(hex) as Uint8Array)).toString('latin1');

/** An encoder made from the table alone: codes in the order of length, then symbol. */
function huffmanEncode(bytes: Uint8Array): Uint8Array {
  const order = HUFFMAN_CODE_LENGTHS.map((length, symbol) => ({ length, symbol })).sort(
    (a, b) => a.length - b.length || a.symbol - b.symbol,
  );
  const codes = new Map<number, string>();
  let code = 0n;
  let length = 0;
  for (const entry of order) {
    code <<= BigInt(entry.length - length);
    length = entry.length;
    codes.set(entry.symbol, code.toString(2).padStart(length, '0'));
    code++;
  }
  let bits = [...bytes].map((byte) => codes.get(byte)).join('');
  bits += '1'.repeat((8 - (bits.length % 8)) % 8);
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2));
}

describe('huffmanDecode', () => {
  it.each([
    ['f1e3c2e5f23a6ba0ab90f4ff', 'www.example.com'],
    ['a8eb10649cbf', 'no-cache'],
    ['25a849e95ba97d7f', 'custom-key'],
    ['25a849e95bb8e8b4bf', 'custom-value'],
    ['6402', '302'],
    ['aec3771a4b', 'private'],
    ['d07abe941054d444a8200595040b8166e082a62d1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['9d29ad171863c78f0b97c8e9ae82ae43d3', 'https://www.example.com'],
    ['640eff', '307'],
    ['9bd9ab', 'gzip'],
    [
      '94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
      'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ],
  ])('decodes the example %s of RFC 7541 §C', (hex, text) => {
    expect(decode(hex)).toBe(text);
  });

  it('has a complete prefix code: the lengths fill the code space exactly', () => {
    expect(HUFFMAN_CODE_LENGTHS).toHaveLength(257);
    expect(HUFFMAN_CODE_LENGTHS.reduce((sum, length) => sum + 2 ** (30 - length), 0)).toBe(2 ** 30);
  });

  it('inverts the encoding for all bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect([...huffmanDecode(huffmanEncode(bytes))]).toEqual([...bytes]);
      }),
    );
  });

  it.each([
    ['padding of zeros', '18'],
    ['a whole byte of padding', 'f1e3c2e5f23a6ba0ab90f4ffff'],
    ['the end-of-string symbol', 'ffffffff'],
  ])('refuses %s', (_what, hex) => {
    expect(() => decode(hex)).toThrow(expect.objectContaining({ codeName: 'QPACK_DECOMPRESSION_FAILED' }));
  });

  it('either decodes or fails with H3Error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        try {
          huffmanDecode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(H3Error);
        }
      }),
    );
  });
});
