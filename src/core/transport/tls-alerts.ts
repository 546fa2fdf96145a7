import { MoqtError } from '../errors/moqt-error.js';

/** TLS alerts (RFC 8446 §6). */
const TLS_ALERTS: Readonly<Record<number, string>> = {
  0: 'close_notify',
  10: 'unexpected_message',
  20: 'bad_record_mac',
  22: 'record_overflow',
  40: 'handshake_failure',
  42: 'bad_certificate',
  43: 'unsupported_certificate',
  44: 'certificate_revoked',
  45: 'certificate_expired',
  46: 'certificate_unknown',
  47: 'illegal_parameter',
  48: 'unknown_ca',
  49: 'access_denied',
  50: 'decode_error',
  51: 'decrypt_error',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  86: 'inappropriate_fallback',
  90: 'user_canceled',
  109: 'missing_extension',
  110: 'unsupported_extension',
  112: 'unrecognized_name',
  113: 'bad_certificate_status_response',
  115: 'unknown_psk_identity',
  116: 'certificate_required',
  120: 'no_application_protocol',
};

/** As RFC 8446 spells it: `certificate_required`, or `alert 77`. */
export function tlsAlertName(alert: number): string {
  return TLS_ALERTS[alert] ?? `alert ${alert}`;
}

/** The number of an alert that is known by its name. */
export function tlsAlertCode(name: string): number | null {
  const found = Object.entries(TLS_ALERTS).find(([, known]) => known === name);
  return found === undefined ? null : Number(found[0]);
}

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
