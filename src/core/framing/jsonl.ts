import type { GapExtent, TrackRecord } from '../records/object-record.js';
import { fromUtf8, toBase64, toHex, utf8 } from '../util/bytes.js';
import { utf8Parts } from '../util/escape.js';

/** The version of the records that are written, and the only one that is read. */
export const RECORD_VERSION = 1;

/**
 * One record as a line of JSON in UTF-8, without its newline. Integers of 64 bits are strings; a payload that is not
 * UTF-8 is base64; name bytes that are not UTF-8 are `%xx` (and `%` is `%25`, as in arguments). A property has a decimal
 * string as value under an even type and a hex string under an odd one.
 */
export function formatRecord(record: TrackRecord): Uint8Array {
  return utf8(JSON.stringify(recordJson(record)));
}

function recordJson(record: TrackRecord): object {
  const head = {
    v: RECORD_VERSION,
    kind: record.kind,
    namespace: record.namespace.map(nameText),
    track: nameText(record.track),
  };
  const tail = record.receivedAt === null ? {} : { receivedAt: formatTime(record.receivedAt) };
  if (record.kind === 'gap') return { ...head, ...gapFields(record), ...tail };
  if (record.kind === 'end') return { ...head, why: record.why, ...tail };
  const text = fromUtf8(record.payload);
  return {
    ...head,
    group: String(record.group),
    subgroup: record.subgroup === null ? null : String(record.subgroup),
    object: String(record.object),
    priority: record.priority,
    forwarding: record.forwarding,
    status: record.status,
    properties: record.properties.map(({ type, value }) => ({
      type: `0x${type.toString(16)}`,
      value: typeof value === 'bigint' ? String(value) : toHex(value),
    })),
    ...tail,
    encoding: text === null ? 'base64' : 'utf8',
    payload: text ?? toBase64(record.payload),
  };
}

/** `group`, `object` and `subgroup` are where the gap begins. */
function gapFields(gap: GapExtent): object {
  switch (gap.what) {
    case 'groups':
      return { what: gap.what, group: String(gap.firstGroup), lastGroup: String(gap.lastGroup) };
    case 'objects':
      return {
        what: gap.what,
        group: String(gap.group),
        object: String(gap.firstObject),
        lastObject: String(gap.lastObject),
      };
    case 'stream':
      return {
        what: gap.what,
        group: String(gap.group),
        subgroup: gap.subgroup === null ? null : String(gap.subgroup),
        ...(gap.code === undefined ? {} : { code: String(gap.code) }),
      };
    case 'streams':
      return { what: gap.what, count: String(gap.count) };
  }
}

function nameText(bytes: Uint8Array): string {
  let text = '';
  for (const part of utf8Parts(bytes)) {
    text += typeof part === 'string' ? part.replaceAll('%', '%25') : `%${part.toString(16).padStart(2, '0')}`;
  }
  return text;
}

/** RFC 3339 in UTC with microseconds, from milliseconds since the epoch. */
export function formatTime(ms: number): string {
  const micros = Math.round(ms * 1000);
  const wholeMs = Math.floor(micros / 1000);
  const below = String(micros - wholeMs * 1000).padStart(3, '0');
  return new Date(wholeMs).toISOString().replace('Z', `${below}Z`);
}
