import type {
  ObjectHeaderEvent,
  ObjectPayloadEvent,
  StreamClosedEvent,
  StreamOpenedEvent,
} from '../../records/trace-event.js';
import { rawHex } from './fields.js';
import type { Room } from './limits.js';
import { codeText, type TraceNames } from './names.js';
import type { PageObjects, PageStream } from './page-data.js';
import type { TrackTable } from './tracks.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Columns = { -readonly [K in keyof PageObjects]: PageObjects[K] extends readonly (infer V)[] ? V[] : never };

/** No room is left for the stream, so there is none for what is on it either. */
const LEFT_OUT = -1;

/** Follows streams and their objects through a trace. */
export class StreamTable {
  readonly streams: PageStream[] = [];
  readonly objects: Columns = { t: [], stream: [], group: [], object: [], size: [], status: [], priority: [] };
  readonly resets = new Map<bigint, number>();
  /** The latest stream of each peer and ID: datagrams may share one. */
  readonly #open = new Map<string, number>();
  readonly #objectAt = new Map<string, number>();

  constructor(
    private readonly tracks: TrackTable,
    private readonly room: Room,
    private readonly names: TraceNames,
  ) {}

  opened(event: StreamOpenedEvent, peer: number): void {
    const key = `${peer}/${event.streamId}`;
    if (!this.room.take('streams')) {
      this.#open.set(key, LEFT_OUT);
      return;
    }
    const header = rawHex(event.header);
    const datagram = event.streamType === 'datagram';
    const index = this.streams.push({
      t: event.timeUs,
      end: datagram ? event.timeUs : null,
      seq: event.sequence,
      track: this.tracks.ofStream(event, peer),
      type: event.streamType,
      id: event.streamId.toString(),
      group: event.group?.toString() ?? null,
      subgroup: event.subgroup?.toString() ?? null,
      reset: null,
      header: header.raw,
      headerLeftOut: header.rawLeftOut,
    });
    this.#open.set(key, index - 1);
  }

  /** False when no such stream is known: it was one of requests, or began before the trace. */
  closed(event: StreamClosedEvent, peer: number): boolean {
    const index = this.#open.get(`${peer}/${event.streamId}`);
    if (index === undefined) return false;
    if (event.errorCode !== 0n) this.resets.set(event.errorCode, (this.resets.get(event.errorCode) ?? 0) + 1);
    const stream = this.streams[index] as Mutable<PageStream> | undefined;
    if (stream === undefined || stream.end !== null) return true;
    stream.end = event.timeUs;
    stream.reset = event.errorCode === 0n ? null : codeText(this.names, 'stream-reset', event.errorCode);
    return true;
  }

  header(event: ObjectHeaderEvent, peer: number): void {
    this.#add(event, peer, event.status, event.priority);
  }

  payload(event: ObjectPayloadEvent, peer: number): void {
    const key = objectKey(event, peer);
    const index = this.#objectAt.get(key) ?? this.#add(event, peer, 0, -1);
    if (index === LEFT_OUT) return;
    const { size } = this.objects;
    size[index] = Math.max(0, size[index] ?? 0) + event.size;
  }

  #add(event: ObjectHeaderEvent | ObjectPayloadEvent, peer: number, status: number, priority: number): number {
    const stream = this.#streamOf(event, peer);
    const index = this.room.take('objects') && stream !== LEFT_OUT ? this.objects.t.length : LEFT_OUT;
    // What was left out is remembered as well: its payload must not be counted as one object more.
    this.#objectAt.set(objectKey(event, peer), index);
    if (index === LEFT_OUT) return index;
    const { t, stream: streams, group, object, size, status: statuses, priority: priorities } = this.objects;
    t.push(event.timeUs);
    streams.push(stream);
    group.push(event.group.toString());
    object.push(event.object.toString());
    size.push(-1);
    statuses.push(status);
    priorities.push(priority);
    return index;
  }

  #streamOf(event: ObjectHeaderEvent | ObjectPayloadEvent, peer: number): number {
    const key = `${peer}/${event.streamId}`;
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    if (!this.room.take('streams')) {
      this.#open.set(key, LEFT_OUT);
      return LEFT_OUT;
    }
    const index = this.streams.push({
      t: event.timeUs,
      end: null,
      seq: event.sequence,
      track: this.tracks.unknown(peer),
      type: 'unknown',
      id: event.streamId.toString(),
      group: event.group.toString(),
      subgroup: null,
      reset: null,
      header: null,
      headerLeftOut: 0,
    });
    this.#open.set(key, index - 1);
    return index - 1;
  }
}

function objectKey(event: ObjectHeaderEvent | ObjectPayloadEvent, peer: number): string {
  return `${peer}/${event.streamId}/${event.group}/${event.object}`;
}
