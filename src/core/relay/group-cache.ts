import type { ObjectFragment } from '../wire/messages/object.js';
import type { SubgroupLog } from './subgroup-log.js';

/** The streams of one subgroup, of one publisher or several: the latest log, and who writes it. */
export interface Slot<W> {
  log: SubgroupLog;
  /** Null: its stream has ended, or broke off and waits for an heir. */
  owner: W | null;
  /** Streams of other publishers that would deliver the same objects. */
  readonly standby: Set<W>;
}

export class GroupEntry<W> {
  readonly logs = new Set<SubgroupLog>();
  readonly slots = new Map<bigint, Slot<W>>();
  /** By the ID of its first object; the latest when several begin alike. */
  readonly #byFirst = new Map<bigint, SubgroupLog>();
  /** Logs with more than one object. */
  readonly #long = new Set<SubgroupLog>();
  /** Objects of this group came as datagrams, which are not kept. */
  hasDatagrams = false;
  cost = 0;

  constructor(
    readonly id: bigint,
    /** Kept from its beginning for those who come late. */
    public retained: boolean,
  ) {}

  /** Another log that has (some of) this object; notes that `log` has it too, after `before` others. */
  twinOf(log: SubgroupLog, object: bigint, before: number): SubgroupLog | null {
    let twin: SubgroupLog | null = null;
    if (this.logs.size > 1) {
      const first = this.#byFirst.get(object);
      if (first !== undefined && first !== log) twin = first;
      else {
        for (const other of this.#long) {
          if (other !== log && other.lastStarted !== null && other.lastStarted >= object && other.has(object)) {
            twin = other;
            break;
          }
        }
      }
    }
    if (before === 0) this.#byFirst.set(object, log);
    else this.#long.add(log);
    return twin;
  }

  /** All its streams so far have ended. */
  get isOver(): boolean {
    for (const log of this.logs) if (log.end === null) return false;
    return true;
  }

  forget(log: SubgroupLog): void {
    this.logs.delete(log);
    this.#long.delete(log);
  }
}

/** True unless `fragment` contradicts what the log has of the same object (draft-18 §2.1.1, rule 6). */
export function agrees(log: SubgroupLog, fragment: ObjectFragment): boolean {
  const { header, offset, bytes } = fragment;
  for (const piece of log.piecesOf(header.object)) {
    const known = piece.header;
    if (
      known.payloadLength !== header.payloadLength ||
      known.status !== header.status ||
      known.subgroup !== header.subgroup ||
      known.priority !== header.priority
    ) {
      return false;
    }
    const from = Math.max(offset, piece.offset);
    const to = Math.min(offset + bytes.length, piece.offset + piece.bytes.length);
    if (from >= to) continue;
    const a = bytes.subarray(from - offset, to - offset);
    if (Buffer.compare(a, piece.bytes.subarray(from - piece.offset, to - piece.offset)) !== 0) return false;
  }
  return true;
}

/** Groups that were evicted are remembered so long, to know duplicates of other publishers. */
const REMEMBERED_GROUPS = 64;

/**
 * The groups of a track: those that are being received, and behind them as many of the last ones as fit the limit.
 * A group that outgrows the limit alone is not kept any more: who comes then gets what follows.
 */
export class GroupCache<W> {
  readonly #groups = new Map<bigint, GroupEntry<W>>();
  readonly #remembered: bigint[] = [];
  #cost = 0;
  #evictedThrough = -1n;

  constructor(
    private readonly limit: number,
    private readonly onEvicted: () => void,
  ) {}

  get(id: bigint): GroupEntry<W> | undefined {
    return this.#groups.get(id);
  }

  values(): IterableIterator<GroupEntry<W>> {
    return this.#groups.values();
  }

  get cost(): number {
    return this.#cost;
  }

  /** The entry of a group, made when it is the group's first stream. */
  open(id: bigint): GroupEntry<W> {
    let entry = this.#groups.get(id);
    if (entry === undefined) {
      entry = new GroupEntry<W>(id, this.limit > 0 && id > this.#evictedThrough);
      this.#groups.set(id, entry);
    }
    return entry;
  }

  /** `remember`: keep the outline of the group when its data is gone. */
  add(entry: GroupEntry<W>, log: SubgroupLog, newest: bigint, remember: () => boolean): void {
    entry.logs.add(log);
    log.onSettled = () => {
      entry.forget(log);
      log.dispose();
      if (entry.logs.size === 0 && !entry.retained) this.#drop(entry, remember());
    };
    this.charge(entry, log.cost, newest);
  }

  /** Called when a log of the entry grew. */
  charge(entry: GroupEntry<W>, cost: number, newest: bigint): void {
    if (!entry.retained) return;
    entry.cost += cost;
    this.#cost += cost;
    while (this.#cost > this.limit && this.#evictOne(newest)) this.onEvicted();
  }

  /** Gives everything up that no subscriber is waiting for. */
  evictAll(): void {
    for (const entry of [...this.#groups.values()]) if (entry.retained) this.#evict(entry);
  }

  /** The track is gone. */
  dispose(): void {
    for (const entry of this.#groups.values()) for (const log of entry.logs) log.dispose();
    this.#groups.clear();
    this.#cost = 0;
  }

  #evictOne(newest: bigint): boolean {
    let last: GroupEntry<W> | undefined;
    for (const entry of this.#groups.values()) {
      if (!entry.retained) continue;
      if (entry.id !== newest) {
        this.#evict(entry);
        return true;
      }
      last = entry;
    }
    if (last === undefined) return false;
    this.#evict(last);
    return true;
  }

  #evict(entry: GroupEntry<W>): void {
    entry.retained = false;
    this.#cost -= entry.cost;
    entry.cost = 0;
    if (entry.id > this.#evictedThrough) this.#evictedThrough = entry.id;
    for (const log of [...entry.logs]) log.release();
    if (entry.logs.size === 0) this.#drop(entry, false);
  }

  #drop(entry: GroupEntry<W>, remember: boolean): void {
    if (!remember) {
      this.#groups.delete(entry.id);
      return;
    }
    this.#remembered.push(entry.id);
    if (this.#remembered.length > REMEMBERED_GROUPS) {
      const id = this.#remembered.shift() as bigint;
      if (this.#groups.get(id)?.logs.size === 0) this.#groups.delete(id);
    }
  }
}
