import { MAX_CLOSE_REASON_BYTES, truncateUtf8 } from '../webtransport/capsules.js';
import { varintSize, writeVarint } from '../webtransport/h3/varint.js';

/** Capsule types of draft-ietf-webtrans-http2-11 §6 and RFC 9297 §3.5. WT_STREAMS_BLOCKED is in the dialect. */
export const CAPSULE = {
  DATAGRAM: 0x00,
  CLOSE_SESSION: 0x2843,
  DRAIN_SESSION: 0x78ae,
  PADDING: 0x190b4d38,
  RESET_STREAM: 0x190b4d39,
  STOP_SENDING: 0x190b4d3a,
  STREAM: 0x190b4d3b,
  STREAM_FIN: 0x190b4d3c,
  MAX_DATA: 0x190b4d3d,
  MAX_STREAM_DATA: 0x190b4d3e,
  MAX_STREAMS_BIDI: 0x190b4d3f,
  MAX_STREAMS_UNI: 0x190b4d40,
  DATA_BLOCKED: 0x190b4d41,
  STREAM_DATA_BLOCKED: 0x190b4d42,
  STREAMS_BLOCKED_A: 0x190b4d43,
  STREAMS_BLOCKED_B: 0x190b4d44,
} as const;

/** Largest value of MAX_STREAMS and STREAMS_BLOCKED (draft §6.7): stream IDs have 62 bits. */
export const MAX_STREAMS_LIMIT = 2 ** 60;

/** Bytes of the head of a stream capsule: a type of 4, a length below 2^30 and an ID of at most 8. */
export const MAX_STREAM_HEAD = 16;

/** HTTP/2 error codes (RFC 9113 §7) that a session ends its CONNECT stream with. */
export const HTTP2_CODE = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  STREAM_CLOSED: 0x5,
  CANCEL: 0x8,
} as const;

/** The peer broke a rule of the capsules; the session ends with `code` in a RST_STREAM. */
export class CapsuleError extends Error {
  override readonly name = 'CapsuleError';

  constructor(
    readonly codeName: keyof typeof HTTP2_CODE,
    message: string,
  ) {
    super(message);
  }

  get code(): number {
    return HTTP2_CODE[this.codeName];
  }
}

function bigVarintSize(value: number | bigint): number {
  return typeof value === 'bigint' ? 8 : varintSize(value);
}

/** A capsule whose value is `values` as varints. A bigint takes 8 bytes and may have 62 bits. */
export function encodeVarintCapsule(type: number, ...values: readonly (number | bigint)[]): Uint8Array {
  let length = 0;
  for (const value of values) length += bigVarintSize(value);
  const bytes = new Uint8Array(varintSize(type) + varintSize(length) + length);
  let offset = writeVarint(bytes, writeVarint(bytes, 0, type), length);
  for (const value of values) {
    if (typeof value === 'number') {
      offset = writeVarint(bytes, offset, value);
      continue;
    }
    new DataView(bytes.buffer).setBigUint64(offset, value | (3n << 62n));
    offset += 8;
  }
  return bytes;
}

/** A capsule around `value`. */
export function encodeCapsule(type: number, value: Uint8Array): Uint8Array {
  const head = varintSize(type) + varintSize(value.length);
  const bytes = new Uint8Array(head + value.length);
  writeVarint(bytes, writeVarint(bytes, 0, type), value.length);
  bytes.set(value, head);
  return bytes;
}

/** CLOSE_WEBTRANSPORT_SESSION. `code` has 32 bits; a longer reason is cut at 1024 bytes. */
export function encodeClose(code: bigint, reason: string): Uint8Array {
  const text = truncateUtf8(reason, MAX_CLOSE_REASON_BYTES);
  const value = new Uint8Array(4 + text.length);
  new DataView(value.buffer).setUint32(0, Number(code));
  value.set(text, 4);
  return encodeCapsule(CAPSULE.CLOSE_SESSION, value);
}

/** Writes the head of a stream capsule with `length` bytes of data behind it; returns the offset of the data. */
export function writeStreamHead(target: Uint8Array, at: number, id: number, length: number, fin: boolean): number {
  let offset = writeVarint(target, at, fin ? CAPSULE.STREAM_FIN : CAPSULE.STREAM);
  offset = writeVarint(target, offset, varintSize(id) + length);
  return writeVarint(target, offset, id);
}
