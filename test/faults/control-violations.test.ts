import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DraftProfile } from '../../src/core/wire/profile.js';
import { forge } from '../support/forge.js';
import { announce, fetch, flag, goAway, is14, parameter, subscribe, subscribeBody } from '../support/rogue-messages.js';
import { DRAFTS, type Draft, type RoguePeer } from '../support/rogue-peer.js';
import { RelayUnderTest, RogueServer } from '../support/rogue-world.js';

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

const A_FULL_NAMESPACE = Array.from({ length: 4 }, () => 'n'.repeat(1000));

interface Violation {
  readonly row: number;
  readonly what: string;
  readonly drafts?: readonly Draft[];
  /** `request`: where a request of the draft goes. */
  readonly on: 'request' | 'control';
  readonly bytes: (profile: DraftProfile, id: bigint) => Uint8Array;
  readonly closes?: string;
  readonly side?: 'client' | 'relay';
}

/** Messages that end the session, whoever receives them. */
const VIOLATIONS: readonly Violation[] = [
  {
    row: 3,
    what: 'the largest integer as the number of namespace fields',
    on: 'request',
    bytes: announce((profile) => (f) => f.varint(profile.varint.max)),
  },
  {
    row: 3,
    what: 'the largest integer as the length of a namespace field',
    on: 'request',
    bytes: announce((profile) => (f) => f.varint(1, profile.varint.max)),
  },
  {
    row: 3,
    what: 'the largest integer as the length of a track name',
    on: 'request',
    bytes: subscribe((profile) => ({ name: (f) => f.varint(profile.varint.max) })),
  },
  {
    row: 3,
    what: 'the largest integer as the number of parameters',
    on: 'request',
    bytes: subscribe((profile) => ({ parameters: (f) => f.varint(profile.varint.max) })),
  },
  {
    row: 3,
    what: 'the largest integer as the length of a token',
    on: 'request',
    bytes: subscribe((profile) => ({ parameters: parameter(0x03, (f) => f.varint(profile.varint.max)) })),
  },
  {
    row: 3,
    what: 'the largest integer as the length of a URI',
    on: 'control',
    bytes: (profile) => forge(profile).varint(profile.varint.max).message('GOAWAY'),
  },
  {
    row: 3,
    what: 'the largest integer as a message type',
    on: 'control',
    bytes: (profile) => forge(profile).varint(profile.varint.max).uint8(0, 0).finish(),
  },
  {
    row: 4,
    what: 'a length that ends before the fields do',
    on: 'request',
    bytes: (profile, id) => subscribeBody(profile, id).message('SUBSCRIBE', -1),
  },
  {
    row: 4,
    what: 'a length that goes beyond the fields',
    on: 'request',
    bytes: (profile, id) => forge(profile).bytes(subscribeBody(profile, id).uint8(0).finish()).message('SUBSCRIBE'),
  },
  {
    row: 4,
    what: 'a GOAWAY with a byte too many',
    on: 'control',
    bytes: (profile) => {
      const body = goAway(profile, '');
      if (profile.features.goAwayRequestId) body.varint(1);
      return body.uint8(0).message('GOAWAY');
    },
  },
  {
    row: 4,
    what: 'a message without its body',
    on: 'request',
    bytes: (profile) => forge(profile).message('SUBSCRIBE'),
  },
  {
    row: 6,
    what: '33 namespace fields',
    on: 'request',
    bytes: announce(() => (f) => f.tuple(...Array.from({ length: 33 }, () => 'a'))),
  },
  {
    row: 6,
    what: 'an empty namespace field',
    drafts: ['16', '18'],
    on: 'request',
    bytes: announce(() => (f) => f.tuple('live', '', 'x')),
  },
  {
    row: 6,
    what: 'a namespace without fields',
    drafts: ['14', '16'],
    on: 'request',
    bytes: announce(() => (f) => f.varint(0)),
  },
  {
    row: 6,
    what: 'a full track name of 4097 bytes',
    on: 'request',
    bytes: subscribe(() => ({
      namespace: (f) => f.tuple(...A_FULL_NAMESPACE),
      name: (f) => f.prefixed('x'.repeat(97)),
    })),
  },
  {
    row: 6,
    what: 'a namespace of more than 4096 bytes',
    on: 'request',
    bytes: announce(() => (f) => f.tuple(...A_FULL_NAMESPACE, 'x'.repeat(97))),
  },
  {
    row: 8,
    what: 'a GOAWAY URI of 8193 bytes',
    on: 'control',
    bytes: (profile) => goAway(profile, `moqt://${'h'.repeat(8186)}`).message('GOAWAY'),
  },
  {
    row: 8,
    what: 'a GOAWAY from a client with a URI',
    on: 'control',
    side: 'relay',
    bytes: (profile) => goAway(profile, 'moqt://elsewhere.example').message('GOAWAY'),
  },
  {
    row: 8,
    what: 'a second GOAWAY',
    on: 'control',
    bytes: (profile) => {
      const one = goAway(profile, '').message('GOAWAY');
      return forge(profile).bytes(one, one).finish();
    },
  },
  {
    row: 9,
    what: 'parameter types that add up beyond 64 bits',
    drafts: ['18'],
    on: 'request',
    bytes: subscribe((profile) => ({ parameters: (f) => f.varint(2, 0x10).uint8(1).varint(profile.varint.max, 0) })),
  },
  {
    row: 9,
    what: 'the same parameter twice',
    on: 'request',
    bytes: subscribe((profile) => ({
      parameters: (f) => f.varint(2, 0x02, 100, profile.features.inBandVersions ? 0x02 : 0, 100),
    })),
  },
  {
    row: 9,
    what: 'an unknown parameter',
    drafts: ['16', '18'],
    on: 'request',
    bytes: subscribe(() => ({ parameters: parameter(0x3f00, (f) => f.varint(1)) })),
  },
  {
    row: 9,
    what: 'a parameter of another message',
    drafts: ['18'],
    on: 'request',
    bytes: subscribe(() => ({ parameters: parameter(0x08, (f) => f.varint(1)) })),
  },
  {
    row: 9,
    what: 'a token that its length cuts short',
    on: 'request',
    // USE_VALUE, and then neither type nor value.
    bytes: subscribe(() => ({ parameters: parameter(0x03, (f) => f.prefixed(Uint8Array.of(3))) })),
    closes: 'KEY_VALUE_FORMATTING_ERROR',
  },
  {
    row: 10,
    what: 'a group order of 3',
    on: 'request',
    bytes: subscribe((profile) =>
      is14(profile) ? { order: 3 } : { parameters: parameter(0x22, (f) => flag(profile, f, 3)) },
    ),
  },
  {
    row: 10,
    what: 'a forward flag of 2',
    on: 'request',
    bytes: subscribe((profile) =>
      is14(profile) ? { forward: 2 } : { parameters: parameter(0x10, (f) => flag(profile, f, 2)) },
    ),
  },
  {
    row: 10,
    what: 'a filter type of 9',
    on: 'request',
    bytes: subscribe((profile) =>
      is14(profile)
        ? { filter: (f) => f.varint(9) }
        : { parameters: parameter(0x21, (f) => f.prefixed(forge(profile).varint(9).finish())) },
    ),
  },
  { row: 10, what: 'a fetch type of 4', on: 'request', bytes: fetch(4, (f) => f.varint(0, 0)) },
  {
    row: 10,
    what: 'subscribe options of 3',
    drafts: ['16'],
    on: 'request',
    bytes: (profile, id) => forge(profile).varint(id).tuple('live').varint(3, 0).message('SUBSCRIBE_NAMESPACE'),
  },
  {
    row: 10,
    what: 'a message type that the draft lacks',
    on: 'control',
    bytes: (profile) => forge(profile).varint(0x3f3f).uint8(0, 0).finish(),
  },
];

