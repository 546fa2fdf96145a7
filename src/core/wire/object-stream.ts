import { DataCursor } from './data-cursor.js';
import type { DataLayout, DataLimits, DataProfile } from './data-layout.js';
import type { ObjectFragment, ObjectHeader, ObjectStatus } from './messages/object.js';
import { checkProperties } from './properties.js';
import { WireError } from './wire-error.js';

export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Enough for the longest header without properties; a unit with properties gets what it needs. */
const HEADER_BYTES = 128;

/**
 * Decodes a stream that is a header and then objects, from bytes cut anywhere. Payload is handed on as views into the
 * chunks; only a header that a cut went through is copied, and never more of it than its (checked) lengths ask for.
 *
 * A violation does not swallow what came before it in the same chunk: those entries are returned, `failure` is set,
 * and every later call throws it.
 */
export abstract class ObjectStreamDecoder<Entry> {
  protected readonly layout: DataLayout;
  protected readonly cursor: DataCursor;
  private violation: WireError | null = null;
  /** Bytes of the stream's own header; 0 until it is complete. */
  headerLength = 0;
  private started = false;
  private object: ObjectHeader | null = null;
  /** Payload bytes of `object` that were handed on, and that are still to come. */
  private offset = 0;
  private left = 0;
  /** The beginning of a header that a cut went through. */
  private partial: Uint8Array = NO_BYTES;
  private partialLength = 0;
  /** Where in the last chunk the entries that it gave stand with their headers; a start of −1: the first header is not in it. */
  protected runStart = 0;
  protected runEnd = 0;

  constructor(
    protected readonly profile: DataProfile,
    protected readonly limits: DataLimits,
  ) {
    this.layout = profile.data;
    this.cursor = new DataCursor(this.layout.varints, this.layout.integers);
  }

  /** Why decoding has stopped; null as long as it has not. */
  get failure(): WireError | null {
    return this.violation;
  }

  /** True between objects: a FIN here is an orderly end. */
  get atBoundary(): boolean {
    return this.started && this.left === 0 && this.partialLength === 0;
  }

  /** The pieces of objects in `chunk`, in order. Throws WireError when an earlier chunk, or the first unit of this one, is a violation. */
  push(chunk: Uint8Array): Entry[] {
    if (this.violation !== null) throw this.violation;
    const entries: Entry[] = [];
    try {
      this.decode(chunk, entries);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.violation = error;
      if (entries.length === 0) throw error;
    } finally {
      this.cursor.release(NO_BYTES);
    }
    return entries;
  }

  /** The stream has ended with FIN. Throws WireError when that is within a header or an object (draft-18 §11.4). */
  finish(): void {
    if (this.violation !== null) throw this.violation;
    if (this.atBoundary) return;
    const where = this.left > 0 ? `${this.left} bytes before the end of an object` : 'within a header';
    this.violation = new WireError(`the stream ended ${where}`);
    throw this.violation;
  }

  /** Goes on where `piece` is the next one: its object begins or is under way. The stream's own header is behind us. */
  protected resumeAt({ header, offset }: ObjectFragment): void {
    this.started = true;
    if (offset === 0) return;
    this.object = header;
    this.offset = offset;
    this.left = header.payloadLength - offset;
  }

  /** Reads the stream's own header; false when bytes are missing. */
  protected abstract readStreamHeader(cursor: DataCursor): boolean;
  /** Reads what stands before a payload, and calls `begin` or `emit`; false when bytes are missing, with nothing changed. */
  protected abstract readObjectHeader(cursor: DataCursor, entries: Entry[]): boolean;
  protected abstract piece(header: ObjectHeader, offset: number, bytes: Uint8Array, complete: boolean): Entry;

  /** An object begins; its payload, if any, follows. */
  protected begin(header: ObjectHeader, entries: Entry[]): void {
    if (header.payloadLength === 0) {
      entries.push(this.piece(header, 0, NO_BYTES, true));
      return;
    }
    this.object = header;
    this.offset = 0;
    this.left = header.payloadLength;
  }

  /**
   * The status of an object without payload. `hasProperties`: whether there are any, which most statuses do not allow
   * (draft-14 §10.2.1.2, draft-16 §10.2.1.2).
   */
  protected status(code: number, hasProperties: boolean): ObjectStatus {
    return objectStatus(this.layout, code, hasProperties);
  }

