import type { LatencyFacts } from '../../records/probe-report.js';

/** Percentiles by nearest rank, and a histogram whose limits are 1, 2 and 5 times the powers of ten; null for no values. */
export function latencyFacts(values: Float64Array): LatencyFacts | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
  return {
    min: sorted[0] as number,
    p50: rank(0.5),
    p90: rank(0.9),
    p99: rank(0.99),
    max: sorted[sorted.length - 1] as number,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    histogram: histogram(sorted),
  };
}

function histogram(sorted: Float64Array): { upTo: number; count: number }[] {
  const buckets: { upTo: number; count: number }[] = [];
  let next = 0;
  for (const upTo of limits()) {
    const from = next;
    while (next < sorted.length && (sorted[next] as number) <= upTo) next++;
    // Empty buckets below the first value say nothing.
    if (next > from || buckets.length > 0) buckets.push({ upTo, count: next - from });
    if (next === sorted.length) break;
  }
  return buckets;
}

/** 0.01 ms and up, without end: beyond 10^9 ms nothing is measured. */
function* limits(): Generator<number> {
  for (let exponent = -2; exponent <= 9; exponent++) {
    for (const step of [1, 2, 5]) yield Number(`${step}e${exponent}`);
  }
  yield Number.MAX_VALUE;
}
