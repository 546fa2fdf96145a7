// Builds dist/: one bundle per command with the CLI framework in it (cold start), the library, the library for browsers as one module, their type
// declarations, and the command manifest.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { bundleOclif, licenseTexts } from './bundle-oclif.mjs';
import { groupChunks, mergeChunks } from './merge-chunks.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** What opens a session over QUIC. */
const NETWORK = [
  'src/core/transport/quic/client/connect.ts',
  'src/core/transport/quic/native.ts',
  'src/core/session/connect/connect.ts',
];
/** The kinds of run that begin alike, with the entries (commands, and what they import when they run) that each begins with. */
const STARTS = {
  bytes: ['src/commands/decode.ts', 'src/commands/encode.ts', 'src/core/wire/view/batch.ts'],
  files: [...sources('src/commands/certs'), ...sources('src/commands/trace'), 'src/commands/explain.ts'],
  probe: [
    'src/commands/probe.ts',
    'src/core/probe/probe.ts',
    'src/core/probe/experiments/full-size-packet.ts',
    ...NETWORK,
  ],
  session: [
    ...['announce', 'connect', 'publish', 'subscribe'].map((name) => `src/commands/${name}.ts`),
    'src/core/publisher/publish.ts',
    'src/core/subscriber/subscribe.ts',
    ...NETWORK,
  ],
};

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

const forNode = {
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
};
const split = {
  ...forNode,
  absWorkingDir: root,
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
  splitting: true,
  packages: 'external',
  define: { __MOQT_VERSION__: JSON.stringify(pjson.version) },
};

await build({ ...split, entryPoints: ['src/index.ts'], chunkNames: 'library/[name]-[hash]' });

const commands = await build({
  ...split,
  entryPoints: ['src/cli/main.ts', ...sources('src/commands')],
  chunkNames: 'chunks/[name]-[hash]',
  plugins: [oclif.plugin],
  write: false,
  metafile: true,
});
await mergeChunks(
  root,
  commands,
  groupChunks(commands.metafile.outputs, 'src/cli/main.ts', STARTS),
  'dist/start',
  forNode,
);
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
