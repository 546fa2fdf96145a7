/** A length of time, µs, for people: `0.42 ms`, `12.3 ms`, `3.40 s`, `2m 05s`. */
export function duration(us: number): string {
  const ms = us / 1000;
  const size = Math.abs(ms);
  if (size < 0.0005) return '0 ms';
  if (size < 10) return `${ms.toFixed(size < 1 ? 3 : 2)} ms`;
  if (size < 1000) return `${ms.toFixed(1)} ms`;
  if (size < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
}

/** A point in time, µs, with as many digits as a step of `stepUs` needs. */
export function tickLabel(us: number, stepUs: number): string {
  if (stepUs < 1000) return `${(us / 1000).toFixed(stepUs < 10 ? 3 : stepUs < 100 ? 2 : 1)} ms`;
  if (stepUs < 1_000_000 && us < 1_000_000) return `${Math.round(us / 1000)} ms`;
  const digits = stepUs < 10_000 ? 3 : stepUs < 100_000 ? 2 : stepUs < 1_000_000 ? 1 : 0;
  if (us < 60_000_000) return `${(us / 1_000_000).toFixed(digits)} s`;
  const minutes = Math.floor(us / 60_000_000);
  return `${minutes}:${((us % 60_000_000) / 1_000_000).toFixed(digits).padStart(digits === 0 ? 2 : digits + 3, '0')}`;
}

/** Round positions on an axis from `from` to `to`, no more than about `wanted` of them. */
export function ticks(from: number, to: number, wanted: number): { step: number; at: number[] } {
  const rough = Math.max(1e-9, (to - from) / Math.max(1, wanted));
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const at: number[] = [];
  for (let index = Math.ceil(from / step); index * step <= to; index++) at.push(index * step);
  return { step, at };
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${(count / 1024).toFixed(1)} KiB`;
  return `${(count / 1024 / 1024).toFixed(1)} MiB`;
}

/** Lines of 16 bytes: offset, hex, ASCII. */
export function hexDump(hex: string): string {
  const lines: string[] = [];
  for (let at = 0; at < hex.length; at += 32) {
    const pairs = hex.slice(at, at + 32).match(/../g) ?? [];
    const text = pairs.map((pair) => {
      const code = Number.parseInt(pair, 16);
      return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.';
    });
    const left = `${pairs.slice(0, 8).join(' ')}  ${pairs.slice(8).join(' ')}`.padEnd(48);
    lines.push(`${(at / 2).toString(16).padStart(4, '0')}  ${left}  ${text.join('')}`);
  }
  return lines.join('\n');
}

export function plural(count: number, word: string): string {
  return `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
}

/** The value below which `part` (0 … 1) of sorted values are. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}
