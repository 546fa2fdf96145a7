import { MoqtError } from '../errors/moqt-error.js';
import type { IncomingSubgroup, SubscriptionSink } from '../session/session.js';
import type { Clock } from '../util/clock.js';
import type { Location } from '../wire/location.js';
import type { DatagramObject, ObjectFragment, ObjectHeader } from '../wire/messages/object.js';
import type { DraftProfile } from '../wire/profile.js';
import { decodeProperties, PROPERTY } from '../wire/properties.js';
import type { GroupQueue } from './group-queue.js';
import { ObjectChecksum } from './object-checksum.js';
import { StreamReader } from './stream-reader.js';
import type { TrackOrder } from './track-order.js';

export interface IntakeOptions {
  readonly order: TrackOrder;
  /** Objects are put together before they are handed on. */
  readonly whole: boolean;
  readonly reorderBound: number;
  readonly profile: DraftProfile;
  readonly clock: Clock;
  /** Something arrived or ended. */
  readonly onChange: () => void;
}

/**
 * Where the streams and datagrams of a track come in. Each object is judged as it begins: new, repeated or late; only new
 * ones are queued. Streams are read when `arm` says so.
 */
export class TrackIntake implements SubscriptionSink {
  readonly #options: IntakeOptions;
  readonly #open = new Set<StreamReader>();
  /** Open streams that no read is under way for. */
  readonly #idle = new Set<StreamReader>();
  #buffered = 0;
  lastDataAt: number;
  streams = 0;
  datagrams = 0;
  duplicates = 0;
  late = 0;
  resetStreams = 0;
  droppedDatagrams = 0;
  endOfTrack: Location | null = null;
  /** The track contradicts itself. */
  failure: MoqtError | null = null;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.lastDataAt = options.clock.now();
  }

  /** Nothing more may be held back. */
  get isFull(): boolean {
    return this.#buffered >= this.#options.reorderBound;
  }
  get openStreams(): number {
    return this.#open.size;
  }

  onSubgroup(stream: IncomingSubgroup): void {
    const { order, whole, clock, onChange } = this.#options;
    if (order.group(stream.header.group)?.isDropped) {
      this.streams++;
      stream.stop('CANCELLED');
      return;
    }
    const reader = new StreamReader(stream, whole, {
      accept: (from, fragment) => this.#accept(from, fragment),
      onRead: (from) => this.#onRead(from),
      onQueued: (bytes) => {
        this.#buffered += bytes;
      },
      now: () => clock.now(),
    });
    this.streams++;
    this.lastDataAt = clock.now();
    reader.queue = order.group(reader.group);
    reader.queue?.addReader(reader);
    this.#open.add(reader);
    this.#idle.add(reader);
    onChange();
  }

  onDatagram(object: DatagramObject): void {
    const { order, reorderBound, clock, onChange } = this.#options;
    const { header, payload } = object;
    this.datagrams++;
    this.lastDataAt = clock.now();
    const group = order.group(header.group);
    // A peer does not wait for us to take a datagram, so those that nobody takes are dropped here.
    if (group !== null && (group.isDropped || this.#buffered + payload.length > reorderBound)) {
      this.droppedDatagrams++;
      return;
    }
    const verdict = this.#begin(group, header);
    if (verdict !== 'late') this.#complete(header, ObjectChecksum.of(payload), group);
    if (object.endOfGroup) group?.ledger.endsBefore(header.object + 1n);
    if (verdict === 'new' && group !== null) {
      this.#buffered += payload.length;
      group.addDatagram({ object, receivedAt: this.lastDataAt });
      order.onData(group);
    }
    onChange();
  }

  /** The datagram was handed on. */
  release(payload: Uint8Array): void {
    this.#buffered -= payload.length;
  }

  /** Reads from every stream that is waited for, and ahead on the others while they may be held back. */
  arm(): void {
    const { order, reorderBound } = this.#options;
    for (const reader of this.#idle) {
      const ahead = reader.queue !== null && !reader.queue.isOver && !order.isNeeded(reader);
      if (ahead && this.#buffered >= reorderBound) continue;
      this.#idle.delete(reader);
      if (reader.end === null) reader.arm();
      else this.#open.delete(reader);
    }
  }

  /** Streams that were stopped count as ended. */
  sweep(): void {
    for (const reader of this.#open) if (reader.end !== null) this.#close(reader);
  }

  stop(): void {
    for (const reader of this.#open) reader.stop();
    this.#open.clear();
    this.#idle.clear();
  }

  #accept(reader: StreamReader, fragment: ObjectFragment): boolean {
    const { header, bytes } = fragment;
    if (fragment.offset === 0) {
      reader.checksum.begin();
      reader.verdict = this.#begin(reader.queue, header);
    }
    reader.checksum.add(bytes);
    if (fragment.complete && reader.verdict !== 'late') this.#complete(header, reader.checksum.value, reader.queue);
    return reader.verdict === 'new';
  }

  #begin(queue: GroupQueue | null, header: ObjectHeader): 'new' | 'duplicate' | 'late' {
    const group = queue ?? this.#options.order.past(header.group) ?? null;
    if (group === null || group.isOver) {
      if (group?.ledger.has(header.object)) {
        this.duplicates++;
        return 'duplicate';
      }
      this.late++;
      return 'late';
    }
    const { ledger } = group;
    if (!ledger.begin(header.object)) {
      this.duplicates++;
      return 'duplicate';
    }
    if (header.properties.length > 0) this.#noteGaps(group, header);
    if (header.status !== 'normal') {
      if (header.status === 'end-of-track') this.endOfTrack = { group: header.group, object: header.object };
      if (header.status !== 'does-not-exist') ledger.endsBefore(header.object);
    }
    return 'new';
  }

  /** PRIOR_GROUP_ID_GAP and PRIOR_OBJECT_ID_GAP say what does not exist (draft-18 §12.2.3, §12.2.4). */
  #noteGaps(group: GroupQueue, header: ObjectHeader): void {
    for (const { type, value } of decodeProperties(this.#options.profile, header.properties)) {
      if (typeof value !== 'bigint') continue;
      if (type === PROPERTY.priorGroupIdGap && value <= header.group) group.ledger.priorGroups = value;
      if (type === PROPERTY.priorObjectIdGap && value > 0n && value <= header.object) {
        group.ledger.markAbsent(header.object - value, header.object - 1n);
      }
    }
  }

  #complete(header: ObjectHeader, checksum: number, queue: GroupQueue | null): void {
    const group = queue ?? this.#options.order.past(header.group);
    if (group === undefined || group.ledger.complete(header, checksum)) return;
    this.failure ??= new MoqtError(
      'MOQT_E_INCOMPLETE',
      `object ${header.group}.${header.object} came twice, with different content`,
      { stage: 'data', cause: 'track.malformed' },
    );
  }

  #onRead(reader: StreamReader): void {
    const { order, clock, onChange } = this.#options;
    const { queue, end } = reader;
    this.lastDataAt = clock.now();
    if (end === null) this.#idle.add(reader);
    else {
      this.#close(reader);
      if (end === 'reset') this.resetStreams++;
      if (queue !== null && !queue.isOver) this.#noteEnd(queue, reader);
    }
    if (queue !== null && !queue.isOver) order.onData(queue, reader);
    onChange();
  }

  #noteEnd(queue: GroupQueue, reader: StreamReader): void {
    if (reader.end === 'fin') {
      // The last object before FIN is the group's last when the header has END_OF_GROUP (draft-18 §11.4.2).
      if (reader.stream.header.endOfGroup && reader.lastObject !== null)
        queue.ledger.endsBefore(reader.lastObject + 1n);
      return;
    }
    if (reader.unfinished !== null && reader.verdict === 'new') queue.ledger.undo(reader.unfinished);
    queue.broken.push(reader);
  }

  #close(reader: StreamReader): void {
    this.#open.delete(reader);
    this.#idle.delete(reader);
  }
}
