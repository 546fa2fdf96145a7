import { createHash } from 'node:crypto';

/** Magic (4), sequence number (4), send time (8), digest (16). */
export const SMALLEST_OBJECT = 32;
const MAGIC = 0x6d714254;
const DIGEST_OFFSET = 16;

/** What a payload of a round trip says. */
export interface Stamp {
  readonly sequence: number;
  /** Of the clock of `performance.now()`. */
  readonly sentMs: number;
}

/** A payload with its number, its time and a digest over all of it. */
export function stampedPayload(stamp: Stamp, bytes: number): Uint8Array {
  const payload = Buffer.allocUnsafe(bytes);
  payload.writeUInt32BE(MAGIC, 0);
  payload.writeUInt32BE(stamp.sequence, 4);
  payload.writeDoubleBE(stamp.sentMs, 8);
  fill(payload, stamp.sequence);
  digest(payload).copy(payload, DIGEST_OFFSET);
  return payload;
}

/** The stamp, or null when a single bit is not as it was sent. */
export function readStamp(payload: Uint8Array): Stamp | null {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (bytes.length < SMALLEST_OBJECT || bytes.readUInt32BE(0) !== MAGIC) return null;
  if (!digest(bytes).equals(bytes.subarray(DIGEST_OFFSET, SMALLEST_OBJECT))) return null;
  return { sequence: bytes.readUInt32BE(4), sentMs: bytes.readDoubleBE(8) };
}

/** Half of a SHA-256 over everything but itself. */
function digest(payload: Buffer): Buffer {
  return createHash('sha256')
    .update(payload.subarray(0, DIGEST_OFFSET))
    .update(payload.subarray(SMALLEST_OBJECT))
    .digest()
    .subarray(0, SMALLEST_OBJECT - DIGEST_OFFSET);
}

/** Bytes that differ from object to object (xorshift), so that mixed-up payloads show. */
function fill(payload: Buffer, sequence: number): void {
  let state = (sequence * 2_654_435_761 + 1) >>> 0 || 1;
  for (let i = SMALLEST_OBJECT; i < payload.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    payload[i] = state;
  }
}
