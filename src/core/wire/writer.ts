import type { VarintCodec } from './varint.js';
import { EncodeError } from './wire-error.js';

const INITIAL_BYTES = 256;

/** Appends wire values to a buffer that grows. Throws EncodeError for values without an encoding. */
export class ByteWriter {
  private buffer: Uint8Array;
  private used = 0;

  constructor(
    readonly varints: VarintCodec,
    capacity = INITIAL_BYTES,
  ) {
    this.buffer = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.used;
  }

  uint8(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xff) throw new EncodeError(`${value} does not fit one byte`);
    this.reserve(1);
    this.buffer[this.used++] = value;
  }

  uint16(value: number): void {
    this.reserve(2);
    this.patchUint16(this.used, value);
    this.used += 2;
  }

  varint(value: number | bigint): void {
    this.reserve(this.varints.maxBytes);
    this.used = this.varints.write(this.buffer, this.used, value);
  }

  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.used);
    this.used += value.length;
  }

  /** The length of `value` as a varint, then its bytes. */
  lengthPrefixed(value: Uint8Array): void {
    this.varint(value.length);
    this.bytes(value);
  }

  /** Overwrites two bytes written before, for a length that is known only afterwards. */
  patchUint16(offset: number, value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
      throw new EncodeError(`${value} does not fit two bytes`);
    }
    this.buffer[offset] = value >> 8;
    this.buffer[offset + 1] = value & 0xff;
  }

  /** What was written: a view that stays valid as long as nothing more is written. */
  finish(): Uint8Array {
    return this.buffer.subarray(0, this.used);
  }

  /** Forgets what was written and starts over in the same buffer. */
  reset(): void {
    this.used = 0;
  }

  private reserve(count: number): void {
    const needed = this.used + count;
    if (needed <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.buffer.length * 2));
    larger.set(this.buffer.subarray(0, this.used));
    this.buffer = larger;
  }
}
