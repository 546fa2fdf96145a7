import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteCutter } from '../../../../src/core/publisher/byte-cutter.js';
import { settleOptions } from '../../../../src/core/publisher/check-options.js';
import { type Forwarding, ObjectNumberer } from '../../../../src/core/publisher/group-policy.js';
import { ObjectPlanner, type PlacedObject } from '../../../../src/core/publisher/object-planner.js';
import { Pacer } from '../../../../src/core/publisher/pacer.js';
import { publish } from '../../../../src/core/publisher/publish.js';
import type { PublishOptions } from '../../../../src/core/publisher/publish-options.js';
import { type LogEntry, TrackLog } from '../../../../src/core/publisher/track-log.js';
import { subscribe } from '../../../../src/core/subscriber/subscribe.js';
import { concatBytes, utf8 } from '../../../../src/core/util/bytes.js';
import { profileOf } from '../../../session/support/sessions.js';
import { FedSource } from '../../../support/fed-source.js';
import { ManualClock } from '../../../support/manual-clock.js';
import { randomBytes } from '../../../support/random.js';
import { batches, objectsOf, TRACK, takeAll, trackPair } from '../../../support/tracks.js';

const EMPTY = new Uint8Array(0);

function describeEntry(entry: LogEntry): string {
  if (entry.kind === 'group-closed') return `${entry.group} closed`;
  const { group, subgroup, object, status, endOfGroup, fin } = entry;
  const marks = `${status === 'normal' ? '' : ` ${status}`}${endOfGroup ? ' eog' : ''}${fin ? ' fin' : ''}`;
  return `${group}/${subgroup ?? 'd'}/${object}${marks}`;
}

describe('cutting bytes', () => {
  it('gives pieces of the size asked for, whatever the chunks', () => {
    const chunks = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 20 });
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 60 }), (sizes, size) => {
        const bytes = randomBytes(sizes.reduce((sum, one) => sum + one, 0));
        const cutter = new ByteCutter(size);
        const pieces: Uint8Array[] = [];
        let offset = 0;
        for (const one of sizes) {
          cutter.push(bytes.subarray(offset, offset + one), (piece) => pieces.push(piece));
          offset += one;
        }
        expect(pieces.every((piece) => piece.length === size)).toBe(true);
        expect(cutter.pendingBytes).toBe(bytes.length % size);
        cutter.flush((piece) => pieces.push(piece));
        expect(Buffer.compare(pieces.length === 0 ? EMPTY : concatBytes(pieces), bytes)).toBe(0);
      }),
    );
  });
});

describe('numbering', () => {
  async function numbered(forwarding: Forwarding): Promise<string[]> {
    const clock = new ManualClock();
    const numberer = new ObjectNumberer({ objects: 2, ms: 100 }, forwarding, undefined, clock);
    const entries: string[] = [];
    const append = (entry: LogEntry): void => void entries.push(describeEntry(entry));
    for (const wait of [0, 0, 0, 100, 0]) {
      await clock.advance(wait);
      numberer.add(EMPTY, append);
    }
    numberer.add(EMPTY, append);
    numberer.end(append);
    return entries;
  }

  it('marks the end of each group on its stream, and of the track on a stream of its own', async () => {
    expect(await numbered('subgroup')).toEqual([
      '0/0/0 eog',
      '0/0/1 eog fin',
      '1/0/0 eog',
      '1 closed',
      '2/0/0 eog',
      '2/0/1 eog fin',
      '3/0/0 eog',
      '3 closed',
      '4/0/0 end-of-track fin',
    ]);
  });

  it('says by a status that a group has ended where the last object did not know', async () => {
    expect(await numbered('object')).toEqual([
      '0/0/0 fin',
      '0/1/1 eog fin',
      '1/0/0 fin',
      '1/1/1 end-of-group fin',
      '2/0/0 fin',
      '2/1/1 eog fin',
      '3/0/0 fin',
      '3/1/1 end-of-group fin',
      '4/0/0 end-of-track fin',
    ]);
    expect((await numbered('datagram')).slice(0, 4)).toEqual([
      '0/d/0 fin',
      '0/d/1 eog fin',
      '1/d/0 fin',
      '1/d/1 end-of-group fin',
    ]);
  });

  it('begins a new group by size', () => {
    const numberer = new ObjectNumberer({ bytes: 10 }, 'subgroup', 5, new ManualClock());
    const entries: LogEntry[] = [];
    for (const size of [4, 5, 6, 20, 1]) numberer.add(new Uint8Array(size), (entry) => entries.push(entry));
    expect(entries.map(describeEntry)).toEqual([
      '0/0/0 eog',
      '0/0/1 eog',
      '0/0/2 eog fin',
      '1/0/0 eog fin',
      '2/0/0 eog',
    ]);
    expect(numberer.groups).toBe(3);
  });
});