  /** A properties length that is within bounds. */
  protected checkPropertiesLength(length: number): void {
    const max = this.limits.maxPropertiesBytes;
    if (length >= 0 && length <= max) return;
    throw tooLarge('the properties of an object', length < 0 ? this.cursor.big : length, max);
  }

  protected checkPayloadLength(length: number): void {
    const max = this.limits.maxObjectBytes;
    if (length >= 0 && length <= max) return;
    throw tooLarge('the payload of an object', length < 0 ? this.cursor.big : length, max);
  }

  /** Properties that may be kept: well-formed, and never a view into the buffer for cut headers, which is used again. */
  protected keepProperties(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0) return NO_BYTES;
    checkProperties(this.profile, bytes);
    return bytes.buffer === this.partial.buffer ? bytes.slice() : bytes;
  }

  private decode(chunk: Uint8Array, entries: Entry[]): void {
    const { cursor } = this;
    const end = chunk.length;
    // Once for the chunk: asking a view for its buffer costs more than making a view.
    const memory = chunk.buffer;
    let position = 0;
    // The header of the first entry is not in this chunk.
    const isHeaded = this.partialLength === 0 && (this.left === 0 || this.offset > 0);
    this.runStart = isHeaded ? 0 : -1;
    this.runEnd = end;
    while (position < end) {
      if (this.left > 0) {
        position = this.takePayload(chunk, memory, position, entries);
      } else if (this.partialLength > 0) {
        position = this.resume(chunk, position, entries);
      } else {
        cursor.load(chunk, position, end);
        if (!this.readUnit(entries)) {
          this.runEnd = position;
          this.append(chunk, position, end);
          return;
        }
        // A header whose payload has yet to come makes no entry.
        if (cursor.position === end && this.left > 0) this.runEnd = position;
        position = cursor.position;
      }
    }
  }

  private readUnit(entries: Entry[]): boolean {
    if (this.started) return this.readObjectHeader(this.cursor, entries);
    this.started = this.readStreamHeader(this.cursor);
    if (this.started) this.headerLength = this.cursor.position;
    if (this.started && this.runStart >= 0) this.runStart = this.cursor.position;
    return this.started;
  }

  private takePayload(chunk: Uint8Array, memory: ArrayBufferLike, position: number, entries: Entry[]): number {
    const there = chunk.length - position;
    const take = Math.min(this.left, there);
    const bytes = new Uint8Array(memory, chunk.byteOffset + position, take);
    this.left -= take;
    entries.push(this.piece(this.object as ObjectHeader, this.offset, bytes, this.left === 0));
    this.offset += take;
    if (this.left === 0) this.object = null;
    return position + take;
  }

  /** Adds to the cut header exactly what it is known to need, so that it never swallows payload. */
  private resume(chunk: Uint8Array, position: number, entries: Entry[]): number {
    const { cursor } = this;
    const until = Math.min(chunk.length, position + cursor.need - this.partialLength);
    this.append(chunk, position, until);
    if (this.partialLength < cursor.need) return until;
    cursor.load(this.partial, 0, this.partialLength);
    if (this.readUnit(entries)) this.partialLength = 0;
    return until;
  }

  private append(chunk: Uint8Array, from: number, to: number): void {
    const needed = Math.max(this.cursor.need, this.partialLength + to - from);
    if (needed > this.partial.length) {
      const larger = new Uint8Array(Math.max(needed + HEADER_BYTES, HEADER_BYTES));
      larger.set(this.partial.subarray(0, this.partialLength));
      this.partial = larger;
    }
    this.partial.set(chunk.subarray(from, to), this.partialLength);
    this.partialLength += to - from;
  }
}

/** The status that a number names in this draft; throws WireError when it has none or forbids properties with it. */
export function objectStatus(layout: DataLayout, code: number, hasProperties: boolean): ObjectStatus {
  const status = layout.statuses.get(code);
  if (status === undefined) throw new WireError('an object has a status that this draft does not define');
  if (hasProperties && !layout.statusesWithProperties.has(status)) {
    throw new WireError(`an object with status ${status} has properties`);
  }
  return status;
}

/** The peer exceeds a bound of ours, which no draft forbids it: the close code does not accuse it of a violation. */
function tooLarge(what: string, length: number | bigint, max: number): WireError {
  return new WireError(`${what} would take ${length} bytes, above our limit of ${max}`, {
    closeWith: 'INTERNAL_ERROR',
  });
}
