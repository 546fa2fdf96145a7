import type { Clock } from '../util/clock.js';
import { GroupQueue, type Lane } from './group-queue.js';
import { Hold } from './hold.js';
import { IdSet } from './id-set.js';
import type { StreamReader } from './stream-reader.js';
import { type OrderSink, REMEMBERED_GROUPS, type TrackOrder } from './track-order.js';

export interface GroupOrderOptions {
  /** How long what came early waits for what is missing, ms. */
  readonly reorderWaitMs: number;
  /** Give up older groups as soon as a newer one has data. */
  readonly latest: boolean;
  /** Groups come newest first: each is handed on whole, in the order in which they began. */
  readonly descending: boolean;
  readonly clock: Clock;
}

/** Datagrams and streams of several subgroups may overtake one another a little without anything being lost. */
const GRACE_MS = 50;
/** So long the first group that shows up waits for a lower one. */
const FIRST_GROUP_MS = 100;

/** Group by group, within a group subgroup by subgroup, within a subgroup object by object. */
export class GroupOrder implements TrackOrder {
  readonly #options: GroupOrderOptions;
  readonly #hold: Hold;
  readonly #groups = new Map<bigint, GroupQueue>();
  readonly #past = new Map<bigint, GroupQueue>();
  /** Groups handed on, for the order in which "below" means nothing. */
  readonly #over = new IdSet();
  #current: GroupQueue | null = null;
  /** Groups up to it are over. */
  #floor: bigint | null = null;
  /** Group IDs of this track have holes that nothing explains: waiting for them is pointless. */
  #sparse = false;
  #severalSubgroups = false;
  /** The group that the subscription probably begins in. */
  #expected: bigint | null = null;
  #fromTheStart = false;

  constructor(options: GroupOrderOptions) {
    this.#options = options;
    this.#hold = new Hold(options.clock);
  }

  /** What the publisher said about the largest group; `fromTheStart`: it had published nothing before. */
  expect(group: bigint, fromTheStart: boolean): void {
    this.#expected = group;
    this.#fromTheStart = fromTheStart;
  }

  get holdUntil(): number | null {
    return this.#hold.until;
  }
  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  group(id: bigint): GroupQueue | null {
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    if (this.#options.descending ? this.#over.has(id) : this.#floor !== null && id <= this.#floor) {
      this.#sparse = false;
      return null;
    }
    const group = new GroupQueue(id);
    this.#groups.set(id, group);
    return group;
  }

  past(id: bigint): GroupQueue | undefined {
    return this.#past.get(id);
  }

  onData(): void {
    this.#hold.noteData();
  }

  isNeeded(reader: StreamReader): boolean {
    const group = this.#current;
    if (group === null) return true;
    if (reader.group !== group.group) return this.#groups.size === 1;
    return reader.subgroup === null || reader.subgroup === group.lanes[0]?.subgroup;
  }

