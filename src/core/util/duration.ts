import { MoqtError } from '../errors/moqt-error.js';

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const DAY_MS = 86_400_000;

const DOWNWARDS = Object.entries(MS).reverse();

/** Longer timers overflow Node's 32-bit delay and fire at once. */
const MAX_MS = 2 ** 31 - 1;

/**
 * `250ms`, `5s`, `1.5m`, `2h`, `1d` or `0` (none) as milliseconds, at most 24 days unless `maxDays` says otherwise: more is
 * for what no timer waits for.
 * @throws MoqtError MOQT_E_USAGE that names the accepted form.
 */
export function parseDuration(text: string, maxDays?: number): number {
  if (text === '0') return 0;
  const match = /^(\d{1,10}(?:\.\d{1,6})?)(ms|s|m|h|d)$/.exec(text);
  const ms = match ? Number(match[1]) * (MS[match[2] as string] as number) : Number.NaN;
  if (!(ms <= (maxDays === undefined ? MAX_MS : maxDays * DAY_MS))) {
    throw new MoqtError('MOQT_E_USAGE', `${JSON.stringify(text)} is not a duration`, {
      stage: 'config',
      cause: 'usage.duration',
      hint: `a number with one of ms s m h d, such as 250ms or 5s, up to ${maxDays ?? 24}d; 0 is none`,
    });
  }
  return ms;
}

/** Milliseconds as parseDuration reads them, in the largest unit that leaves a whole number: `5s`, `90s`, `1500ms`, `0`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0';
  const [unit, size] = DOWNWARDS.find(([, one]) => ms % one === 0) ?? ['ms', 1];
  return `${Number((ms / size).toFixed(6))}${unit}`;
}
