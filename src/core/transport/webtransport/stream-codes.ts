import { http3CodeName } from '../../errors/codes/http3-codes.js';
import type { CloseInfo } from '../transport.js';
import { H3_CODES } from './h3/h3-error.js';

/** The HTTP/3 code that application code 0 becomes (draft-ietf-webtrans-http3, "Resetting Data Streams"). */
const FIRST = 0x52e4a40fa8dbn;
const LAST = 0x52e5ac983162n;
const MAX_APPLICATION_CODE = 0xffff_ffffn;

/** Codes of the form 0x1f·N + 0x21 are reserved in HTTP/3 to be ignored (RFC 9114 §8.1). */
function isReserved(code: bigint): boolean {
  return code >= 0x21n && (code - 0x21n) % 0x1fn === 0n;
}

/** Whether an application code can cross WebTransport: 32 bits. */
export function fitsApplicationCode(code: bigint): boolean {
  return code >= 0n && code <= MAX_APPLICATION_CODE;
}

/** Throws RangeError for a code beyond 32 bits: a defect of the caller, never of the peer. */
export function checkApplicationCode(code: bigint): void {
  if (!fitsApplicationCode(code)) throw new RangeError(`WebTransport codes have 32 bits: ${code}`);
}

/** An application code as the HTTP/3 code that carries it. Throws RangeError beyond 32 bits. */
export function wrapCode(code: bigint): bigint {
  checkApplicationCode(code);
  return FIRST + code + code / 0x1en;
}

/** The application code in an HTTP/3 code; null outside the range and at the reserved points within it. */
export function unwrapCode(code: bigint): bigint | null {
  if (code < FIRST || code > LAST || isReserved(code)) return null;
  const shifted = code - FIRST;
  return shifted - shifted / 0x1fn;
}

/**
 * The code that a stream's reader or writer is shown: unwrapped, or as it came when it is none of the application's
 * (WT_SESSION_GONE, H3_REQUEST_CANCELLED …), so that it can still be named.
 */
export function shownStreamCode(code: bigint): bigint {
  return unwrapCode(code) ?? code;
}

/** HTTP/3 and QPACK number their errors here, registered or not; see also the names that http3CodeName knows. */
const isHttp3Code = (code: bigint): boolean => (code >= 0x100n && code <= 0x2ffn) || http3CodeName(code) !== undefined;

/**
 * The end of the QUIC connection as the end of the session on it. Peers close with a wrapped code (the Rust relays), an
 * HTTP/3 code, or the application's code as it is (Deno): what HTTP/3 has no use for is taken for the application's.
 */
export function sessionCloseInfo(info: CloseInfo): CloseInfo {
  if (!info.isApplication) return info;
  const unwrapped = unwrapCode(info.code);
  if (unwrapped !== null) return { ...info, code: unwrapped };
  if (!isHttp3Code(info.code) && !isReserved(info.code)) return info;
  return { ...info, isApplication: false, reason: info.reason || (http3CodeName(info.code) ?? '') };
}

export const SESSION_GONE = BigInt(H3_CODES.WT_SESSION_GONE);
export const BUFFERED_STREAM_REJECTED = BigInt(H3_CODES.WT_BUFFERED_STREAM_REJECTED);
export const NO_ERROR = BigInt(H3_CODES.H3_NO_ERROR);
