import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { RelayPolicy } from '../../../../src/core/relay/policy.js';
import type { Publication } from '../../../../src/core/session/session.js';
import { DRAFTS, type Draft, Recorder, RelayWorld, trackName } from '../../../support/relay-world.js';
import { eventually, soon } from '../../../support/wait.js';

const TRACK = trackName('live/video');
const KIB = 1024;
const OBJECT = new Uint8Array(randomBytes(16 * KIB));
/** Small windows, so that little hides in transports. */
const NARROW = { client: { streamWindow: 32 * KIB }, server: { streamWindow: 32 * KIB } };
const HIDDEN = 512 * KIB;

let world: RelayWorld;

afterEach(async () => {
  await world.close();
});

/** Publishes `objects` objects of 16 KiB, `perGroup` to a group, as fast as the relay takes them. */
class Source {
  sent = 0;
  done = false;

  async run(publication: Publication, objects: number, perGroup: number): Promise<void> {
    for (let group = 0; this.sent < objects; group++) {
      const stream = await publication.openSubgroup({ group: BigInt(group), subgroup: 0n, hasProperties: false });
      for (let i = 0; i < perGroup && this.sent < objects; i++) {
        await stream.writeObject({ object: BigInt(i) }, OBJECT);
        this.sent++;
      }
      stream.end();
    }
    await publication.done('TRACK_ENDED', '');
    this.done = true;
  }

  /** Whatever the end of a test cuts short is no failure. */
  start(publication: Publication, objects: number, perGroup: number): void {
    this.run(publication, objects, perGroup).catch(() => {});
  }
}

async function begin(policy: Partial<RelayPolicy>) {
  world = new RelayWorld({ policy });
  let publication: Publication | undefined;
  await world.publisher('18', 'live', (accepted) => (publication = accepted), {}, NARROW);
  return {
    publish(objects: number, perGroup: number): Source {
      const source = new Source();
      source.start(publication as Publication, objects, perGroup);
      return source;
    },
  };
}

async function join(draft: Draft, reading: boolean, streams = 100) {
  const limits = { ...NARROW, client: { ...NARROW.client, maxIncomingUni: streams } };
  const member = await world.connect(draft, {}, limits);
  const recorder = new Recorder(member.profile, reading);
  const subscription = await member.session.subscribe(TRACK, {}, recorder);
  return { member, recorder, subscription };
}

/** The source has not moved for a while. */
async function stalls(source: Source): Promise<number> {
  let last = -1;
  let since = performance.now();
  return eventually(() => {
    if (source.sent !== last) {
      last = source.sent;
      since = performance.now();
    }
    return performance.now() - since > 100 && (last || 0.5);
  }, 'the source to stand still');
}

function isWhole(recorder: Recorder, objects: number): void {
  expect(recorder.ids).toHaveLength(objects);
  expect(recorder.streams.map(({ end }) => end).filter((end) => end !== 'fin')).toEqual([]);
  for (const { payload } of recorder.objects.values()) expect(Buffer.compare(payload, OBJECT)).toBe(0);
}

describe('a single subscriber', () => {
  it.each([
    ['one long stream', 600, 600, 100],
    ['many short streams', 300, 2, 100],
    ['more streams than it allows at a time', 600, 2, 3],
  ])('sets the pace of the publisher and gets every byte: %s', async (_, objects, perGroup, streams) => {
    const { publish } = await begin({ maxLagBytes: 64 * KIB, maxLagStreams: 4, cacheBytes: 64 * KIB });
    const { recorder, subscription } = await join('16', false, streams);
    const source = publish(objects, perGroup);
    const sent = await stalls(source);
    expect(source.done).toBe(false);
    if (perGroup === objects) expect(sent * OBJECT.length).toBeLessThan(HIDDEN);
    expect(world.counter('bufferedBytes')).toBeLessThan(100 * 64 * KIB);
    recorder.resume();
    expect(await soon(subscription.ended, 'the end')).toMatchObject({
      kind: 'done',
      status: { name: 'TRACK_ENDED' },
    });
    await recorder.untilEnded(Math.ceil(objects / perGroup));
    isWhole(recorder, objects);
    expect(world.counter('tooFarBehind')).toBe(0);
  });
});

