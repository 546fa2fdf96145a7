/** HTTP/3 (RFC 9114 §8.1), QPACK (RFC 9204 §6), HTTP datagram (RFC 9297 §5.2) and WebTransport error codes. */
export const H3_CODES = {
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
  WT_INVALID_CAPSULE: 0x0d189ed4,
  WT_SESSION_GONE: 0x170d7b68,
  WT_BUFFERED_STREAM_REJECTED: 0x3994bd84,
} as const;

export type H3CodeName = keyof typeof H3_CODES;

const NAMES = new Map<bigint, H3CodeName>(
  Object.entries(H3_CODES).map(([name, code]) => [BigInt(code), name as H3CodeName]),
);

/** The name of an HTTP/3, QPACK or WebTransport code, or undefined for others (application and reserved codes). */
export function h3CodeName(code: bigint): H3CodeName | undefined {
  return NAMES.get(code);
}

/** What an error takes down with it: the whole QUIC connection, or one stream (which for a CONNECT is its session). */
export type H3ErrorScope = 'connection' | 'stream';

/** The peer broke a rule of HTTP/3, QPACK or WebTransport; `codeName` is what it is told. */
export class H3Error extends Error {
  override readonly name = 'H3Error';
  readonly code: bigint;

  constructor(
    readonly codeName: H3CodeName,
    message: string,
    readonly scope: H3ErrorScope = 'connection',
  ) {
    super(message);
    this.code = BigInt(H3_CODES[codeName]);
  }
}
