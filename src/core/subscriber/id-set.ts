interface Interval {
  first: bigint;
  last: bigint;
}

/** A set of object or group IDs as intervals: small however many there are, as long as they have few holes. */
export class IdSet {
  /** Ascending, neither overlapping nor adjacent. */
  readonly #intervals: Interval[] = [];

  get isEmpty(): boolean {
    return this.#intervals.length === 0;
  }
  get min(): bigint | undefined {
    return this.#intervals[0]?.first;
  }
  get max(): bigint | undefined {
    return this.#intervals[this.#intervals.length - 1]?.last;
  }

  has(id: bigint): boolean {
    const interval = this.#intervals[this.#find(id)];
    return interval !== undefined && interval.first <= id && id <= interval.last;
  }

  /** False when it was there already. */
  add(id: bigint): boolean {
    const newest = this.#intervals[this.#intervals.length - 1];
    if (newest !== undefined && id === newest.last + 1n) {
      newest.last = id;
      return true;
    }
    if (this.has(id)) return false;
    this.addRange(id, id);
    return true;
  }

  /** Both ends belong to the range. */
  addRange(first: bigint, last: bigint): void {
    if (last < first) return;
    const list = this.#intervals;
    let from = this.#find(first);
    // One that ends right before the range grows into it.
    const before = list[from - 1];
    if (before !== undefined && before.last + 1n === first) from--;
    let to = from;
    let low = first;
    let high = last;
    for (let next = list[to]; next !== undefined && next.first <= last + 1n; next = list[to]) {
      if (next.first < low) low = next.first;
      if (next.last > high) high = next.last;
      to++;
    }
    list.splice(from, to - from, { first: low, last: high });
  }

  delete(id: bigint): void {
    const at = this.#find(id);
    const interval = this.#intervals[at];
    if (interval === undefined || interval.first > id) return;
    const rest: Interval[] = [];
    if (interval.first < id) rest.push({ first: interval.first, last: id - 1n });
    if (id < interval.last) rest.push({ first: id + 1n, last: interval.last });
    this.#intervals.splice(at, 1, ...rest);
  }

  /** The ranges between `first` and `last`, both included, that are not in the set. */
  holes(first: bigint, last: bigint): Interval[] {
    const holes: Interval[] = [];
    let at = first;
    for (let i = this.#find(first); at <= last; i++) {
      const interval = this.#intervals[i];
      if (interval === undefined || interval.first > last) {
        holes.push({ first: at, last });
        break;
      }
      if (interval.first > at) holes.push({ first: at, last: interval.first - 1n });
      at = interval.last + 1n;
    }
    return holes;
  }

  /** All of `first` to `last` are in the set; true when there is nothing between them. */
  covers(first: bigint, last: bigint): boolean {
    if (last < first) return true;
    const interval = this.#intervals[this.#find(first)];
    return interval !== undefined && interval.first <= first && last <= interval.last;
  }

  /** Index of the first interval that ends at `id` or later. */
  #find(id: bigint): number {
    const list = this.#intervals;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((list[middle] as Interval).last < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
