import { Tagged, type TraceValue } from '../../records/trace-event.js';

const INITIAL_CAPACITY = 4096;
const MAX_UINT64 = 2n ** 64n - 1n;
const TWO_32 = 2 ** 32;
const text = new TextEncoder();

/** Writes CBOR (RFC 8949) with definite lengths and the shortest form of every integer. */
export class CborWriter {
  private bytes = new Uint8Array(INITIAL_CAPACITY);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  /** What was written since the last call: a view that holds until more is written. */
  finish(): Uint8Array {
    const bytes = this.bytes.subarray(0, this.length);
    this.length = 0;
    return bytes;
  }

  mapHeader(count: number): void {
    this.head(5, count);
  }

  /** An integer of 0 … 2^53. */
  unsigned(value: number): void {
    this.head(0, value);
  }

  bigUnsigned(value: bigint): void {
    if (value <= 0xffff_ffffn) this.head(0, Number(value));
    else this.head64(0, value);
  }

  /** Bytes that are CBOR already, such as a key that is written often. */
  raw(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  text(value: string): void {
    // A UTF-16 unit becomes three bytes at most.
    this.room(9 + 3 * value.length);
    const reserved = value.length < 8 ? 1 : 9;
    const { written } = text.encodeInto(value, this.bytes.subarray(this.length + reserved));
    if (written < 24) {
      this.bytes[this.length] = 0x60 | written;
      if (reserved > 1)
        this.bytes.copyWithin(this.length + 1, this.length + reserved, this.length + reserved + written);
      this.length += 1 + written;
      return;
    }
    const from = this.length + reserved;
    this.head(3, written);
    this.bytes.copyWithin(this.length, from, from + written);
    this.length += written;
  }

  byteString(value: Uint8Array): void {
    this.head(2, value.length);
    this.raw(value);
  }

  value(value: TraceValue): void {
    switch (typeof value) {
      case 'string':
        this.text(value);
        return;
      case 'boolean':
        this.byte(value ? 0xf5 : 0xf4);
        return;
      case 'number':
        this.number(value);
        return;
      case 'bigint':
        this.bigint(value);
        return;
      default:
        this.compound(value);
    }
  }

  private compound(value: Exclude<TraceValue, string | boolean | number | bigint>): void {
    if (value === null) this.byte(0xf6);
    else if (value instanceof Uint8Array) this.byteString(value);
    else if (Array.isArray(value)) {
      this.head(4, value.length);
      for (const item of value) this.value(item as TraceValue);
    } else if (value instanceof Tagged) {
      if (value.tag > 0xffff_ffffn) this.head64(6, value.tag);
      else this.head(6, Number(value.tag));
      this.value(value.value);
    } else if (value instanceof Map) {
      this.mapHeader(value.size);
      for (const [key, item] of value) {
        this.value(key);
        this.value(item);
      }
    } else {
      const entries = Object.entries(value);
      this.mapHeader(entries.length);
      for (const [key, item] of entries) {
        this.text(key);
        this.value(item as TraceValue);
      }
    }
  }

  private number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0) this.head(0, value);
      else this.head(1, -1 - value);
      return;
    }
    this.room(9);
    this.bytes[this.length] = 0xfb;
    this.view.setFloat64(this.length + 1, value);
    this.length += 9;
  }

  private bigint(value: bigint): void {
    const isNegative = value < 0n;
    const magnitude = isNegative ? -1n - value : value;
    if (magnitude <= 0xffff_ffffn) this.head(isNegative ? 1 : 0, Number(magnitude));
    else if (magnitude <= MAX_UINT64) this.head64(isNegative ? 1 : 0, magnitude);
    else {
      this.byte(isNegative ? 0xc3 : 0xc2);
      const hex = magnitude.toString(16);
      const padded = hex.length % 2 === 0 ? hex : `0${hex}`;
      this.byteString(
        Uint8Array.from({ length: padded.length / 2 }, (_, i) => Number(`0x${padded.slice(2 * i, 2 * i + 2)}`)),
      );
    }
  }

  private head(major: number, argument: number): void {
    this.room(9);
    const { bytes, view } = this;
    const at = this.length;
    const type = major << 5;
    if (argument < 24) {
      bytes[at] = type | argument;
      this.length = at + 1;
    } else if (argument < 0x100) {
      bytes[at] = type | 24;
      bytes[at + 1] = argument;
      this.length = at + 2;
    } else if (argument < 0x10000) {
      bytes[at] = type | 25;
      view.setUint16(at + 1, argument);
      this.length = at + 3;
    } else if (argument < TWO_32) {
      bytes[at] = type | 26;
      view.setUint32(at + 1, argument);
      this.length = at + 5;
    } else {
      bytes[at] = type | 27;
      view.setUint32(at + 1, Math.floor(argument / TWO_32));
      view.setUint32(at + 5, argument % TWO_32);
      this.length = at + 9;
    }
  }

  private head64(major: number, argument: bigint): void {
    this.room(9);
    this.bytes[this.length] = (major << 5) | 27;
    this.view.setBigUint64(this.length + 1, argument);
    this.length += 9;
  }

  private byte(value: number): void {
    this.room(1);
    this.bytes[this.length++] = value;
  }

  private room(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.length + count, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}
