import { afterEach, describe, expect, it } from 'vitest';
import type { RelayPolicy } from '../../../../src/core/relay/policy.js';
import type { IncomingPublish, NamespaceSink, Subscription } from '../../../../src/core/session/session.js';
import { utf8 } from '../../../../src/core/util/bytes.js';
import type { TrackNamespace } from '../../../../src/core/wire/full-track-name.js';
import {
  DRAFTS,
  type Draft,
  type Member,
  namespace,
  Recorder,
  RelayWorld,
  trackName,
} from '../../../support/relay-world.js';
import { eventually } from '../../../support/wait.js';

function text(fields: TrackNamespace): string {
  return fields.map((field) => Buffer.from(field).toString('latin1')).join('/');
}

let world: RelayWorld;

afterEach(async () => {
  await world.close();
});

class Discovery implements NamespaceSink {
  readonly found: string[] = [];
  readonly known = new Set<string>();

  onNamespace(found: TrackNamespace): void {
    this.found.push(text(found));
    this.known.add(text(found));
  }

  onNamespaceDone(gone: TrackNamespace): void {
    this.known.delete(text(gone));
  }
}

const NAMESPACES = { namespaces: true, tracks: false };
const TRACKS = { namespaces: false, tracks: true };

async function watch(draft: Draft, prefix: string, wants = NAMESPACES) {
  const member = await world.connect(draft);
  const sink = new Discovery();
  const subscription = await member.session.subscribeNamespace(namespace(prefix), wants, sink);
  return { member, sink, subscription };
}

function start(policy: Partial<RelayPolicy> = {}): void {
  world = new RelayWorld({ policy });
}

describe.each(DRAFTS)('SUBSCRIBE_NAMESPACE on draft %s', (draft) => {
  it('hears of what is published below its prefix, before and after, and of what goes', async () => {
    start();
    const early = await world.connect('18');
    const announced = await early.session.publishNamespace(namespace('live/a'));
    await early.session.publishNamespace(namespace('other/x'));
    const { sink } = await watch(draft, 'live');
    await eventually(() => sink.known.has('live/a'), 'the early one');
    const late = await world.connect('14');
    await late.session.publishNamespace(namespace('live/b/c'));
    await late.session.publishNamespace(namespace('live'));
    await eventually(() => sink.known.size === 3, 'the late ones');
    expect([...sink.known].sort()).toEqual(['live', 'live/a', 'live/b/c']);
    await announced.withdraw();
    await eventually(() => !sink.known.has('live/a'), 'one to be withdrawn');
    late.pair.kill();
    await eventually(() => sink.known.size === 0, 'the others to go with their session');
  });

  it('hears once of a namespace that several publish, and of its end with the last one', async () => {
    start();
    const { sink } = await watch(draft, 'live');
    const [a, b] = [await world.connect('18'), await world.connect('16')];
    await a.session.publishNamespace(namespace('live/x'));
    await b.session.publishNamespace(namespace('live/x'));
    await eventually(() => sink.known.has('live/x'), 'the namespace');
    a.pair.kill();
    await eventually(() => world.counter('openSessions') === 2, 'the first to go');
    // What comes behind it has come, and it has not.
    await b.session.publishNamespace(namespace('live/y'));
    await eventually(() => sink.known.has('live/y'), 'another namespace');
    expect(sink.known.has('live/x')).toBe(true);
    b.pair.kill();
    await eventually(() => sink.known.size === 0, 'the end of it');
    expect(sink.found).toEqual(['live/x', 'live/y']);
  });

  it('is refused when its prefix overlaps another of the session', async () => {
    start();
    const { member } = await watch(draft, 'live/a');
    for (const prefix of ['live', 'live/a', 'live/a/b']) {
      await expect(
        member.session.subscribeNamespace(namespace(prefix), NAMESPACES, new Discovery()),
      ).rejects.toMatchObject({ rejection: { name: expect.stringMatching(/PREFIX_OVERLAP$/) } });
    }
    await member.session.subscribeNamespace(namespace('live/b'), NAMESPACES, new Discovery());
  });
});

