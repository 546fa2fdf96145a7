import { afterEach, describe, expect, it } from 'vitest';
import type { Publication } from '../../../../src/core/session/session.js';
import { utf8 } from '../../../../src/core/util/bytes.js';
import type { Parameters } from '../../../../src/core/wire/messages/parameters.js';
import { PROPERTY } from '../../../../src/core/wire/properties.js';
import { ManualClock } from '../../../support/manual-clock.js';
import { DRAFTS, type Draft, Recorder, RelayWorld, trackName } from '../../../support/relay-world.js';
import { eventually, soon } from '../../../support/wait.js';

const TRACK = trackName('live/video');
const OBJECT = new Uint8Array(64 * 1024);
let clock: ManualClock;
let world: RelayWorld;

afterEach(async () => {
  await world.close();
});

async function begin(properties: { type: bigint; value: bigint }[] = []): Promise<Publication> {
  clock = new ManualClock();
  world = new RelayWorld({ clock });
  const made: { publication?: Publication } = {};
  await world.publisher('18', 'live', (accepted) => Object.assign(made, { publication: accepted }), {
    trackProperties: properties,
  });
  await join('18');
  return made.publication as Publication;
}

async function join(draft: Draft, parameters: Parameters = {}, reading = true) {
  const member = await world.connect(draft, {}, { client: { streamWindow: 16 * 1024 } });
  const recorder = new Recorder(member.profile, reading);
  const subscription = await member.session.subscribe(TRACK, parameters, recorder);
  return { recorder, subscription };
}

async function write(publication: Publication, objects: number): Promise<void> {
  const stream = await publication.openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false });
  for (let i = 0; i < objects; i++) await stream.writeObject({ object: BigInt(i) }, OBJECT);
  stream.end();
}

describe('OBJECT_DELIVERY_TIMEOUT', () => {
  it.each(DRAFTS)(
    'of a subscriber resets a stream that has fallen too far back in time, on draft %s',
    async (draft) => {
      const publication = await begin();
      const slow = await join(draft, { objectDeliveryTimeout: 500n }, false);
      await write(publication, 8);
      await eventually(() => world.counter('bytesReceived') === 8 * OBJECT.length, 'the fast one to take all');
      await clock.advance(501);
      slow.recorder.resume();
      await slow.recorder.untilEnded(1);
      expect(slow.recorder.streams[0]?.end).toBe('DELIVERY_TIMEOUT');
      expect(world.counter('deliveryTimeouts')).toBe(1);
    },
  );

  it('of the publisher counts as well; the smaller one does', async () => {
    const publication = await begin([{ type: PROPERTY.objectDeliveryTimeout, value: 100n }]);
    const slow = await join('18', { objectDeliveryTimeout: 500n }, false);
    await write(publication, 8);
    await eventually(() => world.counter('bytesReceived') === 8 * OBJECT.length, 'the fast one to take all');
    await clock.advance(101);
    slow.recorder.resume();
    await slow.recorder.untilEnded(1);
    expect(slow.recorder.streams[0]?.end).toBe('DELIVERY_TIMEOUT');
  });
});

describe('SUBGROUP_DELIVERY_TIMEOUT', () => {
  it.each(DRAFTS)('counts from the publisher’s FIN, on draft %s', async (draft) => {
    const facts = [{ type: PROPERTY.subgroupDeliveryTimeout, value: 500n }];
    const publication = await begin(facts);
    const slow = await join(draft, {}, false);
    await write(publication, 8);
    await eventually(() => world.counter('bytesReceived') === 8 * OBJECT.length, 'the fast one to take all');
    await eventually(() => world.core.knownTrack(TRACK)?.store.cache.get(0n)?.isOver, 'the FIN');
    await clock.advance(499);
    expect(world.counter('deliveryTimeouts')).toBe(0);
    await clock.advance(2);
    expect(world.counter('deliveryTimeouts')).toBe(1);
    slow.recorder.resume();
    await slow.recorder.untilEnded(1);
    expect(slow.recorder.streams[0]?.end).toBe('DELIVERY_TIMEOUT');
  });
});

describe('MAX_CACHE_DURATION', () => {
  it('keeps what is older from those who join', async () => {
    const publication = await begin([{ type: PROPERTY.maxCacheDuration, value: 1000n }]);
    const stream = await publication.openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false });
    await stream.writeObject({ object: 0n }, utf8('old'));
    await eventually(() => world.counter('bytesReceived') === 3, 'the object to arrive');
    await clock.advance(1001);
    const late = await join('18');
    await stream.writeObject({ object: 1n }, utf8('new'));
    stream.end();
    await late.recorder.untilEnded(1);
    expect(late.recorder.texts).toEqual(['new']);
  });
});

describe('a subscriber that takes nothing after the end of the track', () => {
  it('is ended when nothing has moved for long enough', async () => {
    const publication = await begin();
    const stalled = await join('18', {}, false);
    await write(publication, 8);
    void publication.done('TRACK_ENDED', '');
    await eventually(() => world.counter('openTracks') === 0, 'the track to end');
    await clock.advance(30_001);
    expect(await soon(stalled.subscription.ended, 'the end')).toMatchObject({ status: { name: 'TOO_FAR_BEHIND' } });
    await eventually(() => world.counter('bufferedBytes') === 0, 'the memory to be given back');
  });
});
