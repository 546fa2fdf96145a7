import { alertOfCryptoError, quicCodeName } from '../../errors/codes/quic-codes.js';
import type { CloseInfo } from '../transport.js';
import type { NativeConnection } from './native.js';

export const CONNECTION_REFUSED = 2;
/** Sent when our own trust policy refuses what the TLS library accepted: alert bad_certificate. */
export const BAD_CERTIFICATE = 0x12a;

/** The alert's name when the code is a CRYPTO_ERROR. */
export function cryptoErrorName(code: number): string | undefined {
  return alertOfCryptoError(code) === undefined ? undefined : quicCodeName(code);
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
  const tlsAlert = isApplication ? undefined : cryptoErrorName(code);
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
