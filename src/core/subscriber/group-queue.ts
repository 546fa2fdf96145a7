import type { DatagramObject } from '../wire/messages/object.js';
import { GroupLedger } from './group-ledger.js';
import type { StreamReader } from './stream-reader.js';

/** A datagram that waits for its turn. */
export interface QueuedDatagram {
  readonly object: DatagramObject;
  readonly receivedAt: number;
}

/** The streams of one subgroup: usually one, more when a relay had to open another. */
export interface Lane {
  readonly subgroup: bigint;
  readonly readers: StreamReader[];
  /** Some of it was handed on. */
  entered: boolean;
}

/** One group with everything of it that was not handed on yet. */
export class GroupQueue {
  readonly ledger: GroupLedger;
  /** Ascending by subgroup. */
  readonly lanes: Lane[] = [];
  /** Streams whose first object has yet to say which subgroup they are. */
  readonly unplaced: StreamReader[] = [];
  /** Ascending by object. */
  readonly datagrams: QueuedDatagram[] = [];
  /** Streams that ended in the middle. */
  readonly broken: StreamReader[] = [];
  hasDatagrams = false;
  /** What comes for it now is late. */
  isOver = false;
  /** It was given up to make room, and is missing as a whole. */
  isDropped = false;
  /** Several subgroups were seen in it. */
  hasSubgroups = false;
  /** It was counted as a group with objects. */
  counted = false;

  constructor(readonly group: bigint) {
    this.ledger = new GroupLedger(group);
  }

  addReader(reader: StreamReader): void {
    if (reader.subgroup === null) this.unplaced.push(reader);
    else this.#lane(reader.subgroup).readers.push(reader);
  }

  /** Streams that know their subgroup by now go to its lane; those that ended without an object go away. */
  place(): void {
    for (let i = this.unplaced.length - 1; i >= 0; i--) {
      const reader = this.unplaced[i] as StreamReader;
      if (reader.subgroup !== null) this.#lane(reader.subgroup).readers.push(reader);
      else if (reader.end === null) continue;
      this.unplaced.splice(i, 1);
    }
  }

  addDatagram(datagram: QueuedDatagram): void {
    this.hasDatagrams = true;
    const id = datagram.object.header.object;
    let at = this.datagrams.length;
    while (at > 0 && (this.datagrams[at - 1] as QueuedDatagram).object.header.object > id) at--;
    this.datagrams.splice(at, 0, datagram);
  }

  /** Something is here that could be handed on. */
  get hasData(): boolean {
    return this.datagrams.length > 0 || this.readers().some((reader) => reader.hasData);
  }
  get hasOpenStreams(): boolean {
    return this.readers().some((reader) => reader.end === null);
  }

  readers(): StreamReader[] {
    if (this.lanes.length === 1 && this.unplaced.length === 0) return (this.lanes[0] as Lane).readers;
    return [...this.lanes.flatMap((lane) => lane.readers), ...this.unplaced];
  }

  /** Stops whatever is still open. Gives back what was queued as datagrams, which nobody will take. */
  stop(): QueuedDatagram[] {
    for (const reader of this.readers()) reader.stop();
    this.lanes.length = 0;
    this.unplaced.length = 0;
    return this.datagrams.splice(0);
  }

  #lane(subgroup: bigint): Lane {
    let at = this.lanes.length;
    while (at > 0 && (this.lanes[at - 1] as Lane).subgroup > subgroup) at--;
    const before = this.lanes[at - 1];
    if (before?.subgroup === subgroup) return before;
    const lane: Lane = { subgroup, readers: [], entered: false };
    if (subgroup !== 0n || this.lanes.length > 0) this.hasSubgroups = true;
    this.lanes.splice(at, 0, lane);
    return lane;
  }
}
