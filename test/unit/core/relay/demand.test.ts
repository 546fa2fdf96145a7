import { afterEach, describe, expect, it } from 'vitest';
import type { RelayPolicy } from '../../../../src/core/relay/policy.js';
import type { Publication } from '../../../../src/core/session/session.js';
import { utf8 } from '../../../../src/core/util/bytes.js';
import type { Parameters } from '../../../../src/core/wire/messages/parameters.js';
import { PROPERTY } from '../../../../src/core/wire/properties.js';
import { DRAFTS, type Draft, namespace, Recorder, RelayWorld, trackName } from '../../../support/relay-world.js';
import { eventually, soon, staysPending } from '../../../support/wait.js';

const TRACK = trackName('live/video');
let world: RelayWorld;

afterEach(async () => {
  await world.close();
});

function start(policy: Partial<RelayPolicy> = {}): void {
  world = new RelayWorld({ policy });
}

async function join(draft: Draft, parameters: Parameters = {}) {
  const member = await world.connect(draft);
  const recorder = new Recorder(member.profile);
  const subscription = await member.session.subscribe(TRACK, parameters, recorder);
  return { member, recorder, subscription };
}

async function publishes(draft: Draft, forward?: boolean): Promise<Publication> {
  const member = await world.connect(draft);
  return member.session.publish(TRACK, forward === undefined ? {} : { parameters: { forward } });
}

async function send(publication: Publication, group: bigint, text: string): Promise<void> {
  const stream = await publication.openSubgroup({ group, subgroup: 0n, hasProperties: false });
  await stream.writeObject({ object: 0n }, utf8(text));
  stream.end();
}

describe('a SUBSCRIBE for a track that nobody publishes', () => {
  it.each(DRAFTS)('is refused at once on draft %s', async (draft) => {
    start();
    await expect(join(draft)).rejects.toMatchObject({
      rejection: { name: draft === '14' ? 'TRACK_DOES_NOT_EXIST' : 'DOES_NOT_EXIST' },
    });
    expect(world.counter('openTracks')).toBe(0);
  });

  it('waits for a publisher as long as it says, then times out', async () => {
    start();
    await expect(join('18', { rendezvousTimeout: 30n })).rejects.toMatchObject({ rejection: { name: 'TIMEOUT' } });
    expect(world.counter('subscriptionsHeld')).toBe(1);
    expect(world.counter('openTracks')).toBe(0);
  });

  it('is refused when the relay goes away', async () => {
    start();
    const joined = join('18', { rendezvousTimeout: 10_000n });
    joined.catch(() => {});
    await eventually(() => world.counter('subscriptionsHeld') === 1, 'the subscription to be held');
    const drained = world.core.drain('', 1000);
    await expect(soon(joined, 'the answer')).rejects.toMatchObject({ rejection: { name: 'GOING_AWAY' } });
    await world.close();
    await drained;
  });

  it('waits no longer than the relay allows', async () => {
    start({ maxRendezvousMs: 20 });
    await expect(join('18', { rendezvousTimeout: 1_000_000n })).rejects.toMatchObject({
      rejection: { name: 'TIMEOUT' },
    });
  });

  it.each(['namespace', 'publish'] as const)('is answered when a publisher comes with %s', async (via) => {
    start();
    const joined = join('18', { rendezvousTimeout: 10_000n });
    expect(await staysPending(joined)).toBe(true);
    let publication: Publication | undefined;
    if (via === 'publish') publication = await publishes('16');
    else await world.publisher('14', 'live', (accepted) => (publication = accepted));
    const { recorder } = await soon(joined, 'the subscription');
    await send(publication as Publication, 0n, 'first');
    await recorder.untilEnded(1);
    expect(recorder.texts).toEqual(['first']);
  });

  it('waits on when who publishes the namespace has no such track yet', async () => {
    start();
    const publisher = await world.connect('18', {
      onSubscribe: (request) => request.reject({ name: 'DOES_NOT_EXIST', reason: 'not yet' }),
    });
    await publisher.session.publishNamespace(namespace('live'));
    const joined = join('18', { rendezvousTimeout: 10_000n });
    await eventually(() => world.counter('subscriptionsHeld') === 1, 'the subscription to be held');
    const publication = await publisher.session.publish(TRACK, {});
    const { recorder } = await soon(joined, 'the subscription');
    await send(publication, 0n, 'now');
    await recorder.untilEnded(1);
  });

  it('is let go when the subscriber gives up', async () => {
    start();
    const member = await world.connect('18');
    const abort = new AbortController();
    const joined = member.session
      .subscribe(TRACK, { rendezvousTimeout: 10_000n }, new Recorder(member.profile), { signal: abort.signal })
      .catch(() => 'gone');
    await eventually(() => world.counter('subscriptionsHeld') === 1, 'the subscription to be held');
    abort.abort(new Error('enough'));
    expect(await joined).toBe('gone');
    await eventually(() => world.counter('openTracks') === 0, 'the track to be forgotten');
  });
});

