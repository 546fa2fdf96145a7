import { type TraceEvent, type TraceHeader, type TraceValue, traceDraft } from '../../records/trace-event.js';
import { fromHex } from '../../util/bytes.js';
import { PROFILES, profileByDraft } from '../../wire/drafts/index.js';
import { eventFromMap } from '../event-fields.js';
import { isMap } from '../header-fields.js';
import { type Json, type JsonMap, valueFromJson } from '../json-value.js';
import { NAMES, OWN_PREFIX, statusFrom } from './event-names.js';
import type { QlogClock } from './qlog-clock.js';
import { StreamPlaces } from './stream-places.js';

type Entries = Record<string, TraceValue>;

/** Datagrams of others have no stream: they get IDs that no QUIC stream has. */
const FIRST_DATAGRAM_ID = 2n ** 62n;

/** Follows from what other events say; ours has it for other readers. */
const STREAM_TYPE = 'moqt:stream_type_set';

/** Makes events of qlog records. */
export class EventImporter {
  private sequence = 0;
  private datagrams = FIRST_DATAGRAM_ID;
  private readonly streams = new StreamPlaces();

  constructor(
    private readonly header: TraceHeader,
    private readonly clock: QlogClock,
  ) {}

  /** One record may stand for up to three events: a datagram, its object, its payload. Null: it is no event. */
  events(json: JsonMap): readonly TraceEvent[] | null {
    const { name, data } = json;
    const time = typeof json.time === 'string' ? Number(json.time) : json.time;
    if (typeof name !== 'string' || typeof time !== 'number' || !Number.isFinite(time)) return null;
    const own = json.moqtrace === undefined ? null : json.moqtrace;
    const events =
      typeof own === 'object' && own !== null && !Array.isArray(own)
        ? this.exact(name, Math.round(time * 1000), map(data), own, json)
        : this.foreign(name, Math.max(0, Math.round(this.clock.toRelative(time) * 1000)), data ?? null, json);
    const whole = events.filter((event): event is TraceEvent => event !== null);
    return whole.length === events.length ? whole : null;
  }

  /** A record of ours: what `data` has no place for stands in `moqtrace`. */
  private exact(name: string, t: number, data: JsonMap, more: JsonMap, json: JsonMap): (TraceEvent | null)[] {
    const { datagram, payload, ...rest } = more;
    const e: Entries = { t, ...values(rest) };
    if (name === STREAM_TYPE) return [];
    if (name.startsWith(OWN_PREFIX)) return [eventFromMap({ ...e, ...values(data) })];
    if (!name.startsWith('moqt:')) {
      const { time: _t, name: _n, data: _d, moqtrace: _m, ...beside } = json;
      return [eventFromMap({ ...values(beside), label: name, data: valueFromJson(json.data ?? null), ...e })];
    }
    const direction = { d: name.endsWith('_created') ? 0 : 1 };
    if (name.startsWith('moqt:control_message_')) {
      return [eventFromMap({ ...pick(data, ['sid']), ...raw(data, 'raw'), ...message(data), ...direction, ...e })];
    }
    if (name.startsWith('moqt:fetch_header_')) {
      return [eventFromMap({ ...pick(data, ['sid', 'fri']), ...raw(data, 'hdr'), ...direction, st: 2, ...e })];
    }
    if (name.startsWith('moqt:subgroup_header_')) {
      return [
        eventFromMap({ ...pick(data, ['sid', 'ta', 'g', 'sg']), ...raw(data, 'hdr'), ...direction, st: 0, ...e }),
      ];
    }
    // The ID of a datagram is ours, and stands beside.
    const sid: Entries = { ...pick(data, ['sid']), ...(e.sid === undefined ? {} : { sid: e.sid }) };
    const id = { ...sid, ...pick(data, ['g', 'o']) };
    const events = [eventFromMap({ ...id, ...pick(data, ['pp']), os: statusFrom(data.object_status), ...e })];
    if (datagram !== undefined) {
      events.unshift(eventFromMap({ ...sid, ...pick(data, ['ta']), ...values(map(datagram)) }));
    }
    if (payload !== undefined) {
      events.push(eventFromMap({ ...id, ...size(data), ...values(map(payload)) }));
    }
    return events;
  }

  /** A record of another program. */
  private foreign(name: string, t: number, data: Json, json: JsonMap): (TraceEvent | null)[] {
    const fields = map(data);
    const direction = { d: /_(created|sent)$/.test(name) ? 0 : 1 };
    const event = name.replace(/_(created|parsed)$/, '');
    const next = (entries: Entries): TraceEvent | null => eventFromMap({ n: this.sequence++, t, ...entries });
    if (event === 'moqt:control_message') return [next({ e: 0, ...direction, ...this.control(fields) })];
    const common: Entries = { ...pick(fields, ['sid']), ...direction };
    if (event === 'moqt:subgroup_header') {
      const { g = null, sg = null } = pick(fields, ['g', 'sg']);
      this.streams.opened(String(common.sid), g as bigint | null, sg as bigint | null);
      return [
        next({
          e: 1,
          ...common,
          st: 0,
          ...pick(fields, ['ta', 'g', 'sg']),
          ...others(fields, ['sid', 'ta', 'g', 'sg']),
        }),
      ];
    }
    if (event === 'moqt:fetch_header') {
      return [next({ e: 1, ...common, st: 2, ...pick(fields, ['fri']), ...others(fields, ['sid', 'fri']) })];
    }
    if (event === 'moqt:subgroup_object' || event === 'moqt:fetch_object') {
      return this.object(this.objectId(fields), fields, next);
    }
    if (event === 'moqt:object_datagram' || event === 'moqt:object_datagram_status') {
      const sid = this.datagrams++;
      const opened = next({ e: 1, sid, ...direction, st: 1, ...pick(fields, ['ta', 'g']) });
      // A datagram without an ID has the object 0.
      return [opened, ...this.object({ o: 0, ...pick(fields, ['g', 'o']), sid }, fields, next)];
    }
    const { time: _t, name: _n, data: _d, ...beside } = json;
    return [next({ ...values(beside), e: 7, label: name, data: valueFromJson(data) })];
  }

