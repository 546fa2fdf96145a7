import { MoqtError } from '../errors/moqt-error.js';
import { concatBytes } from '../util/bytes.js';
import type { FrameSpec } from './frame-spec.js';
import { type LengthPrefix, U32BE, VARINT } from './length-prefix.js';

/**
 * Cuts bytes into records. Records may be views into the chunks, which must not be changed afterwards.
 *
 * An error does not swallow the records before it in the same chunk: they are returned, and the next call throws.
 */
export interface Deframer {
  /** The records that `chunk` completes. Throws MOQT_E_USAGE for a record above the maximum. */
  push(chunk: Uint8Array): Uint8Array[];
  /** What is left when the input has ended. Throws MOQT_E_INCOMPLETE when that is part of a length-prefixed record. */
  end(): Uint8Array[];
  /** After `end`: the last record had no delimiter behind it. */
  readonly unterminated: boolean;
}

export interface DeframerOptions {
  /** Bytes; default 64 MiB. Checked before memory is taken for a record. */
  readonly maxRecordBytes?: number;
}

export const DEFAULT_MAX_RECORD_BYTES = 64 * 1024 * 1024;

const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * A deframer for `--frame`. `raw` hands the chunks on as they come, `file` makes one record of everything, `jsonl`
 * gives the lines (see RecordReader for what they say). Throws MOQT_E_USAGE for `hexdump`, which nothing can read.
 */
export function createDeframer(spec: FrameSpec, options: DeframerOptions = {}): Deframer {
  const max = options.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES;
  switch (spec.kind) {
    case 'raw':
      return new RawDeframer();
    case 'file':
      return new FileDeframer(max);
    case 'delimiter':
      return new DelimiterDeframer(spec.delimiter, max);
    case 'jsonl':
      return new DelimiterDeframer(Uint8Array.of(0x0a), max);
    case 'u32be':
      return new LengthDeframer(U32BE, max);
    case 'varint':
      return new LengthDeframer(VARINT, max);
    case 'hexdump':
      throw new MoqtError('MOQT_E_USAGE', 'a hexdump cannot be read back', { stage: 'config', cause: 'usage.frame' });
  }
}

class RawDeframer implements Deframer {
  readonly unterminated = false;

  push(chunk: Uint8Array): Uint8Array[] {
    return chunk.length === 0 ? [] : [chunk];
  }

  end(): Uint8Array[] {
    return [];
  }
}

/** The beginning of a record that is not complete, in a buffer that doubles: chunks of one byte cost no more than large ones. */
class PartialRecord {
  length = 0;
  private buffer: Uint8Array = NO_BYTES;

  constructor(private readonly max: number) {}

  add(part: Uint8Array): void {
    const needed = this.length + part.length;
    if (needed > this.max) throw tooLarge(`over ${this.max}`, this.max);
    if (needed > this.buffer.length) {
      const larger = new Uint8Array(Math.max(needed, Math.min(this.max, this.buffer.length * 2)));
      larger.set(this.buffer.subarray(0, this.length));
      this.buffer = larger;
    }
    this.buffer.set(part, this.length);
    this.length = needed;
  }

  /** The record that ends with `last`: a view of it when it is all of the record. */
  complete(last: Uint8Array): Uint8Array {
    if (this.length === 0 && last.length <= this.max) return last;
    this.add(last);
    const record = this.buffer.subarray(0, this.length);
    this.buffer = NO_BYTES;
    this.length = 0;
    return record;
  }
}

class FileDeframer implements Deframer {
  readonly unterminated = false;
  private readonly partial: PartialRecord;

  constructor(max: number) {
    this.partial = new PartialRecord(max);
  }

  push(chunk: Uint8Array): Uint8Array[] {
    this.partial.add(chunk);
    return [];
  }

  end(): Uint8Array[] {
    return [this.partial.complete(NO_BYTES)];
  }
}

/** Defers an error behind the records that came before it. */
abstract class CuttingDeframer implements Deframer {
  private failure: MoqtError | null = null;

