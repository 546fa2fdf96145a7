/**
 * RFC 9000 §16 variable-length integers as JavaScript numbers: what HTTP/3 framing, capsules and settings are made of.
 * Values above 2^53−1 lose their low bits when read. Nothing that this layer compares is that large (every type and
 * setting it knows has at most 32 bits), and lengths are checked with {@link Number.isSafeInteger} before use.
 */

/** Bytes that `value` (0 … 2^53−1) takes. */
export function varintSize(value: number): number {
  if (value < 0x40) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x4000_0000) return 4;
  return 8;
}

/** Writes `value` (0 … 2^53−1) at `offset` and returns the offset behind it. Throws RangeError outside that range. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a varint: ${value}`);
  const size = varintSize(value);
  if (offset + size > target.length) throw new RangeError('varint does not fit the buffer');
  let rest = value;
  for (let i = offset + size - 1; i >= offset; i--) {
    target[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  // The two top bits hold the logarithm of the size.
  target[offset] = (target[offset] as number) | (size === 1 ? 0 : size === 2 ? 0x40 : size === 4 ? 0x80 : 0xc0);
  return offset + size;
}

/** `values` one after the other. */
export function encodeVarints(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((total, value) => total + varintSize(value), 0));
  let offset = 0;
  for (const value of values) offset = writeVarint(bytes, offset, value);
  return bytes;
}

/** Length that the first byte of a varint announces: 1, 2, 4 or 8. */
export function varintLength(firstByte: number): number {
  return 1 << (firstByte >> 6);
}

/** Reads the varint at `offset`; the caller has checked that all its bytes are there. */
export function readVarint(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset] as number;
  const length = varintLength(first);
  let value = first & 0x3f;
  for (let i = 1; i < length; i++) value = value * 256 + (bytes[offset + i] as number);
  return value;
}

/** A position in a buffer that varints are read from. */
export interface VarintCursor {
  offset: number;
}

/** The varint at the cursor, which moves behind it; null, without moving, when the buffer ends inside it. */
export function takeVarint(bytes: Uint8Array, cursor: VarintCursor): number | null {
  const first = bytes[cursor.offset];
  if (first === undefined) return null;
  const length = varintLength(first);
  if (cursor.offset + length > bytes.length) return null;
  const value = readVarint(bytes, cursor.offset);
  cursor.offset += length;
  return value;
}
