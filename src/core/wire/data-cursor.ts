import type { VarintCodec } from './varint.js';

/** `DataCursor.integer` ran out of bytes; `need` says how many there must be at least. */
export const INCOMPLETE = -1;
/** The integer is above 2^53−1 and in `DataCursor.big`. */
export const BIG = -2;

/**
 * Reads the fields of one unit (a stream header or an object header) without exceptions or allocation, because it runs
 * once per object. Nothing is consumed for good until the caller takes over `position`.
 */
export class DataCursor {
  position = 0;
  /** Bytes from the start of the unit that must be there before it makes sense to try again. */
  need = 0;
  big = 0n;
  private source: Uint8Array = new Uint8Array(0);
  private start = 0;
  private end = 0;
  /** First bytes below this are the value itself. */
  private readonly oneByteLimit: number;
  private readonly quic: boolean;

  constructor(
    private readonly varints: VarintCodec,
    integers: 'quic' | 'vi64',
  ) {
    this.quic = integers === 'quic';
    this.oneByteLimit = this.quic ? 0x40 : 0x80;
  }

  load(source: Uint8Array, start: number, end: number): void {
    this.source = source;
    this.start = start;
    this.position = start;
    this.end = end;
  }

  /** Drops the reference to the bytes, so that an idle stream does not keep a chunk alive. */
  release(empty: Uint8Array): void {
    this.source = empty;
  }

  /** A varint up to 2^53−1, or INCOMPLETE, or BIG. */
  integer(): number {
    const position = this.position;
    if (position < this.end) {
      const first = this.source[position] as number;
      if (first < this.oneByteLimit) {
        this.position = position + 1;
        return first;
      }
      // The two-byte forms are 01xxxxxx and 10xxxxxx.
      if (first < (this.quic ? 0x80 : 0xc0) && position + 1 < this.end) {
        this.position = position + 2;
        return ((first & 0x3f) << 8) | (this.source[position + 1] as number);
      }
    }
    return this.longInteger();
  }

  /** A varint of any size as a bigint, or null when bytes are missing. */
  bigInteger(): bigint | null {
    const value = this.integer();
    return value === INCOMPLETE ? null : value === BIG ? this.big : BigInt(value);
  }

  /** One byte, or INCOMPLETE. */
  byte(): number {
    if (this.position >= this.end) return this.incomplete(1);
    return this.source[this.position++] as number;
  }

  /** True when `length` more bytes are there; otherwise `need` is set. */
  has(length: number): boolean {
    if (this.end - this.position >= length) return true;
    this.incomplete(length);
    return false;
  }

  /** A view of the next `length` bytes, which `has` has said are there. */
  take(length: number): Uint8Array {
    const from = this.position;
    this.position = from + length;
    return this.source.subarray(from, from + length);
  }

  private longInteger(): number {
    const position = this.position;
    if (position >= this.end) return this.incomplete(1);
    const length = this.varints.length(this.source[position] as number);
    if (this.end - position < length) return this.incomplete(length);
    const value = this.varints.read(this.source, position);
    this.position = position + length;
    if (typeof value === 'number') return value;
    this.big = value;
    return BIG;
  }

  private incomplete(length: number): number {
    this.need = this.position - this.start + length;
    return INCOMPLETE;
  }
}
