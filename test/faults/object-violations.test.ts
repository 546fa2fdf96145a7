import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Forge, forge } from '../support/forge.js';
import { Recorder } from '../support/relay-world.js';
import { DRAFTS, type Draft, profileOf, type RoguePeer, type RogueRequest } from '../support/rogue-peer.js';
import { ALIAS, listen, relayed, subgroupHeader } from '../support/rogue-tracks.js';
import { RelayUnderTest, RogueServer, trackName } from '../support/rogue-world.js';
import { takeAll } from '../support/tracks.js';
import { soon } from '../support/wait.js';

/* Objects that no draft allows: in streams, in datagrams and in the answer to a FETCH. */

/** A stream that is reset before its header has arrived tells a subscriber nothing: it gives up by these, ms. */
const PATIENCE = { setupMs: 5000, requestMs: 1500, closeMs: 1000 };

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

interface BadObject {
  readonly row: number;
  readonly what: string;
  readonly drafts?: readonly Draft[];
  readonly send: (peer: RoguePeer) => unknown;
}

/** A subgroup stream whose objects are made by hand. */
function stream(hasProperties: boolean, objects: (f: Forge) => Forge) {
  return (peer: RoguePeer) => {
    const header = subgroupHeader(peer.profile, { alias: ALIAS, group: 0n, hasProperties });
    return peer.openUni(objects(forge(peer.profile).bytes(header)).finish());
  };
}

/** A datagram of this type for object 0.0 at priority 128, and what follows. */
function datagram(type: number, rest: (f: Forge) => Forge) {
  return (peer: RoguePeer) =>
    peer.transport.sendDatagram(rest(forge(peer.profile).varint(type, ALIAS, 0, 0).uint8(128)).finish());
}

/** Properties of this many bytes, and then whether the object has a payload or which status. */
const withProperties = (bytes: (f: Forge) => Forge, rest: (f: Forge) => Forge) => (f: Forge) =>
  rest(f.varint(0).prefixed(bytes(forge(f.profile)).finish()));

const OBJECTS: readonly BadObject[] = [
  {
    row: 4,
    what: 'a property that goes beyond the properties',
    send: stream(
      true,
      withProperties(
        (f) => f.varint(0x3d, 5).uint8(1),
        (f) => f.varint(1).uint8(0x61),
      ),
    ),
  },
  {
    row: 4,
    what: 'a datagram with bytes behind its status',
    send: datagram(0x20, (f) => f.varint(3).uint8(0xff)),
  },
  {
    row: 9,
    what: 'a property of 65 536 bytes',
    send: stream(
      true,
      withProperties(
        (f) => f.varint(0x3d, 0x10000).bytes(Buffer.alloc(100)),
        (f) => f.varint(1).uint8(0x61),
      ),
    ),
  },
  {
    row: 9,
    what: 'property types that add up beyond 64 bits',
    drafts: ['16', '18'],
    send: stream(
      true,
      withProperties(
        (f) => {
          const { max } = f.profile.varint;
          const many = max > 1n << 62n ? 2n : 5n;
          for (let i = 1n; i <= many; i++) f.varint(max, 0);
          return f;
        },
        (f) => f.varint(1).uint8(0x61),
      ),
    ),
  },
  {
    row: 9,
    what: 'a datagram whose properties have no length',
    send: datagram(0x01, (f) => f.varint(0).uint8(0xff)),
  },
  { row: 10, what: 'an object status of 9', send: stream(false, (f) => f.varint(0, 0, 9)) },
  { row: 10, what: 'an object status of 2', send: stream(false, (f) => f.varint(0, 0, 2)) },
  {
    row: 10,
    what: 'an object status that only 14 has',
    drafts: ['16', '18'],
    send: stream(false, (f) => f.varint(0, 0, 1)),
  },
  {
    row: 10,
    what: 'the largest integer as an object status',
    send: stream(false, (f) => f.varint(0, 0, f.profile.varint.max)),
  },
  { row: 10, what: 'a datagram with a status of 9', send: datagram(0x20, (f) => f.varint(9)) },
  {
    row: 10,
    what: 'properties of an object whose status is not Normal',
    drafts: ['16', '18'],
    send: stream(
      true,
      withProperties(
        (f) => f.varint(0x3c, 1),
        (f) => f.varint(0, 3),
      ),
    ),
  },
  {
    row: 10,
    what: 'properties of an object that does not exist',
    drafts: ['14'],
    send: stream(
      true,
      withProperties(
        (f) => f.varint(0x3c, 1),
        (f) => f.varint(0, 1),
      ),
    ),
  },
  {
    row: 10,
    what: 'the reserved way to give a subgroup ID',
    send: (peer) => peer.openUni(forge(peer.profile).varint(0x16, ALIAS, 0).uint8(128, 0, 0, 1, 0x61).finish()),
  },
  {
    row: 10,
    what: 'a datagram of a type with both status and end of group',
    send: datagram(0x22, (f) => f.varint(3)),
  },
];

