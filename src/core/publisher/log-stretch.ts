import type { LogEntry, TrackObject } from './track-log.js';

/**
 * Entries of the log that can be told from the first of them: objects of one subgroup with consecutive IDs, of one length, side
 * by side in memory, as a source of bytes is cut. Each of many small objects would weigh several times its payload, for as long
 * as its group is kept.
 */
export class LogStretch {
  count = 1;
  readonly #memory: ArrayBufferLike;

  private constructor(readonly first: TrackObject) {
    this.#memory = first.payload.buffer;
  }

  /** Of both, when the second goes on like the first. */
  static of(first: LogEntry, second: LogEntry): LogStretch | null {
    if (first.kind !== 'object' || !isNeighbour(first, 1, second)) return null;
    const stretch = new LogStretch(first);
    return stretch.take(second) ? stretch : null;
  }

  /** True when the entry goes on like those before: it is in the stretch from now on. */
  take(entry: LogEntry): boolean {
    const { first, count } = this;
    if (!isNeighbour(first, count, entry) || !isAlike(first, entry)) return false;
    if (entry.payload.buffer !== this.#memory || entry.object !== first.object + BigInt(count)) return false;
    this.count++;
    return true;
  }

  at(index: number): TrackObject {
    const { first } = this;
    if (index === 0) return first;
    return { ...first, object: first.object + BigInt(index), payload: this.payloadAt(index) };
  }

  payloadAt(index: number): Uint8Array {
    const { payload } = this.first;
    if (index === 0) return payload;
    return new Uint8Array(this.#memory, payload.byteOffset + index * payload.length, payload.length);
  }
}

/** As long as the first, and where the next one would be if both are in the same memory. Most entries fail here, at little cost. */
function isNeighbour(first: TrackObject, count: number, entry: LogEntry): entry is TrackObject {
  if (entry.kind !== 'object') return false;
  const { byteOffset, length } = first.payload;
  return entry.payload.length === length && entry.payload.byteOffset === byteOffset + count * length;
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
