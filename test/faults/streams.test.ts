import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MoqtSession } from '../../src/core/session/session.js';
import { encodePaddingDatagram } from '../../src/core/wire/datagram.js';
import { forge } from '../support/forge.js';
import { Recorder } from '../support/relay-world.js';
import { DRAFTS, type Draft, ignore, profileOf, type RoguePeer } from '../support/rogue-peer.js';
import { ALIAS, listen, relayed, subgroupHeader, subgroupStream } from '../support/rogue-tracks.js';
import { RelayUnderTest, RogueServer, trackName } from '../support/rogue-world.js';
import { takeAll } from '../support/tracks.js';
import { eventually, soon } from '../support/wait.js';

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

const OBJECT_0 = { id: 0n, payload: 'whole' };

/** One whole object, and the first 40 bytes of another of 100. */
function cutStream(draft: Draft, group = 0n): Uint8Array {
  const stream = subgroupStream(profileOf(draft), { alias: ALIAS, group }, OBJECT_0, {
    id: 1n,
    payload: Buffer.alloc(100, 'h'),
  });
  return stream.subarray(0, stream.length - 60);
}

function payloads(recorder: Recorder): string[] {
  return recorder.texts;
}

/** What ends the session whoever sees it, on control and data streams. */
const VIOLATIONS: readonly {
  readonly what: string;
  readonly drafts?: readonly Draft[];
  readonly act: (peer: RoguePeer) => unknown;
}[] = [
  { what: 'row 13: the control stream ends', act: (peer) => peer.control.end() },
  { what: 'row 13: the control stream is reset', act: (peer) => peer.control.send?.reset(1n) },
  { what: 'row 13: nobody reads the control stream', act: (peer) => peer.control.recv?.stop(1n) },
  {
    what: 'row 13: a second control stream',
    drafts: ['18'],
    act: (peer) => peer.openUni(forge(peer.profile).bytes(setup(peer)).finish()),
  },
  {
    what: 'row 13: a second control stream',
    drafts: ['14', '16'],
    act: async (peer) => (await peer.openBidi()).bytes(setup(peer)),
  },
  {
    what: 'row 13: a second SETUP on the control stream',
    act: (peer) => peer.control.bytes(setup(peer)),
  },
  { what: 'row 14: an unknown type of stream', act: (peer) => peer.openUni(forge(peer.profile).varint(0x3f).finish()) },
  {
    what: 'row 14: a stream type from the pattern for GREASE, which is not reserved for streams',
    act: (peer) =>
      peer.openUni(
        forge(peer.profile)
          .varint(0x7f * 5 + 0x9d)
          .finish(),
      ),
  },
  {
    what: 'row 14: the largest integer as the type of a stream',
    act: (peer) => peer.openUni(forge(peer.profile).varint(peer.profile.varint.max).finish()),
  },
  {
    what: 'row 14: a padding stream, which the draft lacks',
    drafts: ['14', '16'],
    act: (peer) => peer.openUni(forge(peer.profile).varint(0x132b3e28).finish()),
  },
  {
    what: 'row 14: an unknown type of datagram',
    act: (peer) => peer.transport.sendDatagram(forge(peer.profile).varint(0x3f, 1, 1, 1).finish()),
  },
  {
    what: 'row 14: an empty datagram',
    act: (peer) => peer.transport.sendDatagram(new Uint8Array(0)),
  },
  {
    what: 'row 14: a bidirectional stream that begins with an answer',
    drafts: ['16', '18'],
    act: async (peer) => (await peer.openBidi()).bytes(forge(peer.profile).varint(0, 0, 0).message('PUBLISH_DONE')),
  },
  {
    what: 'row 12: a stream that ends within its header',
    act: (peer) => peer.sendUni(subgroupHeader(peer.profile, { alias: ALIAS, group: 70_000n }).subarray(0, 3)),
  },
];

function setup(peer: RoguePeer): Uint8Array {
  const { profile } = peer;
  const body = forge(profile);
  if (peer.draft === '18') return body.message('SETUP');
  if (peer.draft === '14') {
    if (peer.role === 'client') body.varint(1);
    body.varint(profile.versionCode);
  }
  return body.varint(0).message(peer.role === 'client' ? 'CLIENT_SETUP' : 'SERVER_SETUP');
}

