import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { MoqtCommand } from '../../cli/base-command.js';
import { list } from '../../cli/flags/connection-flags.js';
import { countFlag } from '../../cli/flags/kinds.js';
import { jsonLine } from '../../cli/io/json-line.js';
import { makeFolder } from '../../cli/io/make-folder.js';
import { generateCertificate, MAX_DAYS } from '../../core/certs/generate.js';
import { pinForms } from '../../core/certs/pin-forms.js';
import { writeIdentity } from '../../core/certs/write-identity.js';
import { EXIT, type ExitCode } from '../../core/errors/exit-codes.js';

export default class CertsGenerate extends MoqtCommand {
  static override summary = 'make a certificate for development';
  static override description =
    `Makes a self-signed certificate (ECDSA P-256) with its key, and writes cert.pem and key.pem; the key is for its owner alone (0600). Files that exist are kept unless --force is given.

Browsers pin certificates that are valid for at most 14 days; more is possible, with a warning.`;
  static override usage = '<%= command.id %> [FLAGS]';
  static override examples = [
    {
      description: 'For a relay on this machine:',
      command: '<%= config.bin %> certs generate && <%= config.bin %> relay --cert cert.pem --key key.pem',
    },
    {
      description: 'For other names, into a folder:',
      command: '<%= config.bin %> certs generate --host relay.test,192.0.2.7 --out tls',
    },
  ];
  static override flags = {
    host: Flags.string({
      ...list,
      helpValue: 'NAME',
      description: 'DNS names and IP addresses (default: localhost,127.0.0.1,::1)',
    }),
    out: Flags.string({
      helpValue: 'DIR',
      description: 'folder for cert.pem and key.pem; made if need be',
      default: '.',
    }),
    days: countFlag({ min: 1, max: 3650, description: 'validity', default: 13 }),
    force: Flags.boolean({ description: 'replace files that exist' }),
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags } = await this.parseAll(CertsGenerate);
    const hosts = flags.host ?? ['localhost', '127.0.0.1', '::1'];
    const { days, out, force } = flags;
    const made = await generateCertificate({ hosts, days, allowLong: true });
    await makeFolder(out);
    const { certFile, keyFile } = await writeIdentity(out, made, { force });
    if (days > MAX_DAYS) {
      this.warning(
        `browsers cannot pin it: it is valid for ${days} days, and they take at most ${MAX_DAYS}`,
        'not-pinnable',
      );
    }
    const pin = pinForms(made.sha256);
    const [notBefore, notAfter] = [made.notBefore.toISOString(), made.notAfter.toISOString()];
    if (flags.json || flags.jsonl) this.print(jsonLine({ certFile, keyFile, hosts, notBefore, notAfter, ...pin }));
    else {
      this.print(`certificate  ${certFile}`);
      this.print(`key          ${keyFile}`);
      this.print(`for          ${hosts.join(', ')}`);
      this.print(`until        ${notAfter}`);
      this.print(`sha256       ${pin.hex}`);
      this.print(`base64       ${pin.base64}`);
      this.print(`\nmoqt relay --cert ${quote(certFile)} --key ${quote(keyFile)}`);
    }
    return EXIT.ok;
  }
}

/** For a shell, where the name needs it. */
function quote(file: string): string {
  const path = join(file);
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
