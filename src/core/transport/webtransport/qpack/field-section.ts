import { H3Error } from '../h3/h3-error.js';
import { huffmanDecode } from './huffman.js';
import { type FieldLine, STATIC_TABLE } from './static-table.js';

/**
 * QPACK (RFC 9204) with the static table and literals only. Both sides of a connection announce a dynamic table of
 * capacity 0, so a reference to it is the peer's error, and no encoder or decoder streams are needed.
 */

/** Names, values and 32 for each field (RFC 9114 §4.2.2) that one section may hold. */
const MAX_SECTION_SIZE = 64 * 1024;
/** No length in a section of bounded size is larger; also keeps the arithmetic below exact. */
const MAX_INTEGER = 2 ** 31;

function failed(what: string): H3Error {
  return new H3Error('QPACK_DECOMPRESSION_FAILED', `QPACK: ${what}`);
}

/** A cursor over one encoded field section. */
class SectionReader {
  offset = 0;
  constructor(private readonly bytes: Uint8Array) {}

  get atEnd(): boolean {
    return this.offset >= this.bytes.length;
  }

  peek(): number {
    const byte = this.bytes[this.offset];
    if (byte === undefined) throw failed('the field section ends too early');
    return byte;
  }

  /** An integer in the low `prefixBits` of the next byte and what follows it (RFC 7541 §5.1). */
  integer(prefixBits: number): number {
    const full = (1 << prefixBits) - 1;
    let value = this.peek() & full;
    this.offset++;
    if (value < full) return value;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.peek();
      this.offset++;
      value += (byte & 0x7f) * scale;
      if (value > MAX_INTEGER || scale > MAX_INTEGER) throw failed('an integer is too large');
      if (byte < 0x80) return value;
    }
  }

  /** A string whose length has `prefixBits`, below the bit that says whether it is Huffman-coded (RFC 9204 §4.1.2). */
  string(prefixBits: number): string {
    const huffman = (this.peek() & (1 << prefixBits)) !== 0;
    const length = this.integer(prefixBits);
    if (length > this.bytes.length - this.offset) throw failed('a string is longer than its field section');
    const raw = this.bytes.subarray(this.offset, this.offset + length);
    this.offset += length;
    return latin1(huffman ? huffmanDecode(raw) : raw);
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function staticEntry(index: number): FieldLine {
  const entry = STATIC_TABLE[index];
  if (entry === undefined) throw failed(`no static table entry ${index}`);
  return entry;
}

function readLine(reader: SectionReader): FieldLine {
  const first = reader.peek();
  if (first & 0x80) {
    // Indexed field line; bit 6 says static (RFC 9204 §4.5.2).
    if (!(first & 0x40)) throw failed('reference to the dynamic table, whose capacity is 0');
    return staticEntry(reader.integer(6));
  }
  if (first & 0x40) {
    // Literal with name reference; bit 4 says static (§4.5.4).
    if (!(first & 0x10)) throw failed('name reference to the dynamic table, whose capacity is 0');
    const [name] = staticEntry(reader.integer(4));
    return [name, reader.string(7)];
  }
  // Literal with literal name (§4.5.6); what is left are the post-base forms, which are all dynamic.
  if (!(first & 0x20)) throw failed('post-base reference to the dynamic table, whose capacity is 0');
  const name = reader.string(3);
  return [name, reader.string(7)];
}

/**
 * The fields of an encoded section, in order; values are Latin-1. Throws H3Error: QPACK_DECOMPRESSION_FAILED for what
 * cannot be decoded, H3_EXCESSIVE_LOAD for more than 64 KiB.
 */
export function decodeFieldSection(bytes: Uint8Array): FieldLine[] {
  const reader = new SectionReader(bytes);
  const requiredInsertCount = reader.integer(8);
  if (requiredInsertCount !== 0) throw failed('the section needs the dynamic table, whose capacity is 0');
  // Base: means nothing without dynamic entries.
  reader.integer(7);
  const lines: FieldLine[] = [];
  let size = 0;
  while (!reader.atEnd) {
    const line = readLine(reader);
    size += line[0].length + line[1].length + 32;
    if (size > MAX_SECTION_SIZE) throw new H3Error('H3_EXCESSIVE_LOAD', 'field section too large', 'stream');
    lines.push(line);
  }
  return lines;
}

/** Fields whose values no intermediary should keep in a table: they are marked never-indexed (RFC 9204 §7.1.3). */
const SENSITIVE: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'set-cookie']);

function pushInteger(out: number[], flags: number, prefixBits: number, value: number): void {
  const full = (1 << prefixBits) - 1;
  if (value < full) {
    out.push(flags | value);
    return;
  }
  out.push(flags | full);
  let rest = value - full;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 0x80);
  out.push(rest);
}

function pushString(out: number[], flags: number, prefixBits: number, text: string): void {
  pushInteger(out, flags, prefixBits, text.length);
  for (let i = 0; i < text.length; i++) out.push(text.charCodeAt(i) & 0xff);
}

/** Encodes `lines` (names in lower case, values of Latin-1 characters) without the dynamic table and without Huffman. */
export function encodeFieldSection(lines: readonly FieldLine[]): Uint8Array {
  const out = [0, 0];
  for (const [name, value] of lines) {
    const sensitive = SENSITIVE.has(name);
    const whole = sensitive ? -1 : STATIC_TABLE.findIndex((entry) => entry[0] === name && entry[1] === value);
    if (whole >= 0) {
      pushInteger(out, 0xc0, 6, whole);
      continue;
    }
    const nameIndex = STATIC_TABLE.findIndex((entry) => entry[0] === name);
    if (nameIndex >= 0) pushInteger(out, sensitive ? 0x70 : 0x50, 4, nameIndex);
    else pushString(out, sensitive ? 0x30 : 0x20, 3, name);
    pushString(out, 0, 7, value);
  }
  return Uint8Array.from(out);
}
