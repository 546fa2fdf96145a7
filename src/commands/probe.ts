import { urlArgument } from '../cli/arguments.js';
import { MoqtCommand } from '../cli/base-command.js';
import { prepareConnection } from '../cli/connect-settings.js';
import { connectionFlags } from '../cli/flags/connection-flags.js';
import { jsonLine } from '../cli/json-line.js';
import { hideUrlSecrets } from '../cli/secrets.js';
import { painter, wantsColor } from '../cli/terminal.js';
import type { ExitCode } from '../core/errors/exit-codes.js';
import { probeText } from '../core/render/probe-text.js';

export default class Probe extends MoqtCommand {
  static override summary = 'say where a connection fails, why, and what to do';
  static override description =
    `Walks the stages of a connection in order (url, dns, udp, quic, tls, alpn; for WebTransport http3, connect, protocol; then setup), times each, and stops at the first that fails. It names the stage, the cause (a stable string) and the remedy, and where two explanations remain it does the experiment that tells them apart: TCP on the same port, each draft alone, the other address family, a packet of full size, HTTP/2.

It never falls back to another transport. The exit code is that of the cause; warnings fail nothing.`;
  static override usage = '<%= command.id %> URL [FLAGS]';
  static override examples = [
    {
      description: 'Is the relay there? If not, why?',
      command: '<%= config.bin %> probe moqt://relay.example',
    },
    {
      description: 'For a script:',
      command: '<%= config.bin %> probe https://relay.example/ --json | jq -r .cause',
    },
    {
      description: 'A development relay whose certificate is pinned:',
      command: '<%= config.bin %> probe https://127.0.0.1:4443/ --cert-sha256 <hash>',
    },
  ];
  static override args = {
    url: urlArgument,
  };
  static override flags = {
    ...connectionFlags,
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(Probe);
    const { settings } = await prepareConnection(flags, { stdinTaken: false });
    hideUrlSecrets(args.url);
    this.startMaxTime(flags['max-time']);
    // Loaded here: it brings the session layer with it.
    const { probe } = await import('../core/probe/probe.js');
    const sessionObserver = await this.traces.client(args.url);
    const report = await probe(args.url, {
      connect: { ...settings, ...(sessionObserver && { sessionObserver }) },
      signal: this.stop.signal,
    });
    if (this.output.json || this.output.jsonl) this.print(jsonLine(report));
    else {
      const paint = painter(wantsColor(1, flags.color, process.env));
      this.print(probeText(report, { verbose: this.output.verbose, paint }));
    }
    return report.exitCode;
  }
}
