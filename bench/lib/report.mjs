// One row a figure, printed as a table and written as JSON.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/bundle-folder.mjs';

/**
 * @param row {id, what, ours, reference, ratio: {best, median} | number | null, bar: {atLeast} | {atMost} | null, note, skipped}
 */
export function verdict({ ratio, bar, skipped }) {
  if (skipped) return 'SKIPPED';
  if (!bar) return 'reported';
  const value = typeof ratio === 'number' ? ratio : ratio?.best;
  if (value === undefined || value === null || Number.isNaN(value)) return 'FAILED';
  const met = bar.atLeast !== undefined ? value >= bar.atLeast : value <= bar.atMost;
  return met ? 'met' : 'missed';
}

function barText(bar) {
  if (!bar) return '';
  return bar.atLeast !== undefined ? `≥ ${bar.atLeast}` : `≤ ${bar.atMost}`;
}

function ratioText(ratio) {
  if (ratio === null || ratio === undefined) return '–';
  return typeof ratio === 'number' ? ratio.toFixed(2) : `${ratio.best.toFixed(2)} (median ${ratio.median.toFixed(2)})`;
}

const cellsOf = (row) => [
  row.id,
  row.what,
  row.ours ?? '–',
  row.reference ?? '–',
  ratioText(row.ratio),
  barText(row.bar),
  verdict(row),
];

/** One figure as soon as it is known: a run that is stopped has told what it had. */
export function printRow(row, print) {
  print(cellsOf(row).filter(Boolean).join('  '));
}

export function printTable(rows, print) {
  const head = ['', 'figure', 'ours', 'measured against', 'ratio', 'bar', ''];
  const cells = rows.map(cellsOf);
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((cell) => cell[i].length)));
  const line = (cell) =>
    cell
      .map((text, i) => text.padEnd(widths[i]))
      .join('  ')
      .trimEnd();
  print(line(head));
  print(widths.map((width) => '-'.repeat(width)).join('  '));
  cells.forEach((cell, i) => {
    print(line(cell));
    const { note, skipped } = rows[i];
    if (skipped) print(`${' '.repeat(widths[0] + 2)}SKIPPED: ${skipped}`);
    if (note) print(`${' '.repeat(widths[0] + 2)}${note}`);
  });
}

export function writeResults(results) {
  const folder = join(root, 'bench/results');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'latest.json');
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
  return path;
}
