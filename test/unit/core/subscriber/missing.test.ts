import { describe, expect, it } from 'vitest';
import type { TrackItem } from '../../../../src/core/subscriber/track-item.js';
import { encodeProperties, PROPERTY } from '../../../../src/core/wire/properties.js';
import { DRAFTS, profileOf } from '../../../session/support/sessions.js';
import { placesOf, sendStream, subscribedPair, takeAll } from '../../../support/tracks.js';
import { eventually } from '../../../support/wait.js';

const FAST = {
  filter: 'current-group',
  limits: { reorderWaitMs: 30, quietMs: 30, streamWaitMs: 60, doneWaitMs: 30 },
} as const;

describe.each(DRAFTS)('what is missing of a track on draft %s', (draft) => {
  it('is nothing when all is there', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    await sendStream(publication, { group: 7n, objects: [{ object: 4n, text: 'joined here' }] });
    await sendStream(publication, { group: 8n, objects: ['a', 'b'] });
    await publication.done('SUBSCRIPTION_ENDED', '');
    const { items, error, report } = await takeAll(subscription);
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['7.4', '8.0', '8.1']);
    expect(report).toMatchObject({ outcome: 'complete', groups: 2, streams: 2 });
    await pair.client.close();
  });

  it('is a group that is absent', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    await sendStream(publication, { group: 0n, objects: ['a'] });
    await sendStream(publication, { group: 3n, objects: ['b'] });
    await publication.done('TRACK_ENDED', '');
    const { items, error, report } = await takeAll(subscription);
    expect(items).toContainEqual({ kind: 'gap', what: 'groups', firstGroup: 1n, lastGroup: 2n });
    expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', reason: 'track.gap', message: 'missing: 2 groups' });
    expect(report).toMatchObject({ outcome: 'failed', objects: 2, missing: { groups: 2n } });
    await pair.client.close();
  });

  it('is an object that is absent, at the beginning of a later group too', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    await sendStream(publication, { group: 0n, objects: ['a', { object: 3n, text: 'd' }] });
    await sendStream(publication, { group: 1n, objects: [{ object: 2n, text: 'c' }] });
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await takeAll(subscription);
    expect(items.filter(({ kind }) => kind === 'gap')).toEqual([
      { kind: 'gap', what: 'objects', group: 0n, firstObject: 1n, lastObject: 2n },
      { kind: 'gap', what: 'objects', group: 1n, firstObject: 0n, lastObject: 1n },
    ]);
    expect(error).toMatchObject({ exitCode: 9, message: 'missing: 4 objects' });
    await pair.client.close();
  });

  it('is an object before the end that a status tells', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    const objects = ['a', { object: 3n, status: 'end-of-group' }] as const;
    await sendStream(publication, { group: 0n, endOfGroup: false, objects });
    await publication.done('TRACK_ENDED', '');
    const { error, report } = await takeAll(subscription);
    expect(report.missing.objects).toBe(2n);
    expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE' });
    await pair.client.close();
  });

  it('is not what gap properties explain', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    await sendStream(publication, { group: 0n, objects: ['a'] });
    const stream = await publication.openSubgroup({ group: 3n, subgroup: 0n, hasProperties: true, endOfGroup: true });
    const properties = encodeProperties(profileOf(draft), [
      { type: PROPERTY.priorGroupIdGap, value: 2n },
      { type: PROPERTY.priorObjectIdGap, value: 5n },
    ]);
    await stream.writeObject({ object: 5n, properties }, new Uint8Array(1));
    stream.end();
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await takeAll(subscription);
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['0.0', '3.5']);
    await pair.client.close();
  });

  it('is what a reset stream had not delivered', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    const stream = await sendStream(publication, { group: 0n, objects: ['a'], end: 'open' });
    const first = await subscription.nextBatch();
    stream.reset('CANCELLED');
    await publication.done('TRACK_ENDED', '');
    const { items, error, report } = await takeAll(subscription);
    expect(placesOf(first ?? [])).toEqual(['0.0']);
    expect(items).toContainEqual({ kind: 'gap', what: 'stream', group: 0n, subgroup: 0n, code: 1n });
    expect(error).toMatchObject({ exitCode: 9, message: 'missing: 1 streams' });
    expect(report).toMatchObject({ resetStreams: 1 });
    await pair.client.close();
  });

  it('is nothing when another stream brings the rest after a reset', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    const stream = await sendStream(publication, { group: 0n, objects: ['a'], end: 'open' });
    await subscription.nextBatch();
    stream.reset('CANCELLED');
    await sendStream(publication, { group: 0n, objects: [{ object: 1n, text: 'b' }] });
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await takeAll(subscription);
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['0.1']);
    await pair.client.close();
  });

  it('never includes half an object as a whole one', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    const stream = await sendStream(publication, { group: 0n, objects: ['a'], end: 'open' });
    await stream.beginObject({ object: 1n }, 100);
    await stream.writePayload(new Uint8Array(60));
    const first = await subscription.nextBatch();
    stream.reset('CANCELLED');
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await takeAll(subscription);
    expect(placesOf([...(first ?? []), ...items])).toEqual(['0.0']);
    expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE' });
    await pair.client.close();
  });

  it('is counted and no error when gaps are allowed', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, { ...FAST, allowGaps: true });
    await sendStream(publication, { group: 0n, objects: ['a'] });
    await sendStream(publication, { group: 2n, objects: ['b'] });
    await publication.done('TRACK_ENDED', '');
    const { error, report } = await takeAll(subscription);
    expect(error).toBeUndefined();
    expect(report).toMatchObject({ outcome: 'complete', missing: { groups: 1n } });
    await pair.client.close();
  });

  it('is judged at the end when objects are handed on as they come', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, { ...FAST, order: 'arrival' });
    await sendStream(publication, { group: 2n, objects: ['c'] });
    await sendStream(publication, { group: 4n, objects: ['e', { object: 2n, text: 'E' }] });
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await takeAll(subscription);
    expect(placesOf(items)).toEqual(['2.0', '4.0', '4.2']);
    expect(items.filter(({ kind }) => kind === 'gap')).toEqual([
      { kind: 'gap', what: 'objects', group: 4n, firstObject: 1n, lastObject: 1n },
      { kind: 'gap', what: 'groups', firstGroup: 3n, lastGroup: 3n },
    ]);
    expect(error).toMatchObject({ message: 'missing: 1 groups, 1 objects' });
    await pair.client.close();
  });

  it('is a stream that the publisher counted and that never came', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    await sendStream(publication, { group: 0n, objects: ['a'] });
    const lost = await publication.openSubgroup({ group: 1n, subgroup: 0n, hasProperties: false });
    lost.reset('CANCELLED');
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await takeAll(subscription);
    expect(items).toContainEqual({ kind: 'gap', what: 'streams', count: 1n });
    expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', message: 'missing: 1 streams' });
    await pair.client.close();
  });

  it('is a datagram that was lost', async () => {
    let sent = 0;
    const { publication, subscription, pair } = await subscribedPair(draft, FAST, {
      transport: { dropDatagram: () => ++sent === 2 },
    });
    for (let object = 0n; object < 4n; object++) {
      publication.sendDatagram({ group: 0n, object, payload: new Uint8Array(5), endOfGroup: object === 3n });
    }
    await publication.done('TRACK_ENDED', '');
    const { items, error } = await takeAll(subscription);
    expect(placesOf(items)).toEqual(['0.0', '0.2', '0.3']);
    expect(error).toMatchObject({ message: 'missing: 1 objects' });
    await pair.client.close();
  });
});

