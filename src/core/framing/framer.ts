import { MoqtError } from '../errors/moqt-error.js';
import type { EndRecord, GapRecord, ObjectRecord } from '../records/object-record.js';
import { utf8 } from '../util/bytes.js';
import type { FrameSpec } from './frame-spec.js';
import { describeEvent, describeObject, hexdump } from './hexdump.js';
import { formatRecord } from './jsonl.js';
import { type LengthPrefix, U32BE, VARINT } from './length-prefix.js';

/** Writes objects so that a deframer of the same spec finds them again. What it returns is to be written in order. */
export interface Framer {
  /** One object; the payload is passed on, not copied. `record` is what `jsonl` and `hexdump` show of it. */
  frame(payload: Uint8Array, record?: ObjectRecord): Uint8Array[];
  /** A gap or the end, in the framings that have a place for it; else nothing. */
  event(record: GapRecord | EndRecord): Uint8Array[];
  /** What has to be written once all objects have been. */
  end(): Uint8Array[];
}

const NEWLINE = Uint8Array.of(0x0a);

/** A framer for `--frame`. Throws MOQT_E_USAGE for `file`, which has no boundaries to write. */
export function createFramer(spec: FrameSpec): Framer {
  switch (spec.kind) {
    case 'raw':
      return plain((payload) => [payload]);
    case 'delimiter':
      return plain((payload) => [payload, spec.delimiter]);
    case 'u32be':
      return prefixed(U32BE);
    case 'varint':
      return prefixed(VARINT);
    case 'jsonl':
      return {
        frame: (payload, record) => [formatRecord({ ...needed(record), payload }), NEWLINE],
        event: (record) => [formatRecord(record), NEWLINE],
        end: () => [],
      };
    case 'hexdump':
      return {
        frame: (payload, record) => [utf8(`${describeObject(needed(record), payload.length)}\n${hexdump(payload)}`)],
        event: (record) => [utf8(`${describeEvent(record)}\n`)],
        end: () => [],
      };
    case 'file':
      throw new MoqtError('MOQT_E_USAGE', 'one file per object cannot be written to one output', {
        stage: 'config',
        cause: 'usage.frame',
        hint: '--output-dir writes one file per object',
      });
  }
}

function plain(frame: (payload: Uint8Array) => Uint8Array[]): Framer {
  return { frame, event: () => [], end: () => [] };
}

function prefixed(prefix: LengthPrefix): Framer {
  return plain((payload) => [prefix.write(payload.length), payload]);
}

function needed(record: ObjectRecord | undefined): ObjectRecord {
  if (record === undefined) throw new TypeError('this framing shows the place of an object and needs its record');
  return record;
}
