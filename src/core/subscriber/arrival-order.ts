import { gapsOf } from './group-order.js';
import { GroupQueue } from './group-queue.js';
import { IdSet } from './id-set.js';
import type { StreamReader } from './stream-reader.js';
import { type OrderSink, REMEMBERED_GROUPS, type TrackOrder } from './track-order.js';

/** Groups whose objects are still counted; the oldest is judged when more begin. */
const OPEN_GROUPS = 64;

/** Whole objects as they come. What is missing is judged per group, once many later ones have begun or at the end. */
export class ArrivalOrder implements TrackOrder {
  readonly holdUntil = null;
  readonly #groups = new Map<bigint, GroupQueue>();
  readonly #past = new Map<bigint, GroupQueue>();
  readonly #over = new IdSet();
  readonly #explained = new IdSet();
  readonly #ready = new Set<StreamReader | GroupQueue>();
  #first: bigint | null = null;

  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  group(id: bigint): GroupQueue | null {
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    if (this.#over.has(id)) return null;
    const group = new GroupQueue(id);
    if (this.#first === null) {
      this.#first = id;
      // The subscription may begin in the middle of a group.
      group.ledger.first = null;
    }
    this.#groups.set(id, group);
    return group;
  }

  past(id: bigint): GroupQueue | undefined {
    return this.#past.get(id);
  }

  onData(group: GroupQueue, reader?: StreamReader): void {
    this.#ready.add(reader ?? group);
  }

  isNeeded(): boolean {
    return true;
  }

  /** Nothing is held back. */
  dropFurthest(): null {
    return null;
  }

  giveUpWaiting(): void {}

  take(sink: OrderSink, drained: boolean): void {
    for (const ready of this.#ready) {
      const done = ready instanceof GroupQueue ? takeDatagrams(ready, sink) : this.#takeStream(ready, sink);
      if (!done) return;
      this.#ready.delete(ready);
    }
    for (const group of this.#groups.values()) {
      if (!drained && this.#groups.size <= OPEN_GROUPS) break;
      group.place();
      if (group.hasOpenStreams && !drained) continue;
      this.#finish(group, sink);
    }
    if (drained) this.#judgeGroups(sink);
  }

  #takeStream(reader: StreamReader, sink: OrderSink): boolean {
    const group = reader.queue;
    if (group === null) return true;
    for (let next = reader.take(); next !== undefined; next = reader.take()) {
      if (!sink.piece(group, next, reader.takenAt)) return false;
    }
    return true;
  }

  #finish(group: GroupQueue, sink: OrderSink): void {
    for (const gap of gapsOf(group)) sink.gap(gap);
    this.#groups.delete(group.group);
    group.isOver = true;
    this.#over.add(group.group);
    const prior = group.ledger.priorGroups;
    if (prior > 0n) this.#explained.addRange(prior > group.group ? 0n : group.group - prior, group.group - 1n);
    this.#past.set(group.group, group);
    if (this.#past.size > REMEMBERED_GROUPS) this.#past.delete(this.#past.keys().next().value as bigint);
  }

  #judgeGroups(sink: OrderSink): void {
    const last = this.#over.max;
    if (this.#first === null || last === undefined) return;
    for (const hole of this.#over.holes(this.#first, last)) {
      for (const { first, last: lastGroup } of this.#explained.holes(hole.first, hole.last)) {
        sink.gap({ kind: 'gap', what: 'groups', firstGroup: first, lastGroup });
      }
    }
    this.#first = last;
  }
}

function takeDatagrams(group: GroupQueue, sink: OrderSink): boolean {
  for (let next = group.datagrams.shift(); next !== undefined; next = group.datagrams.shift()) {
    if (!sink.datagram(group, next)) return false;
  }
  return true;
}