  abstract readonly unterminated: boolean;
  abstract end(): Uint8Array[];
  protected abstract cut(chunk: Uint8Array, records: Uint8Array[]): void;

  push(chunk: Uint8Array): Uint8Array[] {
    this.throwFailure();
    const records: Uint8Array[] = [];
    try {
      this.cut(chunk, records);
    } catch (error) {
      if (!(error instanceof MoqtError)) throw error;
      this.failure = error;
      if (records.length === 0) throw error;
    }
    return records;
  }

  protected throwFailure(): void {
    if (this.failure !== null) throw this.failure;
  }
}

class DelimiterDeframer extends CuttingDeframer {
  unterminated = false;
  private readonly delimiter: Buffer;
  private readonly partial: PartialRecord;
  /** The last bytes, which may be the beginning of a delimiter. */
  private carry: Uint8Array = NO_BYTES;

  constructor(delimiter: Uint8Array, max: number) {
    super();
    this.delimiter = Buffer.from(delimiter);
    this.partial = new PartialRecord(max);
  }

  override end(): Uint8Array[] {
    this.throwFailure();
    if (this.partial.length + this.carry.length === 0) return [];
    this.unterminated = true;
    const rest = this.carry;
    this.carry = NO_BYTES;
    return [this.partial.complete(rest)];
  }

  protected override cut(chunk: Uint8Array, records: Uint8Array[]): void {
    const { delimiter } = this;
    const bytes = this.carry.length === 0 ? chunk : concatBytes([this.carry, chunk]);
    const searched = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let start = 0;
    for (let at = searched.indexOf(delimiter); at !== -1; at = searched.indexOf(delimiter, start)) {
      records.push(this.partial.complete(bytes.subarray(start, at)));
      start = at + delimiter.length;
    }
    const settled = Math.max(start, bytes.length - (delimiter.length - 1));
    this.partial.add(bytes.subarray(start, settled));
    this.carry = bytes.subarray(settled);
  }
}

class LengthDeframer extends CuttingDeframer {
  readonly unterminated = false;
  private readonly partial: PartialRecord;
  private readonly prefixBytes: Uint8Array;
  private prefixLength = 0;
  /** Bytes of the record at hand; null between records. */
  private length: number | null = null;

  constructor(
    private readonly prefix: LengthPrefix,
    private readonly max: number,
  ) {
    super();
    this.partial = new PartialRecord(max);
    this.prefixBytes = new Uint8Array(prefix.maxBytes);
  }

  override end(): Uint8Array[] {
    this.throwFailure();
    if (this.length === null && this.prefixLength === 0) return [];
    const missing =
      this.length === null
        ? 'within a length'
        : `${this.length - this.partial.length} bytes before the end of a record`;
    throw new MoqtError('MOQT_E_INCOMPLETE', `the input ended ${missing}; that record was not published`, {
      stage: 'io',
      cause: 'frame.truncated',
    });
  }

  protected override cut(chunk: Uint8Array, records: Uint8Array[]): void {
    let at = 0;
    for (;;) {
      if (this.length === null) {
        at = this.takePrefix(chunk, at);
        if (this.length === null) return;
      }
      const missing: number = this.length - this.partial.length;
      if (chunk.length - at < missing) {
        this.partial.add(chunk.subarray(at));
        return;
      }
      records.push(this.partial.complete(chunk.subarray(at, at + missing)));
      at += missing;
      this.length = null;
      this.prefixLength = 0;
    }
  }

  private takePrefix(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length) {
      this.prefixBytes[this.prefixLength++] = chunk[at++] as number;
      if (this.prefixLength < this.prefix.length(this.prefixBytes[0] as number)) continue;
      const length = this.prefix.read(this.prefixBytes);
      if (length > this.max) throw tooLarge(String(length), this.max);
      this.length = Number(length);
      break;
    }
    return at;
  }
}

function tooLarge(bytes: string, max: number): MoqtError {
  return new MoqtError('MOQT_E_USAGE', `a record has ${bytes} bytes, above the maximum of ${max}`, {
    stage: 'io',
    cause: 'frame.record-too-large',
    hint: 'is this the right --frame for this input?',
  });
}
