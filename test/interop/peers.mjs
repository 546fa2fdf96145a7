// Foreign MoQ implementations, installed once into a cache outside the clone, from package registries only.
// Every installer answers {path} or {skip: why}; a missing toolchain is a skip that says so, never a pass.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const cache =
  process.env.MOQT_INTEROP_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'moqt-interop');

const has = (command, ...args) =>
  spawnSync(command, args.length > 0 ? args : ['--version'], { stdio: 'ignore' }).status === 0;

/** Runs an installer; its output goes to stderr so that long builds show life. */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 2, 2], ...options });
    child.on('error', () => resolve(127));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** A program from crates.io. `locked` follows the lock file that its authors published. */
async function cargo(name, version, { locked }) {
  const root = join(cache, 'cargo');
  const path = join(root, 'bin', name);
  const registry = join(root, '.crates.toml');
  const installed = existsSync(registry) && readFileSync(registry, 'utf8').includes(`"${name} ${version} `);
  if (installed && existsSync(path)) return { path };
  if (!has('cargo')) return { skip: 'no Rust toolchain (cargo) here' };
  process.stderr.write(`building ${name} ${version} (minutes, once) …\n`);
  const args = ['install', name, '--version', version, '--root', root, ...(locked ? ['--locked'] : [])];
  const status = await run('cargo', args, { env: { ...process.env, CARGO_TARGET_DIR: join(cache, 'target') } });
  return status === 0 ? { path } : { skip: `cargo install ${name} ${version} failed with ${status}` };
}

/** aiomoqt needs Python 3.12 or later. */
async function aiomoqt() {
  const bin = join(cache, 'aiomoqt', 'bin');
  const stamp = join(cache, 'aiomoqt', '.installed-0.13.3-0.6.1');
  if (existsSync(stamp)) return { path: bin };
  const pyenv = join(homedir(), '.pyenv/versions');
  const candidates = [
    'python3.13',
    'python3.12',
    'python3',
    ...(existsSync(pyenv) ? readdirSync(pyenv).map((v) => join(pyenv, v, 'bin/python')) : []),
  ];
  const python = candidates.find((command) => has(command, '-c', 'import sys; sys.exit(sys.version_info < (3, 12))'));
  if (!python) return { skip: 'no Python 3.12 or later here' };
  process.stderr.write('installing aiomoqt 0.13.3 …\n');
  mkdirSync(cache, { recursive: true });
  let status = await run(python, ['-m', 'venv', join(cache, 'aiomoqt')]);
  if (status === 0) status = await run(join(bin, 'pip'), ['install', '-q', 'aiomoqt==0.13.3', 'aiopquic==0.6.1']);
  if (status !== 0) return { skip: `installing aiomoqt failed with ${status}` };
  writeFileSync(stamp, '');
  return { path: bin };
}

/** aioquic is a Python library; `path` is a Python that has it. */
async function aioquic() {
  const version = '1.3.0';
  const folder = join(cache, `aioquic-${version}`);
  const path = join(folder, 'bin/python');
  const works = () => has(path, '-c', `import aioquic; assert aioquic.__version__ == "${version}"`);
  if (works()) return { path };
  const python = ['python3', 'python3.13', 'python3.12'].find((command) =>
    has(command, '-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))'),
  );
  if (!python) return { skip: 'no Python 3.9 or later with venv here' };
  process.stderr.write(`installing aioquic ${version} …\n`);
  mkdirSync(cache, { recursive: true });
  let status = await run(python, ['-m', 'venv', folder]);
  if (status === 0) status = await run(path, ['-m', 'pip', 'install', '-q', `aioquic==${version}`]);
  if (status !== 0) return { skip: `installing aioquic ${version} failed with ${status}` };
  return works() ? { path } : { skip: `aioquic ${version} does not run here` };
}

/** mediamtx is a Go module that is built in a copy of its own folder, with the two files that its generator would write. */
async function mediamtx() {
  const version = 'v1.20.1';
  const path = join(cache, `mediamtx-${version}`);
  if (existsSync(path)) return { path };
  if (!has('go', 'version')) return { skip: 'no Go toolchain here' };
  process.stderr.write(`building mediamtx ${version} (minutes, once) …\n`);
  const found = spawnSync('go', ['mod', 'download', '-json', `github.com/bluenviron/mediamtx@${version}`], {
    encoding: 'utf8',
  });
  if (found.status !== 0) return { skip: 'the mediamtx module could not be downloaded' };
  const source = join(cache, 'mediamtx-source');
  rmSync(source, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  cpSync(JSON.parse(found.stdout).Dir, source, { recursive: true });
  makeWritable(source);
  writeFileSync(join(source, 'internal/core/VERSION'), version);
  writeFileSync(join(source, 'internal/servers/hls/hls.min.js'), '');
  const status = await run('go', ['build', '-o', path, '.'], { cwd: source });
  rmSync(source, { recursive: true, force: true });
  return status === 0 ? { path } : { skip: `go build of mediamtx failed with ${status}` };
}

/** Deno is a program in an npm package. */
async function deno() {
  const version = '2.9.6';
  const folder = join(cache, `deno-${version}`);
  const path = join(folder, 'node_modules/.bin/deno');
  if (has(path)) return { path };
  process.stderr.write(`installing deno ${version} …\n`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const status = await run('npm', ['install', '--no-audit', '--no-fund', '--save-exact', `deno@${version}`], {
    cwd: folder,
  });
  if (status !== 0) return { skip: `npm install deno@${version} failed with ${status}` };
  return has(path) ? { path } : { skip: `deno ${version} does not run here` };
}

/** The module cache is read-only, and so is a copy of it. */
function makeWritable(folder) {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makeWritable(path);
    else if (!entry.isSymbolicLink()) chmodSync(path, 0o644);
  }
}

export const installers = {
  'moq-relay-ietf': () => cargo('moq-relay-ietf', '0.8.0', { locked: true }),
  'moq-test-client': () => cargo('moq-test-client', '0.2.0', { locked: true }),
  'moq-clock-ietf': () => cargo('moq-clock-ietf', '0.6.25', { locked: true }),
  // Its lock names crate versions that the registry may no longer have.
  'moq-relay': () => cargo('moq-relay', '0.17.10', { locked: false }),
  aiomoqt,
  aioquic,
  deno,
  mediamtx,
};
