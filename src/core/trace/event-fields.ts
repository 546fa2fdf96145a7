import type { TraceEvent, TraceMap, TraceStreamType, TraceValue } from '../records/trace-event.js';

/** How a value of an event stands in a file; null from `read`: it is not one, and is kept as an unknown key. */
interface FieldType {
  read(value: TraceValue): unknown;
  write(value: never): TraceValue;
}

/** One key of an event kind: its name in the file, and in the record. */
interface Field {
  readonly key: string;
  readonly property: string;
  readonly type: FieldType;
  readonly required: boolean;
}

const MAX_UINT64 = 2n ** 64n - 1n;

function same<T extends TraceValue>(is: (value: TraceValue) => value is T): FieldType {
  return { read: (value) => (is(value) ? value : null), write: (value: T) => value };
}

const text = same((value) => typeof value === 'string');
const bytes = same((value) => value instanceof Uint8Array);
const any: FieldType = { read: (value) => ({ value }), write: (value: TraceValue) => value };
/** Up to 2^53. Integers may have been written as floats, which reading has undone. */
const small = same((value): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0);
/** 62 or 64 bits. */
const big: FieldType = {
  read(value) {
    if (typeof value === 'bigint') return value >= 0n && value <= MAX_UINT64 ? value : null;
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? BigInt(value) : null;
  },
  write: (value: bigint) => value,
};

function word(words: readonly string[]): FieldType {
  return {
    read: (value) => (typeof value === 'number' ? (words[value] ?? null) : null),
    write: (value: string) => words.indexOf(value),
  };
}

const direction = word(['sent', 'received']);
const streamType = word(['subgroup', 'datagram', 'fetch'] satisfies TraceStreamType[]);

const must = (key: string, property: string, type: FieldType): Field => ({ key, property, type, required: true });
const may = (key: string, property: string, type: FieldType): Field => ({ key, property, type, required: false });

/** By kind, in the order in which they are written. */
const FIELDS: readonly (readonly Field[])[] = [
  [
    must('d', 'direction', direction),
    must('mt', 'messageType', big),
    may('msg', 'message', any),
    may('sid', 'streamId', big),
    may('raw', 'raw', bytes),
  ],
  [
    must('sid', 'streamId', big),
    must('d', 'direction', direction),
    must('st', 'streamType', streamType),
    may('ta', 'trackAlias', big),
    may('g', 'group', big),
    may('sg', 'subgroup', big),
    may('fri', 'fetchRequestId', big),
    may('hdr', 'header', bytes),
  ],
  [must('sid', 'streamId', big), must('ec', 'errorCode', big)],
  [
    must('sid', 'streamId', big),
    must('g', 'group', big),
    must('o', 'object', big),
    must('pp', 'priority', small),
    must('os', 'status', small),
  ],
  [
    must('sid', 'streamId', big),
    must('g', 'group', big),
    must('o', 'object', big),
    must('sz', 'size', small),
    may('pl', 'payload', bytes),
  ],
  [must('from', 'from', text), must('to', 'to', text)],
  [
    must('ec', 'errorCode', big),
    must('reason', 'reason', text),
    may('sid', 'streamId', big),
    may('ek', 'errorKind', text),
    may('rawlen', 'rawLength', small),
    may('raw', 'raw', bytes),
  ],
  [must('label', 'label', text), may('data', 'data', any)],
  [
    may('endpoint', 'endpoint', text),
    may('transport', 'transport', text),
    may('role', 'role', text),
    may('side', 'side', text),
  ],
  [must('ec', 'errorCode', big), may('reason', 'reason', text)],
];

/** Keys that every event has. */
const COMMON = ['n', 't', 'e', 'p'];
const COMMON_KEYS: ReadonlySet<string> = new Set(COMMON);
/** Properties that are null rather than absent. */
const NULLABLE: ReadonlySet<string> = new Set(['message', 'data']);

/** The event in a map of a file; null when it is none: there is no sequence number, time or kind. */
export function eventFromMap(map: TraceMap): TraceEvent | null {
  const sequence = whole(map.n);
  const timeUs = whole(map.t);
  const eventType = whole(map.e);
  if (sequence === null || timeUs === null || eventType === null) return null;
  const base = { sequence, timeUs, ...(typeof map.p === 'string' ? { peer: map.p } : {}) };
  const known = FIELDS[eventType];
  const fields = known === undefined ? null : readFields(known, map);
  if (known === undefined || fields === null) {
    const own = Object.entries(map).filter(([key]) => !COMMON_KEYS.has(key) || (key === 'p' && !('peer' in base)));
    return { ...base, kind: 'unknown', eventType, fields: Object.fromEntries(own) };
  }
  const extra = Object.entries(map).filter(
    ([key]) => !fields.used.has(key) && (!COMMON_KEYS.has(key) || (key === 'p' && !('peer' in base))),
  );
  const event = { ...base, kind: eventType, ...fields.values };
  return (extra.length > 0 ? { ...event, extra: Object.fromEntries(extra) } : event) as TraceEvent;
}

/** The keys and values of an event, in the order in which they are written. */
export function eventToEntries(event: TraceEvent): [string, TraceValue][] {
  const isUnknown = event.kind === 'unknown';
  const entries: [string, TraceValue][] = [
    ['n', event.sequence],
    ['t', event.timeUs],
    ['e', isUnknown ? event.eventType : event.kind],
  ];
  if (event.peer !== undefined) entries.push(['p', event.peer]);
  if (isUnknown) return [...entries, ...Object.entries(event.fields)];
  for (const { key, property, type } of FIELDS[event.kind] as readonly Field[]) {
    const value = (event as unknown as Record<string, unknown>)[property];
    if (value !== undefined && !(value === null && NULLABLE.has(property))) {
      entries.push([key, type.write(value as never)]);
    }
  }
  return event.extra === undefined ? entries : [...entries, ...Object.entries(event.extra)];
}

function readFields(
  known: readonly Field[],
  map: TraceMap,
): { readonly values: Record<string, unknown>; readonly used: ReadonlySet<string> } | null {
  const values: Record<string, unknown> = {};
  const used = new Set<string>();
  for (const { key, property, type, required } of known) {
    const there = Object.hasOwn(map, key) ? map[key] : undefined;
    const read = there === undefined ? null : type.read(there);
    if (read !== null) {
      used.add(key);
      values[property] = type === any ? (read as { value: unknown }).value : read;
    } else if (required) return null;
    else if (NULLABLE.has(property)) values[property] = null;
  }
  return { values, used };
}

function whole(value: TraceValue | undefined): number | null {
  if (typeof value === 'bigint') return value >= 0n && value <= MAX_UINT64 ? Number(value) : null;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
}