  /** The group may be left to the stream's header, and the ID to the object before (from draft-06 on). */
  private objectId(fields: JsonMap): Entries {
    const id = pick(fields, ['sid', 'g', 'o']);
    const stream = String(id.sid);
    const delta = integer(fields.object_id_delta);
    const group = id.g ?? this.streams.find(stream)?.group ?? undefined;
    const object = id.o ?? (delta === null ? null : this.streams.objectAt(stream, delta)) ?? undefined;
    return { ...id, ...(group === undefined ? {} : { g: group }), ...(object === undefined ? {} : { o: object }) };
  }

  private object(id: Entries, fields: JsonMap, next: (entries: Entries) => TraceEvent | null): (TraceEvent | null)[] {
    const { pp = 128 } = pick(fields, ['pp']);
    const used = ['sid', 'ta', 'g', 'o', 'pp', 'os'] as const;
    const length = ['object_id_delta', 'object_payload_length', 'payload_length', 'object_payload', 'raw'];
    const header = next({
      ...others(fields, used, length),
      e: 3,
      ...id,
      pp,
      os: statusFrom(fields.object_status),
    });
    const payload = size(fields);
    return payload.sz === undefined ? [header] : [header, next({ e: 4, ...id, ...payload })];
  }

  /** The message under `message` (the qlog draft) or beside `stream_id` (mlog). */
  private control(fields: JsonMap): Entries {
    const { stream_id: _s, length: _l, raw: _r, message: inner, event_type: _e, ...flat } = fields;
    const { type, message_type: flatType, ...rest } = typeof inner === 'object' && inner !== null ? map(inner) : flat;
    const name = [type, flatType, inner].find((text): text is string => typeof text === 'string') ?? 'unknown';
    return {
      ...pick(fields, ['sid']),
      ...raw(fields, 'raw'),
      mt: this.messageType(name),
      msg: { message_type: name, ...values(rest) },
    };
  }

  /** The number of a message by its name, in the file's draft or any other; a name that none has is 0. */
  private messageType(name: string): bigint {
    if (/^(0x[0-9a-f]+|\d+)$/i.test(name)) return BigInt(name);
    const draft = traceDraft(this.header.protocol);
    const own = draft === null ? undefined : profileByDraft(draft);
    for (const profile of own === undefined ? PROFILES : [own, ...PROFILES]) {
      const layout = profile.control.layoutByView(name.toLowerCase());
      if (layout !== undefined) return BigInt(layout.id);
    }
    return 0n;
  }
}

function map(json: Json | undefined): JsonMap {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {};
}

function values(json: JsonMap): Entries {
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, valueFromJson(value)]));
}

/** Integers of qlog may be numbers or strings. */
function integer(json: Json | undefined): bigint | null {
  if (typeof json === 'string') return /^\d{1,20}$/.test(json) ? BigInt(json) : null;
  return typeof json === 'number' && Number.isInteger(json) && json >= 0 ? BigInt(json) : null;
}

function pick(data: JsonMap, keys: readonly (keyof typeof NAMES)[]): Entries {
  const picked: Entries = {};
  for (const key of keys) {
    const value = integer(data[NAMES[key]]);
    if (value !== null) picked[key] = key === 'pp' ? Number(value) : value;
  }
  return picked;
}

/** What a foreign record says beyond what we know. */
function others(data: JsonMap, used: readonly (keyof typeof NAMES)[], more: readonly string[] = []): Entries {
  const known = new Set<string>([...used.map((key) => NAMES[key]), ...more, 'event_type']);
  return values(Object.fromEntries(Object.entries(data).filter(([key]) => !known.has(key))));
}

function raw(data: JsonMap, key: string): Entries {
  const { data: hex } = map(data.raw);
  const bytes = typeof hex === 'string' ? fromHex(hex) : null;
  return bytes === null ? {} : { [key]: bytes };
}

function message(data: JsonMap): Entries {
  const { type, ...rest } = map(data.message);
  const fields = valueFromJson(rest);
  return { msg: isMap(fields) ? { message_type: valueFromJson(type ?? null), ...fields } : fields };
}

function size(data: JsonMap): Entries {
  const body = map(data.object_payload);
  const length = [data.object_payload_length, data.payload_length, body.length].map(integer).find((n) => n !== null);
  const bytes = typeof body.data === 'string' ? fromHex(body.data) : null;
  return {
    ...(length === undefined || length === null ? {} : { sz: Number(length) }),
    ...(bytes === null ? {} : { pl: bytes }),
  };
}
