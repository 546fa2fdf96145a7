import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Publication } from '../../../../src/core/session/session.js';
import { toHex, utf8 } from '../../../../src/core/util/bytes.js';
import { decodeProperties, encodeProperties } from '../../../../src/core/wire/properties.js';
import { DRAFTS, Recorder, RelayWorld, trackName } from '../../../support/relay-world.js';
import { eventually, soon } from '../../../support/wait.js';

const TRACK = trackName('live/room/video');
const MATRIX = DRAFTS.flatMap((from) => DRAFTS.map((to) => ({ from, to })));

/** Two groups of random objects, two subgroups in the second, then the end of the track. */
async function publishSome(publication: Publication, payloads: Map<string, Uint8Array>): Promise<void> {
  const write = async (group: bigint, subgroup: bigint, ids: readonly bigint[], endOfGroup: boolean) => {
    const stream = await publication.openSubgroup({ group, subgroup, hasProperties: false, priority: 7, endOfGroup });
    for (const object of ids) {
      const payload = payloads.get(`${group}.${object}`) as Uint8Array;
      if (object % 2n === 0n) await stream.writeObject({ object }, payload);
      else {
        await stream.beginObject({ object }, payload.length);
        await stream.writePayload(payload.subarray(0, 3));
        await stream.writePayload(payload.subarray(3));
      }
    }
    stream.end();
  };
  await write(0n, 0n, [0n, 1n, 2n], true);
  await Promise.all([write(1n, 0n, [0n, 2n], false), write(1n, 1n, [1n, 5n], true)]);
  await publication.done('TRACK_ENDED', 'that was all');
}

function randomObjects(): Map<string, Uint8Array> {
  const sizes = { '0.0': 100_000, '0.1': 7, '0.2': 0, '1.0': 5000, '1.1': 64, '1.2': 1, '1.5': 30_000 };
  return new Map(Object.entries(sizes).map(([id, size]) => [id, new Uint8Array(randomBytes(size))]));
}

let world: RelayWorld;

afterEach(async () => {
  await world.close();
});

