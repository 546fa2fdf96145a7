import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DraftProfile } from '../../src/core/wire/profile.js';
import { type Forge, forge } from '../support/forge.js';
import { type Fill, is14, parameter, subscribeOk } from '../support/rogue-messages.js';
import { DRAFTS, type Draft, profileOf, type RoguePeer, type RogueRequest } from '../support/rogue-peer.js';
import { RelayUnderTest, RogueServer, trackName } from '../support/rogue-world.js';
import { eventually, soon } from '../support/wait.js';

/* What a publisher says: control-violations.test.ts has what anybody asks. */

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

const SINK = { onSubgroup: () => {}, onDatagram: () => {} };
const NO_PARAMETERS: Fill = (f) => f.varint(0);

type Id = RogueRequest<'SUBSCRIBE'>['id'];

interface Answer {
  readonly row: number;
  readonly what: string;
  readonly drafts?: readonly Draft[];
  readonly bytes: (profile: DraftProfile, id: Id) => Uint8Array;
}

/** SUBSCRIBE_OK whose parameters, and what follows them, are made by hand. */
const ok = (parameters: Fill) => (profile: DraftProfile, id: Id) => subscribeOk(profile, id, { parameters });

/** No parameters, and these track properties behind them. */
const properties = (fill: Fill) => ok((f) => fill(NO_PARAMETERS(f)));

/** A parameter that may stand in SUBSCRIBE_OK: DELIVERY_TIMEOUT in 14, EXPIRES later. */
const known = (profile: DraftProfile) => (is14(profile) ? 0x02 : 0x08);

/** A good SUBSCRIBE_OK whose length lies by so many bytes. */
const liar = (error: number) => (profile: DraftProfile, id: Id) => {
  const good = subscribeOk(profile, id, { parameters: parameter(known(profile), (f) => f.varint(100)) });
  const body = good.subarray(profile.varint.length(good[0] ?? 0) + 2);
  return forge(profile).bytes(body).message('SUBSCRIBE_OK', error);
};

const ANSWERS: readonly Answer[] = [
  { row: 4, what: 'SUBSCRIBE_OK with a length that ends before the fields do', bytes: liar(-1) },
  {
    row: 4,
    what: 'SUBSCRIBE_OK with a byte too many',
    drafts: ['14'],
    bytes: ok((f) => f.varint(0).uint8(0)),
  },
  {
    row: 9,
    what: 'the same parameter twice in SUBSCRIBE_OK',
    bytes: ok((f) => f.varint(2, known(f.profile), 100, is14(f.profile) ? known(f.profile) : 0, 100)),
  },
  {
    row: 9,
    what: 'an unknown parameter in SUBSCRIBE_OK',
    drafts: ['16', '18'],
    bytes: ok(parameter(0x3f00, (f) => f.varint(1))),
  },
  {
    row: 9,
    what: 'a parameter of SUBSCRIBE in SUBSCRIBE_OK',
    drafts: ['18'],
    bytes: ok(parameter(0x20, (f) => f.uint8(1))),
  },
  {
    row: 9,
    what: 'parameter types that add up beyond 64 bits in SUBSCRIBE_OK',
    drafts: ['18'],
    bytes: ok((f) => f.varint(2, 0x08, 1).varint(f.profile.varint.max, 0)),
  },
  {
    row: 9,
    what: 'a track property of 65 536 bytes',
    drafts: ['16', '18'],
    bytes: properties((f) => f.varint(0x3d, 0x10000)),
  },
  {
    row: 9,
    what: 'a track property of 0 where 16 allows none',
    drafts: ['16'],
    bytes: properties((f) => f.varint(2, 0)),
  },
  {
    row: 10,
    what: 'a group order of 0 in SUBSCRIBE_OK',
    drafts: ['14'],
    bytes: (profile, id) => subscribeOk(profile, id, { order: 0 }),
  },
  {
    row: 10,
    what: 'a group order of 3 in SUBSCRIBE_OK',
    drafts: ['14'],
    bytes: (profile, id) => subscribeOk(profile, id, { order: 3 }),
  },
  {
    row: 10,
    what: 'a content flag of 2',
    drafts: ['14'],
    bytes: (profile, id) => subscribeOk(profile, id, { content: 2 }),
  },
  { row: 10, what: 'a default group order of 3', drafts: ['16', '18'], bytes: properties((f) => f.varint(0x22, 3)) },
  { row: 10, what: 'dynamic groups of 2', drafts: ['16', '18'], bytes: properties((f) => f.varint(0x30, 2)) },
  { row: 10, what: 'a default priority of 256', drafts: ['16', '18'], bytes: properties((f) => f.varint(0x0e, 256)) },
  {
    row: 7,
    what: 'a reason of 1025 bytes in PUBLISH_DONE',
    bytes: (profile, id) => {
      const done = forge(profile);
      if (id.requestId !== undefined) done.varint(id.requestId);
      const last = done.varint(2, 0).prefixed(Buffer.alloc(1025, 'r')).message('PUBLISH_DONE');
      return forge(profile).bytes(ok(NO_PARAMETERS)(profile, id), last).finish();
    },
  },
];

