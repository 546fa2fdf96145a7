import { Flags } from '@oclif/core';
import { MoqtCommand } from '../cli/base-command.js';
import { urlArgument } from '../cli/command/arguments.js';
import { connectionFlags, list } from '../cli/flags/connection-flags.js';
import { durationFlag } from '../cli/flags/kinds.js';
import { EventPrinter } from '../cli/io/event-printer.js';
import { jsonLine } from '../cli/io/json-line.js';
import { prepareConnection } from '../cli/session/connect-settings.js';
import { connectionRecord } from '../cli/session/connection-record.js';
import { holdSession } from '../cli/session/hold-session.js';
import { openSession } from '../cli/session/open-session.js';
import { parsePrefixes, watchNamespaces } from '../cli/session/watch-namespaces.js';
import { EXIT, type ExitCode } from '../core/errors/exit-codes.js';
import { connectionText } from '../core/render/connection-text.js';
import { settle } from '../core/session/setup/settle.js';
import { parseMoqtUrl } from '../core/url/parse-url.js';

export default class Connect extends MoqtCommand {
  static override summary = 'open a session and report it';
  static override description =
    `Opens a session and reports transport, draft, times per stage, what the peer said in its SETUP, and its certificate.

With --hold it stays and prints every event (announcements, requests, GOAWAY) until a signal or --for. Most relays announce only what they are asked for: --prefix asks, with SUBSCRIBE_NAMESPACE, for the namespaces below a prefix and shows them as they come and go. A prefix that is refused or not answered is a failure.`;
  static override usage = '<%= command.id %> URL [FLAGS]';
  static override examples = [
    {
      description: 'Is the relay there, and what does it speak?',
      command: '<%= config.bin %> connect https://relay.example/',
    },
    {
      description: 'For a script:',
      command: '<%= config.bin %> connect moqt://127.0.0.1:4443 --cert-sha256 <hash> --json | jq .draft',
    },
    {
      description: 'Watch the namespaces below live/ for a minute:',
      command: '<%= config.bin %> connect https://relay.example/ --hold --prefix live --for 1m',
    },
  ];
  static override args = {
    url: urlArgument,
  };
  static override flags = {
    ...connectionFlags,
    hold: Flags.boolean({ description: 'stay and print every event' }),
    prefix: Flags.string({
      ...list,
      helpValue: 'NAMESPACE',
      description: 'with --hold: ask for the namespaces below this prefix (/: all, from draft 16 on)',
      dependsOn: ['hold'],
    }),
    for: durationFlag({ description: 'with --hold: leave after this long', dependsOn: ['hold'] }),
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(Connect);
    const prefixes = parsePrefixes(flags.prefix ?? []);
    const { settings, requestTokens } = await prepareConnection(flags, { stdinTaken: false });
    this.startMaxTime(flags['max-time']);
    const events = new EventPrinter(this, flags.hold);
    const session = await openSession(this, args.url, settings, { handlers: events.handlers, fewPackets: true });
    try {
      // Whoever asks whether a relay lets them in can wait as long as one that has to check a token first.
      await settle(session, parseMoqtUrl(args.url), this.stop.signal, { mayCheckToken: true });
      const record = connectionRecord(session);
      if (flags.jsonl) this.print(jsonLine({ event: 'connected', ...record }));
      else this.print(flags.json ? jsonLine(record) : connectionText(record));
      const parameters = requestTokens.length > 0 ? { authorizationTokens: requestTokens } : {};
      await watchNamespaces(session, prefixes, events, { parameters, signal: this.stop.signal });
      if (flags.hold) await holdSession(session, { forMs: flags.for, signal: this.stop.signal });
    } finally {
      await session.close();
    }
    return EXIT.ok;
  }
}