for (const draft of DRAFTS) {
  describe(`draft ${draft}`, () => {
    const violations = VIOLATIONS.filter(({ drafts }) => drafts === undefined || drafts.includes(draft));

    it.each(violations)('$what: the client closes the session', async ({ act }) => {
      const { peer, session } = await server.established(draft);
      await act(peer);
      expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
      expect(await session.closed).toMatchObject({ by: 'local', name: 'PROTOCOL_VIOLATION' });
    });

    it.each(violations)('$what: the relay closes that session and no other', async ({ act }) => {
      const peer = await relay.establishedRogue(draft);
      await act(peer);
      expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
      await relay.isolates();
    });
  });
}

describe.each(DRAFTS)('draft %s', (draft) => {
  const profile = profileOf(draft);

  describe('row 12: FIN in the middle of an object', () => {
    it('row 12: the subscriber gets what is whole, and is incomplete', async () => {
      const { peer, subscription } = await listen(server, draft);
      await peer.sendUni(cutStream(draft));
      const { items, error } = await takeAll(subscription);
      const objects = items.filter((item) => item.kind === 'object');
      expect(objects.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['whole']);
      expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', exitCode: 9 });
      expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
    });

    it('row 12: the subscriber of pieces is never told that the object is complete', async () => {
      const { peer, subscription } = await listen(server, draft, { items: 'pieces' });
      await peer.sendUni(cutStream(draft));
      const { items, error } = await takeAll(subscription);
      const complete = items.filter((item) => item.kind === 'piece' && item.complete);
      expect(complete).toHaveLength(1);
      expect(error).toMatchObject({ exitCode: 9 });
    });

    it('row 12: the relay resets the stream downstream and closes the session of the publisher', async () => {
      const { peer, recorder } = await relayed(relay, draft, `cut${draft}/x`);
      const bytes = cutStream(draft);
      const stream = await peer.openUni(bytes.subarray(0, -20));
      await eventually(() => payloads(recorder).length > 0, 'the whole object');
      ignore(stream.write(bytes.subarray(-20)));
      stream.end();
      expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
      await recorder.untilEnded(1);
      expect(recorder.streams[0]?.end).not.toBe('fin');
      expect(payloads(recorder)).toEqual(['whole']);
      await relay.isolates();
    });
  });

  it('row 12: a stream that ends within its header before SETUP: the relay closes that session', async () => {
    const peer = await relay.rogue(draft);
    await peer.sendUni(subgroupHeader(profile, { alias: ALIAS, group: 70_000n }).subarray(0, 3));
    // The stream must have been looked at before SETUP comes.
    await relay.isolates();
    await peer.setup();
    expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
    await relay.isolates();
  });

  it('row 14: padding is read and thrown away where the draft has it', async () => {
    if (!profile.features.padding) return expect(profile.data.paddingDatagram).toBeNull();
    const { peer, session } = await server.established(draft);
    const member = await relay.establishedRogue(draft);
    for (const one of [peer, member]) {
      await one.sendUni(forge(profile).varint(0x132b3e28).finish(), Buffer.alloc(200_000));
      one.transport.sendDatagram(encodePaddingDatagram(profile, 100));
    }
    await eventually(() => session.counters()['padding-stream'] === 1, 'the padding');
    const asked = await member.request({
      type: 'TRACK_STATUS',
      requestId: member.requestId(),
      track: trackName('no/such'),
      parameters: {},
    });
    await asked.next('REQUEST_ERROR');
    expect(peer.close ?? member.close).toBeNull();
    await session.close();
  });

  describe('row 15: data before anybody knows its alias', () => {
    it('row 15: is kept for the SUBSCRIBE_OK that follows', async () => {
      const { peer, session } = await server.established(draft);
      const recorder = new Recorder(profile);
      const subscribing = session.subscribe(trackName('live/x'), {}, recorder);
      const request = await peer.nextRequest('SUBSCRIBE');
      await peer.sendUni(subgroupStream(profile, { alias: ALIAS, group: 0n }, OBJECT_0));
      await eventually(() => session.counters()['early-stream'] === 1, 'the early stream');
      request.stream.message({ type: 'SUBSCRIBE_OK', ...request.id, trackAlias: ALIAS, parameters: {} });
      await subscribing;
      await recorder.untilEnded(1);
      expect(payloads(recorder)).toEqual(['whole']);
      await session.close();
    });

    it('row 15: is bounded in number and in time, counted, and no reason to end', async () => {
      const limits = { maxEarlyStreams: 4, maxEarlyDatagrams: 3, earlyDataMs: 200 };
      const { peer, session } = await server.established(draft, { limits });
      const bytes = subgroupStream(profile, { alias: 99n, group: 0n }, OBJECT_0);
      const streams = await Promise.all(Array.from({ length: 6 }, () => peer.openUni(bytes)));
      await soon(Promise.all(streams.map((stream) => stream.stopped)), 'every stream was stopped');
      for (let i = 0; i < 5; i++) {
        peer.transport.sendDatagram(forge(profile).varint(0x00, 99, 0, i).uint8(1, 2).finish());
      }
      await eventually(() => session.counters()['unknown-alias-dropped'] === 11, 'everything was dropped');
      expect(session.counters()).toMatchObject({ 'early-stream': 6, 'early-datagram': 5 });
      await alive(session);
      await session.close();
    });

    it('row 15: is kept by the relay for the subscriber who waits', async () => {
      const peer = await relay.establishedRogue(draft);
      const track = trackName(`early${draft}/x`);
      const announced = await peer.request({
        type: 'PUBLISH_NAMESPACE',
        requestId: peer.requestId(),
        namespace: track.namespace,
        parameters: {},
      });
      await announced.next('REQUEST_OK');
      const member = await relay.member('16');
      const recorder = new Recorder(member.profile);
      const subscribing = member.subscribe(track, {}, recorder);
      const request = await peer.nextRequest('SUBSCRIBE');
      await peer.sendUni(subgroupStream(profile, { alias: ALIAS, group: 0n }, OBJECT_0));
      // Beyond the bound of 256 the relay stops them at once.
      const bytes = subgroupStream(profile, { alias: 99n, group: 0n }, OBJECT_0);
      const many = await Promise.all(Array.from({ length: 300 }, () => peer.openUni(bytes)));
      await soon(Promise.any(many.map((stream) => stream.stopped)), 'one stream too many was stopped');
      request.stream.message({ type: 'SUBSCRIBE_OK', ...request.id, trackAlias: ALIAS, parameters: {} });
      await subscribing;
      await recorder.untilEnded(1);
      expect(payloads(recorder)).toEqual(['whole']);
      await relay.isolates();
    });
  });

  describe('row 16: an alias that is another track’s', () => {
    it('row 16: in a SUBSCRIBE_OK ends the session, and no bytes cross', async () => {
      const { peer, session } = await server.established(draft);
      const [first, second] = [new Recorder(profile), new Recorder(profile)];
      const subscribing = session.subscribe(trackName('live/one'), {}, first);
      const one = await peer.nextRequest('SUBSCRIBE');
      one.stream.message({ type: 'SUBSCRIBE_OK', ...one.id, trackAlias: ALIAS, parameters: {} });
      await subscribing;
      await peer.sendUni(subgroupStream(profile, { alias: ALIAS, group: 0n }, OBJECT_0));
      await first.untilEnded(1);
      const colliding = session.subscribe(trackName('live/two'), {}, second);
      colliding.catch(() => {});
      const two = await peer.nextRequest('SUBSCRIBE');
      two.stream.message({ type: 'SUBSCRIBE_OK', ...two.id, trackAlias: ALIAS, parameters: {} });
      await peer.sendUni(subgroupStream(profile, { alias: ALIAS, group: 1n }, OBJECT_0)).catch(() => {});
      expect(await peer.closeName()).toBe('DUPLICATE_TRACK_ALIAS');
      await expect(colliding).rejects.toThrow();
      expect(second.streams).toEqual([]);
      expect(payloads(first)[0]).toBe('whole');
    });

    it('row 16: in a PUBLISH to the relay ends that session, and no bytes cross', async () => {
      const { peer, recorder } = await relayed(relay, draft, `alias${draft}/x`);
      await peer.sendUni(subgroupStream(profile, { alias: ALIAS, group: 0n }, OBJECT_0));
      await recorder.untilEnded(1);
      await peer.request({
        type: 'PUBLISH',
        requestId: peer.requestId(),
        track: trackName(`alias${draft}/other`),
        trackAlias: ALIAS,
        parameters: {
          ...(profile.features.inBandVersions && { groupOrder: 'ascending', forward: true }),
        },
      });
      expect(await peer.closeName()).toBe('DUPLICATE_TRACK_ALIAS');
      expect(payloads(recorder)).toEqual(['whole']);
      await relay.isolates();
    });
  });
});

/** Fails unless the session answers to a request of its own, or at least lets it run into its deadline. */
async function alive(session: MoqtSession): Promise<void> {
  const answer = session.trackStatus(trackName('no/such'), {}, { timeoutMs: 100 });
  await expect(answer).rejects.toMatchObject({ code: 'MOQT_E_TIMEOUT' });
}
