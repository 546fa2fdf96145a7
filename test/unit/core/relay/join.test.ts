import { afterEach, describe, expect, it } from 'vitest';
import { isOver, planJoin } from '../../../../src/core/relay/join.js';
import type { RelayPolicy } from '../../../../src/core/relay/policy.js';
import type { OutgoingSubgroup, Publication } from '../../../../src/core/session/session.js';
import { utf8 } from '../../../../src/core/util/bytes.js';
import type { Parameters } from '../../../../src/core/wire/messages/parameters.js';
import { DRAFTS, type Draft, Recorder, RelayWorld, trackName } from '../../../support/relay-world.js';
import { eventually, soon } from '../../../support/wait.js';

const TRACK = trackName('live/video');

describe('planJoin', () => {
  const largest = { group: 5n, object: 7n };

  it.each([
    ['no filter', undefined, { floor: { group: 0n, object: 0n }, replayFrom: 5n, endGroup: null }],
    [
      'largest-object',
      { type: 'largest-object' },
      { floor: { group: 5n, object: 8n }, replayFrom: null, endGroup: null },
    ],
    [
      'next-group-start',
      { type: 'next-group-start' },
      { floor: { group: 6n, object: 0n }, replayFrom: null, endGroup: null },
    ],
    [
      'absolute-start',
      { type: 'absolute-start', start: { group: 5n, object: 2n } },
      { floor: { group: 5n, object: 2n }, replayFrom: 5n, endGroup: null },
    ],
    [
      'absolute-range',
      { type: 'absolute-range', start: { group: 5n, object: 2n }, endGroup: 9n },
      { floor: { group: 5n, object: 2n }, replayFrom: 5n, endGroup: 9n },
    ],
  ] as const)('with %s', (_, filter, plan) => {
    expect(planJoin(filter, largest)).toEqual(plan);
  });

  it('begins at the very start while nothing is published', () => {
    expect(planJoin({ type: 'largest-object' }, null).floor).toEqual({ group: 0n, object: 0n });
    expect(planJoin({ type: 'next-group-start' }, null).floor).toEqual({ group: 0n, object: 0n });
  });

  it('finds a range over once a later group was published', () => {
    const filter = { type: 'absolute-range', start: { group: 1n, object: 0n }, endGroup: 4n } as const;
    expect(isOver(filter, largest)).toBe(true);
    expect(isOver({ ...filter, endGroup: 5n }, largest)).toBe(false);
    expect(isOver(filter, null)).toBe(false);
  });
});

