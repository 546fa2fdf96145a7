import type {
  AnnotationEvent,
  ControlMessageEvent,
  ObjectHeaderEvent,
  ObjectPayloadEvent,
  StreamOpenedEvent,
  TraceEvent,
  TraceHeader,
  TraceMap,
  TraceValue,
} from '../../records/trace-event.js';
import { concatBytes, toHex, utf8 } from '../../util/bytes.js';
import { eventToEntries } from '../event-fields.js';
import { headerToMap, isMap } from '../header-fields.js';
import { type Json, type JsonMap, valueToJson } from '../json-value.js';
import type { TraceEncoder } from '../trace-item.js';
import { NAMES, OWN_PREFIX, STATUSES } from './event-names.js';
import { objectText } from './object-text.js';
import { StreamPlaces } from './stream-places.js';
import { subgroupFields } from './subgroup-fields.js';

/** The version whose shapes are written: until it is an RFC, the number is part of the name. */
const SCHEMA = 'urn:ietf:params:qlog:events:moqt-07';
/** Streams whose direction is remembered; beyond them objects are written as received. */
const MAX_STREAMS = 100_000;
const VANTAGE: Readonly<Record<string, string>> = { client: 'client', server: 'server' };

/**
 * Writes JSON-SEQ (RFC 7464) with the events of draft-pardue-moq-qlog-moq-events; kinds that it lacks get names of ours.
 * What its events have no place for stands beside their `data` in `moqtrace`, so that converting back loses nothing.
 */
export class QlogWriter implements TraceEncoder {
  readonly objects = null;
  private readonly streams = new Map<string, StreamOpenedEvent>();
  private readonly places = new StreamPlaces();
  private lastDatagram = '';
  private protocol = '';
  /** Waits for the object, or the payload, that makes one qlog event with it. */
  private held: (StreamOpenedEvent | ObjectHeaderEvent)[] = [];

  header(header: TraceHeader): Uint8Array {
    this.protocol = header.protocol;
    return record({
      qlog_version: '0.3',
      qlog_format: 'JSON-SEQ',
      title: header.source ?? 'moqt',
      description: 'MoQ Transport events',
      trace: {
        vantage_point: { type: VANTAGE[header.perspective] ?? 'network' },
        common_fields: { time_format: 'relative', reference_time: header.startTime, protocol_type: ['MOQT'] },
        event_schemas: [SCHEMA],
        moqtrace: valueToJson(headerToMap(header)),
      },
    });
  }

  event(event: TraceEvent): Uint8Array {
    const done: Uint8Array[] = [];
    if (!this.belongs(event)) done.push(...this.release());
    if (event.kind === 1) this.remember(event);
    if (event.kind === 2) {
      this.streams.delete(streamKey(event));
      this.places.closed(streamKey(event));
    }
    if (event.kind === 3 || (event.kind === 1 && event.streamType === 'datagram')) this.held.push(event);
    else if (event.kind === 4 && this.held.length > 0) done.push(...this.release(event));
    else done.push(this.single(event));
    return concatBytes(done);
  }

  end(): Uint8Array {
    return concatBytes(this.release());
  }

  /** Whether it completes what is held. */
  private belongs(event: TraceEvent): boolean {
    const last = this.held.at(-1);
    if (last === undefined) return true;
    if ((event.kind !== 3 && event.kind !== 4) || streamKey(event) !== streamKey(last)) return false;
    if (event.kind === 3) return last.kind === 1;
    return last.kind === 3 && last.group === event.group && last.object === event.object;
  }

  private release(payload?: ObjectPayloadEvent): Uint8Array[] {
    const [first, second] = this.held;
    this.held = [];
    if (first === undefined) return [];
    if (first.kind === 3) return [this.object(null, first, payload)];
    if (second?.kind === 3) return [this.object(first, second, payload)];
    return [this.single(first)];
  }

  private single(event: TraceEvent): Uint8Array {
    switch (event.kind) {
      case 0:
        return this.control(event);
      case 1:
        return event.streamType === 'datagram' ? this.own(event) : this.streamHeader(event);
      case 7:
        // An event of another qlog file goes back under its own name.
        return isForeign(event.label) ? foreign(event) : this.own(event);
      default:
        return this.own(event);
    }
  }

