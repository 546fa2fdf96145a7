import { afterEach, describe, expect, it } from 'vitest';
import type { OutgoingSubgroup, Publication } from '../../../../src/core/session/session.js';
import { utf8 } from '../../../../src/core/util/bytes.js';
import {
  DRAFTS,
  type Draft,
  type Member,
  namespace,
  Recorder,
  RelayWorld,
  trackName,
} from '../../../support/relay-world.js';
import { eventually, soon } from '../../../support/wait.js';

const TRACK = trackName('live/video');
let world: RelayWorld;

afterEach(async () => {
  await world.close();
});

interface Source {
  readonly member: Member;
  publication?: Publication;
}

async function source(draft: Draft): Promise<Source> {
  const made: { member?: Member; publication?: Publication } = {};
  made.member = await world.publisher(draft, 'live', (accepted) => {
    made.publication = accepted;
  });
  return made as Source;
}

async function join(draft: Draft) {
  const member = await world.connect(draft);
  const recorder = new Recorder(member.profile);
  const subscription = await member.session.subscribe(TRACK, {}, recorder);
  return { member, recorder, subscription };
}

function publicationOf({ publication }: Source): Publication {
  if (publication === undefined) throw new Error('nobody subscribed to this publisher');
  return publication;
}

async function open(from: Source, group: bigint, subgroup = 0n): Promise<OutgoingSubgroup> {
  return publicationOf(from).openSubgroup({ group, subgroup, hasProperties: false });
}

async function write(stream: OutgoingSubgroup, ids: readonly number[], text = 'object'): Promise<void> {
  for (const id of ids) await stream.writeObject({ object: BigInt(id) }, utf8(`${text} ${id}`));
}

describe.each(DRAFTS)('when a publisher on draft %s dies', (draft) => {
  it('its subscribers are told that it was no orderly end, and its names are free', async () => {
    world = new RelayWorld();
    const first = await source(draft);
    const { recorder, subscription } = await join('18');
    const stream = await open(first, 0n);
    await write(stream, [0, 1]);
    await eventually(() => recorder.ids.length === 2, 'two objects');
    first.member.pair.kill();
    const end = await soon(subscription.ended, 'PUBLISH_DONE');
    expect(end).toMatchObject({ kind: 'done', status: { name: 'INTERNAL_ERROR' }, streamCount: 1n });
    await recorder.untilEnded(1);
    expect(recorder.streams[0]?.end).toBe('INTERNAL_ERROR');
    await eventually(() => world.counter('openTracks') === 0, 'the track to be forgotten');
    expect(world.core.namespaces.publishersOf(namespace('live'))).toEqual([]);
    await expect(join('16')).rejects.toMatchObject({ rejection: { name: 'DOES_NOT_EXIST' } });

    const second = await source(draft);
    const again = await join('18');
    const fresh = await open(second, 0n);
    await write(fresh, [0], 'other content');
    fresh.end();
    await again.recorder.untilEnded(1);
    expect(again.recorder.texts).toEqual(['other content 0']);
    expect(world.counter('malformedTracks')).toBe(0);
  });
});

