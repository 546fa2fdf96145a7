// Makes a fresh clone ready: installs what is missing and builds what is stale. Every npm script that needs either runs this first.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], env: process.env });
  if (result.error) throw result.error;
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** The newest modification time below a path, in ms; 0 when it does not exist. */
function newest(path) {
  if (!existsSync(path)) return 0;
  const info = statSync(path);
  if (!info.isDirectory()) return info.mtimeMs;
  return Math.max(info.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

const installed = join(root, 'node_modules/.package-lock.json');
if (!existsSync(installed)) {
  process.stderr.write('installing dependencies …\n');
  // Not `npm ci`: where a registry lacks the optional packages of other platforms, no lock file satisfies it. The versions
  // are those of package-lock.json all the same, and --no-save leaves that file alone.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
}

const sources = Math.max(
  ...['src', 'package.json', 'scripts/build.mjs', 'scripts/bundle-oclif.mjs', 'tsconfig.json'].map((path) =>
    newest(join(root, path)),
  ),
);
const stamp = join(root, 'dist/.built');
if (!existsSync(stamp) || statSync(stamp).mtimeMs < sources) {
  process.stderr.write('building …\n');
  run(process.execPath, [join(root, 'scripts/build.mjs')]);
}
