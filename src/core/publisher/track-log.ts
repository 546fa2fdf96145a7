import type { Location } from '../wire/location.js';
import { compareLocations } from '../wire/location.js';
import type { ObjectStatus } from '../wire/messages/object.js';
import type { KeyValuePair } from '../wire/messages/parameters.js';
import { LogStretch } from './log-stretch.js';

/** An object on its way to the subscribers, with its place and everything that stays the same for all of them. */
export interface TrackObject {
  readonly kind: 'object';
  readonly group: bigint;
  /** Null: it travels as a datagram. */
  readonly subgroup: bigint | null;
  readonly object: bigint;
  readonly status: ObjectStatus;
  /** 0 … 255; undefined is the default, 128. */
  readonly priority: number | undefined;
  readonly properties: readonly KeyValuePair[];
  /** Shared with the source, never copied. */
  readonly payload: Uint8Array;
  /** The header that carries it, of the stream or of the datagram, has the END_OF_GROUP bit. */
  readonly endOfGroup: boolean;
  /** Objects of this subgroup may carry properties, so its header says so. */
  readonly hasProperties: boolean;
  /** Nothing follows it on its stream. */
  readonly fin: boolean;
}

/** Nothing more comes for this group: its open streams end. */
export interface GroupClosed {
  readonly kind: 'group-closed';
  readonly group: bigint;
}

export type LogEntry = TrackObject | GroupClosed;

/** What an entry costs beside its payload, so that a flood of empty objects is bounded as well. */
const ENTRY_COST = 64;
const COMPACT_ABOVE = 1024;

/**
 * The part of a track that is not yet with every subscriber, and the current group for those who join late: one shared
 * list, in which each subscriber has a cursor. Sequence numbers count entries from 0 for the whole track; offsets count
 * bytes the same way.
 */
export class TrackLog {
  readonly #keepBytes: number;
  #items: (LogEntry | LogStretch | undefined)[] = [];
  /** Sequence number of the first entry of each item, and the bytes of the track before it. */
  #starts: number[] = [];
  #offsets: number[] = [];
  /** Items at the beginning of the list that were forgotten. */
  #dead = 0;
  /** Index of the item that was looked up last: the next look-up is near it. */
  #near = 0;
  #head = 0;
  /** Sequence number of the oldest entry that is still kept. */
  #base = 0;
  #headOffset = 0;
  #groupStart = 0;
  #currentGroup: bigint | null = null;
  #largest: Location | null = null;
  #largestStatus: ObjectStatus = 'normal';
  #ended = false;

  /** At most `keepBytes` of the current group are kept for subscribers to come. */
  constructor(keepBytes: number) {
    this.#keepBytes = keepBytes;
  }