  private control(event: ControlMessageEvent): Uint8Array {
    const { message, raw, streamId } = event;
    const type = isMap(message) && typeof message.message_type === 'string' ? message.message_type : null;
    const used = ['d', 'sid', 'raw'];
    const fields = type === null ? null : plainFields(message as TraceMap);
    const shown = fields === null ? { type: `0x${event.messageType.toString(16)}` } : { type, ...fields };
    if (fields !== null) used.push('msg');
    const data: JsonMap = {
      ...(streamId === undefined ? {} : { stream_id: integer(streamId) }),
      ...(raw === undefined ? {} : { length: raw.length }),
      message: shown,
      ...(raw === undefined ? {} : { raw: { length: raw.length, data: toHex(raw) } }),
    };
    const more = message === null ? { ...rest(event, used), msg: null } : rest(event, used);
    const record = timed(event, `moqt:control_message_${created(event.direction)}`, data, more);
    const opens = type !== null && /^(?:client_|server_)?setup$/.test(type);
    return opens ? concatBytes([this.streamType(event, 'control'), record]) : record;
  }

  private streamHeader(event: StreamOpenedEvent): Uint8Array {
    const isFetch = event.streamType === 'fetch';
    const keys = isFetch ? (['sid', 'fri'] as const) : (['sid', 'ta', 'g', 'sg'] as const);
    const data = project(event, keys);
    const hdr: JsonMap =
      event.header === undefined ? {} : { raw: { length: event.header.length, data: toHex(event.header) } };
    const used = [...keys, 'd', 'st', 'hdr'];
    const type = isFetch ? 'fetch_header' : 'subgroup_header';
    const said = isFetch || event.header === undefined ? {} : subgroupFields(this.protocol, event.header);
    return concatBytes([
      this.streamType(event, type),
      timed(event, `moqt:${type}_${created(event.direction)}`, { ...data, ...said, ...hdr }, rest(event, used)),
    ]);
  }

  /** Says what the next event implies, for readers that look for it; ours passes it over. */
  private streamType(event: ControlMessageEvent | StreamOpenedEvent, type: string): Uint8Array {
    if (event.streamId === undefined) return NOTHING;
    const owner = event.direction === 'sent' ? 'local' : 'remote';
    return timed(event, 'moqt:stream_type_set', { owner, stream_id: integer(event.streamId), stream_type: type }, {});
  }

  /** An object: its header, the datagram it came in, and its payload, as far as they stand together. */
  private object(
    datagram: StreamOpenedEvent | null,
    header: ObjectHeaderEvent,
    payload?: ObjectPayloadEvent,
  ): Uint8Array {
    const stream = this.streams.get(streamKey(header));
    const kind =
      datagram !== null ? 'object_datagram' : stream?.streamType === 'fetch' ? 'fetch_object' : 'subgroup_object';
    const delta = kind === 'subgroup_object' ? this.places.deltaTo(streamKey(header), header.object) : null;
    const text = datagram === null ? objectText(header, payload, stream, delta) : null;
    if (text !== null) return framed(text);
    const status = STATUSES[header.status];
    const data: JsonMap = {
      ...(datagram === null ? project(header, ['sid']) : project(datagram, ['ta'])),
      ...project(header, ['g', 'o']),
      ...(delta === null ? {} : { object_id_delta: integer(delta) }),
      ...project(header, ['pp']),
      ...(datagram === null && stream?.subgroup !== undefined ? { subgroup_id: integer(stream.subgroup) } : {}),
      // Fetched objects have no status of their own.
      ...(kind === 'fetch_object' || status === undefined ? {} : { object_status: status }),
      // Only a status says that there is none: the payload of another may come later, after other events.
      ...(payload === undefined && header.status === 0 ? {} : { object_payload_length: payload?.size ?? 0 }),
      ...(payload?.payload === undefined
        ? {}
        : { object_payload: { length: payload.payload.length, data: toHex(payload.payload) } }),
    };
    const isSaid = kind !== 'fetch_object' && status !== undefined;
    const used = ['g', 'o', 'pp', ...(datagram === null ? ['sid'] : []), ...(isSaid ? ['os'] : [])];
    const more = {
      ...rest(header, used),
      ...(datagram === null ? {} : { datagram: { t: datagram.timeUs, ...rest(datagram, ['sid', 'ta']) } }),
      ...(payload === undefined
        ? {}
        : { payload: { t: payload.timeUs, ...rest(payload, ['sid', 'g', 'o', 'sz', 'pl']) } }),
    };
    return timed(header, `moqt:${kind}_${created(stream?.direction ?? 'received')}`, data, more);
  }

