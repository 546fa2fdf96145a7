import { MoqtCommand } from '../cli/base-command.js';
import { namespaceArgument, trackArgument, urlArgument } from '../cli/command/arguments.js';
import { connectionFlags } from '../cli/flags/connection-flags.js';
import { subscribeFlags } from '../cli/flags/subscribe-flags.js';
import { prepareConnection } from '../cli/session/connect-settings.js';
import { followFlags } from '../cli/session/follow-redirects.js';
import { prepareSubscribe } from '../cli/subscribe/prepare-subscribe.js';
import { runSubscribe } from '../cli/subscribe/run-subscribe.js';
import type { ExitCode } from '../core/errors/exit-codes.js';

export default class Subscribe extends MoqtCommand {
  static override summary = 'a track to stdout';
  static override description =
    `Subscribes to a track and writes its payload in order, byte for byte. It ends with 0 at the end of the track, and with 9 when anything is missing after the first group delivered: a stream that broke off, a group or object that never came. --allow-gaps only counts them.

MoQT has no end-to-end backpressure: when stdout is slow, moqt stops reading, and the relay decides what then becomes of this subscription.`;
  static override usage = '<%= command.id %> URL NAMESPACE TRACK [FLAGS]';
  static override examples = [
    {
      description: 'A track to a file, waiting for the publisher:',
      command: '<%= config.bin %> subscribe moqt://127.0.0.1:4443 live/room1 cam --wait -o copy.mp4',
    },
    {
      description: 'Watch it:',
      command: '<%= config.bin %> subscribe https://relay.example/ live/room1 cam | ffplay -',
    },
    {
      description: 'Objects with IDs, priority, properties and status:',
      command: '<%= config.bin %> subscribe $URL logs app --frame jsonl | jq .',
    },
    {
      description: 'What is where:',
      command: `<%= config.bin %> subscribe $URL live cam --format '%{group}.%{object} %{size}\\n'`,
    },
    {
      description: 'For a script: ten objects within five seconds, or exit 1:',
      command: '<%= config.bin %> subscribe $URL live cam --expect-objects 10 --within 5s > /dev/null',
    },
  ];
  static override args = {
    url: urlArgument,
    namespace: namespaceArgument,
    track: trackArgument,
  };
  static override flags = { ...connectionFlags, ...followFlags, ...subscribeFlags };

  override readonly payloadOnStdout: boolean = true;

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(Subscribe);
    const prepared = prepareSubscribe(flags, args);
    const connection = await prepareConnection(flags, { stdinTaken: false });
    this.startMaxTime(flags['max-time']);
    return runSubscribe(this, {
      url: args.url,
      prepared,
      connection,
      output: flags.output,
      outputDir: flags['output-dir'],
      wait: prepared.options.waitMs !== undefined,
      follow: flags,
    });
  }
}
