import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Forge, forge } from '../support/forge.js';
import { usedMemory } from '../support/memory.js';
import { Recorder } from '../support/relay-world.js';
import { DRAFTS, profileOf, type RoguePeer } from '../support/rogue-peer.js';
import { ALIAS, listen, relayed, subgroupHeader, subgroupStream } from '../support/rogue-tracks.js';
import { RelayUnderTest, RogueServer, trackName } from '../support/rogue-world.js';
import { placesOf, takeAll } from '../support/tracks.js';
import { eventually } from '../support/wait.js';

let server: RogueServer;
let relay: RelayUnderTest;
beforeAll(async () => {
  server = await RogueServer.start();
  relay = await RelayUnderTest.start();
});
afterAll(async () => {
  await server.close();
  await relay.close();
});

const FAST = { limits: { reorderWaitMs: 200, quietMs: 200, streamWaitMs: 500, doneWaitMs: 100 } };

describe.each(DRAFTS)('draft %s', (draft) => {
  const profile = profileOf(draft);
  const max = profile.varint.max;

  /** A subgroup stream whose objects are made by hand. */
  function handmade(hasProperties: boolean, objects: (f: Forge) => Forge): Uint8Array {
    return objects(forge(profile).bytes(subgroupHeader(profile, { alias: ALIAS, group: 0n, hasProperties }))).finish();
  }

  const TOO_LARGE: readonly { what: string; bytes: () => Uint8Array }[] = [
    { what: 'the largest integer as the length of a payload', bytes: () => handmade(false, (f) => f.varint(0, max)) },
    { what: 'the largest integer as the length of properties', bytes: () => handmade(true, (f) => f.varint(0, max)) },
    { what: 'a payload one byte above our limit', bytes: () => handmade(false, (f) => f.varint(0, 2 ** 32 + 1)) },
  ];

  describe('row 3: lengths of objects', () => {
    it.each(TOO_LARGE)('row 3: $what: the subscriber refuses it before it allocates', async ({ bytes }) => {
      const { peer, session, subscription } = await listen(server, draft);
      const before = await usedMemory();
      await peer.openUni(bytes());
      const { error } = await takeAll(subscription);
      expect(error).toMatchObject({ name: 'MoqtError' });
      expect(await session.closed).toMatchObject({ by: 'local', reason: expect.stringContaining('above our limit') });
      expect((await usedMemory()) - before).toBeLessThan(16 * 1024 * 1024);
    });

    it.each(TOO_LARGE)('row 3: $what: the relay isolates', async ({ what, bytes }) => {
      const { peer } = await relayed(relay, draft, `large${draft}${what}/x`);
      await peer.openUni(bytes());
      await peer.closeName();
      await relay.isolates();
    });

    it('row 3: the most that is allowed, announced and never sent, takes no memory', async () => {
      const { peer, session, subscription } = await listen(server, draft);
      const before = await usedMemory();
      for (let group = 0n; group < 20n; group++) {
        const header = subgroupHeader(profile, { alias: ALIAS, group });
        await peer.openUni(
          forge(profile)
            .bytes(header)
            .varint(0, 2 ** 32)
            .bytes(Buffer.from('begun'))
            .finish(),
        );
      }
      const taken = takeAll(subscription);
      await eventually(() => subscription.report().streams === 20, 'all streams');
      expect((await usedMemory()) - before).toBeLessThan(16 * 1024 * 1024);
      subscription.cancel();
      await taken;
      await session.close();
    });
  });

  describe('row 11: IDs', () => {
    // The first object has the largest ID, the next is one more.
    const overflow = (): Uint8Array => handmade(false, (f) => f.varint(max, 1).uint8(0x61).varint(0, 1).uint8(0x62));

    it('row 11: an object ID that overflows: the subscriber keeps what came before and closes the session', async () => {
      const { peer, subscription } = await listen(server, draft);
      await peer.openUni(overflow());
      const { items, error } = await takeAll(subscription);
      expect(placesOf(items).filter((place) => place !== `0.${max}`)).toEqual([]);
      expect(error).toMatchObject({ name: 'MoqtError' });
      expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
    });

    it('row 11: an object ID that overflows: the relay closes that session', async () => {
      const { peer } = await relayed(relay, draft, `overflow${draft}/x`);
      await peer.openUni(overflow());
      expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
      await relay.isolates();
    });

    it('row 11: IDs above 2^53 are exact to the last bit, at the subscriber and through the relay', async () => {
      const group = 2n ** 53n + 1n;
      const ids = [2n ** 53n + 1n, 2n ** 53n + 2n, 2n ** 61n + 3n, max];
      const stream = subgroupStream(
        profile,
        { alias: ALIAS, group, subgroup: 2n ** 60n + 1n },
        ...ids.map((id) => ({ id, payload: `${id}` })),
      );
      const direct = new Recorder(profile);
      const { peer, session } = await server.established(draft);
      const subscribing = session.subscribe(trackName('live/x'), {}, direct);
      const request = await peer.nextRequest('SUBSCRIBE');
      request.stream.message({ type: 'SUBSCRIBE_OK', ...request.id, trackAlias: max, parameters: {} });
      expect((await subscribing).trackAlias).toBe(max);
      await peer.sendUni(
        subgroupStream(
          profile,
          { alias: max, group, subgroup: 2n ** 60n + 1n },
          ...ids.map((id) => ({ id, payload: `${id}` })),
        ),
      );
      const through = await relayed(relay, draft, `exact${draft}/x`, '18');
      await through.peer.sendUni(stream);
      for (const recorder of [direct, through.recorder]) {
        await recorder.untilEnded(1);
        expect(recorder.streams[0]).toMatchObject({ end: 'fin', header: { group, subgroup: 2n ** 60n + 1n } });
        expect(recorder.ids).toEqual(ids.map((id) => `${group}.${id}`));
        expect(recorder.texts).toEqual(ids.map(String));
      }
      await session.close();
    });
  });

  describe('row 17: objects that come twice, in disorder, or not at all', () => {
    it('row 17: are put in order, counted, and what is missing is 9', async () => {
      const { peer, session, subscription, done } = await listen(server, draft, FAST);
      const of = (group: bigint) => ({ alias: ALIAS, group });
      const a = { id: 0n, payload: 'a' };
      const b = { id: 1n, payload: 'b' };
      await peer.sendUni(subgroupStream(profile, of(2n), a, { id: 3n, payload: 'd' }));
      await peer.sendUni(subgroupStream(profile, of(0n), a, b));
      await peer.sendUni(subgroupStream(profile, of(0n), a, b));
      await peer.sendUni(subgroupStream(profile, of(4n), b));
      done(4n);
      const { items, error, report } = await takeAll(subscription);
      expect(placesOf(items)).toEqual(['0.0', '0.1', '2.0', '2.3', '4.1']);
      expect(report).toMatchObject({
        objects: 5,
        missing: { groups: 2n, objects: 3n },
      });
      expect(report.duplicates + report.late).toBe(2);
      expect(items.filter(({ kind }) => kind === 'gap').length).toBeGreaterThanOrEqual(3);
      expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', exitCode: 9 });
      await session.close();
    });

    it('row 17: pass the relay as they are', async () => {
      const { peer, recorder, member, done } = await relayed(relay, draft, `order${draft}/x`);
      const of = (group: bigint) => ({ alias: ALIAS, group });
      const gapped = [
        { id: 1n, payload: 'b' },
        { id: 9n, payload: 'j' },
      ];
      await peer.sendUni(subgroupStream(profile, of(5n), ...gapped));
      await recorder.untilEnded(1);
      await peer.sendUni(subgroupStream(profile, of(2n), ...gapped));
      await recorder.untilEnded(2);
      await peer.sendUni(subgroupStream(profile, of(8n), ...gapped));
      done(3n);
      await recorder.untilEnded(3);
      expect(recorder.ids).toEqual(['5.1', '5.9', '2.1', '2.9', '8.1', '8.9']);
      expect(recorder.texts.join('')).toBe('bjbjbj');
      await member.close();
    });
  });

  describe('row 18: one object with two contents', () => {
    const of = { alias: ALIAS, group: 0n };
    const first = { id: 0n, payload: 'a' };

    async function contradict(peer: RoguePeer, seen: () => boolean): Promise<void> {
      await peer.openUni(subgroupStream(profile, of, first, { id: 1n, payload: 'b' }));
      await eventually(seen, 'the first content');
      await peer.openUni(subgroupStream(profile, of, first, { id: 1n, payload: 'B' }));
    }

    it('row 18: is a malformed track to the subscriber, and 9', async () => {
      const { peer, session, subscription } = await listen(server, draft, FAST);
      const taken = takeAll(subscription);
      await contradict(peer, () => subscription.report().objects === 2);
      const { error } = await taken;
      expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', reason: 'track.malformed', exitCode: 9 });
      await session.close();
    });

    it('row 18: is a malformed track to the relay, which ends it for its subscribers alone', async () => {
      const { peer, member, recorder } = await relayed(relay, draft, `twins${draft}/x`);
      const before = relay.counter('malformedTracks');
      await contradict(peer, () => recorder.texts.length === 2);
      await eventually(() => relay.counter('malformedTracks') === before + 1, 'the track was found malformed');
      await recorder.untilEnded(1);
      expect(recorder.streams.map(({ end }) => end)).not.toContain('fin');
      expect(recorder.texts.join('')).toBe('ab');
      await relay.isolates();
      await member.close();
    });
  });
});

