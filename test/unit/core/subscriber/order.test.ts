import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/util/bytes.js';
import { DRAFTS } from '../../../session/support/sessions.js';
import { randomBytes } from '../../../support/random.js';
import {
  chunksOf,
  payloadOf,
  placesOf,
  roundTrip,
  sendStream,
  subscribedPair,
  takeAll,
  trackPair,
} from '../../../support/tracks.js';
import { eventually } from '../../../support/wait.js';

describe.each(DRAFTS)('the order of items on draft %s', (draft) => {
  it('is by group, whatever order the streams begin and end in', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, { filter: 'current-group' });
    const zero = await sendStream(publication, { group: 0n, objects: ['a'], end: 'open' });
    await sendStream(publication, { group: 2n, objects: ['d'] });
    await sendStream(publication, { group: 1n, objects: ['b', 'c'] });
    const taken = takeAll(subscription);
    await eventually(() => subscription.report().streams === 3, 'all streams arrive');
    await zero.writeObject({ object: 1n }, utf8('A'));
    zero.end();
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await taken;
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['0.0', '0.1', '1.0', '1.1', '2.0']);
    await pair.client.close();
  });

  it('is by subgroup within a group', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, { filter: 'current-group' });
    const objects = (ids: bigint[]): { object: bigint; text: string }[] =>
      ids.map((object) => ({ object, text: `${object}` }));
    await sendStream(publication, { group: 0n, subgroup: 1n, endOfGroup: false, objects: objects([1n, 3n]) });
    await sendStream(publication, { group: 0n, subgroup: 0n, objects: objects([0n, 2n, 4n]) });
    await sendStream(publication, { group: 1n, objects: ['x'] });
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await takeAll(subscription);
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['0.0', '0.2', '0.4', '0.1', '0.3', '1.0']);
    await pair.client.close();
  });

  it('holds a later group back until the earlier one has ended, and hands it on when that takes too long', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, {
      filter: 'current-group',
      limits: { reorderWaitMs: 40 },
    });
    const silent = await sendStream(publication, { group: 0n, objects: ['a'], end: 'open' });
    await sendStream(publication, { group: 1n, objects: ['b'] });
    const taken = takeAll(subscription);
    await eventually(() => subscription.report().objects === 2, 'the later group is handed on');
    await silent.stopped;
    silent.reset('CANCELLED');
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await taken;
    expect(placesOf(items)).toEqual(['0.0', '1.0']);
    expect(items).toContainEqual({ kind: 'gap', what: 'stream', group: 0n, subgroup: 0n });
    expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', exitCode: 9 });
    await pair.client.close();
  });

  it('does not give up a group that is slow while it moves', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, {
      filter: 'current-group',
      limits: { reorderWaitMs: 250 },
    });
    const slow = await sendStream(publication, { group: 0n, objects: [], end: 'open' });
    await sendStream(publication, { group: 1n, objects: ['b'] });
    const taken = takeAll(subscription);
    const end = performance.now() + 600;
    let object = 0n;
    while (performance.now() < end) {
      await slow.writeObject({ object: object++ }, utf8('x'));
      await eventually(() => BigInt(subscription.report().objects) === object, 'the object is handed on');
    }
    slow.end();
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await taken;
    expect(error).toBeUndefined();
    expect(placesOf(items).at(-1)).toBe('1.0');
    await pair.client.close();
  });

  it('gives up the group furthest ahead when what is held back leaves no room for what is missing', async () => {
    const notices: string[] = [];
    const { publication, subscription, pair } = await subscribedPair(
      draft,
      {
        filter: 'current-group',
        limits: { reorderBound: 100_000 },
        onEvent: (event) => event.kind === 'notice' && notices.push(event.notice.message),
      },
      { transport: { server: { streamWindow: 200_000, connectionWindow: 300_000 } } },
    );
    const first = await sendStream(publication, { group: 0n, objects: ['a'], end: 'open' });
    await subscription.nextBatch();
    const later: Promise<unknown>[] = [];
    for (let group = 1n; group <= 3n; group++) {
      later.push(sendStream(publication, { group, objects: ['x'.repeat(150_000)] }).catch(() => {}));
    }
    const taken = takeAll(subscription);
    await eventually(() => subscription.report().streams === 4, 'all streams begin');
    await first.writeObject({ object: 1n }, new Uint8Array(50_000));
    first.end();
    await Promise.all(later);
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await taken;
    expect(placesOf(items)).toEqual(['0.1', '1.0', '2.0']);
    expect(items).toContainEqual({ kind: 'gap', what: 'groups', firstGroup: 3n, lastGroup: 3n });
    expect(notices).toEqual(['nothing more can be held back: group 3 is given up']);
    expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', message: 'missing: 1 groups' });
    await pair.client.close();
  });

  it('is as objects come, when asked for arrival', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, {
      filter: 'current-group',
      order: 'arrival',
    });
    const taken = takeAll(subscription);
    const zero = await sendStream(publication, { group: 0n, objects: ['a'], end: 'open' });
    await eventually(() => subscription.report().objects === 1, 'the first object');
    await sendStream(publication, { group: 1n, objects: ['b'] });
    await eventually(() => subscription.report().objects === 2, 'the second object');
    await zero.writeObject({ object: 1n }, utf8('c'));
    zero.end();
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await taken;
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['0.0', '1.0', '0.1']);
    await pair.client.close();
  });

  it('gives up older groups for the newest, when asked for the latest', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, {
      filter: 'current-group',
      order: 'latest',
    });
    const old = await sendStream(publication, { group: 0n, objects: ['a'], end: 'open' });
    const taken = takeAll(subscription);
    await eventually(() => subscription.report().objects === 1, 'the first object');
    await sendStream(publication, { group: 5n, objects: ['f'] });
    await old.stopped;
    old.reset('CANCELLED');
    await publication.done('TRACK_ENDED', '');
    const { items, error, report } = await taken;
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['0.0', '5.0']);
    expect(report).toMatchObject({ skippedGroups: 1, missing: { groups: 0n, objects: 0n, streams: 0n } });
    await pair.client.close();
  });

  it('is newest group first, each whole, when groups are asked for in descending order', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, {
      filter: 'current-group',
      groupOrder: 'descending',
    });
    await sendStream(publication, { group: 9n, objects: ['a', 'b'] });
    await sendStream(publication, { group: 8n, objects: ['c'] });
    await sendStream(publication, { group: 7n, objects: ['d'] });
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await takeAll(subscription);
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['9.0', '9.1', '8.0', '7.0']);
    await pair.client.close();
  });

  it('survives streams that overtake one another on the way', async () => {
    const bytes = randomBytes(300_000, 7);
    const pair = await trackPair(draft, {
      transport: { latencyMs: 1, streamDelayMs: (id) => (Number(id >> 2n) % 3) * 8 },
    });
    const { items, error } = await roundTrip(
      pair,
      { source: { kind: 'bytes', chunks: chunksOf(bytes, 64 * 1024) }, objectSize: 1000, groupEvery: { objects: 7 } },
      { filter: 'current-group', items: 'pieces' },
    );
    expect(error).toBeUndefined();
    expect(Buffer.compare(payloadOf(items), bytes)).toBe(0);
    await pair.client.close();
  });
});
