import type { CloseInfo } from '../transport.js';
import type { NativeConnection } from './native.js';

/** QUIC transport error codes (RFC 9000 §20.1). */
const QUIC_ERRORS: Readonly<Record<number, string>> = {
  0: 'NO_ERROR',
  1: 'INTERNAL_ERROR',
  2: 'CONNECTION_REFUSED',
  3: 'FLOW_CONTROL_ERROR',
  4: 'STREAM_LIMIT_ERROR',
  5: 'STREAM_STATE_ERROR',
  6: 'FINAL_SIZE_ERROR',
  7: 'FRAME_ENCODING_ERROR',
  8: 'TRANSPORT_PARAMETER_ERROR',
  9: 'CONNECTION_ID_LIMIT_ERROR',
  10: 'PROTOCOL_VIOLATION',
  11: 'INVALID_TOKEN',
  12: 'APPLICATION_ERROR',
  13: 'CRYPTO_BUFFER_EXCEEDED',
  14: 'KEY_UPDATE_ERROR',
  15: 'AEAD_LIMIT_REACHED',
  16: 'NO_VIABLE_PATH',
};

/** TLS alerts (RFC 8446 §6), which QUIC carries as 0x100 + alert (RFC 9001 §4.8). */
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

export const CONNECTION_REFUSED = 2;
export const NO_APPLICATION_PROTOCOL = 0x178;
export const CERTIFICATE_REQUIRED = 0x174;
/** Sent when our own trust policy refuses what the TLS library accepted: alert bad_certificate. */
export const BAD_CERTIFICATE = 0x12a;

const CRYPTO_ERRORS = 0x100;

/** The alert's name when the code is a CRYPTO_ERROR. */
export function tlsAlertName(code: number): string | undefined {
  if (code < CRYPTO_ERRORS || code > 0x1ff) return undefined;
  return TLS_ALERTS[code - CRYPTO_ERRORS] ?? `alert ${code - CRYPTO_ERRORS}`;
}

/** For people: `PROTOCOL_VIOLATION`, `no_application_protocol`, or the number. */
export function quicCodeName(code: number): string {
  return tlsAlertName(code) ?? QUIC_ERRORS[code] ?? `0x${code.toString(16)}`;
}

/** How the connection ended, as far as the library knows; null while it is open. A local error counts as an end. */
export function readCloseInfo(native: NativeConnection): CloseInfo | null {
  const peer = native.peerError();
  if (peer !== null) return describe('peer', peer.isApp, peer.errorCode, peer.reason);
  const local = native.localError();
  if (local !== null) return describe('local', local.isApp, local.errorCode, local.reason);
  if (!native.isClosed()) return null;
  if (native.isTimedOut()) return { by: 'idle', isApplication: false, code: 0n, reason: 'idle timeout' };
  return { by: 'error', isApplication: false, code: 0n, reason: 'the peer no longer knows the connection' };
}

function describe(by: 'peer' | 'local', isApplication: boolean, code: number, reason: Uint8Array): CloseInfo {
  const tlsAlert = isApplication ? undefined : tlsAlertName(code);
  return {
    by,
    isApplication,
    code: BigInt(code),
    reason: Buffer.from(reason).toString('utf8'),
    ...(tlsAlert === undefined ? {} : { tlsAlert }),
  };
}

/** Longest reason sent: a CONNECTION_CLOSE frame must fit into the smallest packet. */
const MAX_REASON_BYTES = 900;

/** The reason as UTF-8, cut at a character if it is too long. */
export function encodeReason(reason: string): Uint8Array {
  const bytes = Buffer.from(reason, 'utf8');
  if (bytes.length <= MAX_REASON_BYTES) return bytes;
  let end = MAX_REASON_BYTES;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
