import { MoqtError } from '../errors/moqt-error.js';
import type { OutgoingSubgroup, Publication } from '../session/session.js';
import type { Clock } from '../util/clock.js';
import type { ObjectFragment, ObjectHeader } from '../wire/messages/object.js';
import type { DraftProfile } from '../wire/profile.js';
import { encodeProperties } from '../wire/properties.js';
import type { TrackLog, TrackObject } from './track-log.js';
import type { WriterStreams } from './writer-streams.js';

const DATAGRAM_RETRY_MS = 1;
/** Entries that go out in one write, where the session offers that. */
const MAX_BATCH = 512;
const MAX_BATCH_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);

/** Brings entries of the log onto the streams of one publication, or into datagrams, and counts them. */
export class EntrySender {
  readonly #publication: Publication;
  readonly #log: TrackLog;
  readonly #profile: DraftProfile;
  readonly #streams: WriterStreams;
  readonly #clock: Clock;
  /** Entries that the last call of `send` dealt with. */
  taken = 0;
  objects = 0;
  bytes = 0;
  datagrams = 0;
  /** Objects whose stream the peer had stopped. */
  skipped = 0;

  constructor(publication: Publication, log: TrackLog, profile: DraftProfile, streams: WriterStreams, clock: Clock) {
    this.#publication = publication;
    this.#log = log;
    this.#profile = profile;
    this.#streams = streams;
    this.#clock = clock;
  }

  /** Sends the object at the cursor, and those that can go with it. A promise: wait for it before the next call. */
  send(entry: TrackObject, cursor: number): Promise<void> | undefined {
    this.taken = 0;
    return entry.subgroup === null ? this.#sendDatagram(entry) : this.#sendOnStream(entry, entry.subgroup, cursor);
  }

  #sendOnStream(entry: TrackObject, subgroup: bigint, cursor: number): Promise<void> | undefined {
    const stream = this.#streams.find(entry.group, subgroup);
    if (stream === undefined) return this.#streams.open(entry, subgroup);
    if (stream === 'stopped') {
      this.taken = 1;
      if (entry.status === 'normal') this.skipped++;
      if (entry.fin) this.#streams.end(entry.group, subgroup);
      return undefined;
    }
    const count = stream.writeFragments === undefined ? 1 : Math.max(1, this.#runLength(entry, cursor));
    const pause = count > 1 ? this.#writeRun(stream, entry, cursor, count) : this.#writeOne(stream, entry);
    const last = count > 1 ? (this.#log.at(cursor + count - 1) as TrackObject) : entry;
    this.taken = count;
    const wait = pause === undefined ? undefined : this.#streams.guard(pause, entry.group, subgroup);
    if (last.fin) this.#streams.end(entry.group, subgroup);
    return wait;
  }

  #writeOne(stream: OutgoingSubgroup, entry: TrackObject): Promise<void> | undefined {
    const { object, status, payload } = entry;
    if (status === 'normal') this.objects++;
    this.bytes += payload.length;
    this.#streams.count(payload.length, status === 'normal' ? 1 : 0);
    if (status === 'normal' && entry.properties.length === 0) return stream.writeObject({ object }, payload);
    return stream.writeObject({ object, status, properties: this.#encode(entry) }, payload);
  }

  /** How many entries from the cursor on go to the same stream and need nothing but their payload. */
  #runLength({ group, subgroup }: TrackObject, cursor: number): number {
    let bytes = 0;
    let count = 0;
    const available = Math.min(this.#log.head - cursor, MAX_BATCH);
    while (count < available && bytes < MAX_BATCH_BYTES) {
      const first = this.#log.at(cursor + count);
      if (first.kind !== 'object' || first.group !== group || first.subgroup !== subgroup) break;
      if (first.status !== 'normal' || first.properties.length > 0) break;
      const { length } = first.payload;
      const alike = first.fin ? 1 : this.#log.endOfStretch(cursor + count) - cursor - count;
      const room = length === 0 ? available : Math.ceil((MAX_BATCH_BYTES - bytes) / length);
      const taken = Math.min(alike, available - count, room);
      bytes += taken * length;
      count += taken;
      if (first.fin) break;
    }
    return count;
  }

  #writeRun(
    stream: OutgoingSubgroup,
    { group, subgroup }: TrackObject,
    cursor: number,
    count: number,
  ): Promise<void> | undefined {
    const fragments: ObjectFragment[] = [];
    let total = 0;
    for (let sequence = cursor; sequence < cursor + count; ) {
      let { object } = this.#log.at(sequence) as TrackObject;
      const end = Math.min(this.#log.endOfStretch(sequence), cursor + count);
      for (; sequence < end; sequence++, object++) {
        const bytes = this.#log.payloadAt(sequence);
        const header = plainHeader(group, subgroup, object, bytes.length);
        fragments.push({ header, offset: 0, bytes, complete: true });
        total += bytes.length;
      }
    }
    this.objects += count;
    this.bytes += total;
    this.#streams.count(total, count);
    return stream.writeFragments?.(fragments);
  }

  #sendDatagram(entry: TrackObject): Promise<void> | undefined {
    const { group, object, status, payload, priority, endOfGroup } = entry;
    const properties = entry.properties.length === 0 ? undefined : this.#encode(entry);
    const result = this.#publication.sendDatagram({
      group,
      object,
      payload,
      endOfGroup,
      ...(status === 'normal' ? {} : { status }),
      ...(priority === undefined ? {} : { priority }),
      ...(properties === undefined ? {} : { properties }),
    });
    if (result === 'too-large') throw datagramTooLarge(entry);
    if (result === 'full') {
      return new Promise((resolve) => this.#clock.after(DATAGRAM_RETRY_MS, resolve));
    }
    this.taken = 1;
    this.datagrams++;
    if (status === 'normal') this.objects++;
    this.bytes += payload.length;
    return undefined;
  }

  #encode(entry: TrackObject): Uint8Array {
    return entry.properties.length === 0 ? NOTHING : encodeProperties(this.#profile, entry.properties);
  }
}

/** Of an object that has nothing but a payload. The stream's own priority counts. */
function plainHeader(group: bigint, subgroup: bigint | null, object: bigint, payloadLength: number): ObjectHeader {
  return { group, subgroup, object, priority: 0, status: 'normal', properties: NOTHING, payloadLength };
}

function datagramTooLarge(entry: TrackObject): MoqtError {
  return new MoqtError(
    'MOQT_E_ENCODE',
    `object ${entry.group}.${entry.object} of ${entry.payload.length} bytes does not fit a datagram to this peer`,
    { stage: 'publish', cause: 'datagram.too-large', hint: 'publish smaller objects, or forward by streams' },
  );
}