describe('several publishers of a track', () => {
  it('are all subscribed to, and what one has delivered the others do not deliver again', async () => {
    world = new RelayWorld();
    const [a, b] = [await source('18'), await source('14')];
    const { recorder, subscription } = await join('16');
    await eventually(() => a.publication && b.publication && world.counter('upstreamSubscriptions') === 2, 'both');
    const [fromA, fromB] = [await open(a, 0n), await open(b, 0n)];
    await write(fromA, [0, 1, 2]);
    await eventually(() => recorder.ids.length === 3, 'three objects');
    await write(fromB, [0, 1, 2, 3]);
    await write(fromA, [3]);
    fromA.end();
    fromB.end();
    await publicationOf(a).done('TRACK_ENDED', '');
    await recorder.untilEnded(1);
    expect(recorder.ids).toEqual(['0.0', '0.1', '0.2', '0.3']);
    await eventually(() => world.counter('duplicatesDropped') === 4, 'four duplicates to be dropped');

    const later = await open(b, 1n);
    await write(later, [0]);
    later.end();
    await publicationOf(b).done('TRACK_ENDED', 'both are done');
    expect(await soon(subscription.ended, 'the end')).toMatchObject({ reason: 'both are done', streamCount: 2n });
    await recorder.untilEnded(2);
    expect(recorder.ids).toEqual(['0.0', '0.1', '0.2', '0.3', '1.0']);
  });

  it('take over from one another in the middle of a subgroup, without the subscriber noticing', async () => {
    world = new RelayWorld();
    const [a, b] = [await source('18'), await source('18')];
    const { recorder } = await join('18');
    await eventually(() => world.counter('upstreamSubscriptions') === 2, 'both');
    const fromA = await open(a, 0n);
    await write(fromA, [0, 1]);
    await eventually(() => recorder.ids.length === 2, 'two objects');
    const fromB = await open(b, 0n);
    await write(fromB, [0, 1, 2]);
    await eventually(() => world.counter('duplicatesDropped') === 2, 'the second one to stand by');
    a.member.pair.kill();
    await write(fromB, [3]);
    fromB.end();
    await recorder.untilEnded(1);
    expect(recorder.streams.map(({ end }) => end)).toEqual(['fin']);
    expect(recorder.ids).toEqual(['0.0', '0.1', '0.2', '0.3']);
  });

  it('take over with a new stream when one breaks off amid an object', async () => {
    world = new RelayWorld();
    const [a, b] = [await source('18'), await source('18')];
    const { recorder } = await join('18');
    await eventually(() => world.counter('upstreamSubscriptions') === 2, 'both');
    const fromA = await open(a, 0n);
    await write(fromA, [0]);
    await fromA.beginObject({ object: 1n }, 8);
    await fromA.writePayload(utf8('obj'));
    await eventually(() => recorder.bytes === 11, 'half an object');
    const fromB = await open(b, 0n);
    await write(fromB, [0, 1, 2]);
    fromB.end();
    await eventually(() => world.counter('duplicatesDropped') === 1, 'the second one to stand by');
    a.member.pair.kill();
    await recorder.untilEnded(2);
    expect(recorder.streams.map(({ end }) => end)).toEqual(['INTERNAL_ERROR', 'fin']);
    expect([...recorder.objects.keys()]).toEqual(['0.0', '0.1', '0.2']);
    expect(recorder.texts).toEqual(['object 0', 'object 1', 'object 2']);
  });

  it('are subscribed to as they come', async () => {
    world = new RelayWorld();
    const a = await source('18');
    const { recorder, subscription } = await join('18');
    const b = await source('16');
    await eventually(() => b.publication !== undefined, 'the second one to be subscribed to');
    a.member.pair.kill();
    const stream = await open(b, 5n);
    await write(stream, [0]);
    stream.end();
    await publicationOf(b).done('TRACK_ENDED', '');
    expect(await soon(subscription.ended, 'the end')).toMatchObject({ status: { name: 'TRACK_ENDED' } });
    await recorder.untilEnded(1);
    expect(recorder.ids).toEqual(['5.0']);
  });

  it('send each datagram once', async () => {
    world = new RelayWorld();
    const [a, b] = [await source('18'), await source('18')];
    const { recorder } = await join('18');
    await eventually(() => world.counter('upstreamSubscriptions') === 2, 'both');
    for (const from of [a, b, a]) {
      for (const object of [0n, 1n]) publicationOf(from).sendDatagram({ group: 3n, object, payload: utf8('same') });
    }
    publicationOf(b).sendDatagram({ group: 3n, object: 2n, payload: utf8('last') });
    await eventually(() => recorder.datagrams.some(({ header }) => header.object === 2n), 'the last datagram');
    expect(recorder.datagrams.map(({ header }) => header.object)).toEqual([0n, 1n, 2n]);
    expect(world.counter('duplicatesDropped')).toBe(4);
  });
});

