import type { MoqtError } from '../errors/moqt-error.js';
import { asMoqtError } from '../session/failure.js';
import type { SubscriptionEnd } from '../session/session.js';
import type { Clock } from '../util/clock.js';
import type { ObjectFragment } from '../wire/messages/object.js';
import type { AssertionChecker } from './assertions.js';
import type { GroupQueue, QueuedDatagram } from './group-queue.js';
import type { Gap, TrackEnd, TrackItem } from './track-item.js';
import type { OrderSink } from './track-order.js';

/** A batch ends when it holds so many items or bytes: enough to make the step cheap, little enough to stay in the cache. */
const BATCH_ITEMS = 1024;
const BATCH_BYTES = 1024 * 1024;

/** So many groups that say where they end make a habit. */
const MARKED_GROUPS = 2;

/** Turns what an order hands on into items, and counts. */
export class ItemCollector implements OrderSink {
  readonly #whole: boolean;
  readonly #count: number;
  /** Wall clock minus the monotonic clock. */
  readonly #wallOffset: number;
  #items: TrackItem[] = [];
  #batchBytes = 0;
  /** Set before the first item when there are assertions. */
  checker: AssertionChecker | undefined;
  /** Called for each datagram that leaves the queue. */
  onDatagram: ((payload: Uint8Array) => void) | undefined;
  objects = 0;
  bytes = 0;
  groups = 0;
  statuses = 0;
  skippedGroups = 0;
  readonly missing = { groups: 0n, objects: 0n, streams: 0n };
  firstObjectAt: number | null = null;
  lastObjectAt: number | null = null;
  failure: MoqtError | null = null;
  /** The group that was entered last. */
  #latest: GroupQueue | null = null;
  #groupsWithEnd = 0;

  constructor(options: { whole: boolean; count: number; clock: Clock }) {
    this.#whole = options.whole;
    this.#count = options.count;
    this.#wallOffset = Date.now() - options.clock.now();
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }
  /** All the objects that were wanted are here. */
  get isFull(): boolean {
    return this.objects >= this.#count;
  }

  /** Every group before the last said where it ends, and the last one did not. */
  get endMarkMissing(): boolean {
    const before = this.groups - 1;
    return before >= MARKED_GROUPS && this.#groupsWithEnd === before && this.#latest?.ledger.end === null;
  }

  drain(): readonly TrackItem[] {
    const items = this.#items;
    if (items.length > 0) {
      this.#items = [];
      this.#batchBytes = 0;
    }
    return items;
  }

  piece(group: GroupQueue, fragment: ObjectFragment, receivedAt: number): boolean {
    const { header, offset, bytes, complete } = fragment;
    const at = this.#wallOffset + receivedAt;
    if (this.#whole) {
      this.#items.push({ kind: 'object', header, payload: bytes, forwarding: 'subgroup', receivedAt: at });
    } else if (header.status === 'normal') {
      this.#items.push({
        kind: 'piece',
        header,
        offset,
        payload: bytes,
        complete,
        forwarding: 'subgroup',
        receivedAt: at,
      });
    }
    return this.#countPiece(group, fragment.header.status === 'normal', bytes, complete, receivedAt);
  }

  datagram(group: GroupQueue, { object, receivedAt }: QueuedDatagram): boolean {
    const { header, payload } = object;
    this.onDatagram?.(payload);
    const at = this.#wallOffset + receivedAt;
    if (this.#whole) this.#items.push({ kind: 'object', header, payload, forwarding: 'datagram', receivedAt: at });
    else if (header.status === 'normal') {
      const whole = { offset: 0, complete: true } as const;
      this.#items.push({ kind: 'piece', header, ...whole, payload, forwarding: 'datagram', receivedAt: at });
    }
    return this.#countPiece(group, header.status === 'normal', payload, true, receivedAt);
  }

  gap(gap: Gap): void {
    if (gap.what === 'groups') this.missing.groups += gap.lastGroup - gap.firstGroup + 1n;
    else if (gap.what === 'objects') this.missing.objects += gap.lastObject - gap.firstObject + 1n;
    else if (gap.what === 'stream') this.missing.streams++;
    else this.missing.streams += gap.count;
    this.#items.push(gap);
  }

  skipped(): void {
    this.skippedGroups++;
  }

  discarded(datagrams: readonly QueuedDatagram[]): void {
    for (const { object } of datagrams) this.onDatagram?.(object.payload);
  }

  /** PUBLISH_DONE counted more streams than came. */
  missingStreams(end: SubscriptionEnd | null, received: number): void {
    if (end?.kind !== 'done' || end.streamCount === null) return;
    const count = end.streamCount - BigInt(received);
    if (count > 0n) this.gap({ kind: 'gap', what: 'streams', count });
  }

  end(why: TrackEnd['why']): void {
    this.#items.push({ kind: 'end', why });
  }

  /** False: the batch is full. */
  #countPiece(group: GroupQueue, normal: boolean, bytes: Uint8Array, complete: boolean, at: number): boolean {
    if (!normal) {
      this.statuses++;
      return this.#items.length < BATCH_ITEMS;
    }
    this.bytes += bytes.length;
    this.#batchBytes += bytes.length;
    if (!group.counted) {
      group.counted = true;
      this.groups++;
      if (this.#latest !== null && this.#latest.ledger.end !== null) this.#groupsWithEnd++;
      this.#latest = group;
    }
    if (this.firstObjectAt === null) this.firstObjectAt = at;
    this.checker?.payload(bytes);
    if (complete) {
      this.objects++;
      this.lastObjectAt = at;
      try {
        this.checker?.object(at);
      } catch (error) {
        this.failure ??= asMoqtError(error, 'data');
        return false;
      }
      if (this.isFull || this.checker?.isSatisfied) return false;
    }
    return this.#items.length < BATCH_ITEMS && this.#batchBytes < BATCH_BYTES;
  }
}
