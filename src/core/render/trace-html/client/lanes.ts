export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Puts spans, sorted by `from`, into as few rows as keep them `gap` apart; returns each one's row. Beyond `maxRows` the row
 * that is free first takes the span although it overlaps: a picture of bounded height is worth more than one without overlap.
 */
export function packRows(
  spans: readonly Span[],
  gap: number,
  maxRows: number,
): { row: number[]; rows: number; overlaps: number } {
  const free: number[] = [];
  const row: number[] = [];
  let overlaps = 0;
  for (const { from, to } of spans) {
    let best = 0;
    let found = -1;
    for (let i = 0; i < free.length; i++) {
      if ((free[i] as number) <= from) {
        found = i;
        break;
      }
      if ((free[i] as number) < (free[best] as number)) best = i;
    }
    if (found === -1) {
      if (free.length < maxRows) found = free.length;
      else {
        found = best;
        overlaps++;
      }
    }
    free[found] = Math.max(free[found] ?? 0, to + gap);
    row.push(found);
  }
  return { row, rows: Math.max(1, free.length), overlaps };
}

/** The first index at which `key` is at least `wanted`, among `length` of ascending keys. */
export function lowerBound(length: number, key: (index: number) => number, wanted: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(middle) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
