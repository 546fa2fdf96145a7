import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MoqtError } from '../../../../src/core/errors/moqt-error.js';
import { createFramer } from '../../../../src/core/framing/framer.js';
import { formatRecord, formatTime } from '../../../../src/core/framing/jsonl.js';
import { parseRecord } from '../../../../src/core/framing/record-parser.js';
import { RecordReader } from '../../../../src/core/framing/record-reader.js';
import type {
  ObjectRecord,
  RecordProperty,
  RecordStatus,
  TrackRecord,
} from '../../../../src/core/records/object-record.js';
import { concatBytes, fromHex, utf8 } from '../../../../src/core/util/bytes.js';
import { anyCuts, cut } from '../../../support/data-arbitraries.js';

const MAX = (1n << 64n) - 1n;

const EXAMPLE: ObjectRecord = {
  kind: 'object',
  namespace: [utf8('live')],
  track: utf8('x'),
  group: 0n,
  subgroup: 0n,
  object: 0n,
  priority: 128,
  forwarding: 'subgroup',
  status: 'normal',
  properties: [
    { type: 0x3cn, value: 1n },
    { type: 0x0bn, value: fromHex('3e02') as Uint8Array },
  ],
  receivedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678) + 0.912,
  payload: utf8('hi\n'),
};

const id = fc.oneof(fc.bigInt({ min: 0n, max: 20n }), fc.bigInt({ min: 0n, max: MAX }), fc.constant(MAX));
const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.string({ unit: 'grapheme' }).map(utf8));
const origin = {
  namespace: fc.array(bytes, { maxLength: 4 }),
  track: bytes,
  receivedAt: fc.option(fc.integer({ min: 0, max: 4_000_000_000_000 })),
};
const property: fc.Arbitrary<RecordProperty> = id.chain((type) =>
  fc.record({ type: fc.constant(type), value: (type & 1n) === 0n ? id : fc.uint8Array({ maxLength: 10 }) }),
);

const anyObjectRecord: fc.Arbitrary<TrackRecord> = fc
  .record({
    ...origin,
    group: id,
    subgroup: fc.option(id),
    object: id,
    priority: fc.nat(255),
    status: fc.constantFrom<RecordStatus>('normal', 'normal', 'does-not-exist', 'end-of-group', 'end-of-track'),
    properties: fc.array(property, { maxLength: 4 }),
    payload: bytes,
  })
  .map((fields) => ({
    kind: 'object' as const,
    ...fields,
    forwarding: fields.subgroup === null ? ('datagram' as const) : ('subgroup' as const),
    payload: fields.status === 'normal' ? fields.payload : new Uint8Array(0),
  }));

const pair = fc.tuple(id, id).map(([a, b]) => (a < b ? [a, b] : [b, a]) as [bigint, bigint]);
const anyExtent = fc.oneof(
  pair.map(([firstGroup, lastGroup]) => ({ what: 'groups' as const, firstGroup, lastGroup })),
  fc
    .tuple(id, pair)
    .map(([group, [firstObject, lastObject]]) => ({ what: 'objects' as const, group, firstObject, lastObject })),
  fc.record({ what: fc.constant('stream' as const), group: id, subgroup: fc.option(id) }),
  fc.record({ what: fc.constant('stream' as const), group: id, subgroup: fc.option(id), code: id }),
  fc.record({ what: fc.constant('streams' as const), count: id }),
);
const anyGap: fc.Arbitrary<TrackRecord> = fc
  .tuple(fc.record(origin), anyExtent)
  .map(([head, extent]) => ({ ...head, kind: 'gap' as const, ...extent }));
const anyEnd: fc.Arbitrary<TrackRecord> = fc.record({
  ...origin,
  kind: fc.constant('end' as const),
  why: fc.constantFrom('track' as const, 'count' as const, 'time' as const, 'stopped' as const, 'failed' as const),
});
const anyRecord = fc.oneof(anyObjectRecord, anyObjectRecord, anyGap, anyEnd);

function lines(records: readonly TrackRecord[]): Uint8Array {
  return concatBytes(records.flatMap((record) => [formatRecord(record), utf8('\n')]));
}

/** The example with fields replaced; undefined takes one away. */
function lineWith(changes: object): Uint8Array {
  return utf8(JSON.stringify({ ...JSON.parse(new TextDecoder().decode(formatRecord(EXAMPLE))), ...changes }));
}