describe('a SUBSCRIBE with FORWARD 0 that waits', () => {
  it('does not make the relay ask a PUBLISH for objects', async () => {
    start();
    const joined = join('18', { rendezvousTimeout: 10_000n, forward: false });
    await eventually(() => world.counter('subscriptionsHeld') === 1, 'the subscription to be held');
    const publication = await publishes('18', false);
    const updates: Parameters[] = [];
    publication.onUpdate = (update) => {
      updates.push(update);
    };
    expect(publication.forward).toBe(false);
    const { subscription } = await joined;
    await publication.done('TRACK_ENDED', '');
    expect(await subscription.ended).toMatchObject({ status: { name: 'TRACK_ENDED' }, streamCount: 0n });
    expect(updates).toEqual([]);
  });
});

describe('a refusal of the publisher', () => {
  it.each([
    ['14', '18', 'UNAUTHORIZED', 'UNAUTHORIZED'],
    ['18', '14', 'DOES_NOT_EXIST', 'TRACK_DOES_NOT_EXIST'],
    ['14', '16', 'DOES_NOT_EXIST', 'DOES_NOT_EXIST'],
    ['16', '18', 'INVALID_RANGE', 'INVALID_RANGE'],
  ] as const)('reaches the subscriber by its meaning: %s to %s, %s', async (from, to, said, heard) => {
    start();
    const publisher = await world.connect(from, {
      onSubscribe: (request) => request.reject({ name: said, reason: 'for a reason' }),
    });
    await publisher.session.publishNamespace(namespace('live'));
    await expect(join(to)).rejects.toMatchObject({ rejection: { name: heard, reason: 'for a reason' } });
  });
});

describe.each(DRAFTS)('FORWARD towards a publisher on draft %s', (draft) => {
  it('stays 1 for a PUBLISH that begins at once: what comes is kept for who joins late', async () => {
    start();
    const publication = await publishes(draft);
    expect(publication.forward).toBe(true);
    await send(publication, 0n, 'before anybody came');
    await eventually(() => world.counter('streamsReceived') === 1, 'the object');
    const { recorder, subscription } = await join('18');
    await recorder.untilEnded(1);
    expect(recorder.texts).toEqual(['before anybody came']);
    subscription.cancel();
    await send(publication, 1n, 'after everybody left');
    await eventually(() => world.counter('streamsReceived') === 2, 'the next object');
    expect(publication.forward).toBe(true);
  });

  it('is 0 for a PUBLISH that offers to wait, and 1 as soon and as long as somebody wants it', async () => {
    start();
    const publication = await publishes(draft, false);
    expect(publication.forward).toBe(false);
    const { recorder, subscription, member } = await join('18');
    await eventually(() => publication.forward, 'FORWARD 1');
    await send(publication, 0n, 'wanted');
    await recorder.untilEnded(1);
    subscription.cancel();
    await eventually(() => !publication.forward, 'FORWARD 0');
    await member.session.subscribe(TRACK, {}, recorder);
    await eventually(() => publication.forward, 'FORWARD 1 again');
    await send(publication, 1n, 'again');
    await eventually(() => recorder.texts.at(-1) === 'again', 'the second object');
  });

  it('is 0 when the last subscriber has left; the subscription ends when nobody comes back', async () => {
    start({ lingerMs: 200 });
    let publication: Publication | undefined;
    await world.publisher(draft, 'live', (accepted) => (publication = accepted));
    const { subscription } = await join('18');
    expect(publication?.forward).toBe(true);
    subscription.cancel();
    await eventually(() => publication?.forward === false, 'FORWARD 0');
    expect(await soon((publication as Publication).cancelled, 'UNSUBSCRIBE')).toEqual({ kind: 'peer' });
    await eventually(() => world.counter('openTracks') === 0, 'the track to be forgotten');
  });
});