interface BadFetch {
  readonly row: number;
  readonly what: string;
  readonly drafts: readonly Draft[];
  /** What follows the header of the stream. */
  readonly entries: (f: Forge) => Forge;
  /** INTERNAL_ERROR: a length that the draft allows and our limits do not. */
  readonly closes?: 'INTERNAL_ERROR';
}

/** Flags of 16 and 18: explicit priority, group, object; the subgroup is 0. */
const ALL_GIVEN = 0x1c;
const payload = (f: Forge): Forge => f.varint(1).uint8(0x61);

const FETCHES: readonly BadFetch[] = [
  {
    row: 11,
    what: 'a group that overflows',
    drafts: ['18'],
    entries: (f) => payload(payload(f.varint(ALL_GIVEN, f.profile.varint.max, 0).uint8(128)).varint(0x0c, 0, 0)),
  },
  {
    row: 11,
    what: 'an object that overflows',
    drafts: ['16', '18'],
    entries: (f) => payload(payload(f.varint(ALL_GIVEN, 0, f.profile.varint.max).uint8(128)).varint(0)),
  },
  {
    row: 10,
    what: 'flags that are not defined',
    drafts: ['16', '18'],
    entries: (f) => payload(f.varint(0x80, 0, 0).uint8(128)),
  },
  {
    row: 10,
    what: 'flags that refer to an object before the first',
    drafts: ['16', '18'],
    entries: (f) => payload(f.varint(0x00)),
  },
  { row: 10, what: 'a status of 9', drafts: ['14'], entries: (f) => f.varint(0, 0, 0).uint8(128).varint(0, 0, 9) },
  {
    row: 3,
    what: 'the largest integer as the length of properties',
    drafts: ['14'],
    closes: 'INTERNAL_ERROR',
    entries: (f) => f.varint(0, 0, 0).uint8(128).varint(f.profile.varint.max),
  },
];

