import { MoqtError } from '../core/errors/moqt-error.js';
import type { ExpiryLimits } from '../core/inspection/check.js';
import type { Inspector, InspectSettings } from '../core/inspection/inspect.js';
import type { CertificateInspection } from '../core/records/certificate-report.js';
import { hideUrlSecrets } from './command/secrets.js';
import { badFlag } from './flags/kinds.js';
import { concatenate, openInput } from './io/input.js';
import { type ConnectionFlags, placeSettings, trustSettings } from './session/connect-settings.js';

/** More than any bundle of roots in the field. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

type HandshakeFlags = Pick<
  ConnectionFlags,
  | 'draft'
  | 'transport'
  | 'ipv4'
  | 'ipv6'
  | 'bind'
  | 'resolve'
  | 'ca'
  | 'cert-sha256'
  | 'insecure'
  | 'servername'
  | 'cert'
  | 'key'
  | 'connect-timeout'
>;

/** The command that inspects. */
interface Voice {
  warning(line: string, kind?: string): void;
  readonly stop: { readonly signal: AbortSignal };
  peer: string | null;
}

/** Reads roots and pins that the flags name. Nothing has been sent when this throws. `signal`: what breaks a look off. */
export async function openInspector(
  voice: Voice,
  flags: HandshakeFlags,
  signal: AbortSignal = voice.stop.signal,
): Promise<Inspector> {
  const settings: InspectSettings = {
    drafts: flags.draft,
    transport: flags.transport,
    trust: trustSettings(flags),
    network: placeSettings(flags),
    connectMs: flags['connect-timeout'],
    signal,
  };
  // Loaded here: it brings parts of the session with it.
  const { Inspector } = await import('../core/inspection/inspect.js');
  const inspector = await Inspector.create(settings);
  for (const message of inspector.warnings) voice.warning(message, 'roots');
  return inspector;
}

/** Inspects what an argument names: a server, a file, or stdin. */
export async function inspectSource(
  voice: Voice,
  inspector: Inspector,
  source: string,
): Promise<CertificateInspection> {
  const { isUrl } = await import('../core/inspection/source.js');
  if (isUrl(source)) {
    hideUrlSecrets(source);
    const server = inspector.server(source);
    voice.peer = server.peer;
    return inspector.inspectServer(server);
  }
  const { readCertificates } = await import('../core/certs/read-certificates.js');
  const bytes = await readSource(source);
  const name = source === '-' ? 'stdin' : source;
  return inspector.inspectFile(readCertificates(bytes, name), name);
}

/** Both limits in seconds. */
export function expiryLimits(flags: { 'expiry-warning': number; 'expiry-critical': number }): ExpiryLimits {
  const warning = flags['expiry-warning'] / 1000;
  const critical = flags['expiry-critical'] / 1000;
  if (critical > warning) {
    throw badFlag('expiry-critical', `${critical / 86_400}d`, 'no more than --expiry-warning');
  }
  return { warning, critical };
}

async function readSource(name: string): Promise<Uint8Array> {
  const input = await openInput([name]).catch((error: unknown) => {
    throw isHostAndPort(name) && error instanceof MoqtError ? perhapsUrl(name, error) : error;
  });
  if (input.isTerminal) process.stderr.write('moqt: reading from the terminal (stdin); end with Ctrl-D\n');
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of concatenate(input)) {
      size += chunk.length;
      if (size > MAX_FILE_BYTES) {
        throw new MoqtError('MOQT_E_USAGE', `${name} has more than ${MAX_FILE_BYTES} bytes`, {
          stage: 'config',
          cause: 'usage.size',
          hint: 'expected certificates as PEM or DER',
        });
      }
      chunks.push(chunk);
    }
  } finally {
    await input.close();
  }
  return Buffer.concat(chunks);
}

function isHostAndPort(name: string): boolean {
  return /^(?:[a-z0-9.-]+|\[[0-9a-f:]+\]):\d{1,5}$/i.test(name);
}

function perhapsUrl(name: string, origin: MoqtError): MoqtError {
  return new MoqtError('MOQT_E_USAGE', `there is no file ${name}, and a server is named by a URL`, {
    stage: 'config',
    cause: 'usage.arguments',
    hint: `moqt://${name} (QUIC), https://${name} (HTTP/3 and TCP) or tls://${name} (TCP)`,
    origin,
  });
}
