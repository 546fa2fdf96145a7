import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../../../src/core/util/bytes.js';
import type { DataLimits } from '../../../../src/core/wire/data-layout.js';
import { encodeFetchHeader, FetchDecoder, FetchEncoder } from '../../../../src/core/wire/fetch.js';
import type { FetchEntry, ObjectHeader } from '../../../../src/core/wire/messages/object.js';
import type { GroupOrder } from '../../../../src/core/wire/messages/parameters.js';
import type { DraftProfile } from '../../../../src/core/wire/profile.js';
import { EncodeError, WireError } from '../../../../src/core/wire/wire-error.js';
import { anyCuts, anyInteger, anyObject, cut, DRAFTS, oneByOne, profileOf } from '../../../support/data-arbitraries.js';

const LIMITS: DataLimits = { maxObjectBytes: 1 << 20, maxPropertiesBytes: 1 << 16 };
const ORDERS: readonly GroupOrder[] = ['ascending', 'descending'];

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex.replaceAll(' ', '')) as Uint8Array;
}

function decode(profile: DraftProfile, hex: string, order: GroupOrder = 'ascending'): FetchEntry[] {
  const decoder = new FetchDecoder(profile, order, LIMITS);
  const entries = decoder.push(bytesOf(hex));
  if (decoder.failure !== null) throw decoder.failure;
  decoder.finish();
  return entries;
}

/** Joins the pieces of each object, so that two ways of cutting can be compared. */
function whole(entries: readonly FetchEntry[]): unknown[] {
  const result: unknown[] = [];
  let parts: Uint8Array[] = [];
  for (const entry of entries) {
    if (entry.kind === 'end-of-range') {
      result.push(entry);
      continue;
    }
    parts.push(entry.bytes);
    if (!entry.complete) continue;
    result.push({ header: entry.header, payload: concatBytes(parts) });
    parts = [];
  }
  return result;
}

function feed(profile: DraftProfile, order: GroupOrder, chunks: readonly Uint8Array[]) {
  const decoder = new FetchDecoder(profile, order, LIMITS);
  const entries: FetchEntry[] = [];
  let error: string | null = null;
  try {
    for (const chunk of chunks) entries.push(...decoder.push(chunk));
    decoder.finish();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(WireError);
    error = (thrown as WireError).message;
  }
  return { entries: whole(entries), error, requestId: decoder.requestId };
}

/** A response with objects and, where the draft has them, ends of ranges, in the given group order. */
function anyResponse(profile: DraftProfile, order: GroupOrder) {
  const hasRanges = profile.data.fetch.kind === 'flags';
  const item = fc.record({
    nextGroup: fc.bigInt({ min: 0n, max: 3n }),
    gap: anyInteger(1n << 40n),
    subgroup: hasRanges ? fc.option(anyInteger(8n)) : anyInteger(8n),
    priority: fc.constantFrom(0, 7, 255),
    range: hasRanges
      ? fc.constantFrom(null, null, null, 'non-existent' as const, 'unknown' as const)
      : fc.constant(null),
    object: anyObject(profile, true),
  });
  return fc.array(item, { maxLength: 8 }).map((items) => {
    const encoder = new FetchEncoder(profile, order);
    const parts = [encodeFetchHeader(profile, 6n)];
    const expected: unknown[] = [];
    let group = 1n << 55n;
    let next = 0n;
    for (const { nextGroup, gap, subgroup, priority, range, object } of items) {
      if (nextGroup > 0n) {
        group += order === 'ascending' ? nextGroup : -nextGroup;
        next = 0n;
      }
      const id = next + gap;
      next = id + 1n;
      if (range !== null) {
        parts.push(encoder.endOfRange(range, group, id));
        expected.push({ kind: 'end-of-range', range, group, object: id });
        continue;
      }
      const status = hasRanges ? 'normal' : object.status;
      const { properties, payload } = object;
      const header: ObjectHeader = {
        group,
        subgroup,
        object: id,
        priority,
        status,
        properties,
        payloadLength: payload.length,
      };
      parts.push(encoder.objectHeader(header), payload);
      expected.push({ header, payload });
    }
    return { bytes: concatBytes(parts), expected };
  });
}

describe.each(DRAFTS.flatMap((draft) => ORDERS.map((order) => ({ draft, order }))))(
  'a fetch stream of draft $draft, $order',
  ({ draft, order }) => {
    const profile = profileOf(draft);

    it('reads back what was written, cut anywhere', () => {
      fc.assert(
        fc.property(anyResponse(profile, order), anyCuts, ({ bytes, expected }, places) => {
          const { entries, error, requestId } = feed(profile, order, cut(bytes, places));
          expect(error).toBeNull();
          expect(requestId).toBe(6n);
          expect(entries).toEqual(expected);
        }),
      );
    });

    it('gives the same byte by byte as in one chunk, also when it is damaged', () => {
      fc.assert(
        fc.property(anyResponse(profile, order), fc.nat(), fc.nat(7), ({ bytes }, place, bit) => {
          const damaged = bytes.slice();
          damaged[place % damaged.length]! ^= 1 << bit;
          expect(feed(profile, order, oneByOne(damaged))).toEqual(feed(profile, order, [damaged]));
        }),
      );
    });

    it('reads any bytes without another error than WireError', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
          feed(profile, order, [concatBytes([bytesOf('0500'), bytes])]);
        }),
      );
    });
  },
);

