import type { Command, Interfaces } from '@oclif/core';
import { type ConfigFile, checkConfigKeys, defaultConfigPath, readConfigFile } from '../../core/config/config-file.js';
import { connectionFlags } from '../flags/connection-flags.js';
import { outputFlags } from '../flags/output-flags.js';
import { envName, givenFlags, normaliseArgv, type Origin, valuesFromElsewhere } from './flag-values.js';

/** Flags whose environment variable carries no command name. */
const SHARED = new Set([...Object.keys(connectionFlags), ...Object.keys(outputFlags)]);
/** Flags that may stand without a value, and what that means. */
const OPTIONAL_VALUE = new Map([['wait', 'forever']]);

/** A command line as its person wrote it, in words that oclif's parser knows. */
export class CommandLine {
  readonly words: readonly string[];
  #file: ConfigFile | null = null;

  constructor(
    argv: readonly string[],
    private readonly commandId: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.words = normaliseArgv(argv, OPTIONAL_VALUE);
  }

  /** The value of a flag here, in the environment, or in the configuration file once that is read; found without the parser. */
  value(flag: string): string | undefined {
    const file = this.#file;
    const context = this.#context;
    return (
      this.#given(flag) ??
      (context === undefined ? undefined : file?.contexts.get(context)?.get(flag)?.toString()) ??
      file?.commands.get(this.commandId)?.get(flag)?.toString() ??
      (SHARED.has(flag) ? file?.values.get(flag)?.toString() : undefined)
    );
  }

  async readFile(command: Command): Promise<void> {
    const path = this.#given('config');
    const file = await readConfigFile(path ?? defaultConfigPath(this.env), path !== undefined);
    if (file) checkConfigKeys(file, { shared: SHARED, commands: flagsByCommand(command.config) });
    this.#file = file;
  }

  /** Adds what the environment, a context and the configuration file say of flags that do not stand here. */
  async complete(command: Command, flags: Interfaces.FlagInput, args: Interfaces.ArgInput): Promise<CompleteLine> {
    const given = await givenFlags([...this.words], command, flags, args);
    const { tokens, origins } = valuesFromElsewhere({
      given,
      flags,
      shared: SHARED,
      commandId: this.commandId,
      env: this.env,
      file: this.#file,
      context: this.#context,
    });
    return { words: [...tokens, ...this.words], origins, showsConfig: given.has('show-config') };
  }

  get #context(): string | undefined {
    return this.#given('context') ?? this.#file?.values.get('context')?.toString();
  }

  #given(flag: string): string | undefined {
    return lastValue(this.words, flag) ?? (this.env[envName(flag, SHARED, this.commandId)] || undefined);
  }
}

/** A command line with the values from all their sources. */
export interface CompleteLine {
  readonly words: string[];
  readonly origins: ReadonlyMap<string, Origin>;
  readonly showsConfig: boolean;
}

function flagsByCommand({ commands }: Interfaces.Config): ReadonlyMap<string, readonly string[]> {
  return new Map(commands.map((command) => [command.id, Object.keys(command.flags)]));
}

function lastValue(words: readonly string[], name: string): string | undefined {
  const end = words.indexOf('--');
  const tokens = end === -1 ? words : words.slice(0, end);
  for (let i = tokens.length - 1; i >= 0; i--) {
    const token = tokens[i] as string;
    if (token.startsWith(`--${name}=`)) return token.slice(name.length + 3);
    if (token === `--${name}`) return tokens[i + 1];
  }
  return undefined;
}
