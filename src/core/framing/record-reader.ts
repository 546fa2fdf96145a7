import { MoqtError } from '../errors/moqt-error.js';
import type { TrackRecord } from '../records/object-record.js';
import { createDeframer, type Deframer, type DeframerOptions } from './deframer.js';
import { parseRecord } from './record-parser.js';

/** Reads a stream of JSON lines as `formatRecord` writes them. Lines of nothing but white space are passed over. */
export class RecordReader {
  /** Lines read so far. */
  lines = 0;
  private readonly deframer: Deframer;
  private failure: MoqtError | null = null;

  constructor(options: DeframerOptions = {}) {
    this.deframer = createDeframer({ kind: 'jsonl' }, options);
  }

  /**
   * The records whose lines `chunk` completes. Throws MOQT_E_USAGE that names the line and the field; records before a bad
   * line in the same chunk are returned first, and the next call throws.
   */
  push(chunk: Uint8Array): TrackRecord[] {
    this.throwFailure();
    return this.parse(this.deframer.push(chunk));
  }

  /** The last record, when its line has no newline. */
  end(): TrackRecord[] {
    this.throwFailure();
    return this.parse(this.deframer.end());
  }

  private parse(lines: readonly Uint8Array[]): TrackRecord[] {
    const records: TrackRecord[] = [];
    for (const line of lines) {
      this.lines++;
      try {
        const record = parseRecord(line, this.lines);
        if (record !== null) records.push(record);
      } catch (error) {
        if (!(error instanceof MoqtError)) throw error;
        this.failure = error;
        if (records.length === 0) throw error;
        return records;
      }
    }
    return records;
  }

  private throwFailure(): void {
    if (this.failure !== null) throw this.failure;
  }
}
