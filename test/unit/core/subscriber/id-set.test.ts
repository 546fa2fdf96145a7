import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdSet } from '../../../../src/core/subscriber/id-set.js';

const id = fc.bigInt({ min: 0n, max: 40n });
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), first: id, last: id }),
  fc.record({ kind: fc.constant('range' as const), first: id, last: id }),
  fc.record({ kind: fc.constant('delete' as const), first: id, last: id }),
);

describe('IdSet', () => {
  it('does what a set of numbers does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), id, id, (steps, first, last) => {
        const set = new IdSet();
        const model = new Set<bigint>();
        for (const { kind, first: from, last: to } of steps) {
          if (kind === 'add') {
            expect(set.add(from)).toBe(!model.has(from));
            model.add(from);
          } else if (kind === 'delete') {
            set.delete(from);
            model.delete(from);
          } else {
            set.addRange(from, to);
            for (let i = from; i <= to; i++) model.add(i);
          }
        }
        const sorted = [...model].sort((a, b) => Number(a - b));
        expect(set.isEmpty).toBe(model.size === 0);
        expect([set.min, set.max]).toEqual([sorted[0], sorted.at(-1)]);
        const missing: bigint[] = [];
        for (let i = first; i <= last; i++) {
          expect(set.has(i)).toBe(model.has(i));
          if (!model.has(i)) missing.push(i);
        }
        const holes = set.holes(first, last);
        expect(holes.flatMap((hole) => range(hole.first, hole.last))).toEqual(missing);
        expect(set.covers(first, last)).toBe(missing.length === 0);
      }),
    );
  });

  it('stays one interval however many IDs follow one another', () => {
    const set = new IdSet();
    for (let i = 0n; i < 10_000n; i++) set.add(i);
    expect(set.holes(0n, 20_000n)).toEqual([{ first: 10_000n, last: 20_000n }]);
  });
});

function range(first: bigint, last: bigint): bigint[] {
  const ids: bigint[] = [];
  for (let i = first; i <= last; i++) ids.push(i);
  return ids;
}
