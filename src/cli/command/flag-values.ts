import { type Command, type Interfaces, Parser } from '@oclif/core';
import type { ConfigFile, ConfigValue } from '../../core/config/config-file.js';
import { MoqtError } from '../../core/errors/moqt-error.js';

/** Where a flag's value came from. */
export type Origin =
  | { readonly kind: 'flag' }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'context'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'default' };

type FlagDefinitions = Interfaces.FlagInput;

/** Shared flags are `MOQT_<FLAG>`, a command's own `MOQT_<COMMAND>_<FLAG>`. */
export function envName(flag: string, shared: ReadonlySet<string>, commandId: string): string {
  const upper = (text: string) => text.replaceAll(/[-: ]/g, '_').toUpperCase();
  return shared.has(flag) ? `MOQT_${upper(flag)}` : `MOQT_${upper(commandId)}_${upper(flag)}`;
}

/**
 * Flags whose value may be left out (`--wait`, `--wait 10s`), single-digit flags (`-4`, `-6`): what oclif's parser has no
 * form for is written out here, before it sees the command line. Everything behind `--` is left alone.
 */
export function normaliseArgv(argv: readonly string[], optionalValue: ReadonlyMap<string, string>): string[] {
  const result: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const token = argv[i] as string;
    if (token === '--') return [...result, ...argv.slice(i)];
    const bare = token.startsWith('--') ? optionalValue.get(token.slice(2)) : undefined;
    if (bare !== undefined) {
      const next = argv[i + 1];
      if (next !== undefined && /^\d/.test(next)) {
        result.push(`${token}=${next}`);
        i++;
      } else result.push(`${token}=${bare}`);
    } else if (token === '-4' || token === '-6') result.push(`--ipv${token[1]}`);
    else result.push(token);
  }
  return result;
}

/** The names of the flags that stand on the command line. */
export async function givenFlags(argv: string[], command: Command, flags: FlagDefinitions, args: Interfaces.ArgInput) {
  const bare = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      {
        ...flag,
        default: undefined,
        required: false,
        dependsOn: [],
        exclusive: [],
        parse: async (input: unknown) => input,
      },
    ]),
  ) as FlagDefinitions;
  const optional = Object.fromEntries(
    Object.entries(args).map(([name, arg]) => [
      name,
      { ...arg, required: false, multiple: false, ignoreStdin: true, parse: async (input: string) => input },
    ]),
  ) as Interfaces.ArgInput;
  const output = await Parser.parse(argv, { flags: bare, args: optional, strict: false, context: command });
  const seen = new Set<string>();
  for (const token of output.raw) {
    if (token.type !== 'flag') continue;
    const definition = flags[token.flag];
    if (seen.has(token.flag) && definition && !(definition.type === 'option' && definition.multiple)) {
      throw usage(`--${token.flag} was given twice`, 'give it once');
    }
    seen.add(token.flag);
  }
  return seen;
}

/** Values for the flags that are not on the command line, as command-line tokens, with their origins. */
export function valuesFromElsewhere(options: {
  given: ReadonlySet<string>;
  flags: FlagDefinitions;
  shared: ReadonlySet<string>;
  commandId: string;
  env: NodeJS.ProcessEnv;
  file: ConfigFile | null;
  context: string | undefined;
}): { tokens: string[]; origins: Map<string, Origin> } {
  const { given, flags, shared, commandId, env, file, context } = options;
  const chosen = context === undefined ? undefined : file?.contexts.get(context);
  if (context !== undefined && chosen === undefined) {
    throw usage(
      `there is no context ${JSON.stringify(context)}`,
      file
        ? `one of: ${[...file.contexts.keys()].join(', ') || 'none defined'} (${file.path})`
        : 'a configuration file with "contexts"',
    );
  }
  const tokens: string[] = [];
  const origins = new Map<string, Origin>();
  // A value that excludes one from a stronger place gives way to it: `--ipv4` beats MOQT_IPV6.
  const excluded = new Set([...given].flatMap((name) => flags[name]?.exclusive ?? []));
  for (const [name, definition] of Object.entries(flags)) {
    if (given.has(name)) {
      origins.set(name, { kind: 'flag' });
      continue;
    }
    const variable = envName(name, shared, commandId);
    const candidates: [ConfigValue | undefined, Origin][] = [
      [name === 'auth-token' ? undefined : env[variable] || undefined, { kind: 'env', name: variable }],
      [chosen?.get(name), { kind: 'context', name: context ?? '' }],
      [file?.commands.get(commandId)?.get(name), { kind: 'file', path: file?.path ?? '' }],
      [shared.has(name) ? file?.values.get(name) : undefined, { kind: 'file', path: file?.path ?? '' }],
    ];
    const found = candidates.find(([value]) => value !== undefined);
    if (!found || found[0] === undefined || excluded.has(name)) {
      // Its variable holds the token itself, which never becomes a word of a command line.
      const fromToken = name === 'auth-token' && commandId !== 'relay' && Boolean(env[variable]);
      origins.set(name, fromToken ? { kind: 'env', name: variable } : { kind: 'default' });
      continue;
    }
    tokens.push(...toTokens(name, definition, found[0], found[1]));
    origins.set(name, found[1]);
  }
  return { tokens, origins };
}

/** The same error, saying where the value came from when that was not the command line. */
export function withOrigin(error: MoqtError, origins: ReadonlyMap<string, Origin>): MoqtError {
  for (const [name, origin] of origins) {
    if (origin.kind === 'flag' || origin.kind === 'default') continue;
    if (error.message.startsWith(`--${name} does not accept`)) {
      error.message = `${describeOrigin(origin)}: ${error.message}`;
      break;
    }
  }
  return error;
}

export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
      return 'command line';
    case 'env':
      return `environment ${origin.name}`;
    case 'context':
      return `context ${origin.name}`;
    case 'file':
      return `file ${origin.path}`;
    case 'default':
      return 'default';
  }
}

function toTokens(name: string, definition: FlagDefinitions[string], value: ConfigValue, origin: Origin): string[] {
  if (definition.type !== 'boolean') {
    const items = Array.isArray(value) ? value : [value];
    return items.map((item) => `--${name}=${item}`);
  }
  const text = String(value).toLowerCase();
  if (text === '1' || text === 'true') return [`--${name}`];
  if (text === '0' || text === 'false') return definition.allowNo ? [`--no-${name}`] : [];
  throw usage(`${describeOrigin(origin)}: ${JSON.stringify(value)} is not a boolean`, '1, 0, true or false');
}

function usage(message: string, expected: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', message, { stage: 'config', cause: 'usage.flag', hint: `expected ${expected}` });
}
