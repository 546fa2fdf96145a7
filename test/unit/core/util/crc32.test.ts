import { crc32 as nodeCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32 } from '../../../../src/core/util/crc32.js';

it('is the CRC-32 that everybody computes, piece by piece as well', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 }), (pieces) => {
      let sum = 0;
      for (const piece of pieces) sum = crc32(piece, sum);
      expect(sum).toBe(nodeCrc32(Buffer.concat(pieces)));
    }),
  );
});
