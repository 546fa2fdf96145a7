import type { TraceNote, TraceValue } from '../../records/trace-event.js';
import { concatBytes, utf8 } from '../../util/bytes.js';
import { eventFromMap } from '../event-fields.js';
import { headerFromMap, isMap } from '../header-fields.js';
import { traceFileError } from '../trace-error.js';
import type { TraceDecoder, TraceItem } from '../trace-item.js';
import { CborDecoder, CborError, CborIncomplete } from './cbor-decoder.js';

/** What a `.moqtrace` file, and each further segment in it, begins with. */
export const MAGIC = utf8('MOQTRACE');
const PREAMBLE_BYTES = 16;
const VERSIONS: ReadonlySet<number> = new Set([1, 2]);
/** A header beyond this is no header: it names a session. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** An event holds at most a payload, and we write none of more than a chunk. */
const MAX_EVENT_BYTES = 256 * 1024 * 1024;
/** Notes about single records, beyond which they are only counted. */
const MAX_NOTES = 20;

/** Reads `.moqtrace`, versions 1 and 2, with any number of segments. */
export class MoqtraceReader implements TraceDecoder {
  private buffer: Uint8Array = new Uint8Array(0);
  private offset = 0;
  /** Chunks that follow `buffer`; joined with it only once there is enough for another try. */
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  /** Bytes of the file before `buffer`. */
  private consumed = 0;
  /** Bytes from `offset` on before it is worth another try. */
  private need = PREAMBLE_BYTES;
  private state: 'preamble' | 'events' | 'stopped' = 'preamble';
  private segments = 0;
  private skipped = 0;
  private readonly headers = new CborDecoder(MAX_HEADER_BYTES);
  private readonly events = new CborDecoder(MAX_EVENT_BYTES);

  push(chunk: Uint8Array): TraceItem[] {
    if (this.isStopped || chunk.length === 0) return [];
    this.waiting.push(chunk);
    this.waitingBytes += chunk.length;
    const items: TraceItem[] = [];
    if (this.available + this.waitingBytes < this.need) return items;
    this.join();
    while (!this.isStopped && this.available >= this.need && this.available > 0) {
      // What an item lacks is known only as far as it was read: at least as much again keeps the retries few.
      if (!this.step(items)) this.need = Math.max(this.need, 2 * this.available);
    }
    return items;
  }

  end(): TraceItem[] {
    this.join();
    const items: TraceItem[] = [];
    while (!this.isStopped && this.available > 0 && this.step(items));
    if (this.state === 'preamble' && this.segments === 0) throw traceFileError('the file ends within its header');
    if (!this.isStopped && this.available > 0) {
      const what = this.state === 'events' ? 'an event' : 'the header of a segment';
      items.push(
        this.note('truncated', `the file ends within ${what}: ${this.available} bytes are left over`, this.offset),
      );
    }
    if (this.skipped > MAX_NOTES) {
      items.push(this.note('skipped', `${this.skipped} records in all were no events and were skipped`));
    }
    this.state = 'stopped';
    return items;
  }

  /** One record; false when it is not all there, with `need` set. */
  private step(items: TraceItem[]): boolean {
    if (this.state === 'preamble' || this.atMagic()) return this.readPreamble(items);
    const from = this.offset;
    let value: TraceValue;
    try {
      const item = this.events.decode(this.buffer, from);
      value = item.value;
      this.offset = item.end;
    } catch (error) {
      if (error instanceof CborIncomplete) {
        this.need = error.need;
        return false;
      }
      if (!(error instanceof CborError)) throw error;
      items.push(this.note('corrupt', `what follows cannot be read: ${error.message}`, from));
      this.state = 'stopped';
      return false;
    }
    this.need = 1;
    const event = isMap(value) ? eventFromMap(value) : null;
    if (event !== null) items.push({ type: 'event', event });
    else if (++this.skipped <= MAX_NOTES) {
      items.push(this.note('skipped', 'a record is no event: it has no sequence number, time or kind', from));
    }
    return true;
  }

  private readPreamble(items: TraceItem[]): boolean {
    if (!this.beginsWithMagic()) throw traceFileError('the file does not begin with MOQTRACE');
    this.need = PREAMBLE_BYTES;
    if (this.available < PREAMBLE_BYTES) return false;
    const view = new DataView(this.buffer.buffer, this.buffer.byteOffset + this.offset, PREAMBLE_BYTES);
    const version = view.getUint32(8, true);
    const length = view.getUint32(12, true);
    const problem = !VERSIONS.has(version)
      ? `version ${version} of the format is not known: 1 and 2 are`
      : length > MAX_HEADER_BYTES
        ? `a header of ${length} bytes`
        : null;
    if (problem !== null) return this.fail(items, problem);
    this.need = PREAMBLE_BYTES + length;
    if (this.available < this.need) return false;
    const from = this.offset + PREAMBLE_BYTES;
    try {
      const { value, end } = this.headers.decode(this.buffer.subarray(0, from + length), from);
      if (end !== from + length || !isMap(value)) return this.fail(items, 'the header is not one CBOR map');
      items.push({ type: 'header', header: headerFromMap(value) });
    } catch (error) {
      if (error instanceof CborIncomplete) return this.fail(items, 'the header is longer than it says');
      if (!(error instanceof CborError) && this.segments === 0) throw error;
      return this.fail(items, `the header cannot be read: ${(error as Error).message}`);
    }
    this.offset = from + length;
    this.segments++;
    this.state = 'events';
    this.need = 1;
    return true;
  }

  /** The first header is what makes a file a trace; a later one that is damaged only ends it. */
  private fail(items: TraceItem[], problem: string): false {
    if (this.segments === 0) throw traceFileError(problem);
    items.push(this.note('corrupt', `what follows cannot be read: ${problem}`, this.offset));
    this.state = 'stopped';
    return false;
  }

  /** The magic of a further segment: as CBOR it would be a byte string, which is no event. */
  private atMagic(): boolean {
    return this.buffer[this.offset] === MAGIC[0] && this.beginsWithMagic();
  }

  /** As far as the bytes are there. */
  private beginsWithMagic(): boolean {
    const there = Math.min(MAGIC.length, this.available);
    for (let i = 0; i < there; i++) if (this.buffer[this.offset + i] !== MAGIC[i]) return false;
    return true;
  }

  private note(kind: TraceNote['kind'], message: string, offset?: number): TraceItem {
    const place = offset === undefined ? {} : { atByte: this.consumed + offset };
    return { type: 'note', note: { kind, message, ...place } };
  }

  private get available(): number {
    return this.buffer.length - this.offset;
  }

  private get isStopped(): boolean {
    return this.state === 'stopped';
  }

  private join(): void {
    if (this.waiting.length === 0) return;
    this.consumed += this.offset;
    const rest = this.buffer.subarray(this.offset);
    this.buffer = concatBytes(rest.length === 0 ? this.waiting : [rest, ...this.waiting]);
    this.offset = 0;
    this.waiting = [];
    this.waitingBytes = 0;
  }
}