describe('a track through the relay', () => {
  it.each(MATRIX)('arrives whole, from draft $from to draft $to', async ({ from, to }) => {
    world = new RelayWorld();
    const payloads = randomObjects();
    await world.publisher(from, 'live/room', (publication) => void publishSome(publication, payloads));
    const member = await world.connect(to);
    const recorder = new Recorder(member.profile);
    const subscription = await member.session.subscribe(TRACK, {}, recorder);
    const end = await soon(subscription.ended, 'PUBLISH_DONE');
    expect(end).toMatchObject({
      kind: 'done',
      status: { name: 'TRACK_ENDED' },
      streamCount: 3n,
      reason: 'that was all',
    });
    await recorder.untilEnded(3);
    expect(recorder.streams.map(({ end }) => end)).toEqual(['fin', 'fin', 'fin']);
    const { objects } = recorder;
    expect([...objects.keys()].sort()).toEqual([...payloads.keys()].sort());
    for (const [id, payload] of payloads) {
      const object = objects.get(id);
      expect(Buffer.compare(object?.payload as Uint8Array, payload), id).toBe(0);
      expect(object?.priority).toBe(7);
    }
    const headers = recorder.streams.map(({ header }) => `${header.group}.${header.subgroup} ${header.endOfGroup}`);
    expect(headers.sort()).toEqual(['0.0 true', '1.0 false', '1.1 true']);
  });

  it('is subscribed to once, for subscribers on every draft', async () => {
    world = new RelayWorld();
    const payloads = randomObjects();
    const publications: Publication[] = [];
    await world.publisher('16', 'live', (publication) => publications.push(publication));
    const subscriptions = await Promise.all(
      [...DRAFTS, ...DRAFTS].map(async (draft) => {
        const member = await world.connect(draft);
        const recorder = new Recorder(member.profile);
        return { recorder, subscription: await member.session.subscribe(TRACK, {}, recorder) };
      }),
    );
    expect(publications).toHaveLength(1);
    await publishSome(publications[0] as Publication, payloads);
    for (const { recorder, subscription } of subscriptions) {
      expect(await soon(subscription.ended, 'PUBLISH_DONE')).toMatchObject({ kind: 'done', streamCount: 3n });
      await recorder.untilEnded(3);
      expect(recorder.objects.size).toBe(payloads.size);
      for (const [id, { payload }] of recorder.objects) {
        expect(Buffer.compare(payload, payloads.get(id) as Uint8Array), id).toBe(0);
      }
    }
    expect(world.counter('upstreamSubscriptions')).toBe(1);
  });

  it.each(MATRIX)('keeps object properties, from draft $from to draft $to', async ({ from, to }) => {
    world = new RelayWorld();
    const pairs = [
      { type: 0x3en, value: 4n },
      { type: 0x3fn, value: utf8('opaque') },
    ];
    const publisher = await world.publisher(from, 'live', (publication) => {
      void (async () => {
        const stream = await publication.openSubgroup({ group: 0n, subgroup: 0n, hasProperties: true });
        await stream.writeObject({ object: 4n, properties: encodeProperties(publisher.profile, pairs) }, utf8('with'));
        await stream.writeObject({ object: 5n }, utf8('without'));
        stream.end();
        await publication.done('TRACK_ENDED', '');
      })();
    });
    const member = await world.connect(to);
    const recorder = new Recorder(member.profile);
    await member.session.subscribe(TRACK, {}, recorder);
    await recorder.untilEnded(1);
    const [first, second] = recorder.streams[0]?.objects ?? [];
    expect(decodeProperties(member.profile, first?.properties as Uint8Array)).toEqual(pairs);
    expect(second?.properties).toHaveLength(0);
    expect(recorder.texts).toEqual(['with', 'without']);
  });

  it('leaves out and counts statuses that the subscriber has no word for', async () => {
    world = new RelayWorld();
    const send = async (publication: Publication): Promise<void> => {
      const stream = await publication.openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false });
      await stream.writeObject({ object: 0n }, utf8('zero'));
      await stream.writeObject({ object: 1n, status: 'does-not-exist' }, new Uint8Array());
      await stream.writeObject({ object: 2n, status: 'end-of-group' }, new Uint8Array());
      stream.end();
      await publication.done('TRACK_ENDED', '');
    };
    let publication: Publication | undefined;
    await world.publisher('14', 'live', (accepted) => {
      publication = accepted;
    });
    const [old, recent] = await Promise.all(
      (['14', '18'] as const).map(async (draft) => {
        const member = await world.connect(draft);
        const recorder = new Recorder(member.profile);
        await member.session.subscribe(TRACK, {}, recorder);
        return recorder;
      }),
    );
    await send(publication as Publication);
    await old?.untilEnded(1);
    await recent?.untilEnded(1);
    const statuses = (recorder: Recorder | undefined) =>
      recorder?.streams[0]?.objects.map(({ id, status }) => [id, status]);
    expect(statuses(old)).toEqual([
      ['0.0', 'normal'],
      ['0.1', 'does-not-exist'],
      ['0.2', 'end-of-group'],
    ]);
    expect(statuses(recent)).toEqual([
      ['0.0', 'normal'],
      ['0.2', 'end-of-group'],
    ]);
    expect(world.counter('statusesLeftOut')).toBe(1);
  });

  it.each(MATRIX)('passes a reset on by its name, from draft $from to draft $to', async ({ from, to }) => {
    world = new RelayWorld();
    await world.publisher(from, 'live', (publication) => {
      void (async () => {
        const stream = await publication.openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false });
        await stream.writeObject({ object: 0n }, utf8('zero'));
        await eventually(() => recorder.ids.length === 1, 'the object to arrive');
        stream.reset('DELIVERY_TIMEOUT');
        await publication.done('TRACK_ENDED', '');
      })();
    });
    const member = await world.connect(to);
    const recorder = new Recorder(member.profile);
    const subscription = await member.session.subscribe(TRACK, {}, recorder);
    expect(await soon(subscription.ended, 'PUBLISH_DONE')).toMatchObject({ kind: 'done', streamCount: 1n });
    await recorder.untilEnded(1);
    expect(recorder.streams[0]?.end).toBe('DELIVERY_TIMEOUT');
    expect(recorder.texts).toEqual(['zero']);
  });

  it('passes an object on while it is still arriving', async () => {
    world = new RelayWorld();
    await world.publisher('18', 'live', (publication) => {
      void (async () => {
        const stream = await publication.openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false });
        await stream.beginObject({ object: 0n }, 6);
        await stream.writePayload(utf8('abc'));
        await eventually(() => recorder.bytes === 3, 'the first half to arrive');
        await stream.writePayload(utf8('def'));
        stream.end();
      })();
    });
    const member = await world.connect('14');
    const recorder = new Recorder(member.profile);
    await member.session.subscribe(TRACK, {}, recorder);
    await recorder.untilEnded(1);
    expect(recorder.texts).toEqual(['abcdef']);
  });

  it('stops at a value that the subscriber’s draft cannot carry, and counts it', async () => {
    world = new RelayWorld();
    const group = 2n ** 63n;
    const publications: Publication[] = [];
    await world.publisher('18', 'live', (publication) => publications.push(publication));
    const [narrow, wide] = [await world.connect('16'), await world.connect('18')];
    const [lost, kept] = [new Recorder(narrow.profile), new Recorder(wide.profile)];
    await narrow.session.subscribe(TRACK, {}, lost);
    await wide.session.subscribe(TRACK, {}, kept);
    const stream = await (publications[0] as Publication).openSubgroup({ group, subgroup: 0n, hasProperties: false });
    await stream.writeObject({ object: 0n }, utf8('far'));
    stream.end();
    await kept.untilEnded(1);
    expect(toHex(kept.streams[0]?.objects[0]?.payload as Uint8Array)).toBe(toHex(utf8('far')));
    expect(lost.streams).toHaveLength(0);
    expect(world.counter('notRepresentable')).toBe(1);
  });
});