describe('placed objects', () => {
  const place = (group: bigint, object: bigint, more: Partial<PlacedObject> = {}): PlacedObject => ({
    group,
    subgroup: 0n,
    object,
    payload: EMPTY,
    ...more,
  });

  it('end their group when the next one begins, later once they have been out of order', () => {
    const planner = new ObjectPlanner(profileOf('18'));
    const entries: string[] = [];
    const append = (entry: LogEntry): void => void entries.push(describeEntry(entry));
    for (const group of [0n, 1n, 0n, 2n, 3n]) planner.add(place(group, 0n), append);
    planner.stop(append);
    expect(entries).toEqual([
      '0/0/0',
      '0 closed',
      '1/0/0',
      '0/0/0',
      '2/0/0',
      '3/0/0',
      '1 closed',
      '0 closed',
      '2 closed',
      '3 closed',
    ]);
  });

  it.each([
    ['a status with a payload', place(0n, 0n, { status: 'end-of-group', payload: utf8('x') })],
    ['a status with properties', place(0n, 0n, { status: 'end-of-group', properties: [{ type: 2n, value: 1n }] })],
    ['an impossible priority', place(0n, 0n, { priority: 256 })],
  ])('cannot be %s', (_, object) => {
    expect(() => new ObjectPlanner(profileOf('18')).add(object, () => {})).toThrow(
      expect.objectContaining({ code: 'MOQT_E_ENCODE', exitCode: 2 }),
    );
  });

  it.each([
    ['group 4611686018427387904', place(1n << 62n, 0n)],
    ['subgroup 4611686018427387904', place(0n, 7n, { subgroup: 1n << 62n })],
    ['object 4611686018427387904', place(0n, 1n << 62n)],
    ['property type 4611686018427387904', place(0n, 7n, { properties: [{ type: 1n << 62n, value: 1n }] })],
    [
      'property 0x40 with the value 4611686018427387904',
      place(0n, 7n, { properties: [{ type: 64n, value: 1n << 62n }] }),
    ],
  ])('cannot have a %s where the draft has no such integer, and the error says so', (what, object) => {
    for (const draft of ['14', '16'] as const) {
      expect(() => new ObjectPlanner(profileOf(draft)).add(object, () => {})).toThrow(
        expect.objectContaining({
          code: 'MOQT_E_ENCODE',
          message: `object ${object.group}.${object.object}: ${what} is outside 0…4611686018427387903, the integers of draft ${draft}`,
        }),
      );
    }
    expect(() => new ObjectPlanner(profileOf('18')).add(object, () => {})).not.toThrow();
  });

  it('can have a property type beyond the integers of draft 16 when another one comes before', () => {
    const properties = [
      { type: 1n << 62n, value: 1n },
      { type: 2n, value: 1n },
    ];
    expect(() => new ObjectPlanner(profileOf('16')).add(place(0n, 0n, { properties }), () => {})).not.toThrow();
    expect(() => new ObjectPlanner(profileOf('14')).add(place(0n, 0n, { properties }), () => {})).toThrow(/type/);
  });

  it('cannot mix datagrams and streams where the draft forbids it', () => {
    const planner = new ObjectPlanner(profileOf('14'));
    planner.add(place(0n, 0n), () => {});
    expect(() => planner.add(place(0n, 1n, { subgroup: null }), () => {})).toThrow(
      expect.objectContaining({ reason: 'publish.mixed-forwarding' }),
    );
  });
});

describe('the log of a track', () => {
  const object = (group: bigint, id: bigint, size: number): LogEntry => ({
    kind: 'object',
    group,
    subgroup: 0n,
    object: id,
    status: 'normal',
    priority: undefined,
    properties: [],
    payload: new Uint8Array(size),
    endOfGroup: true,
    hasProperties: false,
    fin: false,
  });

  it('keeps the current group for those who come late, and forgets the rest', () => {
    const log = new TrackLog(10_000);
    for (let id = 0n; id < 3n; id++) log.append(object(0n, id, 100));
    log.trim(log.head);
    expect([log.base, log.joinPoint, log.currentGroupIsWhole]).toEqual([0, 0, true]);
    log.append(object(1n, 0n, 100));
    log.trim(log.head);
    expect([log.base, log.joinPoint, log.currentGroupIsWhole]).toEqual([3, 3, true]);
    expect(log.largest).toEqual({ group: 1n, object: 0n });
    expect(() => log.at(2)).toThrow(RangeError);
  });

  it('keeps what somebody has yet to get', () => {
    const log = new TrackLog(10_000);
    log.append(object(0n, 0n, 100));
    log.append(object(1n, 0n, 100));
    log.trim(0);
    expect(log.base).toBe(0);
    log.trim(1);
    expect(log.base).toBe(1);
  });

  it('forgets the beginning of a group that is too large to keep', () => {
    const log = new TrackLog(1000);
    for (let id = 0n; id < 10n; id++) log.append(object(0n, id, 300));
    log.trim(log.head);
    expect(log.joinPoint).toBe(8);
    expect(log.currentGroupIsWhole).toBe(false);
    expect(log.offsetOf(log.head) - log.offsetOf(8)).toBeLessThanOrEqual(1000);
  });

  it('stays small over many groups', () => {
    const log = new TrackLog(1000);
    for (let group = 0n; group < 20_000n; group++) {
      log.append(object(group, 0n, 10));
      log.append({ kind: 'group-closed', group });
      log.trim(log.head);
    }
    expect(log.head - log.base).toBe(2);
    expect(log.offsetOf(log.base)).toBeLessThan(log.headOffset);
    expect(log.at(log.head - 1)).toEqual({ kind: 'group-closed', group: 19_999n });
  });
});

