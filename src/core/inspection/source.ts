import { MoqtError } from '../errors/moqt-error.js';
import type { CertificateCarrier } from '../records/certificate-report.js';
import type { TransportChoice } from '../session/connect/connect-settings.js';
import { hostPort } from '../transport/address.js';
import { parseServerUrl } from '../url/parse-url.js';
import { escapeText } from '../util/escape.js';

/** How a server is asked for its certificates. */
export type ServerCarrier = Exclude<CertificateCarrier, 'file'>;

/** A server that shows certificates, and on which ways it is asked. */
export interface CertificateServer {
  /** The URL, redacted. */
  readonly shown: string;
  readonly host: string;
  readonly port: number;
  /** `host:port`. */
  readonly peer: string;
  readonly carriers: readonly ServerCarrier[];
  /** What is offered in ALPN over TCP: what a client of that URL would offer, on tls:// nothing. */
  readonly tcpProtocols: readonly string[];
}

const SCHEMES = ['moqt', 'https', 'tls', 'http'] as const;
const FORM = 'expected moqt://host[:port], https://host[:port] or tls://host[:port]';
const CARRIERS = { quic: 'quic', webtransport: 'http3', 'webtransport-h2': 'tcp' } as const;

/** Whether the text is meant as a URL; what is not is the name of a file. */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

/**
 * Reads the URL of a server whose certificates are wanted: `moqt://` by raw QUIC, `https://` by HTTP/3 and by TCP, `tls://`
 * by TCP; a transport chooses one. Throws MOQT_E_URL and MOQT_E_USAGE.
 */
export function parseCertificateServer(text: string, transport: TransportChoice = 'auto'): CertificateServer {
  const { scheme, host, port, redacted } = parseServerUrl(text, SCHEMES, FORM);
  if (scheme === 'http') {
    throw new MoqtError('MOQT_E_URL', `bad URL ${redacted}: there is no certificate on http://; ${FORM}`, {
      stage: 'config',
      cause: 'url.malformed',
      hint: `the same server with certificates: https://${escapeText(hostPort(host, port))}`,
    });
  }
  if (scheme === 'tls' && transport !== 'auto' && transport !== 'webtransport-h2') {
    throw new MoqtError('MOQT_E_USAGE', `tls:// is TLS on TCP, and --transport ${transport} runs on UDP`, {
      stage: 'config',
      cause: 'usage.flag',
      hint: 'leave --transport out, or write moqt:// or https://',
    });
  }
  return {
    shown: redacted,
    host,
    port,
    peer: hostPort(host, port),
    carriers: transport === 'auto' ? carriersOf(scheme) : [CARRIERS[transport]],
    tcpProtocols: scheme === 'tls' ? [] : ['h2', 'http/1.1'],
  };
}

function carriersOf(scheme: 'moqt' | 'https' | 'tls'): readonly ServerCarrier[] {
  switch (scheme) {
    case 'moqt':
      return ['quic'];
    case 'https':
      return ['http3', 'tcp'];
    case 'tls':
      return ['tcp'];
  }
}
