import { Args } from '@oclif/core';
import { MoqtCommand } from '../../cli/base-command.js';
import { hideUrlSecrets } from '../../cli/command/secrets.js';
import { expiryFlags, handshakeFlags } from '../../cli/flags/certificate-flags.js';
import { badFlag, durationFlag } from '../../cli/flags/kinds.js';
import { expiryLimits, openInspector } from '../../cli/inspect-source.js';
import { jsonLine } from '../../cli/io/json-line.js';
import { painter, wantsColor } from '../../cli/io/terminal.js';
import { EXIT, type ExitCode } from '../../core/errors/exit-codes.js';
import type { WatchEvent } from '../../core/records/certificate-report.js';
import { watchLine } from '../../core/render/certificate-watch-text.js';
import { linkSignals } from '../../core/util/linked-signal.js';

/** Events that the document of --json holds at most, the last ones; the others are counted. */
const MAX_KEPT = 1000;

export default class CertsWatch extends MoqtCommand {
  static override summary = "tell when a server's certificate changes or nears its end";
  static override description =
    `Looks at the certificate every --interval and prints a line when there is something to tell: the first certificate, another one (a rotation), an end that is nearer than --expiry-warning or --expiry-critical, a server that gives no certificate any more, or gives one again.

It ends with a signal or after --for, and then prints, with --json, all it told as one document.`;
  static override usage = '<%= command.id %> URL [FLAGS]';
  static override examples = [
    {
      description: 'See a rotation happen:',
      command: '<%= config.bin %> certs watch moqt://relay.example --interval 10s',
    },
    {
      description: 'The new hash, when there is one:',
      command:
        '<%= config.bin %> certs watch https://relay.example/ --jsonl | jq -r \'select(.event=="changed").certificate.sha256\'',
    },
  ];
  static override args = {
    url: Args.string({ required: true, description: 'moqt://, https:// or tls:// URL', ignoreStdin: true }),
  };
  static override flags = {
    ...handshakeFlags,
    ...expiryFlags,
    interval: durationFlag({ description: 'time between two looks', default: 60_000, defaultHelp: async () => '60s' }),
    for: durationFlag({ description: 'end after this long' }),
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(CertsWatch);
    if (flags.interval === 0) throw badFlag('interval', '0', 'a time between two looks, such as 60s');
    this.startMaxTime(flags['max-time']);
    const limits = expiryLimits(flags);
    const ending = new AbortController();
    const link = linkSignals(this.stop.signal, ending.signal);
    const { signal } = link;
    const inspector = await openInspector(this, flags, signal);
    hideUrlSecrets(args.url);
    const server = inspector.server(args.url);
    this.peer = server.peer;
    const timer = flags.for ? setTimeout(() => ending.abort(), flags.for) : undefined;
    const paint = painter(wantsColor(1, flags.color, process.env));
    const events: WatchEvent[] = [];
    let dropped = 0;
    try {
      const { watchCertificates } = await import('../../core/inspection/watch.js');
      for await (const event of watchCertificates(inspector, server, { intervalMs: flags.interval, limits, signal })) {
        if (flags.json) {
          if (events.push(event) > MAX_KEPT) dropped += events.splice(0, 1).length;
        } else this.print(flags.jsonl ? jsonLine(event) : watchLine(event, paint));
      }
    } finally {
      clearTimeout(timer);
      link.dispose();
    }
    if (flags.json) this.print(jsonLine({ url: server.shown, events, dropped }));
    return EXIT.ok;
  }
}
