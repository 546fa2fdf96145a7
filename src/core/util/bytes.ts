const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenientDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

const HEX_DIGITS = encoder.encode('0123456789abcdef');
const HEX_VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < 16; i++) {
  HEX_VALUES[HEX_DIGITS[i] as number] = i;
  if (i > 9) HEX_VALUES[(HEX_DIGITS[i] as number) - 32] = i;
}

/** What is this short is encoded sooner than Node's functions are entered. */
const SHORT = 64;

const PADDING = 0x3d;
const BASE64_DIGITS = encoder.encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const BASE64_VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) BASE64_VALUES[BASE64_DIGITS[i] as number] = i;
// The URL-safe alphabet, RFC 4648 §5.
BASE64_VALUES[0x2d] = 62;
BASE64_VALUES[0x5f] = 63;

/** One buffer with all chunks behind one another; a single chunk is returned as it is, not copied. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Lower-case hex without separators. */
export function toHex(bytes: Uint8Array): string {
  const native = bytes.length > SHORT ? nativeBuffer() : undefined;
  if (native !== undefined) return native.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  const digits = new Uint8Array(2 * bytes.length);
  let at = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    digits[at++] = HEX_DIGITS[byte >> 4] as number;
    digits[at++] = HEX_DIGITS[byte & 15] as number;
  }
  return fromAscii(digits);
}

/** Strict: an even number of hex digits of either case and nothing else, else null. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0) return null;
  const native = text.length > SHORT && /^[0-9A-Fa-f]*$/.test(text) ? nativeBuffer() : undefined;
  if (native !== undefined) return new Uint8Array(native.from(text, 'hex'));
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const byte = (digitAt(HEX_VALUES, text, 2 * i) << 4) | digitAt(HEX_VALUES, text, 2 * i + 1);
    if (byte < 0) return null;
    bytes[i] = byte;
  }
  return bytes;
}

/** Standard alphabet, padded. */
export function toBase64(bytes: Uint8Array): string {
  const { length } = bytes;
  const native = length > SHORT ? nativeBuffer() : undefined;
  if (native !== undefined) return native.from(bytes.buffer, bytes.byteOffset, length).toString('base64');
  const digits = new Uint8Array(4 * Math.ceil(length / 3)).fill(PADDING);
  let at = 0;
  for (let i = 0; i < length; i += 3) {
    const bits = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    digits[at++] = BASE64_DIGITS[bits >> 18] as number;
    digits[at++] = BASE64_DIGITS[(bits >> 12) & 63] as number;
    if (i + 1 < length) digits[at] = BASE64_DIGITS[(bits >> 6) & 63] as number;
    if (i + 2 < length) digits[at + 1] = BASE64_DIGITS[bits & 63] as number;
    at += 2;
  }
  return fromAscii(digits);
}

/** Strict: canonical standard or URL-safe base64, with or without padding, else null. */
export function fromBase64(text: string): Uint8Array | null {
  const bare = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
  if ((bare !== text.length && text.length % 4 !== 0) || bare % 4 === 1) return null;
  const length = Math.floor((bare * 3) / 4);
  const native = bare > SHORT && /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) ? nativeBuffer() : undefined;
  // The end is where stray bits would be.
  if (native !== undefined && fromBase64(text.slice(bare - (bare % 4 || 4), bare)) !== null) {
    return new Uint8Array(native.from(text, 'base64'));
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < bare; i += 4) {
    let bits = (digitAt(BASE64_VALUES, text, i) << 18) | (digitAt(BASE64_VALUES, text, i + 1) << 12);
    if (i + 2 < bare) bits |= digitAt(BASE64_VALUES, text, i + 2) << 6;
    if (i + 3 < bare) bits |= digitAt(BASE64_VALUES, text, i + 3);
    // Bits that no byte takes must not be set: every value has one form only.
    if (bits < 0 || (i + 3 >= bare && (bits & (i + 2 < bare ? 0xff : 0xffff)) !== 0)) return null;
    bytes[at++] = bits >> 16;
    if (i + 2 < bare) bytes[at++] = bits >> 8;
    if (i + 3 < bare) bytes[at++] = bits;
  }
  return bytes;
}

/** One character for every byte, U+0000 to U+00FF: a map key, not for display. */
export function toLatin1(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i] as number);
  return text;
}

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text, or null when the bytes are not well-formed UTF-8. A byte order mark is kept. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return null;
  }
}

/** Bytes as text; what is not UTF-8 becomes U+FFFD. A byte order mark is kept. */
export function fromUtf8Leniently(bytes: Uint8Array): string {
  return lenientDecoder.decode(bytes);
}

/** Where a byte of ASCII is `text[at]`, its value in the table; negative, in every bit, for any other character. */
function digitAt(values: Int8Array, text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? (values[code] as number) : -1;
}

interface NativeBuffer {
  from(buffer: ArrayBufferLike, offset: number, length: number): { toString(encoding: string): string };
  from(text: string, encoding: string): Uint8Array;
}

/** Node's, which is faster than a loop from some length on; undefined in a browser. Small ones share a pool: copy them. */
function nativeBuffer(): NativeBuffer | undefined {
  return (globalThis as { Buffer?: NativeBuffer }).Buffer;
}

function fromAscii(bytes: Uint8Array): string {
  return lenientDecoder.decode(bytes);
}