  dropFurthest(sink: OrderSink): bigint | null {
    let furthest: GroupQueue | null = null;
    for (const group of this.#groups.values()) {
      if (group === this.#current || group.isDropped) continue;
      if (furthest === null || this.#options.descending || group.group > furthest.group) furthest = group;
    }
    if (furthest === null) return null;
    furthest.isDropped = true;
    sink.discarded(furthest.stop());
    return furthest.group;
  }

  giveUpWaiting(): void {
    this.#hold.giveUp();
  }

  take(sink: OrderSink, drained: boolean): void {
    this.#hold.release();
    for (;;) {
      if (this.#options.latest) this.#skipToNewest(sink);
      this.#current ??= this.#choose(sink, drained);
      if (this.#current === null) return;
      if (!this.#takeGroup(this.#current, sink, drained)) return;
      this.#finish(this.#current, sink);
    }
  }

  #choose(sink: OrderSink, drained: boolean): GroupQueue | null {
    const next = this.#options.descending ? firstOf(this.#groups) : lowestOf(this.#groups);
    if (next === null) return null;
    const { reorderWaitMs, descending } = this.#options;
    if (this.#floor === null) {
      const expected = next.group === 0n || next.group === this.#expected || descending || this.#options.latest;
      if (!expected && !drained && !this.#hold.expired('first', Math.min(FIRST_GROUP_MS, reorderWaitMs))) return null;
      // The subscription may begin in the middle of a group, unless nothing at all was published before it.
      if (!(this.#fromTheStart && next.group === 0n)) next.ledger.first = null;
      return next;
    }
    if (descending || this.#options.latest || next.group === this.#floor + 1n) return next;
    const missing = next.group - this.#floor - 1n;
    if (next.ledger.priorGroups >= missing) return next;
    if (!drained && !this.#sparse && !this.#hold.expired(`before ${next.group}`, reorderWaitMs)) return null;
    this.#sparse = true;
    const firstGroup = this.#floor + 1n;
    const lastGroup = next.group - 1n - next.ledger.priorGroups;
    sink.gap({ kind: 'gap', what: 'groups', firstGroup, lastGroup });
    return next;
  }

  /** True: the group is over. False: it waits for data, or the sink has enough. */
  #takeGroup(group: GroupQueue, sink: OrderSink, drained: boolean): boolean {
    if (group.isDropped) return true;
    group.place();
    if (!this.#takeDatagrams(group, sink, drained)) return false;
    for (let lane = group.lanes[0]; lane !== undefined; lane = group.lanes[0]) {
      if (!this.#takeLane(group, lane, sink, drained)) return false;
      group.lanes.shift();
    }
    if (group.unplaced.length > 0) {
      if (!drained && !(this.#hasLater() && this.#waited(group, 'unplaced'))) return false;
      for (const reader of group.unplaced.splice(0)) this.#abandon(group, reader);
    }
    return this.#isOver(group, drained);
  }

  #takeDatagrams(group: GroupQueue, sink: OrderSink, drained: boolean): boolean {
    for (let next = group.datagrams[0]; next !== undefined; next = group.datagrams[0]) {
      const { object } = next.object.header;
      if (!drained && !group.ledger.isWholeBelow(object) && !this.#waited(group, `datagram ${object}`)) return false;
      group.datagrams.shift();
      this.#hold.progress();
      if (!sink.datagram(group, next)) return false;
    }
    return true;
  }

  /** True: the lane is over. */
  #takeLane(group: GroupQueue, lane: Lane, sink: OrderSink, drained: boolean): boolean {
    for (;;) {
      const reader = nextReader(lane);
      if (reader !== undefined) {
        const head = reader.peek();
        if (!lane.entered && head !== undefined && !group.ledger.isWholeBelow(head.header.object)) {
          // Objects that ought to come before may be in a subgroup that has not shown up.
          if (!drained && !this.#waited(group, `lane ${lane.subgroup}`)) return false;
        }
        lane.entered = true;
        this.#hold.progress();
        if (!takeAll(group, reader, sink)) return false;
        continue;
      }
      if (lane.readers.every((one) => one.isExhausted)) return true;
      if (group.ledger.isComplete && lane.readers.every((one) => one.unfinished === null)) return true;
      if (!drained && !(this.#hasLater() || group.lanes.length > 1)) return false;
      if (!drained && !this.#waited(group, `open ${lane.subgroup}`)) return false;
      for (const open of lane.readers) if (open.end === null) this.#abandon(group, open);
    }
  }

  #isOver(group: GroupQueue, drained: boolean): boolean {
    const { ledger } = group;
    this.#severalSubgroups ||= group.hasSubgroups;
    if (drained || ledger.isComplete) return true;
    if (!this.#hasLater()) return false;
    if (!ledger.isWhole) return this.#waited(group, 'objects');
    if (ledger.end !== null || !(group.hasDatagrams || this.#severalSubgroups)) return true;
    return this.#hold.expired(`${group.group} grace`, Math.min(GRACE_MS, this.#options.reorderWaitMs));
  }

  #waited(group: GroupQueue, what: string): boolean {
    return this.#hold.expired(`${group.group} ${what}`, this.#options.reorderWaitMs);
  }

  #hasLater(): boolean {
    return this.#groups.size > 1;
  }

  #abandon(group: GroupQueue, reader: StreamReader): void {
    if (reader.unfinished !== null) group.ledger.undo(reader.unfinished);
    reader.stop();
    group.broken.push(reader);
  }

  #finish(group: GroupQueue, sink: OrderSink): void {
    const { group: id } = group;
    if (group.isDropped) sink.gap({ kind: 'gap', what: 'groups', firstGroup: id, lastGroup: id });
    else for (const gap of gapsOf(group)) sink.gap(gap);
    this.#leave(group);
  }

  #leave(group: GroupQueue): void {
    this.#groups.delete(group.group);
    group.isOver = true;
    if (this.#current === group) this.#current = null;
    if (this.#options.descending) this.#over.addRange(group.group, group.group);
    if (this.#floor === null || group.group > this.#floor) this.#floor = group.group;
    this.#past.set(group.group, group);
    if (this.#past.size > REMEMBERED_GROUPS) this.#past.delete(this.#past.keys().next().value as bigint);
  }

  #skipToNewest(sink: OrderSink): void {
    let newest: GroupQueue | null = null;
    for (const group of this.#groups.values()) {
      if (group.hasData && (newest === null || group.group > newest.group)) newest = group;
    }
    if (newest === null) return;
    for (const group of [...this.#groups.values()]) {
      if (group.group >= newest.group) continue;
      sink.discarded(group.stop());
      sink.skipped(group);
      this.#leave(group);
    }
  }
}

/** What is missing of a group that is over. */
export function gapsOf(group: GroupQueue): Parameters<OrderSink['gap']>[0][] {
  const gaps = group.ledger.gaps();
  // A stream that broke off has cost nothing when the group is known to be whole all the same.
  if (group.ledger.isComplete) return gaps;
  for (const { group: id, subgroup, resetCode } of group.broken) {
    const code = resetCode === undefined ? {} : { code: resetCode };
    gaps.push({ kind: 'gap', what: 'stream', group: id, subgroup, ...code });
  }
  return gaps;
}

/** The stream of the lane to take from: in the middle of an object, or with the lowest one. */
function nextReader(lane: Lane): StreamReader | undefined {
  if (lane.readers.length === 1) {
    const only = lane.readers[0] as StreamReader;
    return only.hasData ? only : undefined;
  }
  let best: StreamReader | undefined;
  for (const reader of lane.readers) {
    const head = reader.peek();
    if (head === undefined) continue;
    if (head.offset > 0) return reader;
    const other = best?.peek();
    if (other === undefined || head.header.object < other.header.object) best = reader;
  }
  return best;
}

/** False: the sink has enough. */
function takeAll(group: GroupQueue, reader: StreamReader, sink: OrderSink): boolean {
  for (let next = reader.take(); next !== undefined; next = reader.take()) {
    if (!sink.piece(group, next, reader.takenAt)) return false;
  }
  return true;
}

function firstOf(groups: ReadonlyMap<bigint, GroupQueue>): GroupQueue | null {
  for (const group of groups.values()) return group;
  return null;
}

function lowestOf(groups: ReadonlyMap<bigint, GroupQueue>): GroupQueue | null {
  let lowest: GroupQueue | null = null;
  for (const group of groups.values()) if (lowest === null || group.group < lowest.group) lowest = group;
  return lowest;
}
