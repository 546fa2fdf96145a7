import { namesByNumber } from './code-table.js';

/** HTTP/3 (RFC 9114 §8.1), QPACK (RFC 9204 §6) and HTTP datagram (RFC 9297 §5.2) error codes. */
export const HTTP3_CODES = {
  H3_DATAGRAM_ERROR: 0x33,
  H3_NO_ERROR: 0x100,
  H3_GENERAL_PROTOCOL_ERROR: 0x101,
  H3_INTERNAL_ERROR: 0x102,
  H3_STREAM_CREATION_ERROR: 0x103,
  H3_CLOSED_CRITICAL_STREAM: 0x104,
  H3_FRAME_UNEXPECTED: 0x105,
  H3_FRAME_ERROR: 0x106,
  H3_EXCESSIVE_LOAD: 0x107,
  H3_ID_ERROR: 0x108,
  H3_SETTINGS_ERROR: 0x109,
  H3_MISSING_SETTINGS: 0x10a,
  H3_REQUEST_REJECTED: 0x10b,
  H3_REQUEST_CANCELLED: 0x10c,
  H3_REQUEST_INCOMPLETE: 0x10d,
  H3_MESSAGE_ERROR: 0x10e,
  H3_CONNECT_ERROR: 0x10f,
  H3_VERSION_FALLBACK: 0x110,
  QPACK_DECOMPRESSION_FAILED: 0x200,
  QPACK_ENCODER_STREAM_ERROR: 0x201,
  QPACK_DECODER_STREAM_ERROR: 0x202,
} as const;

/** WebTransport's own codes among those of HTTP/3 (draft-ietf-webtrans-http3). */
export const WEBTRANSPORT_CODES = {
  WT_FLOW_CONTROL_ERROR: 0x045d4487,
  WT_ALPN_ERROR: 0x0817b3dd,
  WT_INVALID_CAPSULE: 0x0d189ed4,
  WT_SESSION_GONE: 0x170d7b68,
  WT_REQUIREMENTS_NOT_MET: 0x212c0d48,
  WT_BUFFERED_STREAM_REJECTED: 0x3994bd84,
} as const;

const NAMES = namesByNumber({ ...HTTP3_CODES, ...WEBTRANSPORT_CODES });

/** The name of an HTTP/3, QPACK or WebTransport code; undefined for others (application and reserved codes). */
export function http3CodeName(code: bigint): string | undefined {
  return NAMES.get(Number(code));
}
