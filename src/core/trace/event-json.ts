import type { TraceEvent, TraceHeader, TraceValue } from '../records/trace-event.js';
import { Tagged, traceKindName } from '../records/trace-event.js';
import { toHex } from '../util/bytes.js';
import { eventToEntries } from './event-fields.js';
import { headerToMap } from './header-fields.js';
import type { Json } from './json-value.js';

/** Fields of 62 or 64 bits: always strings, so that a reader need not look twice. */
const BIG: ReadonlySet<string> = new Set(['sid', 'ta', 'g', 'sg', 'fri', 'o', 'ec', 'mt']);

/** A line of `moqt trace show --jsonl`: the keys of the file, and `kind`, the name of `e`. */
export function eventJson(event: TraceEvent): { [key: string]: Json } {
  const entries = eventToEntries(event).map(([key, value]): [string, Json] => [
    key,
    BIG.has(key) && typeof value === 'number' ? String(value) : plainJson(value),
  ]);
  return { kind: traceKindName(event), ...Object.fromEntries(entries) };
}

export function headerJson(header: TraceHeader): { [key: string]: Json } {
  return { kind: 'header', ...(plainJson(headerToMap(header)) as { [key: string]: Json }) };
}

/** For people's tools: integers that are too large are strings, bytes hex. */
function plainJson(value: TraceValue): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plainJson);
  if (value instanceof Tagged) return plainJson(value.value);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [String(key), plainJson(item as TraceValue)]));
}
