import type { TraceHeader, TraceMap, TraceValue } from '../records/trace-event.js';
import { traceFileError } from './trace-error.js';

const REQUIRED_TEXT = ['protocol', 'perspective', 'detail'] as const;
const OPTIONAL_TEXT = ['transport', 'source', 'endpoint', 'sessionId'] as const;
const OPTIONAL_MAP = ['segment', 'sampling', 'custom'] as const;
const INTEGERS = ['startTime', 'endTime'] as const;

/** The header in a map of a file. Throws MOQT_E_INCOMPLETE when it lacks what it must have. */
export function headerFromMap(map: TraceMap): TraceHeader {
  const header: Record<string, unknown> = {};
  const extra: Record<string, TraceValue> = {};
  for (const [key, value] of Object.entries(map)) {
    if (fits(key, value)) header[key] = value;
    else Object.defineProperty(extra, key, { value, enumerable: true, configurable: true, writable: true });
  }
  for (const key of [...REQUIRED_TEXT, 'startTime'] as const) {
    if (header[key] === undefined) throw traceFileError(`the header of the trace has no usable ${key}`);
  }
  return { ...header, ...(Object.keys(extra).length > 0 ? { extra } : {}) } as unknown as TraceHeader;
}

/** The map of a header, keys in the order in which they are described. */
export function headerToMap(header: TraceHeader): TraceMap {
  const { extra = {}, ...known } = header;
  return Object.fromEntries([
    ...[...REQUIRED_TEXT, ...INTEGERS, ...OPTIONAL_TEXT, ...OPTIONAL_MAP]
      .filter((key) => known[key] !== undefined)
      .map((key): [string, TraceValue] => [key, known[key] as TraceValue]),
    ...Object.entries(extra),
  ]);
}

function fits(key: string, value: TraceValue): boolean {
  const names = (list: readonly string[]): boolean => list.includes(key);
  if (names(REQUIRED_TEXT) || names(OPTIONAL_TEXT)) return typeof value === 'string';
  if (names(INTEGERS)) return typeof value === 'number' && Number.isFinite(value);
  return names(OPTIONAL_MAP) && isMap(value);
}

/** A map whose keys are all text. */
export function isMap(value: TraceValue | undefined): value is TraceMap {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
