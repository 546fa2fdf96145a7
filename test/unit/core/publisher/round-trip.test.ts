import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Forwarding, GroupPolicy } from '../../../../src/core/publisher/group-policy.js';
import type { PlacedObject } from '../../../../src/core/publisher/object-planner.js';
import { placedObjects } from '../../../../src/core/publisher/record-source.js';
import { toRecord } from '../../../../src/core/subscriber/to-record.js';
import type { ReceivedPiece, TrackItem } from '../../../../src/core/subscriber/track-item.js';
import { utf8 } from '../../../../src/core/util/bytes.js';
import { DRAFTS, profileOf } from '../../../session/support/sessions.js';
import { randomBytes } from '../../../support/random.js';
import {
  batches,
  chunksOf,
  objectsOf,
  payloadOf,
  placesOf,
  roundTrip,
  TRACK,
  trackPair,
} from '../../../support/tracks.js';

const KIB = 1024;

describe.each(DRAFTS)('publish then subscribe on draft %s', (draft) => {
  it.each([0, 1, 16 * KIB, 16 * KIB + 1, 9 * KIB * KIB])('gives %d bytes back as they were', async (size) => {
    const bytes = randomBytes(size, size + 1);
    const pair = await trackPair(draft);
    const { items, error, report, publishReport } = await roundTrip(
      pair,
      { source: { kind: 'bytes', chunks: chunksOf(bytes, 64 * KIB) } },
      { items: 'pieces', filter: 'current-group' },
    );
    expect(error).toBeUndefined();
    expect(Buffer.compare(payloadOf(items), bytes)).toBe(0);
    const objects = Math.ceil(size / (16 * KIB));
    expect(report).toMatchObject({ outcome: 'complete', bytes: size, objects, duplicates: 0, late: 0 });
    expect(report.missing).toEqual({ groups: 0n, objects: 0n, streams: 0n });
    expect(publishReport).toMatchObject({ outcome: 'complete', bytes: size, objects, subscribers: 0 });
    expect(publishReport.subscriptions).toMatchObject([{ end: 'complete', bytes: size, notDelivered: 0 }]);
    await pair.client.close();
  });

  it('gives every record back as one object, the empty ones too', async () => {
    const records = ['one', '', 'three', '', ''].map(utf8);
    const pair = await trackPair(draft);
    const { items, error, report } = await roundTrip(pair, {
      source: { kind: 'records', batches: batches(records.slice(0, 2), records.slice(2)) },
      groupEvery: { objects: 2 },
    });
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['0.0', '0.1', '1.0', '1.1', '2.0', '3.0 end-of-track']);
    expect(objectsOf(items).map(({ payload }) => Buffer.from(payload).toString())).toEqual([
      'one',
      '',
      'three',
      '',
      '',
      '',
    ]);
    expect(report).toMatchObject({ objects: 5, statuses: 1, groups: 3 });
    await pair.client.close();
  });

  it('is the identity for any bytes, sizes, groups and ways of forwarding', async () => {
    const pair = await trackPair(draft);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40_000 }),
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 20, max: 1100 }),
        fc.oneof<fc.Arbitrary<GroupPolicy>[]>(
          fc.record({ objects: fc.integer({ min: 1, max: 30 }) }),
          fc.record({ bytes: fc.integer({ min: 1, max: 20_000 }) }),
        ),
        fc.constantFrom<Forwarding>('subgroup', 'object', 'datagram'),
        async (size, chunk, objectSize, groupEvery, forwarding) => {
          const bytes = randomBytes(size, chunk);
          const source = { kind: 'bytes', chunks: chunksOf(bytes, chunk) } as const;
          const { items, error } = await roundTrip(pair, { source, objectSize, groupEvery, forwarding });
          expect(error).toBeUndefined();
          expect(Buffer.compare(payloadOf(items), bytes)).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
    await pair.client.close();
  });

  it('is the identity for placed objects: IDs, priorities, properties, statuses, holes', async () => {
    const place = (
      group: bigint,
      subgroup: bigint,
      object: bigint,
      more: Partial<PlacedObject> = {},
    ): PlacedObject => ({
      group,
      subgroup,
      object,
      priority: 7,
      status: 'normal',
      properties: [],
      payload: utf8(`${group}.${object}`),
      ...more,
    });
    const objects = [
      place(3n, 0n, 0n),
      place(3n, 0n, 2n, { properties: [{ type: 0x3en, value: 1n }] }),
      place(3n, 1n, 3n, { priority: 200, payload: new Uint8Array(0) }),
      place(3n, 1n, 4n, { priority: 200, payload: Uint8Array.of(0, 255, 10) }),
      place(3n, 1n, 5n, { priority: 200, status: 'end-of-group', payload: new Uint8Array(0) }),
      place(4n, 0n, 0n, { properties: [{ type: 0x41n, value: utf8('x') }] }),
      place(4n, 0n, 3n),
      place(6n, 0n, 0n),
      place(6n, 0n, 1n, { status: 'end-of-track', payload: new Uint8Array(0) }),
    ];
    const first = await trackPair(draft);
    const once = await roundTrip(
      first,
      { source: { kind: 'objects', batches: batches(objects) } },
      { allowGaps: true, limits: { reorderWaitMs: 20 } },
    );
    expect(once.error).toBeUndefined();
    expect(objectsOf(once.items).map(placed)).toEqual(objects);
    expect(once.items.filter(({ kind }) => kind === 'gap')).toEqual([
      { kind: 'gap', what: 'objects', group: 4n, firstObject: 1n, lastObject: 2n },
      { kind: 'gap', what: 'groups', firstGroup: 5n, lastGroup: 5n },
    ]);

    const second = await trackPair(draft);
    const records = (once.items as Exclude<TrackItem, ReceivedPiece>[]).map((item) =>
      toRecord(item, TRACK, profileOf(draft)),
    );
    const twice = await roundTrip(
      second,
      { source: { kind: 'objects', batches: placedObjects(batches(records)) } },
      { allowGaps: true, limits: { reorderWaitMs: 20 } },
    );
    expect(twice.items.map(withoutTime)).toEqual(once.items.map(withoutTime));
    await first.client.close();
    await second.client.close();

    function placed(item: ReturnType<typeof objectsOf>[number]): PlacedObject {
      const record = toRecord(item, TRACK, profileOf(draft));
      if (record.kind !== 'object') throw new Error('not an object');
      const { group, subgroup, object, priority, status, properties, payload } = record;
      return { group, subgroup, object, priority, status, properties: [...properties], payload };
    }
  });
});

function withoutTime(item: TrackItem): object {
  return { ...item, receivedAt: null };
}
