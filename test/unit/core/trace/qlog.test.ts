import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MoqtError } from '../../../../src/core/errors/moqt-error.js';
import type { TraceEvent, TraceHeader } from '../../../../src/core/records/trace-event.js';
import { QlogReader } from '../../../../src/core/trace/qlog/reader.js';
import { QlogWriter } from '../../../../src/core/trace/qlog/writer.js';
import type { TraceItem } from '../../../../src/core/trace/trace-item.js';
import { concatBytes, fromHex, utf8 } from '../../../../src/core/util/bytes.js';
import { traceEvent, traceHeader } from '../../../support/trace-arbitraries.js';

const HEADER: TraceHeader = {
  protocol: 'moq-transport-18',
  perspective: 'client',
  detail: 'headers',
  startTime: 1_700_000_000_000,
};

function write(header: TraceHeader, events: readonly TraceEvent[]): Uint8Array {
  const writer = new QlogWriter();
  return concatBytes([writer.header(header), ...events.map((event) => writer.event(event)), writer.end()]);
}

function read(bytes: Uint8Array, chunk = bytes.length || 1): TraceItem[] {
  const reader = new QlogReader();
  const items: TraceItem[] = [];
  for (let at = 0; at < bytes.length; at += chunk) items.push(...reader.push(bytes.slice(at, at + chunk)));
  return [...items, ...reader.end()];
}

const eventsOf = (items: readonly TraceItem[]) => items.flatMap((item) => (item.type === 'event' ? [item.event] : []));
const notesOf = (items: readonly TraceItem[]) => items.flatMap((item) => (item.type === 'note' ? [item.note] : []));

/** An object as it is traced, all in one, and the records that it makes. */
const at = { sequence: 1, timeUs: 1500 };
const object = (streamId: bigint): TraceEvent[] => [
  { kind: 3, ...at, streamId, group: 4n, object: 2n ** 60n, priority: 7, status: 0 },
  { kind: 4, ...at, sequence: 2, timeUs: 1501, streamId, group: 4n, object: 2n ** 60n, size: 3, payload: utf8('abc') },
];

