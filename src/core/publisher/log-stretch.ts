import type { LogEntry, TrackObject } from './track-log.js';

/** What an entry costs beside its payload, so that a flood of empty objects is bounded as well. */
const ENTRY_COST = 64;

/**
 * Entries of the log that can be told from the first of them: objects of one subgroup with consecutive IDs, of one length, side
 * by side in memory, as a source of bytes is cut. Each of many small objects would weigh several times its payload, for as long
 * as its group is kept.
 */
export class LogStretch {
  count = 1;
  /** Of each entry, in bytes. */
  readonly #cost: number;
  /** Null for an entry that stays alone. */
  readonly #object: TrackObject | null;
  readonly #buffer: ArrayBufferLike | null;

  constructor(
    readonly first: LogEntry,
    /** The first one's, in the log. */
    readonly sequence: number,
    /** Bytes of the log before it. */
    readonly offset: number,
  ) {
    this.#object = first.kind === 'object' ? first : null;
    this.#buffer = this.#object?.payload.buffer ?? null;
    this.#cost = ENTRY_COST + (this.#object?.payload.length ?? 0);
  }

  /** The sequence number after the last. */
  get end(): number {
    return this.sequence + this.count;
  }

  /** Bytes of the log before the entry, or before the one that follows the stretch. */
  offsetOf(sequence: number): number {
    return this.offset + (sequence - this.sequence) * this.#cost;
  }

  /** True when the entry goes on like those before: it is in the stretch from now on. */
  take(entry: LogEntry): boolean {
    const first = this.#object;
    if (first === null || entry.kind !== 'object' || !isAlike(first, entry)) return false;
    const { payload } = entry;
    const { byteOffset, length } = first.payload;
    if (payload.length !== length || payload.byteOffset !== byteOffset + this.count * length) return false;
    if (payload.buffer !== this.#buffer || entry.object !== first.object + BigInt(this.count)) return false;
    this.count++;
    return true;
  }

  /** The payload of an entry, which must be an object. */
  payloadAt(sequence: number): Uint8Array {
    const { payload } = this.#object as TrackObject;
    const index = sequence - this.sequence;
    if (index === 0) return payload;
    return new Uint8Array(this.#buffer as ArrayBufferLike, payload.byteOffset + index * payload.length, payload.length);
  }

  at(sequence: number): LogEntry {
    const first = this.#object;
    if (first === null || sequence === this.sequence) return this.first;
    const object = first.object + BigInt(sequence - this.sequence);
    return { ...first, object, payload: this.payloadAt(sequence) };
  }
}

/** They differ in nothing but their place within the subgroup, and their payload. */
function isAlike(a: TrackObject, b: TrackObject): boolean {
  return (
    a.group === b.group &&
    a.subgroup === b.subgroup &&
    a.status === b.status &&
    a.priority === b.priority &&
    a.properties === b.properties &&
    a.endOfGroup === b.endOfGroup &&
    a.hasProperties === b.hasProperties &&
    a.fin === b.fin
  );
}
