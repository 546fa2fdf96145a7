import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChecksumTable } from '../../../../src/core/subscriber/checksum-table.js';

describe('ChecksumTable', () => {
  it('keeps the first checksum of every object, in whatever order they come', () => {
    const steps = fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 20n }), fc.nat({ max: 3 })), { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.bigInt({ min: 0n, max: 1n << 62n }), (all, base) => {
        const table = new ChecksumTable();
        const first = new Map<bigint, number>();
        for (const [id, checksum] of all) {
          if (!first.has(id)) first.set(id, checksum);
          expect(table.keep(base + id, checksum)).toBe(first.get(id));
        }
      }),
    );
  });

  it('keeps 8192 of them, and says of others that they are what they are', () => {
    const table = new ChecksumTable();
    for (let object = 0n; object < 8192n; object++) expect(table.keep(object, 1)).toBe(1);
    expect(table.keep(8191n, 2)).toBe(1);
    expect(table.keep(8192n, 2)).toBe(2);
    expect(table.keep(8192n, 3)).toBe(3);
    expect(table.keep(9000n, 2)).toBe(2);
    expect(table.keep(9000n, 3)).toBe(3);
    expect(table.keep(0n, 3)).toBe(1);
  });
});
