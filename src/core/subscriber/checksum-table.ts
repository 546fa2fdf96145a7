/** Checksums kept. */
const MAX_CHECKSUMS = 8192;

/**
 * The checksums of a group's objects. Objects nearly always come one after the other: those stand in a list, at eight bytes
 * each and without a look-up.
 */
export class ChecksumTable {
  /** Of the objects from `#first` up to `#next`, which comes next if none is missing. */
  readonly #list: number[] = [];
  #first: bigint | null = null;
  #next = 0n;
  readonly #others = new Map<bigint, number>();

  /** What is known of this object: an earlier checksum, or else this one, which is kept while there is room. */
  keep(object: bigint, checksum: number): number {
    if (this.#first === null) {
      this.#first = object;
      this.#next = object;
    }
    const isNext = object === this.#next;
    if (!isNext || this.#others.size > 0) {
      const known = this.#get(object, this.#first);
      if (known !== undefined) return known;
    }
    if (this.#list.length + this.#others.size >= MAX_CHECKSUMS) return checksum;
    if (isNext) {
      this.#list.push(checksum);
      this.#next = object + 1n;
    } else this.#others.set(object, checksum);
    return checksum;
  }

  #get(object: bigint, first: bigint): number | undefined {
    if (first <= object && object < this.#next) return this.#list[Number(object - first)];
    return this.#others.size === 0 ? undefined : this.#others.get(object);
  }
}