function problemOf(line: Uint8Array): string {
  try {
    parseRecord(line, 7);
  } catch (error) {
    expect(error).toBeInstanceOf(MoqtError);
    expect(error).toMatchObject({ code: 'MOQT_E_USAGE', reason: 'jsonl.record' });
    return (error as MoqtError).message;
  }
  throw new Error('the line was accepted');
}

describe('JSON records', () => {
  it('have the documented keys, in order', () => {
    expect(new TextDecoder().decode(formatRecord(EXAMPLE))).toBe(
      '{"v":1,"kind":"object","namespace":["live"],"track":"x","group":"0","subgroup":"0","object":"0","priority":128,' +
        '"forwarding":"subgroup","status":"normal","properties":[{"type":"0x3c","value":"1"},{"type":"0xb","value":"3e02"}],' +
        '"receivedAt":"2026-01-02T03:04:05.678912Z","encoding":"utf8","payload":"hi\\n"}',
    );
  });

  it('read back as they were written, cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 6 }), anyCuts, (records, places) => {
        const reader = new RecordReader();
        const chunks = cut(lines(records), places);
        expect([...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()]).toEqual(records);
      }),
    );
  });

  it('are written again as the very same bytes', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const line = formatRecord(record);
        expect(formatRecord(parseRecord(line, 1) as TrackRecord)).toEqual(line);
      }),
    );
  });

  it('are base64 exactly when the payload is not UTF-8', () => {
    const json = (payload: Uint8Array) => JSON.parse(new TextDecoder().decode(formatRecord({ ...EXAMPLE, payload })));
    expect(json(Uint8Array.of(0xff, 0x00))).toMatchObject({ encoding: 'base64', payload: '/wA=' });
    expect(json(utf8('\ufeffü\u0000'))).toMatchObject({ encoding: 'utf8', payload: '\ufeffü\u0000' });
    expect(json(new Uint8Array(0))).toMatchObject({ encoding: 'utf8', payload: '' });
  });

  it('write name bytes that are not UTF-8, and percent signs, as %xx', () => {
    const namespace = [concatBytes([utf8('ä%'), Uint8Array.of(0xff)]), utf8('a/b')];
    const line = formatRecord({ ...EXAMPLE, namespace });
    expect(JSON.parse(new TextDecoder().decode(line)).namespace).toEqual(['ä%25%ff', 'a/b']);
    expect(parseRecord(line, 1)?.namespace).toEqual(namespace);
  });

  it('keep microseconds', () => {
    expect(formatTime(1.0005)).toBe('1970-01-01T00:00:00.001001Z');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 51 - 1 }), (micros) => {
        const text = formatTime(micros / 1000);
        const record = parseRecord(lineWith({ receivedAt: text }), 1);
        expect(formatTime(record?.receivedAt as number)).toBe(text);
      }),
    );
  });

  it('read other ways to write the same time', () => {
    for (const receivedAt of ['2026-01-02T04:04:05.678912+01:00', '2026-01-02T03:04:05.678912Z']) {
      expect(formatTime(parseRecord(lineWith({ receivedAt }), 1)?.receivedAt as number)).toBe(
        '2026-01-02T03:04:05.678912Z',
      );
    }
  });
});

