import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duration, hexDump, ticks } from '../../../../../../src/core/render/trace-html/client/format.js';
import { gridRows } from '../../../../../../src/core/render/trace-html/client/gaps.js';
import { packRows } from '../../../../../../src/core/render/trace-html/client/lanes.js';

describe('packRows', () => {
  it('never lets spans of a row touch while there are rows left', () => {
    const span = fc.tuple(fc.nat(1000), fc.nat(100)).map(([from, length]) => ({ from, to: from + length }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 60 }), (unsorted) => {
        const spans = [...unsorted].sort((a, b) => a.from - b.from);
        const { row, rows, overlaps } = packRows(spans, 2, 100);
        expect(overlaps).toBe(0);
        for (let i = 0; i < spans.length; i++) {
          expect(row[i]).toBeLessThan(rows);
          for (let j = 0; j < i; j++)
            if (row[i] === row[j]) expect(spans[j]!.to + 2).toBeLessThanOrEqual(spans[i]!.from);
        }
      }),
    );
  });

  it('counts those that it had to put over others', () => {
    const spans = Array.from({ length: 5 }, () => ({ from: 0, to: 9 }));
    expect(packRows(spans, 0, 2)).toMatchObject({ rows: 2, overlaps: 3 });
  });
});

describe('gridRows', () => {
  it('shows absent groups as one row, and objects that are missing within groups', () => {
    const seen: [string, string, number][] = [
      ['3', '5', 0],
      ['3', '7', 1],
      ['9', '2', 2],
      ['10', '0', 3],
    ];
    const { rows, missingObjects, missingGroups } = gridRows(seen);
    expect(
      rows.map((row) => (row.kind === 'absent' ? `${row.from}-${row.to}` : `${row.group}:${row.missing}`)),
    ).toEqual([
      // The first group may be joined in its middle: what is before its first object is not missing.
      '3:1',
      '4-8',
      '9:2',
      '10:0',
    ]);
    expect([missingObjects, missingGroups]).toEqual([3, 5n]);
  });

  it('is quick with IDs that are far apart', () => {
    const { missingGroups, rows } = gridRows([
      ['0', '0', 0],
      [String(2n ** 62n), String(2n ** 60n), 1],
    ]);
    expect([missingGroups, rows.length]).toEqual([2n ** 62n - 1n, 3]);
  });
});

describe('figures', () => {
  it.each([
    [0, '0 ms'],
    [420, '0.420 ms'],
    [12_340, '12.3 ms'],
    [3_400_000, '3.40 s'],
    [125_000_000, '2m 05s'],
  ])('%d µs is %s', (us, text) => expect(duration(us)).toBe(text));

  it('puts ticks on round numbers within the range', () => {
    expect(ticks(3, 47, 5)).toEqual({ step: 10, at: [10, 20, 30, 40] });
  });

  it('dumps bytes with their offsets and letters', () => {
    expect(hexDump('4d4f510a')).toMatch(/^0000 {2}4d 4f 51 0a +MOQ\.$/);
  });
});
