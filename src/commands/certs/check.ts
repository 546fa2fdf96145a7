import { Args } from '@oclif/core';
import { MoqtCommand } from '../../cli/base-command.js';
import { pluginFailure } from '../../cli/command/failure-form.js';
import { hideUrlSecrets } from '../../cli/command/secrets.js';
import { expiryFlags, handshakeFlags } from '../../cli/flags/certificate-flags.js';
import { expiryLimits, openInspector } from '../../cli/inspect-source.js';
import { jsonLine } from '../../cli/io/json-line.js';
import type { ExitCode } from '../../core/errors/exit-codes.js';
import { checkLine } from '../../core/render/certificate-check-text.js';
import { NAGIOS_EXIT } from '../../core/render/nagios.js';

export default class CertsCheck extends MoqtCommand {
  static override summary = 'check the certificates of servers, for monitoring';
  static override description =
    `Prints one line for each URL as monitoring plug-ins do, the worst first, and ends with 0 (OK), 1 (WARNING), 2 (CRITICAL) or 3 (UNKNOWN: a mistake in the command line, or a defect of moqt) and nothing else.

Critical: no certificate could be read, it is not trusted (by the system's roots, --ca or --cert-sha256, for its host), or one that clients need ends within --expiry-critical. https:// checks HTTP/3 and TCP: a server without TCP is fine, one without HTTP/3 a warning.`;
  static override usage = '<%= command.id %> URL… [FLAGS]';
  static override examples = [
    {
      description: 'A relay, with other limits:',
      command: '<%= config.bin %> certs check https://relay.example/ --expiry-warning 20d --expiry-critical 5d',
    },
    {
      description: 'Several at once, for a script:',
      command: '<%= config.bin %> certs check moqt://a.example moqt://b.example --json | jq .state',
    },
  ];
  static override strict = false;
  static override args = {
    url: Args.string({
      required: true,
      description: 'moqt://, https:// or tls:// URL; one or more',
      ignoreStdin: true,
    }),
  };
  static override flags = { ...handshakeFlags, ...expiryFlags };

  // Monitoring shows what stands on stdout.
  protected override readonly failureForm = pluginFailure('certs', () => !this.output.json && !this.output.jsonl);

  protected override async execute(): Promise<ExitCode> {
    const { flags, argv } = await this.parseAll(CertsCheck);
    this.startMaxTime(flags['max-time']);
    const limits = expiryLimits(flags);
    const inspector = await openInspector(this, flags);
    for (const url of argv) hideUrlSecrets(url);
    const servers = argv.map((url) => inspector.server(url));
    const { checkCertificates, worstState } = await import('../../core/inspection/check.js');
    const checks = await checkCertificates(inspector, servers, limits);
    const state = worstState(checks.map((one) => one.state));
    const sorted = [...checks].sort((a, b) => NAGIOS_EXIT[b.state] - NAGIOS_EXIT[a.state]);
    if (flags.json) this.print(jsonLine({ state, checks }));
    else for (const check of sorted) this.print(flags.jsonl ? jsonLine(check) : checkLine(check.url, check));
    return NAGIOS_EXIT[state];
  }
}
