import { EXIT } from '../core/errors/exit-codes.js';
import { failureLines } from './command/failure.js';
import { takeLastResort } from './command/last-resort.js';
import { withoutSecrets } from './command/secrets.js';
import { toMoqtError } from './command/to-moqt-error.js';
import { commandConfig } from './command-config.js';
import { type NamedCommand, namedCommand } from './commands.js';
import { painter, wantsColor } from './io/terminal.js';

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
    const command = namedCommand(argv);
    if (command === null) await (await import('./oclif.js')).runOclif(argv, root);
    else await runCommand(command, root);
  } catch (thrown) {
    // oclif ends help and version output by throwing an exit.
    const exit = (thrown as { oclif?: { exit?: number } }).oclif?.exit;
    if (exit === 0) process.exitCode = EXIT.ok;
    else process.exitCode = report(thrown, argv);
  }
}

async function runCommand({ id, load, argv }: NamedCommand, root: string): Promise<void> {
  const { default: command } = await load();
  command.id = id;
  await command.run(argv, commandConfig(root));
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
