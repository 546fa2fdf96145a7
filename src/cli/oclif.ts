import { Config } from '@oclif/core/config';
import { run } from '@oclif/core/run';
import { MoqtError } from '../core/errors/moqt-error.js';
import { closestName } from '../core/util/closest-name.js';

/** What is no plain command line of ours: help, commands of plugins, names that do not exist. `root` as in main(). */
export async function runOclif(argv: string[], root: string): Promise<void> {
  const config = await Config.load({ root });
  const unknown = unknownCommand(argv, config);
  if (unknown) throw unknown;
  await run(argv, config);
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