async function send(peer: RoguePeer, violation: Violation): Promise<void> {
  const bytes = violation.bytes(peer.profile, peer.requestId());
  const isNamespaces = peer.draft === '16' && bytes[0] === 0x11;
  const stream =
    violation.on === 'control'
      ? peer.control
      : await peer.requestStream(isNamespaces ? 'SUBSCRIBE_NAMESPACE' : 'SUBSCRIBE');
  stream.bytes(bytes);
}

for (const draft of DRAFTS) {
  describe(`draft ${draft}`, () => {
    const violations = VIOLATIONS.filter(({ drafts }) => drafts === undefined || drafts.includes(draft));

    it.each(violations.filter(({ side }) => side !== 'relay'))(
      'row $row: $what: the client closes the session',
      async (violation) => {
        const { peer, session } = await server.established(draft);
        await send(peer, violation);
        expect(await peer.closeName()).toBe(violation.closes ?? 'PROTOCOL_VIOLATION');
        expect(await session.closed).toMatchObject({ by: 'local', name: violation.closes ?? 'PROTOCOL_VIOLATION' });
        expect(session.counters()).not.toHaveProperty('internal-error');
      },
    );

    it.each(violations.filter(({ side }) => side !== 'client'))(
      'row $row: $what: the relay closes that session and no other',
      async (violation) => {
        const peer = await relay.establishedRogue(draft);
        await send(peer, violation);
        expect(await peer.closeName()).toBe(violation.closes ?? 'PROTOCOL_VIOLATION');
        await relay.isolates();
      },
    );
  });
}
