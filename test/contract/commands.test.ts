import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { envName } from '../../src/cli/command/flag-values.js';
import { connectionFlags } from '../../src/cli/flags/connection-flags.js';
import { outputFlags } from '../../src/cli/flags/output-flags.js';
import { ERROR_CODES } from '../../src/core/errors/error-codes.js';
import { EXIT_MEANINGS } from '../../src/core/errors/exit-codes.js';
import { run } from '../support/moqt.js';

interface FlagContract {
  readonly env: string;
}
type Contract = Record<string, { readonly flags: Record<string, FlagContract> }>;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const text = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8');
const snapshot = JSON.parse(text('test/contract/commands.snapshot.json')) as Contract;

/** Cells of the rows of a Markdown table that begin with something that `key` matches. */
function rows(markdown: string, key: RegExp): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([first]) => key.test(first ?? ''));
}

test('arguments and flags are those of the snapshot', () => {
  const script = `import { currentContract } from ${JSON.stringify(`${ROOT}scripts/snapshot.mjs`)}; console.log(JSON.stringify(currentContract()))`;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(result.stderr).toBe('');
  expect(
    JSON.parse(result.stdout),
    'a flag or argument has changed, and scripts depend on them. If it is meant: `npm run build && node scripts/snapshot.mjs`, commit test/contract/commands.snapshot.json, and say it in CHANGELOG.md',
  ).toEqual(snapshot);
});

test('the environment variable of every flag is the one that the command line reads', () => {
  const shared = new Set([...Object.keys(connectionFlags), ...Object.keys(outputFlags)]);
  for (const [id, { flags }] of Object.entries(snapshot)) {
    for (const [name, { env }] of Object.entries(flags)) expect(env, `${id} --${name}`).toBe(envName(name, shared, id));
  }
});

test.each([
  ['publish', ['moqt://h/', 'a', 't'], 'MOQT_PUBLISH_RATE', '25', 'rate'],
  ['subscribe', ['moqt://h/', 'a', 't'], 'MOQT_SUBSCRIBE_COUNT', '3', 'count'],
  ['relay', [], 'MOQT_RELAY_MAX_TRACKS', '7', 'max-tracks'],
  ['connect', ['moqt://h/'], 'MOQT_IDLE_TIMEOUT', '4s', 'idle-timeout'],
] as const)('%s reads a flag from %j', async (id, args, variable, value, flag) => {
  expect(snapshot[id]?.flags[flag]?.env).toBe(variable);
  const result = await run([id, ...args, '--show-config', '--json'], { env: { [variable]: value } });
  expect(result.code, result.stderr).toBe(0);
  const { config } = JSON.parse(result.stdout.toString()) as { config: { flag: string; origin: string }[] };
  expect(config.find((row) => row.flag === flag)?.origin).toBe(`environment ${variable}`);
});

test('--show-config shows durations and sizes as the flags take them', async () => {
  const given = { 'idle-timeout': '90s', 'reorder-bound': '16KiB', within: '250ms' };
  const args = [
    'subscribe',
    ...Object.entries(given).map(([flag, value]) => `--${flag}=${value}`),
    '--expect-objects=1',
  ];
  const result = await run([...args, '--show-config', '--json']);
  expect(result.code, result.stderr).toBe(0);
  const { config } = JSON.parse(result.stdout.toString()) as { config: { flag: string; value: unknown }[] };
  const values = Object.fromEntries(config.map(({ flag, value }) => [flag, value]));
  expect(values).toMatchObject({ ...given, 'connect-timeout': '5s', 'expect-objects': 1, quiet: false, bind: null });
});

test('the README has the exit codes as the code has them', () => {
  const table = rows(text('README.md'), /^\d+$/).map(([code, meaning]) => [Number(code), meaning]);
  expect(table).toEqual(Object.entries(EXIT_MEANINGS).map(([code, meaning]) => [Number(code), meaning]));
});

test('docs/errors.md has every error code, with its exit code and meaning', () => {
  const table = rows(text('docs/errors.md'), /^`MOQT_E_/).map(([code, exit, meaning]) => [code, Number(exit), meaning]);
  expect(table).toEqual(
    Object.entries(ERROR_CODES).map(([code, { exitCode, meaning }]) => [`\`${code}\``, exitCode, meaning]),
  );
});

test('the README names every command', () => {
  for (const id of Object.keys(snapshot)) expect(text('README.md')).toContain(`\`moqt ${id.replaceAll(':', ' ')}`);
});

test('no module imports a higher rank, and the judge has seen them all', () => {
  const cruiser = `${ROOT}node_modules/dependency-cruiser/bin/dependency-cruise.mjs`;
  const args = [cruiser, 'src', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  const result = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  const { summary } = JSON.parse(result.stdout) as { summary: { totalCruised: number; violations: unknown[] } };
  expect(summary.totalCruised).toBeGreaterThan(100);
  expect(summary.violations).toEqual([]);
});
