import { afterEach, describe, expect, it } from 'vitest';
import type { Publication } from '../../../../src/core/session/session.js';
import { utf8 } from '../../../../src/core/util/bytes.js';
import type { Parameters } from '../../../../src/core/wire/messages/parameters.js';
import { decodeProperties, encodeProperties } from '../../../../src/core/wire/properties.js';
import { DRAFTS, type Draft, Recorder, RelayWorld, trackName } from '../../../support/relay-world.js';
import { eventually } from '../../../support/wait.js';

const TRACK = trackName('live/video');
const PAIRS = [{ type: 0x3en, value: 2n }];
let world: RelayWorld;

afterEach(async () => {
  await world.close();
});

async function begin(draft: Draft) {
  world = new RelayWorld();
  const made: { publication?: Publication } = {};
  const { profile } = await world.publisher(draft, 'live', (accepted) => {
    made.publication = accepted;
  });
  return { made, profile };
}

async function join(draft: Draft, parameters: Parameters = {}, maxDatagramSize?: number) {
  const member = await world.connect(draft, {}, maxDatagramSize === undefined ? {} : { maxDatagramSize });
  const recorder = new Recorder(member.profile);
  await member.session.subscribe(TRACK, parameters, recorder);
  return { member, recorder };
}

describe('datagrams', () => {
  const matrix = DRAFTS.flatMap((from) => DRAFTS.map((to) => ({ from, to })));

  it.each(matrix)('are passed on with all they carry, from draft $from to draft $to', async ({ from, to }) => {
    const { made, profile } = await begin(from);
    const { member, recorder } = await join(to);
    const publication = made.publication as Publication;
    publication.sendDatagram({
      group: 1n,
      object: 5n,
      priority: 9,
      properties: encodeProperties(profile, PAIRS),
      payload: utf8('with properties'),
    });
    publication.sendDatagram({ group: 1n, object: 6n, priority: 9, endOfGroup: from !== '14', payload: utf8('last') });
    publication.sendDatagram({ group: 2n, object: 0n, status: 'end-of-track', payload: new Uint8Array() });
    await eventually(() => recorder.datagrams.length === 3, 'three datagrams');
    const [first, second, third] = recorder.datagrams;
    expect(first?.header).toMatchObject({ group: 1n, subgroup: null, object: 5n, priority: 9, status: 'normal' });
    expect(decodeProperties(member.profile, first?.header.properties as Uint8Array)).toEqual(PAIRS);
    expect(first?.payload).toEqual(utf8('with properties'));
    expect(second?.header).toMatchObject({ object: 6n });
    expect(third?.header).toMatchObject({ group: 2n, status: 'end-of-track' });
    expect(world.counter('datagramsSent')).toBe(3);
  });

  it.each(matrix)(
    'that come with SUBSCRIBE_OK reach who asked for it, from draft $from to draft $to',
    async ({ from, to }) => {
      world = new RelayWorld();
      await world.publisher(from, 'live', (publication) => {
        for (const object of [0n, 1n]) publication.sendDatagram({ group: 0n, object, payload: utf8(`${object}`) });
      });
      // The filter of draft 14 by default: nothing up to the largest object there is.
      const { recorder } = await join(to, { filter: { type: 'largest-object' } });
      await eventually(() => recorder.datagrams.length === 2, 'both');
      expect(recorder.datagrams.map(({ header }) => header.object)).toEqual([0n, 1n]);
      expect(world.counter('datagramsDropped')).toBe(0);
    },
  );

  it('that are too large for a subscriber are dropped and counted, for that one', async () => {
    const { made } = await begin('18');
    const [narrow, wide] = [await join('18', {}, 100), await join('18')];
    (made.publication as Publication).sendDatagram({ group: 0n, object: 0n, payload: new Uint8Array(500) });
    (made.publication as Publication).sendDatagram({ group: 0n, object: 1n, payload: new Uint8Array(10) });
    await eventually(() => wide.recorder.datagrams.length === 2, 'both');
    await eventually(() => narrow.recorder.datagrams.length === 1, 'the small one');
    expect(world.counter('datagramsTooLarge')).toBe(1);
  });

  it('pass the filter of a subscription, or do not', async () => {
    const { made } = await begin('18');
    const all = await join('18');
    const send = (group: bigint, object: bigint): void => {
      (made.publication as Publication).sendDatagram({ group, object, payload: utf8(`${group}.${object}`) });
    };
    send(3n, 1n);
    await eventually(() => all.recorder.datagrams.length === 1, 'the first');
    const largest = await join('16', { filter: { type: 'largest-object' } });
    const next = await join('14', { filter: { type: 'next-group-start' } });
    send(3n, 0n);
    send(3n, 2n);
    send(4n, 0n);
    await eventually(() => all.recorder.datagrams.length === 4, 'all of them');
    await eventually(() => next.recorder.datagrams.length === 1, 'one of the next group');
    const texts = ({ recorder }: { recorder: Recorder }) =>
      recorder.datagrams.map(({ payload }) => Buffer.from(payload).toString());
    await eventually(() => texts(largest).length === 2, 'those after the largest');
    expect(texts(largest)).toEqual(['3.2', '4.0']);
    expect(texts(next)).toEqual(['4.0']);
  });
});