describe('tracks below a prefix', () => {
  /** Takes every PUBLISH that it is sent. */
  async function taker(draft: Draft, prefix: string, forward = true) {
    const offered: string[] = [];
    const subscriptions: Subscription[] = [];
    const made: { member?: Member; recorder?: Recorder } = {};
    const member = await world.connect(draft, {
      onPublish(request: IncomingPublish) {
        offered.push(`${text(request.track.namespace)}--${Buffer.from(request.track.name).toString()}`);
        subscriptions.push(request.accept(forward ? {} : { forward: false }, made.recorder as Recorder));
      },
      onPublishNamespace: (request) => void request.accept(),
    });
    made.recorder = new Recorder(member.profile);
    await member.session.subscribeNamespace(
      namespace(prefix),
      { namespaces: draft === '14', tracks: true },
      new Discovery(),
    );
    return { member, offered, subscriptions, recorder: made.recorder };
  }

  const pairs = DRAFTS.flatMap((from) => DRAFTS.map((to) => ({ from, to })));

  it.each(pairs)('are offered by PUBLISH and delivered, from draft $from to draft $to', async ({ from, to }) => {
    start();
    const publisher = await world.connect(from);
    const early = await publisher.session.publish(trackName('live/early'), { parameters: { forward: false } });
    const { offered, subscriptions, recorder } = await taker(to, 'live');
    await eventually(() => early.forward, 'the early track to be wanted');
    const late = await publisher.session.publish(trackName('live/room/late'), {});
    await publisher.session.publish(trackName('other/x'), {});
    await eventually(() => late.forward, 'the late track to be wanted');
    for (const [publication, name] of [
      [early, 'early'],
      [late, 'late'],
    ] as const) {
      const stream = await publication.openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false });
      await stream.writeObject({ object: 0n }, utf8(name));
      stream.end();
      await publication.done('TRACK_ENDED', '');
    }
    for (const subscription of subscriptions) {
      expect(await subscription.ended).toMatchObject({
        kind: 'done',
        status: { name: 'TRACK_ENDED' },
        streamCount: 1n,
      });
    }
    await recorder.untilEnded(2);
    expect(recorder.texts.sort()).toEqual(['early', 'late']);
    expect(offered.sort()).toEqual(['live--early', 'live/room--late']);
  });

  it('loses nothing of a publisher that begins with its PUBLISH', async () => {
    start();
    const { recorder } = await taker('16', 'live');
    const publisher = await world.connect('18');
    const publication = await publisher.session.publish(trackName('live/video'), {});
    expect(publication.forward).toBe(true);
    for (let group = 0n; group < 5n; group++) {
      const stream = await publication.openSubgroup({ group, subgroup: 0n, hasProperties: false });
      await stream.writeObject({ object: 0n }, utf8(`${group}`));
      stream.end();
    }
    await publication.done('TRACK_ENDED', '');
    await recorder.untilEnded(5);
    expect(recorder.texts.sort()).toEqual(['0', '1', '2', '3', '4']);
  });

  it('are not asked for from the publisher while their takers want no objects', async () => {
    start();
    const { offered } = await taker('18', 'live', false);
    const publisher = await world.connect('18');
    const publication = await publisher.session.publish(trackName('live/video'), { parameters: { forward: false } });
    await eventually(() => offered.length === 1, 'the offer');
    await eventually(() => !publication.forward, 'FORWARD 0');
  });

  it('are not offered to their own publisher, nor to who has them already', async () => {
    start();
    const { member, offered } = await taker('18', 'live');
    await member.session.publish(trackName('live/own'), {});
    let accepted = 0;
    await world.publisher('18', 'live', () => accepted++);
    await member.session.subscribe(trackName('live/had'), {}, new Recorder(member.profile));
    expect(accepted).toBe(1);
    const other = await world.connect('18');
    await other.session.publish(trackName('live/had'), {});
    await other.session.publish(trackName('live/new'), {});
    await eventually(() => offered.includes('live--new'), 'the new one');
    expect(offered).toEqual(['live--new']);
  });

  it('may overlap with a subscription to namespaces, from draft 18', async () => {
    start();
    const { member } = await watch('18', 'live');
    await member.session.subscribeNamespace(namespace('live'), TRACKS, new Discovery());
    await expect(member.session.subscribeNamespace(namespace('live/a'), TRACKS, new Discovery())).rejects.toMatchObject(
      { rejection: { name: 'PREFIX_OVERLAP' } },
    );
  });
});

describe('a publisher on draft 14 or 15', () => {
  it('is not told of the namespace that only it publishes', async () => {
    start();
    const member = await world.connect('14');
    await member.session.publishNamespace(namespace('live/own'));
    const sink = new Discovery();
    await member.session.subscribeNamespace(namespace('live'), NAMESPACES, sink);
    const other = await world.connect('18');
    await other.session.publishNamespace(namespace('live/other'));
    await eventually(() => sink.known.has('live/other'), 'the other one');
    expect(sink.found).toEqual(['live/other']);
  });
});

describe('caps of one session', () => {
  it('refuse namespaces beyond them with EXCESSIVE_LOAD, and leave others alone', async () => {
    start({ maxNamespacesPerSession: 2 });
    const member = await world.connect('18');
    await member.session.publishNamespace(namespace('a'));
    const second = await member.session.publishNamespace(namespace('b'));
    for (const name of ['c', 'd']) {
      await expect(member.session.publishNamespace(namespace(name))).rejects.toMatchObject({
        rejection: { name: 'EXCESSIVE_LOAD', retryAfterMs: 1000 },
      });
    }
    await (await world.connect('18')).session.publishNamespace(namespace('c'));
    await second.withdraw();
    await eventually(() => world.core.namespaces.publishersOf(namespace('b')).length === 0, 'one to be withdrawn');
    await member.session.publishNamespace(namespace('d'));
    expect(world.counter('capMaxNamespaces')).toBe(2);
    expect(world.events.filter(({ type }) => type === 'cap')).toHaveLength(1);
  });

  it('refuse namespace subscriptions beyond them', async () => {
    start({ maxNamespaceSubscriptionsPerSession: 1 });
    const { member } = await watch('16', 'a');
    await expect(member.session.subscribeNamespace(namespace('b'), NAMESPACES, new Discovery())).rejects.toMatchObject({
      rejection: { name: expect.any(String) },
    });
    expect(world.counter('capMaxNamespaceSubscriptions')).toBe(1);
  });

  it('refuse subscriptions and tracks beyond them', async () => {
    start({ maxSubscriptionsPerSession: 2, maxTracks: 3 });
    await world.publisher('18', 'live', () => {});
    const [a, b] = [await world.connect('18'), await world.connect('14')];
    const subscribe = (member: Member, name: string) =>
      member.session.subscribe(trackName(`live/${name}`), {}, new Recorder(member.profile));
    await subscribe(a, '1');
    await subscribe(a, '2');
    await expect(subscribe(a, '3')).rejects.toMatchObject({ rejection: { name: 'EXCESSIVE_LOAD' } });
    expect(world.counter('capMaxSubscriptions')).toBe(1);
    expect(world.counter('openTracks')).toBe(2);
    await subscribe(b, '3');
    await expect(subscribe(b, '4')).rejects.toMatchObject({ rejection: { name: expect.any(String) } });
    expect(world.counter('capMaxTracks')).toBe(1);
    await subscribe(b, '1');
  });
});
