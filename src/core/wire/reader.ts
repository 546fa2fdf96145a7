import type { VarintCodec } from './varint.js';
import { type SessionErrorName, WireError } from './wire-error.js';

/** What a reader whose bytes are known to be all there are says when a value runs past them. */
export interface ReaderBounds {
  readonly message: string;
  readonly closeWith?: SessionErrorName;
}

/**
 * Reads wire values from bytes already in memory. By default running out of bytes is an incomplete WireError (more may
 * come); with `bounds` the bytes are complete and running out is the violation that `bounds` describes.
 * Byte strings are views into the source, never copies.
 */
export class ByteReader {
  offset: number;

  constructor(
    readonly varints: VarintCodec,
    readonly source: Uint8Array,
    offset = 0,
    readonly end = source.length,
    private readonly bounds?: ReaderBounds,
  ) {
    this.offset = offset;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  uint8(): number {
    if (this.offset >= this.end) throw this.exhausted();
    return this.source[this.offset++] as number;
  }

  uint16(): number {
    this.require(2);
    const value = (this.source[this.offset] as number) * 256 + (this.source[this.offset + 1] as number);
    this.offset += 2;
    return value;
  }

  /** A varint as a number, or a bigint above 2^53−1. */
  varint(): number | bigint {
    if (this.offset >= this.end) throw this.exhausted();
    const length = this.varints.length(this.source[this.offset] as number);
    if (this.end - this.offset < length) throw this.exhausted();
    const value = this.varints.read(this.source, this.offset);
    this.offset += length;
    return value;
  }

  bigVarint(): bigint {
    return BigInt(this.varint());
  }

  /** A varint that says how many bytes or items follow: refused above `max`, before anything is allocated for it. */
  count(max: number, what: string, closeWith?: SessionErrorName): number {
    const value = this.varint();
    if (value > max) throw new WireError(`${what} is ${value}, more than the ${max} allowed`, { closeWith });
    return value as number;
  }

  /** The next `length` bytes, as a view. */
  bytes(length: number): Uint8Array {
    this.require(length);
    const start = this.offset;
    this.offset += length;
    return this.source.subarray(start, this.offset);
  }

  /** A varint length up to `max`, then that many bytes, as a view. */
  lengthPrefixed(max: number, what: string, closeWith?: SessionErrorName): Uint8Array {
    return this.bytes(this.count(max, what, closeWith));
  }

  /** All bytes that are left, as a view. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** A reader over the next `length` bytes only, which this one skips. */
  section(length: number, bounds: ReaderBounds): ByteReader {
    this.require(length);
    const start = this.offset;
    this.offset += length;
    return new ByteReader(this.varints, this.source, start, this.offset, bounds);
  }

  private require(length: number): void {
    if (this.end - this.offset < length) throw this.exhausted();
  }

  private exhausted(): WireError {
    return this.bounds === undefined
      ? new WireError('more bytes are needed', { incomplete: true })
      : new WireError(this.bounds.message, { closeWith: this.bounds.closeWith });
  }
}
