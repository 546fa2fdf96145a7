import { Tagged, type TraceValue } from '../../records/trace-event.js';
import { writeBigHead, writeHead } from './cbor-head.js';

const INITIAL_CAPACITY = 4096;
const MAX_UINT64 = 2n ** 64n - 1n;
const text = new TextEncoder();

/** Writes CBOR (RFC 8949) with definite lengths and the shortest form of every integer. */
export class CborWriter {
  private bytes: Uint8Array;
  private view: DataView;
  private length = 0;

  constructor(capacity = INITIAL_CAPACITY) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

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
    this.bigHead(0, value);
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
      this.bigHead(6, value.tag);
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
    if (magnitude <= MAX_UINT64) this.bigHead(isNegative ? 1 : 0, magnitude);
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
    this.length = writeHead(this.bytes, this.length, major << 5, argument);
  }

  private bigHead(major: number, argument: bigint): void {
    this.room(9);
    this.length = writeBigHead(this.bytes, this.length, major << 5, argument);
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
