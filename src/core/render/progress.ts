import { formatBytes, formatMs } from './quantity.js';

/** What a running transfer looks like at one moment; all totals are since its start. */
export interface ProgressSample {
  readonly atMs: number;
  readonly bytes: number;
  readonly objects: number;
  readonly rttMs: number | null;
  /** Bytes that are expected in all, when known. */
  readonly totalBytes?: number | null;
}

/** Turns samples into one line: amount, share, objects, the rate since the sample before, and the round trip time. */
export class ProgressLine {
  #last: ProgressSample | null = null;
  #rate = 0;

  next(sample: ProgressSample): string {
    const last = this.#last;
    if (last && sample.atMs > last.atMs) {
      const now = ((sample.bytes - last.bytes) * 1_000) / (sample.atMs - last.atMs);
      // Smoothed, or a person cannot read it.
      this.#rate = this.#rate === 0 ? now : this.#rate * 0.6 + now * 0.4;
    }
    this.#last = sample;
    const total = sample.totalBytes;
    const share = total ? ` of ${formatBytes(total)} (${Math.floor((100 * sample.bytes) / total)}%)` : '';
    const rtt = sample.rttMs === null ? '' : `  rtt ${formatMs(sample.rttMs)}`;
    return `${formatBytes(sample.bytes)}${share}  ${sample.objects} objects  ${formatBytes(Math.round(this.#rate))}/s${rtt}`;
  }
}