describe.each(DRAFTS)('among several subscribers, on draft %s,', (draft) => {
  it.each([
    ['bytes', { maxLagBytes: 256 * KIB, maxLagStreams: 1000 }, 200],
    ['streams', { maxLagBytes: 64 * 1024 * KIB, maxLagStreams: 8 }, 2],
  ])('one that falls too far behind in %s is ended, and the others never notice', async (_, policy, perGroup) => {
    const { publish } = await begin({ ...policy, cacheBytes: 128 * KIB });
    const fast = [await join('18', true), await join('14', true)];
    const slow = await join(draft, false);
    const source = publish(200, perGroup);
    const end = await soon(slow.subscription.ended, 'the slow one to be ended');
    expect(end).toMatchObject({ kind: 'done', status: { name: 'TOO_FAR_BEHIND' } });
    for (const { recorder, subscription } of fast) {
      expect(await soon(subscription.ended, 'the end')).toMatchObject({
        kind: 'done',
        status: { name: 'TRACK_ENDED' },
      });
      await recorder.untilEnded(200 / perGroup);
      isWhole(recorder, 200);
    }
    expect(source.done).toBe(true);
    expect(world.counter('tooFarBehind')).toBe(1);
    expect(world.counter('capMaxLag')).toBe(1);
    slow.recorder.resume();
    await slow.recorder.untilEnded(1);
    const code = draft === '18' ? 'TOO_FAR_BEHIND' : 'DELIVERY_TIMEOUT';
    expect(slow.recorder.streams.map(({ end }) => end)).toContain(code);
    if (end.kind === 'done') expect(Number(end.streamCount)).toBeGreaterThanOrEqual(slow.recorder.streams.length);
    await eventually(() => world.counter('bufferedBytes') === 0, 'the memory to be given back');
  });

  it('one within the bound gets every byte, however slow', async () => {
    const { publish } = await begin({ maxLagBytes: 1024 * KIB });
    const fast = await join('18', true);
    const slow = await join(draft, false);
    const source = publish(60, 20);
    await eventually(() => fast.recorder.ids.length === 60 && source.done, 'the fast one to have everything');
    slow.recorder.resume();
    expect(await soon(slow.subscription.ended, 'the end')).toMatchObject({
      kind: 'done',
      status: { name: 'TRACK_ENDED' },
    });
    await slow.recorder.untilEnded(3);
    isWhole(slow.recorder, 60);
  });
});

describe('the memory of all tracks together', () => {
  it('is bounded: caches go first, then the subscription that holds most', async () => {
    const { publish } = await begin({ maxBufferBytes: 256 * KIB, maxLagBytes: 64 * 1024 * KIB });
    const fast = await join('18', true);
    const slow = await join('18', false);
    publish(100, 50);
    expect(await soon(slow.subscription.ended, 'the slow one to be ended')).toMatchObject({
      status: { name: 'TOO_FAR_BEHIND' },
    });
    expect(await soon(fast.subscription.ended, 'the end')).toMatchObject({ status: { name: 'TRACK_ENDED' } });
    await fast.recorder.untilEnded(2);
    isWhole(fast.recorder, 100);
    expect(world.counter('capMaxBuffer')).toBeGreaterThan(0);
  });
});

describe('a subscriber that stops one stream', () => {
  it('does not hold the others back', async () => {
    const { publish } = await begin({});
    const member = await world.connect('18', {}, NARROW);
    const recorder = new Recorder(member.profile);
    const subscription = await member.session.subscribe(
      TRACK,
      {},
      {
        onSubgroup(stream) {
          if (stream.header.group === 1n) stream.stop('CANCELLED');
          else recorder.onSubgroup(stream);
        },
        onDatagram() {},
      },
    );
    publish(60, 20);
    expect(await soon(subscription.ended, 'the end')).toMatchObject({ streamCount: 3n });
    await recorder.untilEnded(2);
    expect(recorder.streams.map(({ header, end }) => [header.group, end])).toEqual([
      [0n, 'fin'],
      [2n, 'fin'],
    ]);
  });
});