describe('between drafts', () => {
  it('row 11: a group that the subscriber’s draft cannot carry is counted, and the rest of the track goes on', async () => {
    const { peer, recorder, member } = await relayed(relay, '18', 'narrow/x', '16');
    const profile = profileOf('18');
    const before = relay.counter('notRepresentable');
    await peer.sendUni(
      subgroupStream(profile, { alias: ALIAS, group: 1n, subgroup: 2n ** 63n }, { id: 0n, payload: 'no' }),
    );
    await eventually(() => relay.counter('notRepresentable') === before + 1, 'the stream was counted');
    await peer.sendUni(subgroupStream(profile, { alias: ALIAS, group: 2n }, { id: 0n, payload: 'yes' }));
    await recorder.untilEnded(1);
    expect(recorder.texts).toEqual(['yes']);
    await relay.isolates();
    await member.close();
  });

  it('row 11: properties that the subscriber’s draft cannot carry are counted, and the rest of the track goes on', async () => {
    const { peer, recorder, member } = await relayed(relay, '18', 'narrowproperty/x', '16');
    const profile = profileOf('18');
    const before = relay.counter('notRepresentable');
    const properties = forge(profile)
      .varint(0x40, 2n ** 64n - 1n)
      .finish();
    const of = { alias: ALIAS, group: 1n, hasProperties: true };
    await peer.sendUni(subgroupStream(profile, of, { id: 0n, payload: 'no', properties }));
    await eventually(() => relay.counter('notRepresentable') === before + 1, 'the stream was counted');
    await peer.sendUni(subgroupStream(profile, { alias: ALIAS, group: 2n }, { id: 0n, payload: 'yes' }));
    await eventually(() => recorder.texts.includes('yes'), 'what follows');
    await relay.isolates();
    await member.close();
  });

  it.each(['ascending', 'descending'] as const)(
    'row 11: a group of a FETCH that runs over the %s end: the client closes the session',
    async (groupOrder) => {
      const { peer, session } = await server.established('18');
      const profile = profileOf('18');
      const fetch = session.fetch(
        {
          type: 'standalone',
          track: trackName('live/x'),
          start: { group: 0n, object: 0n },
          end: { group: 9n, object: 0n },
        },
        { groupOrder },
      );
      fetch.ok.catch(() => {});
      const { message } = await peer.nextRequest('FETCH');
      const last = groupOrder === 'ascending' ? profile.varint.max : 0n;
      // Group, object and priority present; the group is absolute first and a difference then (draft-18 §11.4.4).
      const object = (f: Forge, group: bigint): Forge => f.varint(0x1c, group, 0).uint8(128).varint(1).uint8(0x61);
      const header = forge(profile).varint(5, message.requestId);
      await peer.openUni(object(object(header, last), 0n).finish());
      const read = async (): Promise<void> => {
        while ((await fetch.read()) !== null);
      };
      await expect(read()).rejects.toThrow();
      expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
    },
  );
});
