// Bundles the processes that the bench starts, with the product's TypeScript in them, into one folder.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'bench/.build');
export const worker = join(folder, 'main.mjs');

export async function buildWorkers() {
  rmSync(folder, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['bench/workers/main.ts'],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    define: { __MOQT_VERSION__: '"bench"' },
    logLevel: 'warning',
  });
}
