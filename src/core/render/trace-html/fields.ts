import { Tagged, type TraceMap, type TraceValue } from '../../records/trace-event.js';
import { fromHex, fromUtf8, toHex } from '../../util/bytes.js';
import { escapeText } from '../../util/escape.js';
import type { PageField } from './page-data.js';

const MAX_DEPTH = 8;
/** Of one message: a page is for reading. What is left out is said in its place. */
const MAX_FIELDS = 200;
const MAX_TEXT = 400;
const MAX_RAW_BYTES = 512;

/** Text of a peer, escaped and bounded. */
export function pageText(text: string): string {
  return escapeText(text, { maxLength: MAX_TEXT });
}

/** The fields of a message as a tree of text. */
export function pageFields(value: TraceValue): readonly PageField[] {
  return fieldsOf(value, { left: MAX_FIELDS, hexNames: isView(value) }, 0);
}

interface Budget {
  left: number;
  readonly hexNames: boolean;
}

function fieldsOf(value: TraceValue, budget: Budget, depth: number): readonly PageField[] {
  const fields: PageField[] = [];
  for (const [name, child] of childrenOf(value)) {
    if (budget.left-- <= 0 || depth >= MAX_DEPTH) {
      fields.push(['…', 'more is left out here']);
      break;
    }
    const hex = budget.hexNames && NAMES_AND_TEXTS.test(name);
    fields.push([name, isNested(child) ? fieldsOf(child, budget, depth + 1) : scalarText(child, hex)]);
  }
  return fields;
}

function* childrenOf(value: TraceValue): Generator<[string, TraceValue]> {
  if (value instanceof Tagged) yield [`tag ${value.tag}`, value.value];
  else if (value instanceof Map) for (const [key, child] of value) yield [scalarText(key, false), child];
  else if (Array.isArray(value)) for (const [index, child] of value.entries()) yield [String(index), child];
  else if (isMap(value)) for (const [key, child] of Object.entries(value)) yield [pageText(key), child];
  else yield ['value', value];
}

/** Lists of plain values read best in one line. */
function isNested(value: TraceValue): boolean {
  if (Array.isArray(value)) return value.length > 64 || value.some((one) => isNested(one) || Array.isArray(one));
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

function scalarText(value: TraceValue, hex: boolean): string {
  if (typeof value === 'string') return hex ? (textOfHex(value) ?? pageText(value)) : pageText(value);
  if (value instanceof Uint8Array) return bytesText(value);
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : value.map((one) => scalarText(one, hex)).join(', ');
  if (typeof value === 'object' && value !== null) return '…';
  return String(value);
}

/** Readable text as text, anything else as hex. */
function bytesText(bytes: Uint8Array): string {
  if (bytes.length === 0) return '(empty)';
  const text = bytes.length <= MAX_TEXT ? fromUtf8(bytes) : null;
  if (text !== null && escapeText(text) === text) return text;
  const cut = bytes.subarray(0, MAX_TEXT / 2);
  return `0x${toHex(cut)}${cut.length < bytes.length ? `… (${bytes.length} bytes)` : ''}`;
}

/** The fields whose bytes are text for people. */
const NAMES_AND_TEXTS = /name|prefix|suffix|reason|uri/i;

/** The JSON view of `moqt decode`, in which bytes are hex digits: nothing else says so of a string. */
function isView(message: TraceValue): boolean {
  return typeof (isMap(message) ? message.message_type : undefined) === 'string';
}

function textOfHex(digits: string): string | null {
  const bytes = digits === '' ? null : fromHex(digits);
  const text = bytes === null ? null : fromUtf8(bytes);
  return text !== null && escapeText(text) === text ? pageText(text) : null;
}

export function isMap(value: TraceValue): value is TraceMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Map) &&
    !(value instanceof Tagged)
  );
}

/** The value under a name, however the writer spells it: `request_id`, `requestId`, `Request ID`. */
export function fieldNamed(value: TraceValue, ...names: readonly string[]): TraceValue | undefined {
  if (!isMap(value)) return undefined;
  for (const [key, child] of Object.entries(value)) {
    if (names.includes(key.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase())) return child;
  }
  return undefined;
}

/** An integer as text, whichever of its forms the file has. */
export function integerText(value: TraceValue | undefined): string | null {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && Number.isInteger(value)) return String(value);
  return typeof value === 'string' && /^(?:\d+|0x[0-9a-f]{1,16})$/i.test(value) ? BigInt(value).toString() : null;
}

/** A namespace as people write it; null for what is none. */
export function namespaceText(message: TraceValue, value: TraceValue | undefined): string | null {
  if (Array.isArray(value)) return value.map((one) => nameText(message, one)).join('/');
  return typeof value === 'string' || value instanceof Uint8Array ? nameText(message, value) : null;
}

/** A name or reason of `message`, whose other fields tell how its bytes are written. */
export function nameText(message: TraceValue, value: TraceValue): string {
  return scalarText(value, isView(message));
}

/** Bytes for the page, and how many of them are not. */
export function rawHex(
  bytes: Uint8Array | undefined,
  length = bytes?.length ?? 0,
): { raw: string | null; rawLeftOut: number } {
  if (bytes === undefined) return { raw: null, rawLeftOut: 0 };
  const cut = bytes.subarray(0, MAX_RAW_BYTES);
  return { raw: toHex(cut), rawLeftOut: Math.max(0, length - cut.length) };
}
