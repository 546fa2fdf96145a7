import { MoqtError } from '../errors/moqt-error.js';

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  k: 1_000,
  M: 1_000_000,
  G: 1_000_000_000,
};

/**
 * `512B`, `16KiB`, `4MiB`, `1GiB`, or decimal `16k`, `4M`, `1G` as bytes.
 * @throws MoqtError MOQT_E_USAGE that names the accepted form.
 */
export function parseSize(text: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)(B|KiB|MiB|GiB|k|M|G)$/.exec(text);
  const bytes = match ? Number(match[1]) * (BYTES[match[2] as string] as number) : Number.NaN;
  if (!Number.isSafeInteger(bytes)) {
    throw new MoqtError('MOQT_E_USAGE', `${JSON.stringify(text)} is not a size`, {
      stage: 'config',
      cause: 'usage.size',
      hint: 'a number with one of B KiB MiB GiB k M G, such as 16KiB, that gives whole bytes',
    });
  }
  return bytes;
}

/** Bytes as parseSize reads them, in the largest unit that leaves a whole number: `16KiB`, `4M`, `100B`. */
export function formatSize(bytes: number): string {
  const unit =
    ['GiB', 'MiB', 'KiB', 'G', 'M', 'k'].find((name) => bytes > 0 && bytes % (BYTES[name] as number) === 0) ?? 'B';
  return `${bytes / (BYTES[unit] as number)}${unit}`;
}