describe.each(DRAFTS)('an object that comes twice on draft %s', (draft) => {
  it('is handed on once and counted', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    await sendStream(publication, { group: 0n, objects: ['a', 'b'], end: 'open' });
    await sendStream(publication, { group: 0n, objects: ['a', 'b', 'c'] });
    const items: TrackItem[] = [];
    while (items.length < 3) items.push(...((await subscription.nextBatch()) ?? []));
    expect(placesOf(items)).toEqual(['0.0', '0.1', '0.2']);
    const more = subscription.nextBatch();
    await eventually(() => subscription.report().duplicates === 2, 'both repeats');
    expect(subscription.report()).toMatchObject({ duplicates: 2, objects: 3 });
    subscription.cancel();
    expect(await more).toEqual([{ kind: 'end', why: 'stopped' }]);
    await pair.client.close();
  });

  it('ends the subscription when its content differs', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    await sendStream(publication, { group: 0n, objects: ['a', 'b'], end: 'open' });
    await sendStream(publication, { group: 0n, objects: ['a', 'B'], end: 'open' });
    const { error } = await takeAll(subscription);
    expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', reason: 'track.malformed', exitCode: 9 });
    expect(await publication.cancelled).toEqual({ kind: 'peer' });
    await pair.client.close();
  });

  it('is recognised as a datagram and after its group is over', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    const send = (group: bigint, text: string): void => {
      publication.sendDatagram({ group, object: 0n, payload: Buffer.from(text), endOfGroup: true });
    };
    for (const [group, text] of [
      [0n, 'a'],
      [0n, 'a'],
      [1n, 'b'],
    ] as const)
      send(group, text);
    const first = await subscription.nextBatch();
    expect(placesOf(first ?? [])).toEqual(['0.0', '1.0']);
    send(0n, 'a');
    send(2n, 'c');
    expect(placesOf((await subscription.nextBatch()) ?? [])).toEqual(['2.0']);
    expect(subscription.report()).toMatchObject({ duplicates: 2, late: 0, datagrams: 5 });
    subscription.cancel();
    await pair.client.close();
  });
});
