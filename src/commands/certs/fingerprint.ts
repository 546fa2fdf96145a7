import { Args } from '@oclif/core';
import { MoqtCommand } from '../../cli/base-command.js';
import { handshakeFlags } from '../../cli/flags/certificate-flags.js';
import { choiceFlag } from '../../cli/flags/kinds.js';
import { inspectSource, openInspector } from '../../cli/inspect-source.js';
import { jsonLine } from '../../cli/io/json-line.js';
import { EXIT, type ExitCode } from '../../core/errors/exit-codes.js';

export default class CertsFingerprint extends MoqtCommand {
  static override summary = "print the SHA-256 of a server's or a file's certificate";
  static override description =
    `Prints one line: the SHA-256 of the first certificate, as --cert-sha256 and browsers want it. On https:// it is that of HTTP/3; a warning says when TCP has another certificate, or when only TCP answers.

The certificate is not verified: over a network that you do not control, compare the hash with one that came another way.`;
  static override usage = '<%= command.id %> URL|FILE|- [FLAGS]';
  static override examples = [
    { description: 'To pin a file:', command: '<%= config.bin %> certs fingerprint cert.pem' },
    {
      description: 'For the options of a browser:',
      command: '<%= config.bin %> certs fingerprint moqt://127.0.0.1:4443 --format js',
    },
  ];
  static override args = {
    source: Args.string({
      required: true,
      description: 'moqt://, https:// or tls:// URL, a file (PEM or DER), or - for stdin',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...handshakeFlags,
    format: choiceFlag(['hex', 'base64', 'colon', 'js'], { description: 'how it is written', default: 'hex' }),
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(CertsFingerprint);
    this.startMaxTime(flags['max-time']);
    const inspector = await openInspector(this, flags);
    const { source, readings, comparison } = await inspectSource(this, inspector, args.source);
    const reading = readings.find((one) => one.ok);
    const first = readings[0];
    if (comparison === 'different') this.warning('HTTP/3 and TCP have different certificates: this is of HTTP/3');
    if (first?.ok === false) this.warning(`this is the certificate on TCP; HTTP/3: ${first.message}`);
    // When no way gave a certificate that is an error, so there is one.
    if (reading === undefined) return EXIT.bug;
    const { pin, over } = reading;
    if (flags.json || flags.jsonl) this.print(jsonLine({ source, over, ...pin }));
    else this.print(pin[flags.format]);
    return EXIT.ok;
  }
}