describe('flags of a fetch stream', () => {
  const d16 = profileOf('16');
  const d18 = profileOf('18');

  it.each([
    ['the group', '05 00 14 00 80 00'],
    ['the object', '05 00 18 00 80 00'],
    ['the priority', '05 00 0c 00 00 00'],
    ['the subgroup', '05 00 1d 00 00 80 00'],
    ['the subgroup plus one', '05 00 1e 00 00 80 00'],
  ])('are refused on the first object when they refer to %s of one before', (_what, hex) => {
    for (const profile of [d16, d18]) expect(() => decode(profile, hex)).toThrow(/prior object/);
  });

  it.each(['8080', '4081', '408d', '410d'])('0x%s are refused where they are not defined', (flags) => {
    expect(() => decode(d16, `05 00 ${flags} 00 00`)).toThrow(/not defined/);
  });

  it('of an object without subgroup leave the two low bits without meaning', () => {
    const [entry] = decode(d16, '05 00 405f 02 03 80 01 ff');
    expect(entry).toMatchObject({ header: { group: 2n, object: 3n, subgroup: null } });
  });

  it('of draft 18 count groups from the one before, in the order that was asked for', () => {
    const twoGroups = '05 00 1c 05 00 80 01 ff 0c 01 03 01 ff';
    expect(decode(d18, twoGroups).map((e) => e.kind === 'object' && e.header.group)).toEqual([5n, 7n]);
    expect(decode(d18, twoGroups, 'descending').map((e) => e.kind === 'object' && e.header.group)).toEqual([5n, 3n]);
    expect(decode(d16, twoGroups).map((e) => e.kind === 'object' && e.header.group)).toEqual([5n, 1n]);
  });

  it('of draft 18 count an object in the same group from the one before, without the one that subgroups add', () => {
    const ids = decode(d18, '05 00 1c 05 02 80 01 ff 04 03 01 ff 00 01 ff').map(
      (e) => e.kind === 'object' && e.header.object,
    );
    expect(ids).toEqual([2n, 5n, 6n]);
  });

  it('of draft 18 let an object ID go on across groups when it is absent', () => {
    const entries = decode(d18, '05 00 1c 05 02 80 01 ff 08 00 01 ff');
    expect(entries[1]).toMatchObject({ header: { group: 6n, object: 3n } });
  });

  it('refuse IDs that leave the range, downward and upward', () => {
    expect(() => decode(d18, '05 00 1c 05 00 80 01 ff 0c 05 00 01 ff', 'descending')).toThrow(/overflows/);
    expect(() => decode(d18, '05 00 1c ffffffffffffffffff 00 80 01 ff 0c 00 00 01 ff')).toThrow(/overflows/);
    expect(() => decode(d18, '05 00 1c 00 ffffffffffffffffff 80 01 ff 00 01 ff')).toThrow(/overflows/);
    expect(() => decode(d16, '05 00 1c 00 ffffffffffffffff 80 01 ff 00 01 ff')).toThrow(/overflows/);
    expect(() => decode(d16, '05 00 1f 00 ffffffffffffffff 00 80 01 ff 02 01 ff')).toThrow(/overflows/);
  });

  it('after the end of a range count from its location, but have no subgroup or priority to refer to', () => {
    const range = '05 00 808c 05 07';
    expect(decode(d18, `${range} 10 80 01 ff`)).toMatchObject([
      { kind: 'end-of-range', range: 'non-existent', group: 5n, object: 7n },
      { header: { group: 5n, object: 8n, subgroup: 0n } },
    ]);
    expect(() => decode(d18, `${range} 11 80 01 ff`)).toThrow(/subgroup/);
    expect(() => decode(d18, `${range} 00 01 ff`)).toThrow(/priority/);
  });
});

describe('a fetch response that a draft cannot carry', () => {
  const header: ObjectHeader = {
    group: 1n,
    subgroup: 0n,
    object: 1n,
    priority: 1,
    status: 'end-of-group',
    properties: new Uint8Array(0),
    payloadLength: 0,
  };

  it('is refused: a status from draft 16 on', () => {
    expect(new FetchEncoder(profileOf('14'), 'ascending').objectHeader(header)).toEqual(
      bytesOf('01 00 01 01 00 00 03'),
    );
    for (const draft of ['16', '18']) {
      expect(() => new FetchEncoder(profileOf(draft), 'ascending').objectHeader(header)).toThrow(EncodeError);
    }
  });

  it('is refused: the end of a range in draft 14', () => {
    expect(() => new FetchEncoder(profileOf('14'), 'ascending').endOfRange('unknown', 1n, 1n)).toThrow(EncodeError);
  });

  it('is refused: a group against the order in draft 18, with nothing changed', () => {
    const encoder = new FetchEncoder(profileOf('18'), 'ascending');
    const normal: ObjectHeader = { ...header, status: 'normal' };
    encoder.objectHeader(normal);
    expect(() => encoder.objectHeader({ ...normal, group: 0n })).toThrow(/ascending/);
    expect(() => encoder.objectHeader({ ...normal, object: 0n })).toThrow(/after/);
    expect(encoder.objectHeader({ ...normal, object: 2n })).toEqual(bytesOf('00 00'));
  });

  it('is refused: any other stream type', () => {
    expect(() => decode(profileOf('16'), '10 00')).toThrow(/FETCH_HEADER/);
  });
});
