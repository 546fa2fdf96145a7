const TWO_32 = 2 ** 32;

/**
 * Writes the head of a CBOR item (RFC 8949 §3) in its shortest form: up to 9 bytes.
 *
 * @param type the major type in the upper three bits: 0x00 is an unsigned integer.
 * @param argument 0 … 2^53.
 * @returns the offset behind it.
 */
export function writeHead(bytes: Uint8Array, offset: number, type: number, argument: number): number {
  let at = offset;
  if (argument < 24) {
    bytes[at++] = type | argument;
    return at;
  }
  if (argument < 0x100) {
    bytes[at++] = type | 24;
    bytes[at++] = argument;
    return at;
  }
  if (argument < 0x10000) {
    bytes[at++] = type | 25;
    bytes[at++] = argument >>> 8;
    bytes[at++] = argument & 0xff;
    return at;
  }
  const isLong = argument >= TWO_32;
  bytes[at++] = type | (isLong ? 27 : 26);
  if (isLong) at = writeUint32(bytes, at, Math.floor(argument / TWO_32));
  return writeUint32(bytes, at, argument >>> 0);
}

/** The same for any 64-bit unsigned argument. */
export function writeBigHead(bytes: Uint8Array, offset: number, type: number, argument: bigint): number {
  const number = Number(argument);
  if (number < Number.MAX_SAFE_INTEGER) return writeHead(bytes, offset, type, number);
  bytes[offset] = type | 27;
  const at = writeUint32(bytes, offset + 1, Number(argument >> 32n));
  return writeUint32(bytes, at, Number(argument & 0xffff_ffffn));
}

function writeUint32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  return at + 4;
}
