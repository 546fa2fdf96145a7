import { Args, Flags } from '@oclif/core';
import { announceDocument, announceEventText } from '../cli/announce-report.js';
import { urlArgument } from '../cli/arguments.js';
import { MoqtCommand } from '../cli/base-command.js';
import { prepareConnection } from '../cli/connect-settings.js';
import { connectionFlags } from '../cli/flags/connection-flags.js';
import { durationFlag } from '../cli/flags/kinds.js';
import { jsonLine } from '../cli/json-line.js';
import { openSession } from '../cli/open-session.js';
import { EXIT, type ExitCode } from '../core/errors/exit-codes.js';
import { parseNamespace } from '../core/url/namespace.js';

export default class Announce extends MoqtCommand {
  static override summary = 'announce namespaces and show what is asked for';
  static override description =
    `Sends PUBLISH_NAMESPACE, waits for the answer, and holds the namespaces until a signal or --for. Requests that arrive meanwhile are shown and answered: there is no track behind an announcement alone.

A namespace that is refused or not answered is a failure.`;
  static override usage = '<%= command.id %> URL NAMESPACE... [FLAGS]';
  static override examples = [
    {
      description: 'Does the relay accept the namespace?',
      command: '<%= config.bin %> announce https://relay.example/ live/room1 --once',
    },
    {
      description: 'Hold two, and watch who asks:',
      command: '<%= config.bin %> announce moqt://127.0.0.1:4443 live/room1 live/room2 --for 1m',
    },
  ];
  static override args = {
    url: urlArgument,
    namespaces: Args.string({
      required: true,
      multiple: true,
      description: 'namespace tuples, fields separated by /',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...connectionFlags,
    once: Flags.boolean({ description: 'leave after the answer', exclusive: ['for'] }),
    for: durationFlag({ description: 'withdraw after this long' }),
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args, argv } = await this.parseAll(Announce);
    const namespaces = argv.slice(1).map((text) => parseNamespace(text));
    const { settings, requestTokens } = await prepareConnection(flags, { stdinTaken: false });
    this.startMaxTime(flags['max-time']);
    const { announce } = await import('../core/publisher/announce.js');
    const session = await openSession(this, args.url, settings);
    try {
      const report = await announce(session, {
        namespaces,
        requestTimeoutMs: flags['request-timeout'],
        once: flags.once,
        ...(flags.for !== undefined && flags.for > 0 && { forMs: flags.for }),
        ...(requestTokens.length > 0 && { parameters: { authorizationTokens: requestTokens } }),
        onEvent: (event) => {
          const { text, json } = announceEventText(event);
          if (flags.jsonl) this.print(jsonLine(json));
          else if (!flags.json && !flags.quiet) this.print(text);
        },
        signal: this.stop.signal,
      });
      const document = announceDocument(report, session.connection);
      if (flags.jsonl) this.print(jsonLine({ event: 'report', ...document }));
      else if (flags.json) this.printDocument(document);
    } finally {
      await session.close();
    }
    return EXIT.ok;
  }
}
