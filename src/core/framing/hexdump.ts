import type { EndRecord, GapRecord, ObjectRecord } from '../records/object-record.js';
import { toHex } from '../util/bytes.js';

const BYTES_PER_LINE = 16;

/**
 * Bytes as `hexdump -C` shows them: offset, two times eight bytes in hex, printable ASCII, the end offset on a last line
 * of its own. Nothing for no bytes. Every line ends in a newline and nothing in it can act on a terminal.
 */
export function hexdump(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  let text = '';
  for (let offset = 0; offset < bytes.length; offset += BYTES_PER_LINE) {
    const line = bytes.subarray(offset, offset + BYTES_PER_LINE);
    let hex = '';
    let ascii = '';
    for (let i = 0; i < BYTES_PER_LINE; i++) {
      if (i === BYTES_PER_LINE / 2) hex += ' ';
      const byte = line[i];
      hex += byte === undefined ? '   ' : ` ${byte.toString(16).padStart(2, '0')}`;
      if (byte !== undefined) ascii += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
    }
    text += `${address(offset)} ${hex}  |${ascii}|\n`;
  }
  return `${text}${address(bytes.length)}\n`;
}

/** The line above an object's dump. */
export function describeObject(record: ObjectRecord, size: number): string {
  const where = record.subgroup === null ? 'datagram' : `subgroup ${record.subgroup}`;
  const properties = record.properties.map(
    ({ type, value }) => ` 0x${type.toString(16)}=${typeof value === 'bigint' ? value : toHex(value)}`,
  );
  const parts = [`group ${record.group}`, where, `object ${record.object}`, `priority ${record.priority}`];
  if (record.status !== 'normal') parts.push(record.status);
  if (properties.length > 0) parts.push(`properties${properties.join('')}`);
  return `# ${[...parts, `${size} bytes`].join(', ')}`;
}

/** The line for a gap or the end. */
export function describeEvent(record: GapRecord | EndRecord): string {
  if (record.kind === 'end') return `# end: ${record.why}`;
  switch (record.what) {
    case 'groups':
      return `# gap: groups ${record.firstGroup} to ${record.lastGroup}`;
    case 'objects':
      return `# gap: group ${record.group}, objects ${record.firstObject} to ${record.lastObject}`;
    case 'stream':
      return `# gap: group ${record.group}, subgroup ${record.subgroup ?? 'unknown'}, from where its stream broke off`;
    case 'streams':
      return `# gap: ${record.count} streams never arrived`;
  }
}

function address(offset: number): string {
  return offset.toString(16).padStart(8, '0');
}