describe.each(DRAFTS)('who joins late, on draft %s,', (draft) => {
  let world: RelayWorld;
  let publication: Publication;

  afterEach(async () => {
    await world.close();
  });

  /** A publisher, and one subscriber so that the relay subscribes. */
  async function begin(policy: Partial<RelayPolicy> = { endQuietMs: 100 }): Promise<Recorder> {
    world = new RelayWorld({ policy });
    await world.publisher('18', 'live', (accepted) => {
      publication = accepted;
    });
    return (await join('18', {})).recorder;
  }

  async function join(as: Draft, parameters: Parameters) {
    const member = await world.connect(as);
    const recorder = new Recorder(member.profile);
    const subscription = await member.session.subscribe(TRACK, parameters, recorder);
    return { recorder, subscription };
  }

  async function open(group: bigint, ...texts: string[]): Promise<OutgoingSubgroup> {
    const stream = await publication.openSubgroup({ group, subgroup: 0n, hasProperties: false });
    for (const [i, text] of texts.entries()) await stream.writeObject({ object: BigInt(i) }, utf8(text));
    return stream;
  }

  async function finish(stream: OutgoingSubgroup, object: bigint, text: string): Promise<void> {
    await stream.writeObject({ object }, utf8(text));
    stream.end();
    (await open(2n, '2.0')).end();
    await publication.done('TRACK_ENDED', '');
  }

  /** Group 0 over, group 1 with two objects under way, all of it with the first subscriber. */
  async function halfWay(): Promise<OutgoingSubgroup> {
    const first = await begin();
    (await open(0n, '0.0', '0.1')).end();
    const stream = await open(1n, '1.0', '1.1');
    await eventually(() => first.ids.length === 4, 'the first subscriber to have four objects');
    return stream;
  }

  const unfiltered: Parameters =
    draft === '14' ? { filter: { type: 'absolute-start', start: { group: 0n, object: 0n } } } : {};

  it('unfiltered gets the last group from its start, and all that follows', async () => {
    const stream = await halfWay();
    const { recorder, subscription } = await join(draft, unfiltered);
    expect(subscription.parameters.largestObject).toEqual({ group: 1n, object: 1n });
    await finish(stream, 2n, '1.2');
    await soon(subscription.ended, 'the end');
    await recorder.untilEnded(2);
    expect(recorder.texts).toEqual(['1.0', '1.1', '1.2', '2.0']);
    expect(recorder.streams.map(({ end }) => end)).toEqual(['fin', 'fin']);
  });

  it('with an absolute start gets the last group from there', async () => {
    const stream = await halfWay();
    const { recorder } = await join(draft, { filter: { type: 'absolute-start', start: { group: 1n, object: 1n } } });
    await finish(stream, 2n, '1.2');
    await recorder.untilEnded(2);
    expect(recorder.texts).toEqual(['1.1', '1.2', '2.0']);
  });

  it('with the largest object gets what comes after it', async () => {
    const stream = await halfWay();
    const { recorder } = await join(draft, { filter: { type: 'largest-object' } });
    await finish(stream, 2n, '1.2');
    await recorder.untilEnded(2);
    expect(recorder.texts).toEqual(['1.2', '2.0']);
  });

  it('with the next group gets nothing of the present one', async () => {
    const stream = await halfWay();
    const { recorder } = await join(draft, { filter: { type: 'next-group-start' } });
    await finish(stream, 2n, '1.2');
    await recorder.untilEnded(1);
    expect(recorder.texts).toEqual(['2.0']);
  });

  it('in the middle of an object gets the whole of it from the cache, or begins after it', async () => {
    const first = await begin();
    const stream = await open(1n, '1.0');
    await stream.beginObject({ object: 1n }, 4);
    await stream.writePayload(utf8('ab'));
    await eventually(() => first.bytes === 5, 'the first half of the object');
    const [whole, after] = [await join(draft, unfiltered), await join(draft, { filter: { type: 'largest-object' } })];
    await stream.writePayload(utf8('cd'));
    await finish(stream, 2n, '1.2');
    await whole.recorder.untilEnded(2);
    await after.recorder.untilEnded(2);
    expect(whole.recorder.texts).toEqual(['1.0', 'abcd', '1.2', '2.0']);
    expect(after.recorder.texts).toEqual(['1.2', '2.0']);
  });

  it('unfiltered gets what follows when the group has outgrown the cache', async () => {
    const first = await begin({ cacheBytes: 1000 });
    const stream = await open(1n, 'x'.repeat(1000), 'y');
    await eventually(() => first.ids.length === 2, 'two objects');
    const { recorder } = await join(draft, unfiltered);
    await finish(stream, 2n, '1.2');
    await recorder.untilEnded(2);
    expect(recorder.texts).toEqual(['1.2', '2.0']);
  });

  it('is refused a range that is over', async () => {
    await halfWay();
    const filter = { type: 'absolute-range', start: { group: 0n, object: 0n }, endGroup: 0n } as const;
    await expect(join(draft, { filter })).rejects.toMatchObject({ rejection: { name: 'INVALID_RANGE' } });
  });

  it('for a range gets PUBLISH_DONE SUBSCRIPTION_ENDED after its last group', async () => {
    const stream = await halfWay();
    const filter = { type: 'absolute-range', start: { group: 1n, object: 0n }, endGroup: 1n } as const;
    const { recorder, subscription } = await join(draft, { filter });
    await stream.writeObject({ object: 2n }, utf8('1.2'));
    stream.end();
    await open(2n, '2.0');
    expect(await soon(subscription.ended, 'the end of the range')).toMatchObject({
      kind: 'done',
      status: { name: 'SUBSCRIPTION_ENDED' },
      streamCount: 1n,
    });
    await recorder.untilEnded(1);
    expect(recorder.texts).toEqual(['1.0', '1.1', '1.2']);
  });
});
