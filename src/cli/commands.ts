import type { Config } from '@oclif/core';

/** What is asked of a command's class to run it. */
interface CommandClass {
  id: string;
  run(argv: string[], config: Config): Promise<unknown>;
}
type Loader = () => Promise<{ readonly default: CommandClass }>;

/** Every command of moqt by its id. Those of the plugins (help, autocomplete) are oclif's to find. */
export const COMMANDS: ReadonlyMap<string, Loader> = new Map<string, Loader>([
  ['announce', () => import('../commands/announce.js')],
  ['certs:check', () => import('../commands/certs/check.js')],
  ['certs:fingerprint', () => import('../commands/certs/fingerprint.js')],
  ['certs:generate', () => import('../commands/certs/generate.js')],
  ['certs:inspect', () => import('../commands/certs/inspect.js')],
  ['certs:watch', () => import('../commands/certs/watch.js')],
  ['connect', () => import('../commands/connect.js')],
  ['decode', () => import('../commands/decode.js')],
  ['encode', () => import('../commands/encode.js')],
  ['explain', () => import('../commands/explain.js')],
  ['probe', () => import('../commands/probe.js')],
  ['publish', () => import('../commands/publish.js')],
  ['relay', () => import('../commands/relay.js')],
  ['subscribe', () => import('../commands/subscribe.js')],
  ['trace:convert', () => import('../commands/trace/convert.js')],
  ['trace:diff', () => import('../commands/trace/diff.js')],
  ['trace:filter', () => import('../commands/trace/filter.js')],
  ['trace:html', () => import('../commands/trace/html.js')],
  ['trace:show', () => import('../commands/trace/show.js')],
  ['trace:stats', () => import('../commands/trace/stats.js')],
]);

export interface NamedCommand {
  readonly id: string;
  readonly load: Loader;
  /** What follows its name. */
  readonly argv: string[];
}

/** Words anywhere before `--` that ask for help instead, whatever stands around them: oclif's rule. */
const HELP = new Set(['--help', '-h']);

/** The command that a command line begins with; null when oclif must say what it means: help, plugins, mistakes. */
export function namedCommand(argv: readonly string[]): NamedCommand | null {
  const end = argv.indexOf('--');
  if ((end === -1 ? argv : argv.slice(0, end)).some((word) => HELP.has(word))) return null;
  for (const words of [1, 2]) {
    const name = argv.slice(0, words);
    if (name.length < words || name.some((word) => word.includes(':'))) return null;
    const id = name.join(':');
    const load = COMMANDS.get(id);
    if (load !== undefined) return { id, load, argv: argv.slice(words) };
  }
  return null;
}
