import { concatBytes } from '../../util/bytes.js';

const RECORD_SEPARATOR = 0x1e;
const LINE_FEED = 0x0a;

/** A record with the place where it begins; `isLast`: the file ended before its separator. */
export interface RawRecord {
  readonly bytes: Uint8Array;
  readonly atByte: number;
  readonly isLast: boolean;
}

/**
 * Cuts a file into its records: at RS where the file begins with one (RFC 7464), else at line feeds, as several
 * implementations write it in spite of its name.
 */
export class RecordSplitter {
  private parts: Uint8Array[] = [];
  private held = 0;
  private position = 0;
  private separator: number | null = null;

  /** @param maxBytes of one record; `overflow` says that there was a longer one, and nothing follows. */
  constructor(private readonly maxBytes: number) {}

  overflow = false;

  push(chunk: Uint8Array): RawRecord[] {
    const records: RawRecord[] = [];
    if (chunk.length === 0 || this.overflow) return records;
    this.separator ??= chunk[0] === RECORD_SEPARATOR ? RECORD_SEPARATOR : LINE_FEED;
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(this.separator, from);
      const until = at === -1 ? chunk.length : at;
      this.hold(chunk.subarray(from, until));
      if (this.overflow) return records;
      if (at === -1) break;
      this.take(records, false);
      this.position++;
      from = at + 1;
    }
    return records;
  }

  end(): RawRecord[] {
    const records: RawRecord[] = [];
    this.take(records, true);
    return records;
  }

  private hold(part: Uint8Array): void {
    if (this.held + part.length > this.maxBytes) this.overflow = true;
    else if (part.length > 0) {
      this.parts.push(part);
      this.held += part.length;
    }
  }

  private take(records: RawRecord[], isLast: boolean): void {
    if (this.held > 0) records.push({ bytes: concatBytes(this.parts), atByte: this.position, isLast });
    this.position += this.held;
    this.parts = [];
    this.held = 0;
  }
}
