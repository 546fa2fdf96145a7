import { Config, run } from '@oclif/core';
import { EXIT } from '../core/errors/exit-codes.js';
import { MoqtError } from '../core/errors/moqt-error.js';
import { closestName } from '../core/util/closest-name.js';
import { failureLines } from './failure.js';
import { takeLastResort } from './last-resort.js';
import { withoutSecrets } from './secrets.js';
import { painter, wantsColor } from './terminal.js';
import { toMoqtError } from './to-moqt-error.js';

/**
 * Runs one command line and leaves its exit code in `process.exitCode`.
 * `root` is the folder of package.json.
 */
export async function main(argv: string[], root: string): Promise<void> {
  process.on('uncaughtException', (error) => {
    takeLastResort(error);
    report(error, argv);
    process.exit(EXIT.bug);
  });
  process.on('unhandledRejection', (reason) => {
    takeLastResort(reason);
    report(reason, argv);
    process.exit(EXIT.bug);
  });
  try {
    const config = await Config.load({ root });
    const unknown = unknownCommand(argv, config);
    if (unknown) throw unknown;
    await run(argv, config);
  } catch (thrown) {
    // oclif ends help and version output by throwing an exit.
    const exit = (thrown as { oclif?: { exit?: number } }).oclif?.exit;
    if (exit === 0) process.exitCode = EXIT.ok;
    else process.exitCode = report(thrown, argv);
  }
}

function unknownCommand(argv: readonly string[], config: Config): MoqtError | null {
  const words = argv.filter((token) => !token.startsWith('-'));
  const first = argv[0];
  if (first === undefined || first.startsWith('-')) {
    if (first === undefined || ['--help', '-h', '--version'].includes(first)) return null;
    return usage(`${first} comes before any command`, 'write the command first: moqt COMMAND [FLAGS]');
  }
  const names = [...config.commandIDs, ...config.topics.map((topic) => topic.name)];
  const known = names.some((name) => name === first || name.startsWith(`${first}:`));
  if (known) return unknownInTopic(words, config);
  const similar = closestName(words[0] ?? first, config.commandIDs);
  return usage(
    `there is no command ${JSON.stringify(first)}`,
    similar ? `did you mean ${similar}?` : 'moqt --help lists the commands',
  );
}

/** `moqt certs inspekt`: the topic exists, and nothing of that name in it. */
function unknownInTopic([topic, name]: readonly string[], config: Config): MoqtError | null {
  if (topic === undefined || name === undefined || topic.includes(':')) return null;
  const siblings = config.commandIDs.filter((id) => id.startsWith(`${topic}:`)).map((id) => id.slice(topic.length + 1));
  if (siblings.length === 0 || config.commandIDs.includes(topic) || siblings.includes(name)) return null;
  const similar = closestName(name, siblings);
  return usage(
    `there is no command ${JSON.stringify(`${topic} ${name}`)}`,
    similar ? `did you mean ${topic} ${similar}?` : `one of: ${siblings.map((one) => `${topic} ${one}`).join(', ')}`,
  );
}

function usage(message: string, hint: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', message, { stage: 'config', cause: 'usage.command', hint });
}

function report(thrown: unknown, argv: readonly string[]): number {
  const error = toMoqtError(thrown);
  const json = argv.includes('--json') || argv.includes('--jsonl');
  const paint = painter(wantsColor(2, 'auto', process.env));
  for (const line of failureLines(error, { peer: null, json, debug: argv.includes('--debug'), paint })) {
    process.stderr.write(`${withoutSecrets(line)}\n`);
  }
  return error.exitCode;
}