describe.each(DRAFTS)('draft %s', (draft) => {
  const profile = profileOf(draft);
  const objects = OBJECTS.filter(({ drafts }) => drafts === undefined || drafts.includes(draft));
  const fetches = FETCHES.filter(({ drafts }) => drafts.includes(draft));

  it.each(objects)('row $row: $what: the client closes the session, and delivers nothing', async ({ send }) => {
    const { peer, subscription } = await listen(server, draft);
    await send(peer);
    const { items, error } = await takeAll(subscription);
    expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
    expect(error).toMatchObject({ name: 'MoqtError' });
    expect(items.filter(({ kind }) => kind === 'object')).toEqual([]);
  });

  it.each(objects)('row $row: $what: the relay closes that session, and passes on nothing', async ({ what, send }) => {
    const { peer, recorder } = await relayed(relay, draft, `bad${draft} ${what}/x`);
    await send(peer);
    expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
    expect(recorder.texts.filter((text) => text !== '')).toEqual([]);
    await relay.isolates();
  });

  const TARGET = {
    type: 'standalone',
    track: trackName('live/x'),
    start: { group: 0n, object: 0n },
    end: { group: 9n, object: 0n },
  } as const;

  /** Accepts the FETCH and sends these entries. */
  async function answer(peer: RoguePeer, request: RogueRequest<'FETCH'>, entries: BadFetch['entries']): Promise<void> {
    const groupOrder = draft === '14' ? ({ groupOrder: 'ascending' } as const) : {};
    const end = { group: 9n, object: 0n };
    request.stream.message({
      type: 'FETCH_OK',
      ...request.id,
      endOfTrack: false,
      end,
      parameters: { ...groupOrder },
    });
    await peer.openUni(entries(forge(profile).varint(0x05, request.message.requestId)).finish());
  }

  it.each(fetches)(
    'row $row: in the answer to a FETCH: $what: the client closes the session',
    async ({ entries, closes }) => {
      const { peer, session } = await server.established(draft);
      const fetch = session.fetch(TARGET, {});
      fetch.ok.catch(() => {});
      const reading = (async () => {
        while ((await fetch.read()) !== null);
      })();
      reading.catch(() => {});
      await answer(peer, await peer.nextRequest('FETCH'), entries);
      expect(await peer.closeName()).toBe(closes ?? 'PROTOCOL_VIOLATION');
      await expect(soon(reading, 'the end of the fetch')).rejects.toThrow();
    },
  );

  it.each(fetches)(
    'row $row: in the answer to a FETCH: $what: the relay closes that session, and its subscriber is not left waiting',
    async ({ what, entries, closes }) => {
      const path = `fetch${draft} ${what}/x`;
      const { peer, member } = await relayed(relay, draft, path, '18', { timeouts: PATIENCE });
      const fetch = member.fetch({ ...TARGET, track: trackName(path) }, {});
      fetch.ok.catch(() => {});
      const reading = (async () => {
        while ((await fetch.read()) !== null);
      })();
      reading.catch(() => {});
      await answer(peer, await peer.nextRequest('FETCH'), entries);
      expect(await peer.closeName()).toBe(closes ?? 'PROTOCOL_VIOLATION');
      await expect(soon(reading, 'the end of the fetch')).rejects.toThrow();
      await relay.isolates();
    },
  );

  it('row 11: the last group of a range that overflows ends the session', async () => {
    // Only 18 counts it from the first.
    if (draft !== '18') return expect(profile.features.requests).toBe('muxed-control');
    const { max } = profile.varint;
    for (const at of ['client', 'relay'] as const) {
      const peer = at === 'client' ? (await server.established(draft)).peer : await relay.establishedRogue(draft);
      const filter = forge(profile).varint(4, max, 0, 1).finish();
      const body = forge(profile).varint(peer.requestId()).tuple('live').prefixed('x').varint(1, 0x21).prefixed(filter);
      (await peer.requestStream('SUBSCRIBE')).bytes(body.message('SUBSCRIBE'));
      expect(await peer.closeName(), at).toBe('PROTOCOL_VIOLATION');
    }
    await relay.isolates();
  });

  it('row 10: a status that the draft has is none of these', async () => {
    const recorder = new Recorder(profile);
    const { peer, session } = await server.established(draft);
    const subscribing = session.subscribe(trackName('live/x'), {}, recorder);
    const request = await peer.nextRequest('SUBSCRIBE');
    request.stream.message({ type: 'SUBSCRIBE_OK', ...request.id, trackAlias: ALIAS, parameters: {} });
    await subscribing;
    const sent = await stream(false, (f) => f.varint(0, 0, 3))(peer);
    sent.end();
    await recorder.untilEnded(1);
    expect(recorder.streams[0]?.end).toBe('fin');
    expect(peer.close).toBeNull();
    await session.close();
  });
});