  /** The sequence number after the newest entry. */
  get head(): number {
    return this.#head;
  }
  get headOffset(): number {
    return this.#headOffset;
  }
  /** The oldest sequence number that `at` can give. */
  get base(): number {
    return this.#base;
  }
  /** The largest location published, the statuses included; null before the first object. */
  get largest(): Location | null {
    return this.#largest;
  }
  get ended(): boolean {
    return this.#ended;
  }
  /** The END_OF_TRACK object was published. */
  get endOfTrack(): boolean {
    return this.#largestStatus === 'end-of-track';
  }
  /** Where someone who wants the current group begins: its first entry, or the oldest one that is kept. */
  get joinPoint(): number {
    return Math.max(this.#base, this.#groupStart);
  }
  /** The current group is here from its first object on. */
  get currentGroupIsWhole(): boolean {
    return this.#base <= this.#groupStart;
  }
  /** The group that subscribers join, null before the first object. */
  get currentGroup(): bigint | null {
    return this.#currentGroup;
  }

  at(sequence: number): LogEntry {
    const at = this.#indexOf(sequence);
    const item = this.#items[at] as LogEntry | LogStretch;
    return item instanceof LogStretch ? item.at(sequence - (this.#starts[at] as number)) : item;
  }

  /** The payload of an entry that is an object: sooner to be had than the entry. */
  payloadAt(sequence: number): Uint8Array {
    const at = this.#indexOf(sequence);
    const item = this.#items[at] as TrackObject | LogStretch;
    return item instanceof LogStretch ? item.payloadAt(sequence - (this.#starts[at] as number)) : item.payload;
  }

  /** The sequence number after the last of the entries that go on like this one: with consecutive IDs, and nothing else new. */
  endOfStretch(sequence: number): number {
    return this.#endOf(this.#indexOf(sequence));
  }

  /** Bytes before the entry. */
  offsetOf(sequence: number): number {
    const from = Math.max(sequence, this.#base);
    if (from >= this.#head) return this.#headOffset;
    const at = this.#indexOf(from);
    const offset = this.#offsets[at] as number;
    const item = this.#items[at];
    if (!(item instanceof LogStretch)) return offset;
    return offset + (from - (this.#starts[at] as number)) * (ENTRY_COST + item.first.payload.length);
  }

  append(entry: LogEntry): void {
    if (entry.kind === 'object') {
      if (this.#currentGroup === null || entry.group > this.#currentGroup) {
        // END_OF_TRACK in a group of its own is no reason to forget the last group that has objects.
        if (entry.status !== 'end-of-track' || entry.object !== 0n || this.#currentGroup === null) {
          this.#currentGroup = entry.group;
          this.#groupStart = this.head;
        }
      }
      if (this.#largest === null || compareLocations(entry, this.#largest) > 0) {
        this.#largest = { group: entry.group, object: entry.object };
        this.#largestStatus = entry.status;
      }
    }
    this.#add(entry);
    this.#head++;
    this.#headOffset += ENTRY_COST + (entry.kind === 'object' ? entry.payload.length : 0);
  }

  /** To the last item, where the entry goes on like it, or as one of its own. */
  #add(entry: LogEntry): void {
    const items = this.#items;
    const at = items.length - 1;
    const last = items[at];
    if (last instanceof LogStretch) {
      if (last.take(entry)) return;
    } else if (last !== undefined) {
      const stretch = LogStretch.of(last, entry);
      if (stretch !== null) {
        items[at] = stretch;
        return;
      }
    }
    items.push(entry);
    this.#starts.push(this.#head);
    this.#offsets.push(this.#headOffset);
  }

  end(): void {
    this.#ended = true;
  }

  /** Forgets what every cursor has passed, except the current group as far as it may be kept. */
  trim(lowestCursor: number): void {
    let keepFrom = Math.min(lowestCursor, this.head);
    if (this.#groupStart < keepFrom) {
      let from = Math.max(this.#base, this.#groupStart);
      while (from < keepFrom && this.#headOffset - this.offsetOf(from) > this.#keepBytes) from++;
      keepFrom = from;
    }
    if (keepFrom <= this.#base) return;
    this.#base = keepFrom;
    this.#forget();
  }

  /** Lets go of the items below the base. The last one stays: it may grow. */
  #forget(): void {
    const last = this.#items.length - 1;
    while (this.#dead < last && this.#endOf(this.#dead) <= this.#base) this.#items[this.#dead++] = undefined;
    this.#near = Math.max(this.#near, this.#dead);
    if (this.#dead <= COMPACT_ABOVE || this.#dead * 2 <= last) return;
    this.#items = this.#items.slice(this.#dead);
    this.#starts = this.#starts.slice(this.#dead);
    this.#offsets = this.#offsets.slice(this.#dead);
    this.#near -= this.#dead;
    this.#dead = 0;
  }

  #endOf(index: number): number {
    return this.#starts[index + 1] ?? this.#head;
  }

  /** Index of the item that the entry is in. */
  #indexOf(sequence: number): number {
    if (sequence < this.#base || sequence >= this.#head) throw new RangeError(`entry ${sequence} is not in the log`);
    let at = this.#near;
    if (sequence >= this.#endOf(at)) at++;
    if (sequence < (this.#starts[at] as number) || sequence >= this.#endOf(at)) at = this.#find(sequence);
    this.#near = at;
    return at;
  }

  #find(sequence: number): number {
    let low = this.#dead;
    let high = this.#items.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#endOf(middle) <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