describe('a qlog file of ours', () => {
  it('reads back as what was written, however its bytes are cut', () => {
    fc.assert(
      fc.property(
        traceHeader,
        fc.array(traceEvent, { maxLength: 6 }),
        fc.integer({ min: 1, max: 300 }),
        (header, events, chunk) => {
          const items = read(write(header, events), chunk);
          expect(items[0]).toEqual({ type: 'header', header });
          expect(eventsOf(items)).toEqual(events);
          expect(notesOf(items)).toEqual([]);
        },
      ),
    );
  });

  it('gives everything before a cut', () => {
    fc.assert(
      fc.property(fc.array(traceEvent, { minLength: 1, maxLength: 5 }), fc.nat(), (events, position) => {
        const head = write(HEADER, []).length;
        const bytes = write(HEADER, events);
        const whole = eventsOf(read(bytes.subarray(0, head + (position % (bytes.length - head)))));
        expect(whole).toEqual(events.slice(0, whole.length));
      }),
    );
  });

  it('survives any flipped byte with a typed error, a note, or other values', () => {
    fc.assert(
      fc.property(
        fc.array(traceEvent, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (events, position, flip) => {
          const bytes = write(HEADER, events);
          bytes[position % bytes.length] = (bytes[position % bytes.length] as number) ^ flip;
          try {
            read(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(MoqtError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('says an object and its payload in one event, in the words of the qlog draft', () => {
    const opened: TraceEvent = {
      kind: 1,
      sequence: 0,
      timeUs: 1400,
      streamId: 3n,
      direction: 'sent',
      streamType: 'subgroup',
      trackAlias: 9n,
      group: 4n,
      subgroup: 1n,
      header: fromHex('1d09040107') as Uint8Array,
    };
    const end: TraceEvent = { ...object(3n)[0], sequence: 3, object: 2n ** 60n + 3n, status: 1 } as TraceEvent;
    const events = [opened, ...object(3n), end];
    expect(eventsOf(read(write(HEADER, events)))).toEqual(events);
    const [file, ...records] = new TextDecoder().decode(write(HEADER, events)).split('\x1e').slice(1);
    // Until there is an RFC the version of the draft is part of the name.
    expect(JSON.parse(file as string).trace.event_schemas).toEqual(['urn:ietf:params:qlog:events:moqt-07']);
    expect(records.map((text) => JSON.parse(text)).map(({ name, time, data }) => ({ name, time, data }))).toEqual([
      {
        name: 'moqt:stream_type_set',
        time: 1.4,
        data: { owner: 'local', stream_id: 3, stream_type: 'subgroup_header' },
      },
      {
        name: 'moqt:subgroup_header_created',
        time: 1.4,
        data: {
          stream_id: 3,
          track_alias: 9,
          group_id: 4,
          subgroup_id: 1,
          subgroup_id_mode: 2,
          publisher_priority: 7,
          contains_end_of_group: true,
          properties_present: true,
          raw: { length: 5, data: '1d09040107' },
        },
      },
      {
        name: 'moqt:subgroup_object_created',
        time: 1.5,
        data: {
          stream_id: 3,
          group_id: 4,
          object_id: String(2n ** 60n),
          object_id_delta: String(2n ** 60n),
          publisher_priority: 7,
          subgroup_id: 1,
          object_status: 0,
          object_payload_length: 3,
          object_payload: { length: 3, data: '616263' },
        },
      },
      {
        name: 'moqt:subgroup_object_created',
        time: 1.5,
        data: {
          stream_id: 3,
          group_id: 4,
          object_id: String(2n ** 60n + 3n),
          object_id_delta: 2,
          publisher_priority: 7,
          subgroup_id: 1,
          object_status: 3,
          object_payload_length: 0,
        },
      },
    ]);
  });

  it('has the same record for an object, whichever way it was written', () => {
    const uint64 = fc.oneof(fc.nat({ max: 300 }).map(BigInt), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
    const base = { sequence: fc.nat(), timeUs: fc.nat({ max: 2 ** 40 }) };
    const header = fc.record({ ...base, object: uint64, priority: fc.nat({ max: 255 }), status: fc.nat({ max: 3 }) });
    const payload = fc.option(fc.record({ ...base, size: fc.nat() }), { nil: undefined });
    const stream = fc.record({
      streamId: uint64,
      group: uint64,
      subgroup: fc.option(uint64, { nil: undefined }),
      direction: fc.constantFrom('sent' as const, 'received' as const),
    });
    const peer = fc.option(fc.string(), { nil: undefined });
    fc.assert(
      fc.property(stream, peer, header, payload, ({ streamId, group, subgroup, direction }, name, first, then) => {
        const common = { streamId, group, ...(name === undefined ? {} : { peer: name }) };
        const sg = subgroup === undefined ? {} : { subgroup };
        const opened = {
          kind: 1,
          sequence: 0,
          timeUs: 0,
          ...common,
          direction,
          streamType: 'subgroup',
          ...sg,
        } as const;
        const events = (extra: object): TraceEvent[] => [
          opened,
          { kind: 3, ...common, ...first, ...extra },
          ...(then === undefined ? [] : [{ kind: 4 as const, ...common, object: first.object, ...then }]),
        ];
        const last = (extra: object): string =>
          new TextDecoder()
            .decode(write(HEADER, events(extra)))
            .split('\x1e')
            .at(-1) as string;
        // A key that is not known makes it take the general way.
        expect(last({})).toBe(last({ extra: { 'x-odd': 1 } }).replace(/,"x-odd":1/, ''));
      }),
    );
  });

  it('says a datagram in one event', () => {
    const opened: TraceEvent = {
      kind: 1,
      sequence: 0,
      timeUs: 1400,
      streamId: 2n ** 62n,
      direction: 'received',
      streamType: 'datagram',
      trackAlias: 9n,
      group: 4n,
    };
    const events = [opened, ...object(2n ** 62n)];
    const records = new TextDecoder().decode(write(HEADER, events)).split('\x1e').slice(2);
    expect(records.map((text) => JSON.parse(text)).map(({ name, data }) => ({ name, data }))).toMatchObject([
      { name: 'moqt:object_datagram_parsed', data: { track_alias: 9, group_id: 4 } },
    ]);
    // It has no stream: the ID that we number it with is not for others.
    expect(JSON.parse(records[0] as string).data.stream_id).toBeUndefined();
    expect(eventsOf(read(write(HEADER, events)))).toEqual(events);
  });
});

describe('a qlog file of another program', () => {
  const lines = (...records: object[]) => utf8(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const head = {
    qlog_version: '0.3',
    qlog_format: 'JSON-SEQ',
    title: 'other',
    trace: { vantage_point: { type: 'server' } },
  };

  it('is read without separators, and its events of other schemas become annotations that go back as they were', () => {
    const packet = {
      time: 0.25,
      name: 'transport:packet_sent',
      data: { header: { packet_number: 1 } },
      group_id: 'ab',
    };
    const items = read(lines(head, packet));
    expect(eventsOf(items)).toEqual([
      {
        kind: 7,
        sequence: 0,
        timeUs: 250,
        label: 'transport:packet_sent',
        data: packet.data,
        extra: { group_id: 'ab' },
      },
    ]);
    const again = new TextDecoder().decode(write(HEADER, eventsOf(items))).split('\x1e')[2] as string;
    expect(JSON.parse(again)).toMatchObject(packet);
  });

  it('keeps integers that JSON numbers cannot hold', () => {
    const text = `${JSON.stringify(head)}\n{"time":1,"name":"moqt:fetch_header_parsed","data":{"stream_id":4611686018427387903,"request_id":"7"}}\n`;
    expect(eventsOf(read(utf8(text)))).toMatchObject([
      { kind: 1, streamId: 2n ** 62n - 1n, streamType: 'fetch', fetchRequestId: 7n },
    ]);
  });

  it('may leave the group to the header of the stream, and count the IDs of objects from the one before', () => {
    const event = (name: string, data: object) => ({
      time: 1,
      name: `moqt:${name}_parsed`,
      data: { stream_id: 3, ...data },
    });
    const size = { object_payload_length: 5 };
    const items = read(
      lines(
        head,
        event('subgroup_header', { track_alias: 1, group_id: 8 }),
        event('subgroup_object', { object_id_delta: 2, ...size }),
        event('subgroup_object', { object_id_delta: 0, ...size }),
        event('subgroup_object', { object_id_delta: 1, object_status: 4, object_payload_length: 0 }),
        // Of a stream that nothing is known of.
        { ...event('subgroup_object', { object_id_delta: 0 }), data: { stream_id: 7, object_id_delta: 0 } },
      ),
    );
    const objects = eventsOf(items).flatMap((event) =>
      event.kind === 3 ? [[event.group, event.object, event.status]] : [],
    );
    expect(objects).toEqual([
      [8n, 2n, 0],
      [8n, 3n, 0],
      [8n, 5n, 2],
    ]);
    expect(eventsOf(items).at(-1)).toMatchObject({ kind: 'unknown', eventType: 3 });
  });

  it.each([
    ['a clock that began anywhere', { reference_time: { clock_type: 'monotonic', epoch: 'unknown' } }, 5, 0],
    [
      'such a clock, with the time of the wall',
      {
        reference_time: {
          clock_type: 'monotonic',
          epoch: 'unknown',
          wall_clock_time: '2025-01-02T03:04:05.000000006Z',
        },
      },
      5,
      Date.UTC(2025, 0, 2, 3, 4, 5),
    ],
    ['a clock without any words', { reference_time: { clock_type: '', epoch: '' } }, 5, 0],
    [
      '1970',
      {
        time_format: 'relative_to_epoch',
        reference_time: { clock_type: 'system', epoch: '1970-01-01T00:00:00.000Z' },
      },
      1_700_000_000_005,
      1_700_000_000_005,
    ],
    [
      '1970, with a reference',
      { time_format: 'absolute', reference_time: 1_700_000_000_000 },
      1_700_000_000_005,
      1.7e12,
    ],
    ['1970, without saying so', {}, 1_700_000_000_005, 1_700_000_000_005],
  ])('has times that count from %s', (_, common, first, start) => {
    const file = { file_schema: 'urn:ietf:params:qlog:file:sequential', serialization_format: 'JSON-SEQ' };
    const events = [0, 2].map((more) => ({ time: first + more, name: 'a:b', data: {} }));
    const items = read(lines({ ...file, trace: { common_fields: common } }, ...events));
    expect(items[0]).toMatchObject({ type: 'header', header: { startTime: start } });
    const [one, two] = eventsOf(items).map(({ timeUs }) => timeUs) as [number, number];
    expect([one, two - one]).toEqual([start > 0 && first > 1e11 ? (first - start) * 1000 : 5000, 2000]);
  });

  it('is read as one document, with times that count from the one before', () => {
    const trace = {
      vantage_point: { type: 'client' },
      common_fields: { time_format: 'delta', reference_time: 5 },
      events: [
        { time: 1, name: 'a:b', data: {} },
        { time: 2, name: 'a:c', data: {} },
      ],
    };
    const items = read(utf8(JSON.stringify({ qlog_version: '0.3', qlog_format: 'JSON', traces: [trace] }, null, 2)));
    expect(items[0]).toMatchObject({ header: { perspective: 'client', startTime: 5 } });
    expect(eventsOf(items).map(({ timeUs }) => timeUs)).toEqual([1000, 3000]);
  });

  it('skips what is no event and says so, and tells a cut from damage', () => {
    const bytes = concatBytes([
      lines(head, { no: 'event' }),
      utf8('{"time":\n'),
      lines({ time: 1, name: 'a:b' }),
      utf8('{"time":2,"na'),
    ]);
    const items = read(bytes);
    expect(eventsOf(items)).toHaveLength(1);
    expect(notesOf(items).map(({ kind }) => kind)).toEqual(['skipped', 'corrupt', 'truncated']);
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello\nworld\n'],
    ['other JSON', '{"a":1}\n'],
    ['a number', '5\n'],
  ])('refuses %s', (_, text) => {
    expect(() => read(utf8(text))).toThrow(MoqtError);
  });
});
