import type { ObjectHeader } from '../wire/messages/object.js';
import { ChecksumTable } from './checksum-table.js';
import { IdSet } from './id-set.js';
import type { Gap } from './track-item.js';

/** What is known about the objects of one group: which came, which cannot come, and where the group ends. */
export class GroupLedger {
  readonly group: bigint;
  /** Begun objects; one that breaks off is taken out again. */
  readonly #seen = new IdSet();
  /** Objects that a gap property or a status says do not exist. */
  readonly #absent = new IdSet();
  readonly #checksums = new ChecksumTable();
  /** All objects are below it; null while it is not known. */
  #end: bigint | null = null;
  /** Groups right before this one that do not exist (PRIOR_GROUP_ID_GAP). */
  priorGroups = 0n;
  /** The first object that is expected; null: whatever comes first, because the subscription may begin inside the group. */
  first: bigint | null = 0n;

  constructor(group: bigint) {
    this.group = group;
  }

  get end(): bigint | null {
    return this.#end;
  }
  /** The largest object seen. */
  get largest(): bigint | undefined {
    return this.#seen.max;
  }

  has(object: bigint): boolean {
    return this.#seen.has(object);
  }

  /** False: the object is here already. */
  begin(object: bigint): boolean {
    return this.#seen.add(object);
  }

  /** The object broke off: it is not here after all. */
  undo(object: bigint): void {
    this.#seen.delete(object);
  }

  /** The whole object arrived. False: an object with this ID and other content came before (draft-18 §2.5). */
  complete(header: ObjectHeader, checksum: number): boolean {
    return this.#checksums.keep(header.object, checksum) === checksum;
  }

  /** Objects from `object` on do not exist. */
  endsBefore(object: bigint): void {
    if (this.#end === null || object < this.#end) this.#end = object;
  }

  markAbsent(first: bigint, last: bigint): void {
    this.#absent.addRange(first, last);
  }

  /** Everything below `object` that is expected came or does not exist. */
  isWholeBelow(object: bigint): boolean {
    return this.#holes(object).length === 0;
  }

  /** The end is known and nothing is missing. */
  get isComplete(): boolean {
    return this.#end !== null && this.isWholeBelow(this.#end);
  }

  /** Nothing is missing as far as one can tell. */
  get isWhole(): boolean {
    return this.isWholeBelow(this.#top);
  }

  gaps(): Gap[] {
    return this.#holes(this.#top).map(({ first, last }) => ({
      kind: 'gap',
      what: 'objects',
      group: this.group,
      firstObject: first,
      lastObject: last,
    }));
  }

  /** The ID after the last object that is expected. */
  get #top(): bigint {
    const max = this.#seen.max;
    const seen = max === undefined ? 0n : max + 1n;
    return this.#end !== null && this.#end > seen ? this.#end : seen;
  }

  #holes(below: bigint): { first: bigint; last: bigint }[] {
    const first = this.first ?? this.#seen.min;
    if (first === undefined) return [];
    if (this.#seen.covers(first, below - 1n)) return [];
    const holes: { first: bigint; last: bigint }[] = [];
    for (const hole of this.#seen.holes(first, below - 1n)) {
      holes.push(...this.#absent.holes(hole.first, hole.last));
    }
    return holes;
  }
}
