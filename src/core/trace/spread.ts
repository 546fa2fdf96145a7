import type { Spread } from '../records/trace-report.js';

/** Figures kept for percentiles; beyond them only every n-th is. */
const MAX_KEPT = 200_000;

/** Collects figures in bounded memory. */
export class SpreadMeter {
  private kept: number[] = [];
  private stride = 1;
  private count = 0;
  private max = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    if (value > this.max) this.max = value;
    if (this.count++ % this.stride !== 0) return;
    this.kept.push(value);
    if (this.kept.length < MAX_KEPT) return;
    this.kept = this.kept.filter((_, i) => i % 2 === 0);
    this.stride *= 2;
  }

  /** Null without a figure. */
  spread(): Spread | null {
    if (this.count === 0) return null;
    const sorted = [...this.kept].sort((a, b) => a - b);
    const at = (part: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] as number;
    return { count: this.count, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: this.max };
  }
}
