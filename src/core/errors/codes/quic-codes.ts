import { namesByNumber } from './code-table.js';
import { tlsAlertName } from './tls-alerts.js';

/** QUIC transport error codes (RFC 9000 §20.1; the last one RFC 9368 §10.2). */
export const QUIC_CODES = {
  NO_ERROR: 0x0,
  INTERNAL_ERROR: 0x1,
  CONNECTION_REFUSED: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  STREAM_LIMIT_ERROR: 0x4,
  STREAM_STATE_ERROR: 0x5,
  FINAL_SIZE_ERROR: 0x6,
  FRAME_ENCODING_ERROR: 0x7,
  TRANSPORT_PARAMETER_ERROR: 0x8,
  CONNECTION_ID_LIMIT_ERROR: 0x9,
  PROTOCOL_VIOLATION: 0xa,
  INVALID_TOKEN: 0xb,
  APPLICATION_ERROR: 0xc,
  CRYPTO_BUFFER_EXCEEDED: 0xd,
  KEY_UPDATE_ERROR: 0xe,
  AEAD_LIMIT_REACHED: 0xf,
  NO_VIABLE_PATH: 0x10,
  VERSION_NEGOTIATION_ERROR: 0x11,
} as const;

/** CRYPTO_ERROR: the TLS alert's number is added to it (RFC 9001 §4.8). */
export const CRYPTO_ERRORS = 0x100;

const NAMES = namesByNumber(QUIC_CODES);

/** The number of the TLS alert in a CRYPTO_ERROR, or undefined for other codes. */
export function alertOfCryptoError(code: number): number | undefined {
  return code >= CRYPTO_ERRORS && code <= 0x1ff ? code - CRYPTO_ERRORS : undefined;
}

/** `PROTOCOL_VIOLATION`, or the alert's name of a CRYPTO_ERROR; undefined for others. */
export function quicCodeName(code: number): string | undefined {
  const alert = alertOfCryptoError(code);
  return alert === undefined ? NAMES.get(code) : tlsAlertName(alert);
}