describe('a malformed track', () => {
  it.each(DRAFTS)('is one with two contents for an object: it ends for all, also on draft %s', async (draft) => {
    world = new RelayWorld();
    const a = await source('18');
    const subscribers = [await join(draft), await join('18')];
    const first = await open(a, 0n);
    await write(first, [0, 1]);
    first.end();
    const second = await open(a, 0n, 1n);
    await second.writeObject({ object: 1n }, utf8('object x'));
    for (const { subscription, member } of subscribers) {
      const name = member.profile.codes('publish-done').has('MALFORMED_TRACK') ? 'MALFORMED_TRACK' : 'INTERNAL_ERROR';
      expect(await soon(subscription.ended, 'the end')).toMatchObject({ kind: 'done', status: { name } });
    }
    expect(world.counter('malformedTracks')).toBe(1);
    expect(await soon(publicationOf(a).cancelled, 'the publisher to be cancelled')).toMatchObject({ kind: 'peer' });
    expect(subscribers[0]?.recorder.texts).not.toContain('object x');
  });

  it('is not one whose publisher sends the same again: that is passed on', async () => {
    world = new RelayWorld();
    const a = await source('18');
    const { recorder } = await join('18');
    for (let i = 0; i < 2; i++) {
      const stream = await open(a, 0n);
      await write(stream, [0, 1]);
      stream.end();
    }
    await recorder.untilEnded(2);
    expect(recorder.ids).toEqual(['0.0', '0.1', '0.0', '0.1']);
    expect(world.counter('malformedTracks')).toBe(0);
  });

  it('is told from gaps and disorder, which are passed on as they are', async () => {
    world = new RelayWorld();
    const a = await source('18');
    const { recorder } = await join('14');
    for (const [group, ids] of [
      [7n, [3, 9]],
      [2n, [1]],
      [5n, [0, 4]],
    ] as const) {
      const stream = await open(a, group);
      await write(stream, ids);
      stream.end();
      await recorder.untilEnded(1);
    }
    await recorder.untilEnded(3);
    expect(recorder.ids).toEqual(['7.3', '7.9', '2.1', '5.0', '5.4']);
  });
});

describe('PUBLISH_DONE', () => {
  it('is passed on by the name of its status, with the count of the relay’s own streams', async () => {
    world = new RelayWorld();
    for (const [from, to, status] of [
      ['14', '18', 'TOO_FAR_BEHIND'],
      ['18', '14', 'EXPIRED'],
      ['18', '16', 'GOING_AWAY'],
    ] as const) {
      const a = await source(from);
      const { subscription } = await join(to);
      await publicationOf(a).done(status, 'because');
      const end = await soon(subscription.ended, 'the end');
      expect(end).toMatchObject({ kind: 'done', status: { name: status }, reason: 'because', streamCount: 0n });
      await a.member.session.close();
      await eventually(() => world.core.namespaces.publishersOf(TRACK.namespace).length === 0, 'the name to be free');
    }
  });

  it('waits for streams that it has overtaken', async () => {
    world = new RelayWorld();
    const a: Source = { member: undefined as never };
    // Control travels at once, data much later.
    await world.publisher(
      '18',
      'live',
      (accepted) => Object.assign(a, { publication: accepted }),
      {},
      {
        streamDelayMs: (id) => (id % 4n === 2n && id > 2n ? 60 : 0),
      },
    );
    const { recorder, subscription } = await join('18');
    for (const group of [0n, 1n, 2n]) {
      const stream = await open(a, group);
      await write(stream, [0]);
      stream.end();
    }
    await publicationOf(a).done('TRACK_ENDED', '');
    expect(await soon(subscription.ended, 'the end')).toMatchObject({ streamCount: 3n });
    await recorder.untilEnded(3);
    expect(recorder.ids.sort()).toEqual(['0.0', '1.0', '2.0']);
    expect(world.counter('streamsMissing')).toBe(0);
  });
});
