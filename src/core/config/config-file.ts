import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { MoqtError } from '../errors/moqt-error.js';
import { closestName } from '../util/closest-name.js';

/** A value as the file gives it: what the flag would take on the command line. */
export type ConfigValue = string | number | boolean | readonly (string | number)[];

/** Flag values by flag name. */
export type ConfigValues = ReadonlyMap<string, ConfigValue>;

export interface ConfigFile {
  readonly path: string;
  /** For every command. */
  readonly values: ConfigValues;
  /** By command, for example `publish`. */
  readonly commands: ReadonlyMap<string, ConfigValues>;
  /** Named sets, chosen with --context. */
  readonly contexts: ReadonlyMap<string, ConfigValues>;
}

/** A configuration is a page of text; anything larger is a mistake or an attack. */
const MAX_BYTES = 1 << 20;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

export function defaultConfigPath(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'moqt', 'config.json');
}

/**
 * Reads a configuration file: `{"draft": "18", "commands": {"publish": {…}}, "contexts": {"lab": {…}}}`.
 * Returns null when `path` does not exist and `required` is false.
 * @throws MoqtError MOQT_E_LOCAL_IO when it cannot be read, MOQT_E_USAGE when it is not acceptable.
 */
export async function readConfigFile(path: string, required: boolean): Promise<ConfigFile | null> {
  let text: string;
  try {
    const info = await stat(path);
    if (info.size > MAX_BYTES) throw refuse(path, `it has ${info.size} bytes`, `at most ${MAX_BYTES} bytes`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof MoqtError) throw error;
    if (!required && (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new MoqtError('MOQT_E_LOCAL_IO', `cannot read configuration file ${path}`, {
      stage: 'config',
      cause: 'config.unreadable',
      hint: 'check --config and the file permissions',
      origin: error,
    });
  }
  return parseConfig(path, text);
}

/**
 * Refuses names that no command would ever look at: a misspelled one must not be ignored.
 * `commands` has the flags of every command, `shared` those that may stand at the top.
 * @throws MoqtError MOQT_E_USAGE
 */
export function checkConfigKeys(
  file: ConfigFile,
  known: { readonly shared: ReadonlySet<string>; readonly commands: ReadonlyMap<string, readonly string[]> },
): void {
  const { path } = file;
  const names = [...known.commands.keys()];
  const unknown = (name: string, where: string, flags: readonly string[]): never => {
    const owner = names.find((command) => known.commands.get(command)?.includes(name));
    const advice = owner === undefined ? closestName(name, flags) : `"commands": {"${owner}": {"${name}": …}}`;
    throw refuse(path, `there is no ${name} in ${where}`, advice ?? 'flag names without the dashes');
  };
  const everyFlag = [...new Set([...known.commands.values()].flat())].filter((name) => name !== 'config');
  const top = [...known.shared].filter((name) => name !== 'config');
  for (const name of file.values.keys()) if (!top.includes(name)) unknown(name, 'the flags of every command', top);
  for (const [command, values] of file.commands) {
    const flags = known.commands.get(command);
    if (flags === undefined)
      throw refuse(path, `there is no command ${command}`, closestName(command, names) ?? 'a command');
    for (const name of values.keys()) if (!flags.includes(name)) unknown(name, `the flags of ${command}`, flags);
  }
  for (const [context, values] of file.contexts)
    for (const name of values.keys()) if (!everyFlag.includes(name)) unknown(name, `context ${context}`, everyFlag);
}

export function parseConfig(path: string, text: string): ConfigFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw refuse(path, `it is not JSON (${(error as Error).message})`, 'a JSON object of flag names and values');
  }
  const top = entriesOf(path, parsed, 'the file');
  const values = new Map<string, ConfigValue>();
  let commands: ReadonlyMap<string, ConfigValues> = new Map();
  let contexts: ReadonlyMap<string, ConfigValues> = new Map();
  for (const [key, value] of top) {
    if (key === 'commands') commands = nested(path, value, key);
    else if (key === 'contexts') contexts = nested(path, value, key);
    else values.set(key, scalar(path, key, value));
  }
  return { path, values, commands, contexts };
}

function nested(path: string, value: unknown, where: string): ReadonlyMap<string, ConfigValues> {
  const result = new Map<string, ConfigValues>();
  for (const [name, inner] of entriesOf(path, value, where)) {
    const values = new Map<string, ConfigValue>();
    for (const [key, leaf] of entriesOf(path, inner, `${where}.${name}`)) values.set(key, scalar(path, key, leaf));
    result.set(name, values);
  }
  return result;
}

function entriesOf(path: string, value: unknown, where: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(path, `${where} is not an object`, 'a JSON object');
  }
  const entries = Object.entries(value);
  for (const [key] of entries)
    if (FORBIDDEN.has(key)) throw refuse(path, `the key ${key} is not allowed`, 'flag names');
  return entries;
}

function scalar(path: string, key: string, value: unknown): ConfigValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' || Number.isFinite(item))) return value;
  throw refuse(path, `the value of ${key} is not acceptable`, 'a string, number, boolean or a list of strings');
}

function refuse(path: string, what: string, expected: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', `configuration file ${path}: ${what}`, {
    stage: 'config',
    cause: 'config.invalid',
    hint: `expected ${expected}`,
  });
}
