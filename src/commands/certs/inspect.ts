import { Args } from '@oclif/core';
import { MoqtCommand } from '../../cli/base-command.js';
import { handshakeFlags } from '../../cli/flags/certificate-flags.js';
import { inspectSource, openInspector } from '../../cli/inspect-source.js';
import { jsonLine } from '../../cli/io/json-line.js';
import { painter, wantsColor } from '../../cli/io/terminal.js';
import { EXIT, type ExitCode } from '../../core/errors/exit-codes.js';
import { inspectionText } from '../../core/render/certificate-text.js';

export default class CertsInspect extends MoqtCommand {
  static override summary = 'show the certificates of a server or a file';
  static override description =
    `Shows chain, names, key, validity, hash, whether browsers can pin it, and whether it is trusted: by the system's roots, by --ca or --cert-sha256, and for its host.

moqt:// asks over QUIC; https:// over HTTP/3 and over TCP, and compares; tls:// over TCP. The certificates are looked at, not believed: they are shown whether or not they are trusted (exit 0 either way; certs check is for scripts), and nothing is sent beyond the handshake.

A file is PEM or DER, with one certificate or several, the server's first; its names are held against --servername.`;
  static override usage = '<%= command.id %> URL|FILE|- [FLAGS]';
  static override examples = [
    { description: 'What does the relay show?', command: '<%= config.bin %> certs inspect https://relay.example/' },
    {
      description: 'The SHA-256 of the certificate behind a TCP port:',
      command: '<%= config.bin %> certs inspect tls://relay.example:443 --json | jq -r .readings[0].pin.hex',
    },
    { description: 'A file:', command: '<%= config.bin %> certs inspect cert.pem' },
    {
      description: 'A chain against roots of your own, for a name:',
      command: '<%= config.bin %> certs inspect chain.pem --ca root.pem --servername relay.example',
    },
  ];
  static override args = {
    source: Args.string({
      required: true,
      description: 'moqt://, https:// or tls:// URL, a file (PEM or DER), or - for stdin',
      ignoreStdin: true,
    }),
  };
  static override flags = { ...handshakeFlags };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(CertsInspect);
    this.startMaxTime(flags['max-time']);
    const inspector = await openInspector(this, flags);
    const inspection = await inspectSource(this, inspector, args.source);
    if (flags.json || flags.jsonl) this.print(jsonLine(inspection));
    else this.print(inspectionText(inspection, painter(wantsColor(1, flags.color, process.env))));
    return EXIT.ok;
  }
}
