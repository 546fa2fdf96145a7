// `npm run test:diagnosis [-- PART] [-- --json FILE]`: bundles the lab with the product's TypeScript in it, and runs it.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'test/diagnosis/.build');
rmSync(folder, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['test/diagnosis/main.ts'],
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  define: { __MOQT_VERSION__: '"diagnosis"' },
  logLevel: 'warning',
});
const { main } = await import(join(folder, 'main.mjs'));
process.exit(await main(process.argv.slice(2), root));
