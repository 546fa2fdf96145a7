import { MoqtError } from '../errors/moqt-error.js';

/** Who sent an alert, when it was the other side. */
export const THE_SERVER = 'the server';

/** An alert that ended the handshake. */
export interface AlertReport {
  /** As tlsAlertName() gives it. */
  readonly alert: string;
  /** Who sent it, for the message: `the server`, `our TLS library`. */
  readonly who: string;
  /** Application protocols that were offered. */
  readonly offered: readonly string[];
  readonly peer: string;
  readonly wire: NonNullable<MoqtError['wire']>;
  /** What to do when no application protocol is common. */
  readonly alpnHint: string;
  readonly origin?: unknown;
}

/** Alerts about a certificate; from a server they are about the client's. */
const ABOUT_CERTIFICATES: ReadonlySet<string> = new Set([
  'bad_certificate',
  'unsupported_certificate',
  'certificate_revoked',
  'certificate_expired',
  'certificate_unknown',
  'unknown_ca',
  'access_denied',
]);

/** The error that a TLS alert ends a connection with. */
export function alertError({ alert, who, offered, peer, wire, alpnHint, origin }: AlertReport): MoqtError {
  if (alert === 'no_application_protocol') {
    return new MoqtError('MOQT_E_VERSION', `the server speaks none of the protocols offered: ${offered.join(', ')}`, {
      stage: 'alpn',
      cause: 'alpn.none',
      peer,
      wire,
      hint: alpnHint,
      origin,
    });
  }
  const wantsCertificate = alert === 'certificate_required';
  return new MoqtError('MOQT_E_TLS', `${who} refused the TLS handshake: ${alert}`, {
    stage: 'tls',
    cause: wantsCertificate ? 'tls.client-certificate-required' : 'tls.alert',
    peer,
    wire,
    hint: ownHint(alert, who),
    origin,
  });
}

/** Where who sent the alert says more than the alert; otherwise its own text is told. */
function ownHint(alert: string, who: string): string | undefined {
  if (alert === 'certificate_required') return 'give a client certificate with --cert and --key';
  if (who === THE_SERVER) {
    return ABOUT_CERTIFICATES.has(alert)
      ? 'the server does not take the client certificate, or misses one: give one that it accepts with --cert and --key'
      : undefined;
  }
  // BoringSSL says so of a certificate whose key usage does not allow signatures, and forgets the certificate.
  return alert === 'illegal_parameter'
    ? "the server's certificate is probably not made for TLS 1.3: its key usage must have digitalSignature; ask the operator for another one"
    : undefined;
}