describe('who comes back in time', () => {
  it('does not get what was cached before objects were missed', async () => {
    start();
    let publication: Publication | undefined;
    await world.publisher('18', 'live', (accepted) => {
      publication = accepted;
      accepted.onUpdate = () => ({ largestObject: { group: 9n, object: 0n } });
    });
    const first = await join('18');
    await send(publication as Publication, 0n, 'old');
    await first.recorder.untilEnded(1);
    first.subscription.cancel();
    await eventually(() => publication?.forward === false, 'FORWARD 0');
    const { recorder, subscription } = await join('18');
    expect(subscription.parameters.largestObject).toEqual({ group: 9n, object: 0n });
    await send(publication as Publication, 10n, 'new');
    await recorder.untilEnded(1);
    expect(recorder.texts).toEqual(['new']);
  });
});

describe('a subscriber with FORWARD 0', () => {
  it.each(DRAFTS)('gets nothing until it asks, and then what follows, on draft %s', async (draft) => {
    start();
    let publication: Publication | undefined;
    await world.publisher('18', 'live', (accepted) => (publication = accepted));
    const watcher = await join('18');
    const { recorder, subscription } = await join(draft, { forward: false });
    await send(publication as Publication, 0n, 'unseen');
    await watcher.recorder.untilEnded(1);
    await subscription.update({ forward: true });
    await eventually(
      () => [...(world.core.knownTrack(TRACK)?.downstreams ?? [])].every(({ forward }) => forward),
      'the update to arrive',
    );
    await send(publication as Publication, 1n, 'seen');
    await recorder.untilEnded(1);
    expect(recorder.texts).toEqual(['seen']);
  });
});

describe('a track with properties', () => {
  it('keeps them between drafts, as far as they can say them', async () => {
    start();
    const facts = [
      { type: PROPERTY.maxCacheDuration, value: 60_000n },
      { type: PROPERTY.defaultPublisherPriority, value: 9n },
      { type: 0x39n, value: utf8('opaque') },
    ];
    let publication: Publication | undefined;
    await world.publisher('18', 'live', (accepted) => (publication = accepted), { trackProperties: facts });
    const [recent, old] = [await join('16'), await join('14')];
    expect(recent.subscription.trackProperties).toEqual(facts);
    expect(old.subscription.parameters.maxCacheDuration).toBe(60_000n);
    const stream = await (publication as Publication).openSubgroup({
      group: 0n,
      subgroup: 0n,
      hasProperties: false,
      priority: null,
    });
    await stream.writeObject({ object: 0n }, utf8('x'));
    stream.end();
    for (const { recorder } of [recent, old]) {
      await recorder.untilEnded(1);
      expect(recorder.streams[0]?.objects[0]?.priority).toBe(9);
    }
  });

  it('is not passed on when one of them is mandatory and unknown', async () => {
    start();
    await world.publisher('18', 'live', () => {}, { trackProperties: [{ type: 0x4000n, value: 1n }] });
    await expect(join('18')).rejects.toMatchObject({ rejection: { name: 'UNSUPPORTED_EXTENSION' } });
    const member = await world.connect('18');
    await expect(
      member.session.publish(trackName('other/x'), { trackProperties: [{ type: 0x7fffn, value: utf8('') }] }),
    ).rejects.toMatchObject({ rejection: { name: 'UNSUPPORTED_EXTENSION' } });
  });

  it('asks its publisher for a new group when a subscriber does', async () => {
    start();
    const asked: (bigint | undefined)[] = [];
    await world.publisher(
      '18',
      'live',
      (accepted) => {
        accepted.onUpdate = ({ newGroupRequest }) => {
          asked.push(newGroupRequest);
        };
      },
      {
        trackProperties: [{ type: PROPERTY.dynamicGroups, value: 1n }],
        parameters: { largestObject: { group: 4n, object: 2n } },
      },
    );
    const { subscription } = await join('18');
    await subscription.update({ newGroupRequest: 3n });
    await subscription.update({ newGroupRequest: 5n });
    await subscription.update({ newGroupRequest: 5n });
    await eventually(() => asked.length > 0, 'the request');
    expect(asked).toEqual([5n]);
  });
});

