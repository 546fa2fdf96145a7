import { Tagged, type TraceMap, type TraceValue } from '../records/trace-event.js';
import { fromHex, toHex } from '../util/bytes.js';

/** JSON as `JSON.parse` gives it. */
export type Json = null | boolean | number | string | Json[] | JsonMap;
export type JsonMap = { [key: string]: Json };

export function isJsonMap(json: Json | undefined): json is JsonMap {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** Keys that mark what JSON has no form for. A map of ours with a key like these is written as pairs. */
const HEX = '$hex';
const INTEGER = '$int';
const FLOAT = '$float';
const TAG = '$tag';
const PAIRS = '$pairs';

/** A value as JSON from which `valueFromJson` makes the same value again. */
export function valueToJson(value: TraceValue): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    const isExact = Number.isFinite(value) && !Object.is(value, -0) && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
    return isExact ? value : { [FLOAT]: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (typeof value === 'bigint') return { [INTEGER]: String(value) };
  if (value instanceof Uint8Array) return { [HEX]: toHex(value) };
  if (Array.isArray(value)) return value.map(valueToJson);
  if (value instanceof Tagged) return { [TAG]: [String(value.tag), valueToJson(value.value)] };
  const entries: [TraceValue, TraceValue][] = value instanceof Map ? [...value] : Object.entries(value as TraceMap);
  const isPlain = !(value instanceof Map) && entries.every(([key]) => !(key as string).startsWith('$'));
  if (!isPlain) return { [PAIRS]: entries.map(([key, item]) => [valueToJson(key), valueToJson(item)]) };
  return Object.fromEntries(entries.map(([key, item]) => [key as string, valueToJson(item)]));
}

/** The value of such JSON; any other JSON is taken as it is. */
export function valueFromJson(json: Json): TraceValue {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(valueFromJson);
  return marked(json) ?? Object.fromEntries(Object.entries(json).map(([key, item]) => [key, valueFromJson(item)]));
}

function marked(json: { [key: string]: Json }): TraceValue | null {
  const entries = Object.entries(json);
  const [entry] = entries;
  if (entries.length !== 1 || entry === undefined) return null;
  const [key, value] = entry;
  if (key === HEX && typeof value === 'string') return fromHex(value);
  if (key === INTEGER && typeof value === 'string' && /^-?\d{1,4000}$/.test(value)) return BigInt(value);
  if (key === FLOAT && typeof value === 'string') return Number(value);
  if (key === TAG && Array.isArray(value) && value.length === 2 && /^\d{1,20}$/.test(String(value[0]))) {
    return new Tagged(BigInt(String(value[0])), valueFromJson(value[1] as Json));
  }
  if (key !== PAIRS || !Array.isArray(value) || !value.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    return null;
  }
  const pairs = (value as [Json, Json][]).map(([k, v]): [TraceValue, TraceValue] => [
    valueFromJson(k),
    valueFromJson(v),
  ]);
  return pairs.every(([k]) => typeof k === 'string') && pairs.length > 0
    ? Object.fromEntries(pairs as [string, TraceValue][])
    : new Map(pairs);
}