  /** A kind that the qlog draft does not have. */
  private own(event: TraceEvent): Uint8Array {
    const name = event.kind === 'unknown' ? `kind_${event.eventType}` : (OWN_NAMES[event.kind] ?? `kind_${event.kind}`);
    const all = rest(event, []);
    const identity = new Set(['n', 'e', 'p']);
    const part = (isIdentity: boolean): JsonMap =>
      Object.fromEntries(Object.entries(all).filter(([key]) => identity.has(key) === isIdentity));
    return timed(event, OWN_PREFIX + name, part(false), part(true));
  }

  private remember(event: StreamOpenedEvent): void {
    const key = streamKey(event);
    if (event.streamType === 'datagram') {
      // A datagram has an ID of its own, which never comes again.
      this.streams.delete(this.lastDatagram);
      this.lastDatagram = key;
    } else if (this.streams.size >= MAX_STREAMS) return;
    this.streams.set(key, event);
    if (event.streamType === 'subgroup') this.places.opened(key, null, null);
  }
}

const NOTHING = new Uint8Array(0);

/** Keys that stand in a record for something else than themselves. */
const RESERVED: ReadonlySet<string> = new Set(['time', 'name', 'data', 'moqtrace', 'n', 't', 'e', 'p', 'label']);

const OWN_NAMES: Readonly<Record<number, string>> = {
  1: 'datagram',
  2: 'stream_closed',
  4: 'object_payload',
  5: 'state_change',
  6: 'error',
  7: 'annotation',
  8: 'peer_connected',
  9: 'peer_disconnected',
};

/** The keys of an event but its time and `used`, as JSON. */
function rest(event: TraceEvent, used: readonly string[]): JsonMap {
  const entries = eventToEntries(event).filter(([key]) => key !== 't' && !used.includes(key));
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'bigint' ? short(value) : valueToJson(value)]),
  );
}

/** A field of an event becomes a bigint again by itself. */
function short(value: bigint): Json {
  return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : valueToJson(value);
}

function project(event: StreamOpenedEvent | ObjectHeaderEvent, keys: readonly (keyof typeof NAMES)[]): JsonMap {
  const values = new Map(eventToEntries(event));
  const entries = keys.flatMap((key): [string, Json][] => {
    const value = values.get(key);
    if (value === undefined) return [];
    return [[NAMES[key], typeof value === 'bigint' ? integer(value) : (value as Json)]];
  });
  return Object.fromEntries(entries);
}

/** qlog's uint64: a number while JSON can carry it exactly. */
function integer(value: bigint): Json {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}

function created(direction: 'sent' | 'received'): string {
  return direction === 'sent' ? 'created' : 'parsed';
}

/** The names of the events of other schemas have two parts; ours would be read as what they are. */
function isForeign(label: string): boolean {
  return label.includes(':') && !/^moqt(race)?:/.test(label);
}

function foreign(event: AnnotationEvent): Uint8Array {
  const beside = Object.entries(event.extra ?? {}).filter(([key]) => !RESERVED.has(key));
  const more = rest(event, ['label', 'data', ...beside.map(([key]) => key)]);
  return timed(event, event.label, valueToJson(event.data), more, beside);
}

/** The fields of a message but its type; null when JSON would have to say them in another way. */
function plainFields(message: TraceMap): JsonMap | null {
  const { message_type: _, ...fields } = message;
  return Object.keys(fields).some((key) => key === 'type' || key.startsWith('$'))
    ? null
    : (valueToJson(fields) as JsonMap);
}

function streamKey({ peer = '', streamId }: { readonly peer?: string | undefined; readonly streamId: bigint }): string {
  return `${streamId} ${peer}`;
}

function timed(
  event: TraceEvent,
  name: string,
  data: Json,
  more: JsonMap,
  beside: readonly (readonly [string, TraceValue])[] = [],
): Uint8Array {
  const time = event.timeUs / 1000;
  return record({
    ...Object.fromEntries(beside.map(([key, value]) => [key, valueToJson(value)])),
    time,
    name,
    data,
    moqtrace: Math.round(time * 1000) === event.timeUs ? more : { ...more, t: event.timeUs },
  });
}

function record(json: JsonMap): Uint8Array {
  return framed(JSON.stringify(json));
}

function framed(json: string): Uint8Array {
  return utf8(`\x1e${json}\n`);
}
