// Bundles a TypeScript program of the repository, with the product's TypeScript in it, into a folder of its own.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Empties `folder` and builds `entry` into it; both are relative to the root. `version` is what the product calls itself.
 * Gives the path of the module.
 */
export async function bundleFolder({ entry, folder, version }) {
  const outdir = join(root, folder);
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: { main: entry },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    define: { __MOQT_VERSION__: JSON.stringify(version) },
    logLevel: 'warning',
  });
  return join(outdir, 'main.mjs');
}
