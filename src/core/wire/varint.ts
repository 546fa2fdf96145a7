import { EncodeError, WireError } from './wire-error.js';

/**
 * A variable-length integer encoding. Values up to 2^53−1 are numbers, because most wire integers are small and
 * bigint arithmetic is an order of magnitude slower; larger ones are bigints and are never rounded.
 */
export interface VarintCodec {
  /** The largest value: 2^62−1 (RFC 9000 §16) or 2^64−1 (draft-18 §1.4.1). */
  readonly max: bigint;
  /** Bytes of the longest form. */
  readonly maxBytes: number;
  /** Bytes of the shortest form of `value`; throws EncodeError when it is negative, fractional or above `max`. */
  size(value: number | bigint): number;
  /** Writes the shortest form at `offset` (the caller has made room for `size(value)`) and returns the offset after it. */
  write(target: Uint8Array, offset: number, value: number | bigint): number;
  /** Bytes of a form, from its first byte; throws WireError when the draft forbids that form. */
  length(firstByte: number): number;
  /** Reads at `offset`, where `length(source[offset])` bytes are present. A bigint only above 2^53−1. */
  read(source: Uint8Array, offset: number): number | bigint;
}

const TWO_32 = 0x1_0000_0000;
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Bytes `offset`, `offset + 1`, … (`count` of them, at most 4) as one unsigned integer. */
function unsigned(source: Uint8Array, offset: number, count: number): number {
  let value = 0;
  for (let i = offset; i < offset + count; i++) value = value * 256 + (source[i] as number);
  return value;
}

/** `high * 2^32 + low`, exactly. */
function join(high: number, low: number): number | bigint {
  return high < 0x20_0000 ? high * TWO_32 + low : (BigInt(high) << 32n) | BigInt(low);
}

/** Writes the low `count` bytes of `value`, most significant first. */
function writeBytes(target: Uint8Array, offset: number, count: number, value: number | bigint): void {
  let high: number;
  let low: number;
  if (typeof value === 'number') {
    high = Math.floor(value / TWO_32);
    low = value >>> 0;
  } else {
    high = Number(value >> 32n);
    low = Number(value & 0xffff_ffffn);
  }
  for (let i = offset + count - 1; i >= offset; i--) {
    if (offset + count - i <= 4) {
      target[i] = low & 0xff;
      low >>>= 8;
    } else {
      target[i] = high & 0xff;
      high >>>= 8;
    }
  }
}

/** The value as a number when that is exact; throws EncodeError when it is no unsigned integer up to `max`. */
function normalise(value: number | bigint, max: bigint): number | bigint {
  if (typeof value === 'bigint') {
    if (value < 0n || value > max) throw new EncodeError(`integer ${value} is outside 0…${max}`);
    return value <= MAX_SAFE ? Number(value) : value;
  }
  if (!Number.isSafeInteger(value) || value < 0) throw new EncodeError(`${value} is not an unsigned integer`);
  return value;
}

const QUIC_MAX = (1n << 62n) - 1n;

/** RFC 9000 §16: two length bits, 62 value bits. Drafts to 16. */
export const quicVarint: VarintCodec = {
  max: QUIC_MAX,
  maxBytes: 8,
  size(value) {
    const v = normalise(value, QUIC_MAX);
    return v < 0x40 ? 1 : v < 0x4000 ? 2 : v < 0x4000_0000 ? 4 : 8;
  },
  write(target, offset, value) {
    const v = normalise(value, QUIC_MAX);
    if (v < 0x40) {
      target[offset] = v as number;
      return offset + 1;
    }
    const count = v < 0x4000 ? 2 : v < 0x4000_0000 ? 4 : 8;
    writeBytes(target, offset, count, v);
    target[offset] = (target[offset] as number) | (count === 2 ? 0x40 : count === 4 ? 0x80 : 0xc0);
    return offset + count;
  },
  length(firstByte) {
    return 1 << (firstByte >> 6);
  },
  read(source, offset) {
    const first = source[offset] as number;
    const bits = first & 0x3f;
    switch (first >> 6) {
      case 0:
        return bits;
      case 1:
        return bits * 256 + (source[offset + 1] as number);
      case 2:
        return bits * 0x100_0000 + unsigned(source, offset + 1, 3);
      default:
        return join(bits * 0x100_0000 + unsigned(source, offset + 1, 3), unsigned(source, offset + 4, 4));
    }
  },
};

const VI64_MAX = (1n << 64n) - 1n;
const TWO_56 = 1n << 56n;
const SEVEN_BYTE_FORM = 7;

/** draft-17 §1.4.1 forbids the 7-byte form; from draft-18 §1.4.1 on it carries 49 bits. */
function createVi64(sevenByteForm: boolean): VarintCodec {
  function sizeOf(v: number | bigint): number {
    if (v < 0x80) return 1;
    if (v < 0x4000) return 2;
    if (v < 0x20_0000) return 3;
    if (v < 0x1000_0000) return 4;
    if (v < 0x8_0000_0000) return 5;
    if (v < 0x400_0000_0000) return 6;
    if (v < 0x2_0000_0000_0000 && sevenByteForm) return SEVEN_BYTE_FORM;
    return v < TWO_56 ? 8 : 9;
  }
  return {
    max: VI64_MAX,
    maxBytes: 9,
    size: (value) => sizeOf(normalise(value, VI64_MAX)),
    write(target, offset, value) {
      const v = normalise(value, VI64_MAX);
      const count = sizeOf(v);
      if (count === 1) {
        target[offset] = v as number;
      } else if (count === 9) {
        target[offset] = 0xff;
        writeBytes(target, offset + 1, 8, v);
      } else {
        writeBytes(target, offset, count, v);
        target[offset] = (target[offset] as number) | ((0xff00 >> (count - 1)) & 0xff);
      }
      return offset + count;
    },
    length(firstByte) {
      const count = Math.clz32(~(firstByte << 24)) + 1;
      if (count === SEVEN_BYTE_FORM && !sevenByteForm) {
        throw new WireError('an integer uses the 7-byte form, which this draft forbids');
      }
      return count;
    },
    read(source, offset) {
      const first = source[offset] as number;
      if (first < 0x80) return first;
      const count = this.length(first);
      if (count === 9) return join(unsigned(source, offset + 1, 4), unsigned(source, offset + 5, 4));
      const bits = first & (0xff >> count);
      if (count <= 4) return bits * 256 ** (count - 1) + unsigned(source, offset + 1, count - 1);
      const high = bits * 256 ** (count - 5) + unsigned(source, offset + 1, count - 5);
      return join(high, unsigned(source, offset + count - 4, 4));
    },
  };
}

/** draft-18 §1.4.1: the number of leading one bits gives the length, 64 value bits. Drafts from 18. */
export const vi64 = createVi64(true);
/** The same without the 7-byte form. Draft 17. */
export const vi64WithoutSevenBytes = createVi64(false);
