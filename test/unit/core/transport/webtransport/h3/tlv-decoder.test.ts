import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TlvDecoder, type TlvMode } from '../../../../../../src/core/transport/webtransport/h3/tlv-decoder.js';
import { encodeVarints } from '../../../../../../src/core/transport/webtransport/h3/varint.js';
import { concatBytes, toHex } from '../../../../../../src/core/util/bytes.js';

/** Types 0, 1, 2 mod 3 are kept whole, passed on, skipped. */
const modeOf = (type: number): TlvMode => (['whole', 'pass', 'skip'] as const)[type % 3] as TlvMode;

/** What the decoder saw, with adjacent parts of one item joined, which cuts must not change. */
function seen(chunks: readonly Uint8Array[]): string[] {
  const decoder = new TlvDecoder(modeOf);
  const result: string[] = [];
  let part = '';
  const endPart = (): void => {
    if (part !== '') result.push(`part ${part}`);
    part = '';
  };
  for (const chunk of chunks) {
    for (const event of decoder.push(chunk)) {
      if (event.kind === 'part') part += toHex(event.bytes);
      else {
        endPart();
        result.push(`item ${event.type} ${toHex(event.value)}`);
      }
    }
  }
  endPart();
  return result;
}

const items = fc.array(fc.record({ type: fc.nat(100_000), value: fc.uint8Array({ maxLength: 40 }) }), { maxLength: 8 });

describe('TlvDecoder', () => {
  it('finds the same items wherever the bytes are cut', () => {
    fc.assert(
      fc.property(items, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (list, sizes) => {
        const bytes = concatBytes([
          new Uint8Array(0),
          ...list.map(({ type, value }) => concatBytes([encodeVarints(type, value.length), value])),
        ]);
        const chunks: Uint8Array[] = [];
        for (let offset = 0; offset < bytes.length; ) {
          const size = sizes.next().value as number;
          chunks.push(bytes.subarray(offset, offset + size));
          offset += size;
        }
        const whole = seen([bytes]);
        expect(seen(chunks)).toEqual(whole);
        const kept = list.filter(({ type }) => modeOf(type) === 'whole');
        expect(whole.filter((line) => line.startsWith('item'))).toEqual(
          kept.map(({ type, value }) => `item ${type} ${toHex(value)}`),
        );
      }),
    );
  });

  it('is at a boundary between items only', () => {
    const decoder = new TlvDecoder(modeOf);
    expect(decoder.atBoundary).toBe(true);
    decoder.push(Uint8Array.of(0x01));
    expect(decoder.atBoundary).toBe(false);
    decoder.push(Uint8Array.of(0x02, 0xaa));
    expect(decoder.atBoundary).toBe(false);
    decoder.push(Uint8Array.of(0xbb));
    expect(decoder.atBoundary).toBe(true);
  });

  it('asks before it allocates, so a refused length costs nothing', () => {
    const decoder = new TlvDecoder((_type, length) => {
      if (length > 10) throw new RangeError('too long');
      return 'whole';
    });
    expect(() => decoder.push(encodeVarints(0, 2 ** 52))).toThrow(RangeError);
  });

  it('gives views of values that lie within one chunk', () => {
    const chunk = Uint8Array.of(0x00, 0x02, 0xaa, 0xbb);
    const [event] = new TlvDecoder(modeOf).push(chunk);
    expect(event?.kind === 'item' && event.value.buffer).toBe(chunk.buffer);
  });
});
