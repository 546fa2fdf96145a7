import type { FragmentRun } from '../wire/encoded-run.js';
import type { ObjectFragment, ObjectHeader, SubgroupHeader } from '../wire/messages/object.js';
import type { DraftProfile } from '../wire/profile.js';
import type { Batch } from './batch.js';
import type { BufferBudget } from './buffer-budget.js';

/** How the stream of a subgroup ended; `name` from the stream-reset codes. */
export type LogEnd = { readonly kind: 'fin' } | { readonly kind: 'reset'; readonly name: string };

/** One that takes a log's batches in order, at its own pace. */
export interface LogReader {
  /** Index of the batch that it takes next. */
  readonly position: number;
  /** A batch was appended. */
  onBatch(batch: Batch): void;
  onEnd(): void;
  /** It has passed on all there is, and can pass on an end although it is not ready for more. */
  readonly takesEnd: boolean;
}

const LOG_COST = 500;

/**
 * One subgroup stream of a publisher, as a queue that any number of subscribers read. Batches stay until every reader
 * has taken them, and longer while the log is retained by the cache. The log knows how many of its readers have taken
 * everything: the publisher's stream is read on as soon as one has, which is what ties its speed to the fastest.
 */
export class SubgroupLog {
  readonly #readers = new Set<LogReader>();
  /** Readers that wait for more. */
  readonly #idle = new Set<LogReader>();
  #batches: Batch[] = [];
  #base = 0;
  #end: LogEnd | null = null;
  #retained: boolean;
  #cost = LOG_COST;
  #lastStarted: bigint | null = null;
  #lastComplete: bigint | null = null;
  #trimmed = false;
  /** The reader that the last trim stopped at: while it stands still there is nothing to look for. */
  #slowest: LogReader | null = null;
  #lookedInto: { readonly batch: Batch; readonly pieces: FragmentRun } | null = null;
  #disposed = false;
  #telling = false;
  /** Told once when the log has ended, nobody reads it and the cache has let go. */
  onSettled: (() => void) | undefined;
  /** Told when a reader becomes idle, or the last one leaves. */
  onDemand: (() => void) | undefined;
  /** Told of every batch and of the end: for publishers of the same subgroup that stand by. */
  readonly followers = new Set<() => void>();

  constructor(
    readonly header: SubgroupHeader,
    readonly group: bigint,
    readonly subgroup: bigint,
    readonly priority: number,
    /** The draft in which the batches came. */
    readonly profile: DraftProfile,
    private readonly budget: BufferBudget,
    retained: boolean,
  ) {
    this.#retained = retained;
    budget.take(LOG_COST);
  }

  /** Index of the batch that comes next. */
  get length(): number {
    return this.#base + this.#batches.length;
  }

  /** Index of the oldest batch that is still here. */
  get base(): number {
    return this.#base;
  }

  get end(): LogEnd | null {
    return this.#end;
  }