describe('a NEW_GROUP_REQUEST', () => {
  const OFFER = {
    trackProperties: [{ type: PROPERTY.dynamicGroups, value: 1n }],
    parameters: { largestObject: { group: 4n, object: 2n } },
  };

  /** What the publisher was asked for, by SUBSCRIBE and by updates. */
  async function publisherOf(asked: string[]): Promise<void> {
    await world.publisher(
      '18',
      'live',
      (accepted, request) => {
        asked.push(`SUBSCRIBE ${request.parameters.newGroupRequest}`);
        accepted.onUpdate = ({ newGroupRequest }) => {
          asked.push(`update ${newGroupRequest}`);
        };
      },
      OFFER,
    );
  }

  it('of the first subscriber goes into the SUBSCRIBE to the publisher, and is not repeated', async () => {
    start();
    const asked: string[] = [];
    await publisherOf(asked);
    await join('18', { newGroupRequest: 0n });
    await join('16', { newGroupRequest: 5n });
    await eventually(() => asked.length === 2, 'the update');
    expect(asked).toEqual(['SUBSCRIBE 0', 'update 5']);
  });

  it('of one that waited for the publisher goes along', async () => {
    start();
    const joined = join('18', { newGroupRequest: 7n, rendezvousTimeout: 5000n });
    await eventually(() => world.counter('subscriptionsHeld') === 1, 'the subscription to be held');
    const asked: string[] = [];
    await publisherOf(asked);
    await soon(joined, 'the subscription');
    expect(asked).toEqual(['SUBSCRIBE 7']);
  });

  it('in the answer to a PUBLISH is passed on', async () => {
    start();
    const watcher = await world.connect('18', {
      onPublish: (request) => void request.accept({ newGroupRequest: 6n }, new Recorder(watcher.profile)),
    });
    const sink = { onNamespace: () => {}, onNamespaceDone: () => {} };
    await watcher.session.subscribeNamespace(namespace('live'), { namespaces: false, tracks: true }, sink);
    const publisher = await world.connect('18');
    const publication = await publisher.session.publish(TRACK, OFFER);
    const asked: (bigint | undefined)[] = [];
    publication.onUpdate = ({ newGroupRequest }) => {
      asked.push(newGroupRequest);
    };
    await eventually(() => asked.includes(6n), 'the request');
  });
});

describe('a publisher that redirects', () => {
  const elsewhere = { connectUri: '', track: trackName('other/place') };

  async function redirects(): Promise<void> {
    start();
    const refusal = { name: 'REDIRECT', reason: 'moved', redirect: elsewhere, retryAfterMs: 5 };
    const publisher = await world.connect('18', {
      onSubscribe: (request) => request.reject(refusal),
      onFetch: (request) => request.reject(refusal),
      onTrackStatus: (request) => request.reject(refusal),
    });
    await publisher.session.publishNamespace(namespace('live'));
  }

  async function asked(draft: Draft, what: 'SUBSCRIBE' | 'FETCH' | 'TRACK_STATUS'): Promise<unknown> {
    const { session, profile } = await world.connect(draft);
    if (what === 'SUBSCRIBE') return session.subscribe(TRACK, {}, new Recorder(profile));
    if (what === 'TRACK_STATUS') return session.trackStatus(TRACK);
    const [start, end] = [
      { group: 0n, object: 0n },
      { group: 1n, object: 0n },
    ];
    return session.fetch({ type: 'standalone', track: TRACK, start, end }, {}).ok;
  }

  it.each(['SUBSCRIBE', 'FETCH', 'TRACK_STATUS'] as const)(
    'is quoted to a subscriber of draft 18, by %s',
    async (what) => {
      await redirects();
      await expect(asked('18', what)).rejects.toMatchObject({
        rejection: { name: 'REDIRECT', reason: 'moved', redirect: elsewhere, retryAfterMs: 5 },
      });
    },
  );

  it.each(['14', '16'] as const)('is one without the track to a subscriber of draft %s', async (draft) => {
    await redirects();
    const refused = asked(draft, 'SUBSCRIBE');
    await expect(refused).rejects.toMatchObject({
      rejection: { name: draft === '14' ? 'TRACK_DOES_NOT_EXIST' : 'DOES_NOT_EXIST', reason: 'moved' },
    });
  });
});
