import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { run } from '../support/moqt.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

test('commands carry the framework: none of them looks for it in node_modules', () => {
  const files = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /^(?:cli|commands|chunks|start)\b.*\.js$/.test(name),
  );
  expect(files.length).toBeGreaterThan(20);
  const importing = files.filter((name) =>
    /^(?:import|\} from) ?"@oclif\/core/m.test(readFileSync(join(DIST, name), 'utf8')),
  );
  expect(importing).toEqual([]);
});

test('every command that oclif knows of is started without it', () => {
  const { commands } = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8'));
  expect([...COMMANDS.keys()].sort()).toEqual(Object.keys(commands).sort());
});

test('a command whose name is written with a colon is the same command', async () => {
  const [colon, space] = await Promise.all([
    run(['certs:generate', '--show-config', '--json']),
    run(['certs', 'generate', '--show-config', '--json']),
  ]);
  expect(colon.code, colon.stderr).toBe(0);
  expect(colon.stdout.toString()).toBe(space.stdout.toString());
});

/** The modules of moqt and of node_modules that a run loads, relative to the package. */
async function modulesOf(...args: string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'moqt-modules-'));
  const list = join(folder, 'list');
  const note = (url: string) => `appendFileSync(${JSON.stringify(list)}, ${url} + '\\n');`;
  const asUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  const hook = `
    import { appendFileSync } from 'node:fs';
    export async function load(url, context, next) { ${note('url')} return next(url, context); }`;
  const preload = `
    import { appendFileSync } from 'node:fs';
    import Module, { register } from 'node:module';
    import { pathToFileURL } from 'node:url';
    const read = Module._extensions['.js'];
    Module._extensions['.js'] = (module, file) => { ${note('pathToFileURL(file)')} return read(module, file); };
    register(${JSON.stringify(asUrl(hook))});`;
  try {
    const { code, stderr } = await run(args, { env: { NODE_OPTIONS: `--import "${asUrl(preload)}"` } });
    expect(code, stderr).toBe(0);
    const urls = existsSync(list) ? readFileSync(list, 'utf8').trim().split('\n') : [];
    const files = urls.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url));
    return [...new Set(files)].map((file) => relative(ROOT, file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('the version is told by one module', async () => {
  expect(await modulesOf('--version')).toEqual(['bin/run.js']);
});

test.each([
  [['decode', '07000100'], 8],
  [['probe', '--show-config', 'moqt://h/'], 10],
  [['publish', '--show-config', 'moqt://h/', 'a', 't'], 10],
  [['subscribe', '--show-config', 'moqt://h/', 'a', 't'], 10],
] as const)('%j loads few modules, and none of another package', async (args, most) => {
  const modules = await modulesOf(...args);
  expect(modules).toContain('dist/cli/main.js');
  expect(modules.filter((file) => file.includes('node_modules'))).toEqual([]);
  expect(modules.length, modules.join('\n')).toBeLessThanOrEqual(most);
});

test('the licence of everything that was bundled goes with it', () => {
  const sections = readFileSync(join(DIST, 'LICENSES.txt'), 'utf8').split(/^-{80}$/m);
  const named = sections.map((section) => /^(\S+) \d+\.\d+\.\d+$/m.exec(section)?.[1]);
  expect(named).not.toContain(undefined);
  expect(named).toEqual(expect.arrayContaining(['@oclif/core', 'ejs', 'minimatch']));
  for (const section of sections)
    expect(section).toMatch(/MIT|ISC|BSD|Apache|BlueOak|Blue Oak|Permission is hereby granted/);
});
