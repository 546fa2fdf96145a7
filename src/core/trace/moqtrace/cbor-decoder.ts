import { Tagged, type TraceValue } from '../../records/trace-event.js';

/** The bytes are no CBOR, or CBOR that a trace does not use. */
export class CborError extends Error {
  override readonly name = 'CborError';
}

/** The item goes on: at least `need` bytes from its first on are wanted. */
export class CborIncomplete extends Error {
  override readonly name = 'CborIncomplete';
  constructor(readonly need: number) {
    super('the item goes on');
  }
}

/** Nesting beyond this is refused, so that a crafted file cannot exhaust the stack. */
const MAX_DEPTH = 64;
const BREAK = Symbol('break');
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** RFC 8949 §3.4.3, and RFC 8746 §2.1: a typed array of bytes is how some encoders write byte strings. */
const TAG_POSITIVE_BIGNUM = 2n;
const TAG_NEGATIVE_BIGNUM = 3n;
const TAG_UINT8_ARRAY = 64n;
const MAX_BIGNUM_BYTES = 1024;

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads CBOR items (RFC 8949) one by one. Integers beyond 2^53 become bigints; a float that is whole becomes the same
 * number as the integer; byte strings are copies. Lengths are checked against the limit before anything is allocated.
 */
export class CborDecoder {
  private bytes: Uint8Array = new Uint8Array(0);
  private view = new DataView(this.bytes.buffer);
  private start = 0;
  private position = 0;

  /** @param maxItemBytes an item of more bytes is refused. */
  constructor(private readonly maxItemBytes: number) {}

  /**
   * The item at `offset` and where it ends. Throws CborIncomplete when the bytes end before it does, CborError when
   * they are not CBOR.
   */
  decode(bytes: Uint8Array, offset: number): { readonly value: TraceValue; readonly end: number } {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.start = offset;
    this.position = offset;
    const value = this.item(0);
    if (value === BREAK) throw new CborError('a break outside of an item of indefinite length');
    return { value, end: this.position };
  }

  private item(depth: number): TraceValue | typeof BREAK {
    if (depth > MAX_DEPTH) throw new CborError(`items are nested more than ${MAX_DEPTH} deep`);
    const initial = this.byte();
    const major = initial >> 5;
    const info = initial & 31;
    if (major === 7) return this.simple(info);
    const isIndefinite = info === 31;
    const argument = isIndefinite ? 0 : this.argument(info);
    switch (major) {
      case 0:
        if (isIndefinite) break;
        return argument;
      case 1:
        if (isIndefinite) break;
        return typeof argument === 'number' && argument < Number.MAX_SAFE_INTEGER
          ? -1 - argument
          : -1n - BigInt(argument);
      case 2:
        return isIndefinite ? this.chunks(2) : this.take(this.length(argument)).slice();
      case 3:
        return this.text(isIndefinite ? this.chunks(3) : this.take(this.length(argument)));
      case 4:
        return this.array(isIndefinite ? -1 : this.length(argument), depth);
      case 5:
        return this.map(isIndefinite ? -1 : this.length(argument), depth);
      default:
        if (isIndefinite) break;
        return this.tagged(BigInt(argument), depth);
    }
    throw new CborError('an item of this type cannot have an indefinite length');
  }

  private simple(info: number): TraceValue | typeof BREAK {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      // Nothing in a trace tells undefined from null.
      case 22:
      case 23:
        return null;
      case 25:
        return half(this.unsigned(2) as number);
      case 26:
        return this.view.getFloat32(this.advance(4));
      case 27:
        return this.view.getFloat64(this.advance(8));
      case 31:
        return BREAK;
      default:
        throw new CborError(`simple value ${info} has no meaning`);
    }
  }

  private argument(info: number): number | bigint {
    if (info < 24) return info;
    if (info > 27) throw new CborError(`additional information ${info} is reserved`);
    return this.unsigned(1 << (info - 24));
  }

  private unsigned(size: number): number | bigint {
    const at = this.advance(size);
    if (size === 1) return this.view.getUint8(at);
    if (size === 2) return this.view.getUint16(at);
    if (size === 4) return this.view.getUint32(at);
    const big = this.view.getBigUint64(at);
    return big <= MAX_SAFE ? Number(big) : big;
  }

  private array(count: number, depth: number): TraceValue[] {
    const items: TraceValue[] = [];
    // Never sized from `count`: every element has to be there as at least one byte.
    for (let i = 0; count < 0 || i < count; i++) {
      const item = this.item(depth + 1);
      if (item === BREAK) {
        if (count < 0) break;
        throw new CborError('a break within an array of known length');
      }
      items.push(item);
    }
    return items;
  }

  private map(count: number, depth: number): TraceValue {
    const entries: [TraceValue, TraceValue][] = [];
    let allText = true;
    for (let i = 0; count < 0 || i < count; i++) {
      const key = this.item(depth + 1);
      if (key === BREAK) {
        if (count < 0) break;
        throw new CborError('a break within a map of known length');
      }
      const value = this.item(depth + 1);
      if (value === BREAK) throw new CborError('a break in the place of a value');
      allText &&= typeof key === 'string';
      entries.push([key, value]);
    }
    // fromEntries defines own properties, so that a key such as __proto__ is only a key.
    return allText ? Object.fromEntries(entries as [string, TraceValue][]) : new Map(entries);
  }

  private tagged(tag: bigint, depth: number): TraceValue {
    const value = this.item(depth + 1);
    if (value === BREAK) throw new CborError('a break in the place of a tagged value');
    if (value instanceof Uint8Array) {
      if (tag === TAG_UINT8_ARRAY) return value;
      if (tag === TAG_POSITIVE_BIGNUM) return bignum(value);
      if (tag === TAG_NEGATIVE_BIGNUM) {
        const magnitude = BigInt(bignum(value));
        return -1n - magnitude >= -MAX_SAFE ? Number(-1n - magnitude) : -1n - magnitude;
      }
    }
    return new Tagged(tag, value);
  }

  private chunks(major: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      const initial = this.byte();
      if (initial === 0xff) break;
      if (initial >> 5 !== major || (initial & 31) === 31) throw new CborError('a chunk of another type in a string');
      const part = this.take(this.length(this.argument(initial & 31)));
      total += part.length;
      parts.push(part);
    }
    const whole = new Uint8Array(total);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  private text(bytes: Uint8Array): string {
    try {
      return text.decode(bytes);
    } catch {
      throw new CborError('a text string is not UTF-8');
    }
  }

  private length(argument: number | bigint): number {
    if (typeof argument === 'bigint' || argument > this.maxItemBytes) {
      throw new CborError(`a length of ${argument} is beyond the ${this.maxItemBytes} bytes that an item may have`);
    }
    return argument;
  }

  private byte(): number {
    return this.bytes[this.advance(1)] as number;
  }

  private take(count: number): Uint8Array {
    const at = this.advance(count);
    return this.bytes.subarray(at, at + count);
  }

  private advance(count: number): number {
    const at = this.position;
    const end = at + count;
    if (end - this.start > this.maxItemBytes) {
      throw new CborError(`an item has more than ${this.maxItemBytes} bytes`);
    }
    if (end > this.bytes.length) throw new CborIncomplete(end - this.start);
    this.position = end;
    return at;
  }
}

function half(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bignum(bytes: Uint8Array): number | bigint {
  if (bytes.length > MAX_BIGNUM_BYTES) throw new CborError(`an integer of ${bytes.length} bytes`);
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value <= MAX_SAFE ? Number(value) : value;
}