describe('a line that is no record', () => {
  it('may lack what the publisher says itself', () => {
    const record = parseRecord(lineWith({ namespace: undefined, track: undefined, receivedAt: undefined }), 1);
    expect(record).toMatchObject({ namespace: [], track: new Uint8Array(0), receivedAt: null });
  });

  it.each([
    ['another version', { v: 2 }, 'v'],
    ['an unknown kind', { kind: 'frame' }, 'kind'],
    ['a number for an ID', { group: 0 }, 'group'],
    ['a negative ID', { object: '-1' }, 'object'],
    ['an ID with a leading zero', { object: '01' }, 'object'],
    ['an ID above 64 bits', { object: '18446744073709551616' }, 'object'],
    ['a missing ID', { group: undefined }, 'group'],
    ['a priority above 255', { priority: 256 }, 'priority'],
    ['a priority as text', { priority: '1' }, 'priority'],
    ['an unknown status', { status: 'gone' }, 'status'],
    ['a status with payload', { status: 'end-of-group' }, 'payload'],
    ['a datagram with a subgroup', { forwarding: 'datagram' }, 'subgroup'],
    ['a subgroup object without one', { subgroup: null }, 'subgroup'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['bad base64', { encoding: 'base64', payload: 'a' }, 'payload'],
    ['an unknown encoding', { encoding: 'hex' }, 'encoding'],
    ['a lone surrogate', { payload: '\ud800' }, 'payload'],
    ['a property type without 0x', { properties: [{ type: '3c', value: '1' }] }, 'properties[0].type'],
    ['bytes under an even type', { properties: [{ type: '0x3c', value: 'ff' }] }, 'properties[0].value'],
    ['no hex under an odd type', { properties: [{ type: '0x3d', value: 'zz' }] }, 'properties[0].value'],
    ['a property with more fields', { properties: [{ type: '0x3d', value: '', x: 1 }] }, 'properties[0]'],
    ['a time that is none', { receivedAt: 'yesterday' }, 'receivedAt'],
    ['an impossible time', { receivedAt: '2026-13-01T00:00:00Z' }, 'receivedAt'],
    ['a namespace as text', { namespace: 'live' }, 'namespace'],
    ['a name with a stray %', { track: '%zz' }, 'track'],
  ])('is refused for %s, with line and field', (_what, changes, field) => {
    const problem = problemOf(lineWith(changes));
    expect(problem).toContain('line 7');
    expect(problem).toContain(JSON.stringify(field));
  });

  it.each([
    ['no JSON', utf8('{'), 'is not JSON'],
    ['a list', utf8('[]'), 'is not a JSON object'],
    ['no UTF-8', Uint8Array.of(0xff), 'is not UTF-8'],
    [
      'a gap that ends before it begins',
      utf8('{"v":1,"kind":"gap","what":"groups","group":"5","lastGroup":"4"}'),
      'lastGroup',
    ],
    ['a gap with a field of another', utf8('{"v":1,"kind":"gap","what":"streams","count":"5","group":"4"}'), 'group'],
    ['an end without reason', utf8('{"v":1,"kind":"end"}'), 'why'],
  ])('is refused: %s', (_what, line, problem) => {
    expect(problemOf(line)).toContain(problem);
  });
});

describe('RecordReader', () => {
  it('counts lines and passes over those of white space', () => {
    const reader = new RecordReader();
    const good = formatRecord(EXAMPLE);
    expect(reader.push(concatBytes([good, utf8('\r\n\n  \n'), good]))).toHaveLength(1);
    expect(reader.end()).toHaveLength(1);
    expect(reader.lines).toBe(4);
  });

  it('hands on the records before a bad line, and then throws', () => {
    const reader = new RecordReader();
    expect(reader.push(concatBytes([formatRecord(EXAMPLE), utf8('\n{\n')]))).toHaveLength(1);
    expect(() => reader.push(utf8('\n'))).toThrow(/line 2/);
    expect(() => reader.end()).toThrow(/line 2/);
  });

  it('refuses a line above the maximum', () => {
    const reader = new RecordReader({ maxRecordBytes: 10 });
    expect(() => reader.push(utf8('x'.repeat(11)))).toThrow(/above the maximum/);
  });
});

describe('framers that show the place of an object', () => {
  it('jsonl writes a line for each object, gap and end', () => {
    const framer = createFramer({ kind: 'jsonl' });
    const reader = new RecordReader();
    const gap: TrackRecord = {
      kind: 'gap',
      what: 'streams',
      count: 2n,
      namespace: [],
      track: utf8('t'),
      receivedAt: null,
    };
    const payload = utf8('other');
    const written = concatBytes([...framer.frame(payload, EXAMPLE), ...framer.event(gap), ...framer.end()]);
    expect(reader.push(written)).toEqual([{ ...EXAMPLE, payload }, gap]);
    expect(() => framer.frame(payload)).toThrow(TypeError);
  });

  it('hexdump shows where, what and the bytes, and nothing that acts on a terminal', () => {
    const framer = createFramer({ kind: 'hexdump' });
    const payload = concatBytes([utf8('0123456789abcdef'), Uint8Array.of(0x1b, 0x5b, 0x41)]);
    expect(new TextDecoder().decode(concatBytes(framer.frame(payload, EXAMPLE)))).toBe(
      [
        '# group 0, subgroup 0, object 0, priority 128, properties 0x3c=1 0xb=3e02, 19 bytes',
        '00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|',
        '00000010  1b 5b 41                                          |.[A|',
        '00000013',
        '',
      ].join('\n'),
    );
  });

  it('hexdump shows gaps and the end', () => {
    const framer = createFramer({ kind: 'hexdump' });
    fc.assert(
      fc.property(fc.oneof(anyGap, anyEnd), (record) => {
        if (record.kind === 'object') return;
        expect(new TextDecoder().decode(concatBytes(framer.event(record)))).toMatch(/^# (gap|end): [^\n]+\n$/);
      }),
    );
  });
});
