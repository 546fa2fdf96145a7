import { FRAME } from './h3/frames.js';
import { H3Error } from './h3/h3-error.js';
import { TlvDecoder } from './h3/tlv-decoder.js';
import { varintSize, writeVarint } from './h3/varint.js';

/** Capsule types (RFC 9297 §3, draft-ietf-webtrans-http3). */
const CLOSE_SESSION = 0x2843;
const DRAIN_SESSION = 0x78ae;

/** Bytes of UTF-8 that the message of a close may have. */
export const MAX_CLOSE_REASON_BYTES = 1024;

export type Capsule =
  | { readonly type: 'close'; readonly code: bigint; readonly reason: string }
  | { readonly type: 'drain' };

/** `text` as UTF-8 of at most `limit` bytes, cut between characters. */
export function truncateUtf8(text: string, limit: number): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= limit) return bytes;
  let end = limit;
  // Continuation bytes are 10xxxxxx; the cut must not leave the beginning of a character behind.
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

/** A capsule inside the DATA frame that carries it. */
function inDataFrame(type: number, value: Uint8Array): Uint8Array {
  const capsuleLength = varintSize(type) + varintSize(value.length) + value.length;
  const bytes = new Uint8Array(varintSize(FRAME.DATA) + varintSize(capsuleLength) + capsuleLength);
  let offset = writeVarint(bytes, 0, FRAME.DATA);
  offset = writeVarint(bytes, offset, capsuleLength);
  offset = writeVarint(bytes, offset, type);
  offset = writeVarint(bytes, offset, value.length);
  bytes.set(value, offset);
  return bytes;
}

/** WT_CLOSE_SESSION in its DATA frame. `code` has 32 bits; a longer reason is cut at 1024 bytes. */
export function encodeCloseCapsule(code: bigint, reason: string): Uint8Array {
  const text = truncateUtf8(reason, MAX_CLOSE_REASON_BYTES);
  const value = new Uint8Array(4 + text.length);
  new DataView(value.buffer).setUint32(0, Number(code));
  value.set(text, 4);
  return inDataFrame(CLOSE_SESSION, value);
}

/** WT_DRAIN_SESSION in its DATA frame. */
export function encodeDrainCapsule(): Uint8Array {
  return inDataFrame(DRAIN_SESSION, new Uint8Array(0));
}

/** Shorter text could be a capsule. */
const SHORTEST_TEXT = 8;
const LONGEST_TEXT = 100;

/**
 * The beginning of what is no capsule but text: some servers write the body of an HTTP answer ("404 page not found") into the
 * stream of a session that they have accepted. Null for anything else.
 */
export function textAmongCapsules(bytes: Uint8Array): string | null {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, LONGEST_TEXT)).trimEnd();
  return text.length >= SHORTEST_TEXT && /^[\x20-\x7e]+$/.test(text) ? text : null;
}

function capsuleError(message: string): H3Error {
  return new H3Error('H3_MESSAGE_ERROR', message, 'stream');
}

/** Reads the capsules in the data of a CONNECT stream; unknown ones are skipped (RFC 9297 §3.2). */
export class CapsuleDecoder {
  readonly #items = new TlvDecoder((type, length) => {
    if (type === CLOSE_SESSION) {
      if (length < 4) throw capsuleError(`close capsule of ${length} bytes`);
      if (length > 4 + MAX_CLOSE_REASON_BYTES) throw capsuleError(`close capsule of ${length} bytes`);
      return 'whole';
    }
    if (type === DRAIN_SESSION) {
      if (length !== 0) throw capsuleError(`drain capsule of ${length} bytes`);
      return 'whole';
    }
    return 'skip';
  });

  /** True where the CONNECT stream may end. */
  get atBoundary(): boolean {
    return this.#items.atBoundary;
  }

  /** The capsules that `bytes` completed. Throws H3Error (scope `stream`) for malformed ones. */
  push(bytes: Uint8Array): Capsule[] {
    return this.#items.push(bytes).flatMap((event): Capsule[] => {
      if (event.kind !== 'item') return [];
      if (event.type === DRAIN_SESSION) return [{ type: 'drain' }];
      const view = new DataView(event.value.buffer, event.value.byteOffset, event.value.byteLength);
      // Not fatal for bad UTF-8: the reason is for people, and the code counts.
      const reason = new TextDecoder().decode(event.value.subarray(4));
      return [{ type: 'close', code: BigInt(view.getUint32(0)), reason }];
    });
  }
}
