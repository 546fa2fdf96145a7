import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A case of the third-party vectors, which are read from where they are and not copied into this project. */
export interface ThirdPartyVector {
  readonly id: string;
  readonly hex: string;
  readonly decoded?: { readonly [name: string]: unknown };
  readonly error?: string;
}

const root = process.env.MOQT_VECTORS ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));

/** Files that were asked for and are not there. */
const missing: string[] = [];

/**
 * The vectors of one file, such as `draft16/codec/data-streams/subgroup.json` below `MOQT_VECTORS` (default
 * `../shared/vectors`); null, said on stderr with a count, when it is not there.
 */
export function thirdPartyVectors(path: string): readonly ThirdPartyVector[] | null {
  const file = `${root}/${path}`;
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')).vectors;
  missing.push(path);
  process.stderr.write(`SKIPPED (${missing.length}): no third-party vectors at ${file}; set MOQT_VECTORS\n`);
  return null;
}
