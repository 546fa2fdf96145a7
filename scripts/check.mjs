// `npm run check`: everything about the code that a machine can judge. Prints one line a check; exits 1 when any fails.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { staleManPages } from './man.mjs';
import { manifestText } from './manifest.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
let failed = 0;

function verdict(name, ok, detail = '') {
  if (!ok) failed++;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}${detail ? ` — ${detail}` : ''}`);
}

function tool(name, file, args) {
  const result = spawnSync(process.execPath, [join(root, 'node_modules', file), ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  const output = `${result.stdout}${result.stderr}`.trim();
  return { name, ok: result.status === 0, output };
}

function run(name, file, args) {
  const { ok, output } = tool(name, file, args);
  verdict(name, ok);
  if (!ok) console.log(output);
}

run('format and lint (biome)', '@biomejs/biome/bin/biome', ['check', '.']);
run('types (tsc)', 'typescript/bin/tsc', ['--noEmit']);
run('types of the pages (tsc)', 'typescript/bin/tsc', ['-p', 'tsconfig.pages.json']);
run('types of the example page (tsc)', 'typescript/bin/tsc', ['-p', 'tsconfig.example.json']);
run('package (publint)', 'publint/src/cli.js', ['--strict']);
run('unused code (knip)', 'knip/bin/knip.js', ['--no-progress']);
run('library documentation (typedoc)', 'typedoc/bin/typedoc', ['--emit', 'none', '--logLevel', 'Warn']);

{
  const { ok, output } = tool('layers', 'dependency-cruiser/bin/dependency-cruise.mjs', [
    'src',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'err',
  ]);
  const seen = /(\d+) modules, \d+ dependencies cruised/.exec(output);
  const modules = Number(seen?.[1] ?? 0);
  // A cruiser that sees nothing approves of everything.
  verdict('layers (dependency-cruiser)', ok && modules > 20, `${modules} modules seen`);
  if (!ok) console.log(output);
}

{
  const entries = readdirSync(join(root, 'test/unit'), { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  const strays = folders
    .map((path) => relative(join(root, 'test/unit'), path))
    .filter((path) => !existsSync(join(root, 'src', path)));
  verdict(
    'unit tests stand where src has what they test',
    folders.length > 20 && strays.length === 0,
    strays.join(', '),
  );
}

{
  const rows = readFileSync(join(root, 'test/faults/README.md'), 'utf8').matchAll(/^\| \d[^|]*\|[^|]*\|(.*)\|$/gm);
  const named = [...rows].flatMap(([, tests]) => [...tests.matchAll(/`([a-z][a-z\d/-]*)`/g)].map(([, name]) => name));
  const missing = new Set(
    named.filter((name) =>
      ['test', 'test/faults'].every((folder) => !existsSync(join(root, folder, `${name}.test.ts`))),
    ),
  );
  verdict(
    'the table of faults names tests that exist',
    named.length > 50 && missing.size === 0,
    [...missing].join(', '),
  );
}

{
  const current = readFileSync(join(root, 'oclif.manifest.json'), 'utf8');
  verdict('command manifest is up to date', current === (await manifestText(root)));
}

{
  const stale = await staleManPages();
  verdict('man pages are up to date', stale.length === 0, stale.join(', '));
}

process.exit(failed === 0 ? 0 : 1);