describe('pacing', () => {
  it('keeps an absolute schedule', () => {
    const pacer = new Pacer({ intervalMs: 10 });
    expect(pacer.delay(1000, 1)).toBe(0);
    expect(pacer.delay(1003, 1)).toBe(7);
    // Late once, in time again: the lateness is not added up.
    expect(pacer.delay(1025, 1)).toBe(-5);
    expect(pacer.delay(1025, 1)).toBe(5);
  });

  it('takes the slowest of several limits, and a rest is no arrears', () => {
    const pacer = new Pacer({ bytesPerSecond: 1000, objectsPerSecond: 100 });
    expect(pacer.delay(0, 500)).toBe(0);
    expect(pacer.delay(0, 1)).toBe(500);
    pacer.paused(300);
    expect(pacer.delay(0, 1)).toBe(801);
  });

  it.each([{ bytesPerSecond: 0 }, { objectsPerSecond: Number.NaN }, { intervalMs: -1 }])('%j is refused', (pace) => {
    expect(() => new Pacer(pace)).toThrow(expect.objectContaining({ code: 'MOQT_E_USAGE' }));
  });

  it('spaces objects on the wire', async () => {
    const pair = await trackPair('18');
    const source = { kind: 'records', batches: batches(['a', 'b', 'c', 'd'].map(utf8)) } as const;
    // No earlier than the pace allows: how much later, and how even, is the machine's affair.
    const startedAt = Date.now();
    const publisher = publish(pair.publisherSession, { track: TRACK, source, pace: { intervalMs: 15 } });
    const { items } = await takeAll(await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000 }));
    const times = objectsOf(items).map(({ receivedAt }) => receivedAt);
    expect(times).toHaveLength(5);
    expect((times[3] as number) - startedAt).toBeGreaterThan(30);
    await publisher.done;
    await pair.client.close();
  });

  it('ends after the number of objects that was asked for', async () => {
    const pair = await trackPair('18');
    const fed = new FedSource();
    const publisher = publish(pair.publisherSession, { track: TRACK, source: fed.source, count: 3 });
    fed.give('a', 'b');
    fed.give('c', 'd');
    const { report } = await takeAll(await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000 }));
    expect(report.objects).toBe(3);
    expect(await publisher.done).toMatchObject({ outcome: 'complete', objects: 3 });
    expect(fed.returned).toBe(true);
    await pair.client.close();
  });
});

describe('publish options', () => {
  const source: PublishOptions['source'] = { kind: 'bytes', chunks: batches() as AsyncIterable<Uint8Array> };

  it.each([
    { objectSize: 0 },
    { priority: 256 },
    { priority: 1.5 },
    { count: 0 },
    { groupEvery: {} },
    { groupEvery: { objects: -1 } },
    { pace: { intervalMs: 0 } },
  ])('%j are refused before anything is sent', async (options) => {
    const pair = await trackPair('18');
    const sent = pair.publisherSession.transport.stats().sentBytes;
    const { done } = publish(pair.publisherSession, { track: TRACK, source, ...options });
    await expect(done).rejects.toMatchObject({ code: 'MOQT_E_USAGE', exitCode: 2 });
    expect(pair.publisherSession.transport.stats().sentBytes).toBe(sent);
    await pair.client.close();
  });

  it('know what fits a datagram', async () => {
    const pair = await trackPair('18');
    const settle = (more: Partial<PublishOptions>): object =>
      settleOptions(pair.publisherSession, { track: TRACK, source, forwarding: 'datagram', ...more });
    expect(settle({})).toMatchObject({ objectSize: 1168 });
    expect(settle({ objectSize: 500 })).toMatchObject({ objectSize: 500 });
    expect(() => settle({ objectSize: 1200 })).toThrow(expect.objectContaining({ reason: 'datagram.too-large' }));
    await pair.client.close();
    const none = await trackPair('18', { transport: { maxDatagramSize: null } });
    expect(() => settleOptions(none.publisherSession, { track: TRACK, source, forwarding: 'datagram' })).toThrow(
      expect.objectContaining({ reason: 'datagram.unsupported' }),
    );
    await none.client.close();
  });

  it('let a record that fits no datagram fail, and the subscriber know', async () => {
    const pair = await trackPair('18');
    const publisher = publish(pair.publisherSession, {
      track: TRACK,
      source: { kind: 'records', batches: batches([utf8('fits'), new Uint8Array(5000)]) },
      forwarding: 'datagram',
    });
    publisher.done.catch(() => {});
    const subscription = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000 });
    const { error } = await takeAll(subscription);
    expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', wire: { name: 'INTERNAL_ERROR' } });
    await expect(publisher.done).rejects.toMatchObject({ code: 'MOQT_E_ENCODE', reason: 'datagram.too-large' });
    await pair.client.close();
  });
});