describe.each(DRAFTS)('draft %s', (draft) => {
  const profile = profileOf(draft);
  const answers = ANSWERS.filter(({ drafts }) => drafts === undefined || drafts.includes(draft));

  it.each(answers)('row $row: $what: the client closes the session', async ({ bytes }) => {
    const { peer, session } = await server.established(draft);
    const subscribing = session.subscribe(trackName('live/x'), {}, SINK);
    subscribing.catch(() => {});
    const request = await peer.nextRequest('SUBSCRIBE');
    request.stream.bytes(bytes(profile, request.id));
    expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
    expect(await session.closed).toMatchObject({ by: 'local', name: 'PROTOCOL_VIOLATION' });
  });

  it.each(answers)('row $row: $what: the relay closes that session and no other', async ({ what, bytes }) => {
    const peer = await relay.establishedRogue(draft);
    const path = `answers${draft} ${what}/x`;
    await announce(peer, path);
    const member = await relay.member('18');
    const subscribing = member.subscribe(trackName(path), {}, SINK);
    subscribing.catch(() => {});
    const request = await peer.nextRequest('SUBSCRIBE');
    request.stream.bytes(bytes(profile, request.id));
    expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
    // The member is answered either way, and stays.
    await soon(
      subscribing.then(
        () => {},
        () => {},
      ),
      'an answer for the member',
    );
    await relay.isolates();
  });

  it('row 6: an empty namespace field is as good as any where the draft allows it', async () => {
    if (!profile.features.emptyNamespaceField) return expect(['16', '18']).toContain(draft);
    const namespace = ['live', '', 'x'].map((field) => Buffer.from(field));
    const { peer, session } = await server.established(draft);
    let asked: readonly Uint8Array[] | null = null;
    session.handlers = {
      onPublishNamespace: (request) => {
        asked = request.namespace;
        request.accept();
      },
    };
    const atRelay = await relay.establishedRogue(draft);
    for (const one of [peer, atRelay]) {
      const requestId = one.requestId();
      const stream = await one.request({ type: 'PUBLISH_NAMESPACE', requestId, namespace, parameters: {} });
      await stream.next('REQUEST_OK');
      expect(one.close).toBeNull();
    }
    expect(asked).toHaveLength(3);
    await session.close();
  });

  it('row 9: what this draft ignores is ignored by the client too', async () => {
    const ignored: Record<Draft, readonly Fill[]> = {
      '14': [parameter(0x3f00, (f) => f.varint(1)), parameter(0x3f01, (f) => f.prefixed('odd'))],
      '16': [parameter(0x20, (f) => f.varint(1))],
      '18': [],
    };
    const { peer, session } = await server.meet(draft);
    await peer.setup({ unknown: [{ type: 0x7fn * 4n + 0x9dn, value: Buffer.from('grease') }] });
    const established = await soon(session, 'SETUP with GREASE is taken');
    for (const [i, parameters] of ignored[draft].entries()) {
      const subscribing = established.subscribe(trackName(`live/${i}`), {}, SINK);
      const request = await peer.nextRequest('SUBSCRIBE');
      const body: Forge = forge(profile);
      if (request.id.requestId !== undefined) body.varint(request.id.requestId);
      body.varint(100 + i);
      if (is14(profile)) body.varint(0).uint8(1, 0);
      request.stream.bytes(parameters(body).message('SUBSCRIBE_OK'));
      expect((await soon(subscribing, 'SUBSCRIBE_OK is taken')).trackAlias).toBe(BigInt(100 + i));
    }
    expect(peer.close).toBeNull();
    await established.close();
  });

  it.each(['twice', 'overflow'] as const)(
    'row 9: a setup option of the server that comes %s ends the session',
    async (how) => {
      // Types are no deltas in 14: nothing adds up there.
      if (how === 'overflow' && draft === '14') return expect(profile.data.propertyKeys).toBe('absolute');
      const { peer, session } = await server.meet(draft);
      session.catch(() => {});
      peer.control.bytes(serverSetup(draft, how).message(draft === '18' ? 'SETUP' : 'SERVER_SETUP'));
      expect(await peer.closeName()).toMatch(/^(PROTOCOL_VIOLATION|KEY_VALUE_FORMATTING_ERROR)$/);
      await expect(session).rejects.toMatchObject({ exitCode: 7 });
    },
  );
});

/** MAX_REQUEST_ID twice (the implementation from 18 on), or types beyond 64 bits. */
function serverSetup(draft: Draft, how: 'twice' | 'overflow'): Forge {
  const profile = profileOf(draft);
  const { max } = profile.varint;
  const body = forge(profile);
  if (is14(profile)) body.varint(profile.versionCode);
  if (how === 'twice') {
    if (draft === '18') return body.varint(0x07).prefixed('a').varint(0).prefixed('b');
    return body.varint(2, 0x02, 100, is14(profile) ? 0x02 : 0, 100);
  }
  const many = max > 1n << 62n ? 2 : 5;
  if (draft !== '18') body.varint(many);
  for (let i = 1n; i <= many; i++) {
    body.varint(max);
    if (((max * i) & 1n) === 1n) body.prefixed('');
    else body.varint(0);
  }
  return body;
}

async function announce(peer: RoguePeer, path: string): Promise<void> {
  const requestId = peer.requestId();
  const { namespace } = trackName(path);
  const stream = await peer.request({ type: 'PUBLISH_NAMESPACE', requestId, namespace, parameters: {} });
  await eventually(() => stream.received.some(({ type }) => type === 'REQUEST_OK'), 'the namespace is accepted');
}
