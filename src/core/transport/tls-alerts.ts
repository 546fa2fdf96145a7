import { MoqtError } from '../errors/moqt-error.js';

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
    ...(wantsCertificate ? { hint: 'give a client certificate with --cert and --key' } : {}),
    origin,
  });
}
