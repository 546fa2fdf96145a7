import { H3Error } from './h3-error.js';
import type { TlvPolicy } from './tlv-decoder.js';
import { varintSize, writeVarint } from './varint.js';

/** HTTP/3 frame types (RFC 9114 §7.2); 0x41 is WebTransport's stream signal, which only looks like a frame. */
export const FRAME = {
  DATA: 0x0,
  HEADERS: 0x1,
  CANCEL_PUSH: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  GOAWAY: 0x7,
  MAX_PUSH_ID: 0xd,
  WT_STREAM: 0x41,
} as const;

/** Unidirectional stream types (RFC 9114 §6.2, RFC 9204 §4.2, draft-ietf-webtrans-http3). */
export const UNI_STREAM = {
  CONTROL: 0x0,
  PUSH: 0x1,
  QPACK_ENCODER: 0x2,
  QPACK_DECODER: 0x3,
  WEBTRANSPORT: 0x54,
} as const;

/** Frame types of HTTP/2 that HTTP/3 forbids (RFC 9114 §7.2.8). */
const FORBIDDEN: ReadonlySet<number> = new Set([0x2, 0x6, 0x8, 0x9]);
/** Frames that belong on the control stream only. */
const CONTROL_ONLY: ReadonlySet<number> = new Set([FRAME.CANCEL_PUSH, FRAME.SETTINGS, FRAME.GOAWAY, FRAME.MAX_PUSH_ID]);

/** Bytes of an encoded field section that are accepted; requests and responses of WebTransport take a few hundred. */
export const MAX_HEADERS_BYTES = 32 * 1024;
/** Bytes of a SETTINGS frame that are accepted: a thousand settings. */
export const MAX_SETTINGS_BYTES = 16 * 1024;
/** GOAWAY, CANCEL_PUSH and MAX_PUSH_ID hold one varint. */
const MAX_ID_BYTES = 8;

function unexpected(type: number, where: string): H3Error {
  return new H3Error('H3_FRAME_UNEXPECTED', `HTTP/3 frame 0x${type.toString(16)} ${where}`);
}

function bounded(type: number, length: number, limit: number): 'whole' {
  if (length > limit) {
    throw new H3Error('H3_EXCESSIVE_LOAD', `HTTP/3 frame 0x${type.toString(16)} of ${length} bytes exceeds ${limit}`);
  }
  return 'whole';
}

/** What may come on the peer's control stream: SETTINGS first and once, then GOAWAY and what is skipped. */
export function controlStreamPolicy(): TlvPolicy {
  let settingsSeen = false;
  return (type, length) => {
    if (!settingsSeen) {
      if (type !== FRAME.SETTINGS) {
        throw new H3Error('H3_MISSING_SETTINGS', `control stream begins with frame 0x${type.toString(16)}`);
      }
      settingsSeen = true;
      return bounded(type, length, MAX_SETTINGS_BYTES);
    }
    if (type === FRAME.SETTINGS) throw unexpected(type, 'came a second time');
    if (type === FRAME.DATA || type === FRAME.HEADERS || type === FRAME.PUSH_PROMISE || FORBIDDEN.has(type)) {
      throw unexpected(type, 'on the control stream');
    }
    if (type === FRAME.WT_STREAM) throw new H3Error('H3_FRAME_ERROR', 'WebTransport signal on the control stream');
    return CONTROL_ONLY.has(type) ? bounded(type, length, MAX_ID_BYTES) : 'skip';
  };
}

/**
 * What may come on a request stream: HEADERS (after informational responses, several), then DATA; unknown and reserved
 * (GREASE) types are skipped anywhere (RFC 9114 §9).
 */
export function requestStreamPolicy(): TlvPolicy {
  let headersSeen = false;
  return (type, length) => {
    if (type === FRAME.HEADERS) {
      headersSeen = true;
      return bounded(type, length, MAX_HEADERS_BYTES);
    }
    if (type === FRAME.DATA) {
      if (!headersSeen) throw unexpected(type, 'before HEADERS');
      return 'pass';
    }
    if (CONTROL_ONLY.has(type) || type === FRAME.PUSH_PROMISE || FORBIDDEN.has(type)) {
      throw unexpected(type, 'on a request stream');
    }
    if (type === FRAME.WT_STREAM) throw new H3Error('H3_FRAME_ERROR', 'WebTransport signal inside a request stream');
    return 'skip';
  };
}

/** {type, length, payload} as one buffer. */
export function encodeFrame(type: number, payload: Uint8Array): Uint8Array {
  const headLength = varintSize(type) + varintSize(payload.length);
  const frame = new Uint8Array(headLength + payload.length);
  writeVarint(frame, writeVarint(frame, 0, type), payload.length);
  frame.set(payload, headLength);
  return frame;
}
