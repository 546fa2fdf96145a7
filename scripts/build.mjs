// Builds dist/: one bundle per command with the CLI framework in it (cold start), the library, the library for browsers as one module, their type
// declarations, and the command manifest.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { bundleOclif, licenseTexts } from './bundle-oclif.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** TypeScript files below a folder, relative to the project. */
function sources(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

rmSync(join(root, 'dist'), { recursive: true, force: true });
mkdirSync(join(root, 'dist'), { recursive: true });

const oclif = await bundleOclif(root);

await build({
  absWorkingDir: root,
  entryPoints: ['src/index.ts', 'src/cli/main.ts', ...sources('src/commands')],
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: 'linked',
  sourcesContent: false,
  packages: 'external',
  plugins: [oclif.plugin],
  define: { __MOQT_VERSION__: JSON.stringify(pjson.version) },
  logLevel: 'warning',
});
writeFileSync(join(root, 'dist/LICENSES.txt'), licenseTexts(oclif.packages));

await build({
  absWorkingDir: root,
  entryPoints: ['src/web.ts'],
  outfile: 'dist/web/moqt.js',
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  sourcemap: 'linked',
  define: { __MOQT_VERSION__: JSON.stringify(pjson.version) },
  logLevel: 'warning',
});
const web = readFileSync(join(root, 'dist/web/moqt.js'));
console.log(`dist/web/moqt.js: ${kilobytes(web.length)}, ${kilobytes(gzipSync(web, { level: 9 }).length)} with gzip`);

// The pages that commands write: a script and a style sheet each, which the command puts into the page.
await build({
  absWorkingDir: root,
  entryPoints: {
    'trace/script': 'src/core/render/trace-html/client/main.ts',
    'trace/style': 'src/core/render/trace-html/style.css',
  },
  outdir: 'dist/pages',
  bundle: true,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  logLevel: 'warning',
});

const types = spawnSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
if (types.status !== 0) process.exit(types.status ?? 1);

const { writeManifest } = await import('./manifest.mjs');
await writeManifest(root);
writeFileSync(join(root, 'dist/.built'), '');
