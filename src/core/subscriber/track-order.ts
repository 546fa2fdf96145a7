import type { ObjectFragment } from '../wire/messages/object.js';
import type { GroupQueue, QueuedDatagram } from './group-queue.js';
import type { StreamReader } from './stream-reader.js';
import type { Gap } from './track-item.js';

/** What an order hands on. */
export interface OrderSink {
  /** False: enough for now; it was taken nevertheless. */
  piece(group: GroupQueue, fragment: ObjectFragment, receivedAt: number): boolean;
  datagram(group: GroupQueue, datagram: QueuedDatagram): boolean;
  gap(gap: Gap): void;
  /** A newer group made this one uninteresting. */
  skipped(group: GroupQueue): void;
  /** Datagrams that were queued are not handed on. */
  discarded(datagrams: readonly QueuedDatagram[]): void;
}

/** In which order the objects of a track are handed on, and how long one waits for those that ought to come first. */
export interface TrackOrder {
  /** The group that a stream or datagram belongs to; null when that group is over, and what comes for it is late. */
  group(group: bigint): GroupQueue | null;
  /** A group that is over but remembered, to tell late objects from repeated ones. */
  past(group: bigint): GroupQueue | undefined;
  /** New data of the group was queued, by this stream or as a datagram. */
  onData(group: GroupQueue, reader?: StreamReader): void;
  /** Hands on what is due. `drained`: nothing more will come, so nothing is waited for. */
  take(sink: OrderSink, drained: boolean): void;
  /** The stream is the one that is waited for: it is read however much is queued. */
  isNeeded(reader: StreamReader): boolean;
  /**
   * Gives up the group that is furthest ahead of the one that is waited for, and says which; null when there is none. Its
   * place will be a gap.
   */
  dropFurthest(sink: OrderSink): bigint | null;
  /** Does not wait any longer for what `take` waits for now. */
  giveUpWaiting(): void;
  /** Clock time at which `take` has to be called again although nothing came; null: no such time. */
  readonly holdUntil: number | null;
  /** No group is open. */
  readonly isEmpty: boolean;
}

/** Groups that are over and remembered. */
export const REMEMBERED_GROUPS = 16;
