/** A way of writing the length of a record before it. */
export interface LengthPrefix {
  readonly maxBytes: number;
  /** Bytes of the prefix, from its first byte. */
  length(firstByte: number): number;
  /** A bigint where a number would be rounded. */
  read(bytes: Uint8Array): number | bigint;
  write(length: number): Uint8Array;
}

/** Four bytes, most significant first. */
export const U32BE: LengthPrefix = {
  maxBytes: 4,
  length: () => 4,
  read: (bytes) => view(bytes).getUint32(0),
  write(length) {
    if (length > 0xffff_ffff) throw new RangeError(`${length} does not fit four bytes`);
    const bytes = new Uint8Array(4);
    view(bytes).setUint32(0, length);
    return bytes;
  },
};

/** RFC 9000 §16: the two highest bits say whether 1, 2, 4 or 8 bytes. Written in the shortest form, read in any. */
export const VARINT: LengthPrefix = {
  maxBytes: 8,
  length: (firstByte) => 1 << (firstByte >> 6),
  read(bytes) {
    const first = bytes[0] as number;
    switch (first >> 6) {
      case 0:
        return first;
      case 1:
        return view(bytes).getUint16(0) & 0x3fff;
      case 2:
        return view(bytes).getUint32(0) & 0x3fff_ffff;
      default:
        return view(bytes).getBigUint64(0) & 0x3fff_ffff_ffff_ffffn;
    }
  },
  write(length) {
    if (length < 0x40) return Uint8Array.of(length);
    if (length < 0x4000) return Uint8Array.of(0x40 | (length >> 8), length & 0xff);
    const bytes = new Uint8Array(length < 0x4000_0000 ? 4 : 8);
    if (bytes.length === 4) view(bytes).setUint32(0, 0x8000_0000 + length);
    else view(bytes).setBigUint64(0, 0xc000_0000_0000_0000n + BigInt(length));
    return bytes;
  },
};

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