  get cost(): number {
    return this.#cost;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** True when everything since the first object is here. */
  get isWhole(): boolean {
    return !this.#trimmed;
  }

  get lastComplete(): bigint | null {
    return this.#lastComplete;
  }

  get lastStarted(): bigint | null {
    return this.#lastStarted;
  }

  get isMidObject(): boolean {
    return this.#lastStarted !== this.#lastComplete;
  }

  /** A reader is ready for more. */
  get hasDemand(): boolean {
    return this.#idle.size > 0;
  }

  /** A reader is ready for the end, if that comes next. */
  get hasDemandForEnd(): boolean {
    for (const reader of this.#readers) if (reader.takesEnd) return true;
    return this.hasDemand;
  }

  at(index: number): Batch {
    return this.#batches[index - this.#base] as Batch;
  }

  append(batch: Batch): void {
    const last = batch.fragments[batch.fragments.length - 1] as ObjectFragment;
    this.#lastStarted = last.header.object;
    if (last.complete) this.#lastComplete = last.header.object;
    else if (batch.fragments.length > 1) {
      this.#lastComplete = (batch.fragments[batch.fragments.length - 2] as ObjectFragment).header.object;
    }
    this.#batches.push(batch);
    this.#cost += batch.cost;
    // Until all have been told, idle ones have not taken it yet: nothing must be trimmed, whatever they do.
    this.#telling = true;
    this.budget.take(batch.cost);
    let isTaken = true;
    for (const reader of this.#readers) {
      reader.onBatch(batch);
      if (reader.position < this.length) isTaken = false;
    }
    this.#telling = false;
    if (isTaken) batch.pack();
    if (!this.#retained) this.trim();
    this.#tellFollowers();
  }

  finish(end: LogEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    for (const reader of this.#readers) reader.onEnd();
    this.#tellFollowers();
    this.#settle();
  }

  add(reader: LogReader): void {
    this.#readers.add(reader);
  }

  remove(reader: LogReader): void {
    this.#idle.delete(reader);
    if (!this.#readers.delete(reader)) return;
    if (!this.#retained) this.trim();
    this.onDemand?.();
    this.#settle();
  }

  markIdle(reader: LogReader): void {
    this.#idle.add(reader);
    if (!this.#retained) this.trim();
    this.onDemand?.();
  }

  markBusy(reader: LogReader): void {
    this.#idle.delete(reader);
  }

  /** The cache lets go: what every reader has taken is freed. */
  release(): void {
    this.#retained = false;
    this.trim();
    this.#settle();
  }

  /** Frees the batches that all readers have taken. */
  trim(): void {
    if (this.#batches.length === 0 || this.#telling) return;
    let keep = this.length;
    if (this.#idle.size < this.#readers.size) {
      const slowest = this.#slowest;
      if (slowest !== null && slowest.position <= this.#base && this.#readers.has(slowest)) return;
      for (const reader of this.#readers) {
        if (reader.position < keep) {
          keep = reader.position;
          this.#slowest = reader;
        }
      }
    }
    const dropped = this.#batches.splice(0, keep - this.#base);
    if (dropped.length === 0) return;
    this.#lookedInto = null;
    this.#base = keep;
    this.#trimmed = true;
    let cost = 0;
    for (const batch of dropped) cost += batch.cost;
    this.#cost -= cost;
    this.budget.give(cost);
  }

  /** Gives back what the log itself counts for. Once, when it is forgotten. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#retained = false;
    this.#batches = [];
    this.#lookedInto = null;
    this.#trimmed = true;
    this.budget.give(this.#cost);
    this.#cost = 0;
  }

  /** Some of this object is here. */
  has(object: bigint): boolean {
    const batch = this.#batches[this.#firstBatchWith(object)];
    return batch !== undefined && this.#piecesIn(batch).some((fragment) => fragment.header.object === object);
  }

  /** The pieces of an object, as far as they are here and have arrived. */
  piecesOf(object: bigint): ObjectFragment[] {
    const pieces: ObjectFragment[] = [];
    for (let i = this.#firstBatchWith(object); i < this.#batches.length; i++) {
      for (const fragment of this.#piecesIn(this.#batches[i] as Batch)) {
        if (fragment.header.object === object) pieces.push(fragment);
        else if (fragment.header.object > object) return pieces;
      }
    }
    return pieces;
  }

  /** Every complete object from `from` on, in order. */
  *objects(from: bigint): Generator<{ readonly header: ObjectHeader; readonly pieces: readonly Uint8Array[] }> {
    let header: ObjectHeader | null = null;
    let pieces: Uint8Array[] = [];
    for (let i = this.#firstBatchWith(from); i < this.#batches.length; i++) {
      for (const fragment of (this.#batches[i] as Batch).fragments) {
        if (fragment.header.object < from) continue;
        if (fragment.offset === 0) {
          header = fragment.header;
          pieces = [];
        }
        if (header === null) continue;
        if (fragment.bytes.length > 0) pieces.push(fragment.bytes);
        if (fragment.complete) yield { header, pieces };
      }
    }
  }

  /** What is looked up next is near what was looked up last: those pieces stay made. */
  #piecesIn(batch: Batch): FragmentRun {
    if (this.#lookedInto?.batch !== batch) this.#lookedInto = { batch, pieces: batch.fragments };
    return this.#lookedInto.pieces;
  }

  /** IDs ascend within a stream, so the batches can be searched by halves. */
  #firstBatchWith(object: bigint): number {
    let low = 0;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#batches[middle] as Batch).lastObject < object) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #settle(): void {
    if (this.#end === null || this.#retained || this.#readers.size > 0) return;
    this.onSettled?.();
    this.onSettled = undefined;
  }

  #tellFollowers(): void {
    if (this.followers.size === 0) return;
    for (const follower of [...this.followers]) follower();
  }
}
