import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IncomingSubgroup, MoqtSession } from '../../src/core/session/session.js';
import { seededRandom } from '../../src/core/util/seeded-random.js';
import type { DraftProfile } from '../../src/core/wire/profile.js';
import { forge } from '../support/forge.js';
import { usedMemory } from '../support/memory.js';
import { DRAFTS, type Draft, profileOf, type RoguePeer, type RogueRequest } from '../support/rogue-peer.js';
import { RelayUnderTest, RogueServer, trackName } from '../support/rogue-world.js';
import { flipped, loadVectors, type Vector } from '../support/vectors.js';
import { eventually, soon } from '../support/wait.js';

/*
 * A sample of the vectors, damaged, through whole sessions over QUIC; vectors-decoders.test.ts has all of them. The sample
 * is seeded, and each test's name says how large it is.
 */
const SEED = 20_261_123;
const SAMPLE = 40;
const MEMORY_BOUND = 64 * 1024 * 1024;

/** A request of the client's. */
type Asked = RogueRequest<'FETCH'> | RogueRequest<'SUBSCRIBE'>;

let server: RogueServer;
let relay: RelayUnderTest;
let member: MoqtSession;
beforeAll(async () => {
  server = await RogueServer.start();
  relay = await RelayUnderTest.start();
  member = await relay.member('18');
});
afterAll(async () => {
  await server.close();
  await relay.close();
});

const RESPONSES: ReadonlySet<string | undefined> = new Set([
  'subscribe_ok',
  'subscribe_error',
  'request_ok',
  'request_error',
  'publish_done',
  'namespace',
  'namespace_done',
  'publish_blocked',
]);

/** Sends the bytes where something of their kind belongs, and ends that stream. */
async function deliver(peer: RoguePeer, vector: Vector, bytes: Uint8Array, answerTo: Asked | null): Promise<void> {
  if (vector.kind === 'datagram') {
    peer.transport.sendDatagram(bytes);
    return;
  }
  if (vector.kind !== 'control') {
    await peer.sendUni(vector.kind === 'subgroup' ? bytes : asFetchOf(peer.profile, bytes, answerTo));
    return;
  }
  const type = vector.decoded?.message_type;
  if (!peer.isNative || type === 'goaway' || type === 'setup') {
    peer.control.bytes(bytes);
    peer.control.end();
    return;
  }
  const stream = RESPONSES.has(type) && answerTo !== null ? answerTo.stream : await peer.openBidi();
  stream.bytes(bytes);
  stream.end();
}

/** The stream of a vector, for the fetch that was really made: its own Request ID takes the place of the vector's. */
function asFetchOf(profile: DraftProfile, bytes: Uint8Array, request: Asked | null): Uint8Array {
  const first = profile.varint.length(bytes[0] ?? 0);
  const second = profile.varint.length(bytes[first] ?? 0);
  if (bytes.length < first + second || request === null) return bytes;
  const id = request.message.requestId;
  return forge(profile)
    .bytes(bytes.subarray(0, first))
    .varint(id)
    .bytes(bytes.subarray(first + second))
    .finish();
}

function aliasOf(profile: DraftProfile, vector: Vector): bigint {
  const { bytes } = vector;
  if (vector.decoded?.track_alias !== undefined) return BigInt(vector.decoded.track_alias);
  const first = profile.varint.length(bytes[0] ?? 0);
  const enough = bytes.length > first && bytes.length >= first + profile.varint.length(bytes[first] ?? 0);
  return enough ? BigInt(profile.varint.read(bytes, first)) : 1n;
}

/** Reads it as a subscriber would; how it ends does not matter here. */
function drain(stream: IncomingSubgroup): void {
  const read = async (): Promise<void> => {
    while ((await stream.read()) !== null);
  };
  read().catch(() => {});
}

const SINK = { onSubgroup: drain, onDatagram: () => {} };

/** After this what was sent before has been looked at: the other side has answered, or closed. */
async function processed(peer: RoguePeer): Promise<void> {
  if (peer.close !== null) return;
  const probe = async (): Promise<void> => {
    const requestId = peer.requestId();
    const track = trackName('probe/x');
    const stream = await peer.request({ type: 'TRACK_STATUS', requestId, track, parameters: {} });
    const wasEnded = stream.ended;
    await eventually(
      () => stream.received.some(({ type }) => type === 'REQUEST_ERROR') || stream.ended !== wasEnded,
      'an answer',
    );
  };
  const end = peer.closed.then(() => {});
  await soon(Promise.race([end, probe().catch(() => end)]), 'an answer or the end of the session');
}

/** INTERNAL_ERROR is for a length that the draft allows and our limits do not; anything else under that name is a defect. */
function isDeliberate({ name, reason }: { readonly name: string; readonly reason: string }): boolean {
  return name !== 'INTERNAL_ERROR' || reason.includes('above our limit');
}

type Damage = (bytes: Uint8Array, random: () => number) => Uint8Array;
const DAMAGES: readonly [row: number, what: string, Damage][] = [
  [1, 'cut', (bytes, random) => bytes.subarray(0, Math.floor(random() * bytes.length))],
  [2, 'flipped', (bytes, random) => flipped(bytes, Math.floor(random() * bytes.length), Math.floor(random() * 8))],
];

function sample(draft: Draft, row: number): { vector: Vector; random: () => number }[] {
  const random = seededRandom(SEED + Number(draft) * 100 + row);
  const vectors = loadVectors(draft).filter(({ bytes }) => bytes.length > 0);
  return Array.from({ length: SAMPLE }, () => ({
    vector: vectors[Math.floor(random() * vectors.length)] as Vector,
    random,
  }));
}

describe.each(DRAFTS)('whole sessions of draft %s', (draft) => {
  const profile = profileOf(draft);

  it.each(DAMAGES)(
    `row %i: %s vectors, a seeded sample of ${SAMPLE}: a client waits or closes with a code of the draft`,
    async (row, _what, damage) => {
      const before = await usedMemory();
      for (const { vector, random } of sample(draft, row)) {
        const at = `line ${vector.line} (${vector.kind})`;
        const { peer, session } = await server.established(draft);
        const answerTo = await openForVector(peer, session, vector, profile);
        await deliver(peer, vector, damage(vector.bytes, random), answerTo);
        await processed(peer);
        await peer.leave();
        const close = await soon(session.closed, `${at}: the session is over`);
        expect(isDeliberate(close), `${at}: ${close.name} ${close.reason}`).toBe(true);
        expect(profile.codes('session').has(close.name), `${at}: ${close.name}`).toBe(true);
        expect(session.counters(), at).not.toHaveProperty('internal-error');
      }
      expect((await usedMemory()) - before).toBeLessThan(MEMORY_BOUND);
    },
  );

  it.each(DAMAGES)(
    `row %i: %s vectors, a seeded sample of ${SAMPLE}: the relay isolates the session`,
    async (row, what, damage) => {
      const before = await usedMemory();
      const seen = relay.events.length;
      for (const [i, { vector, random }] of sample(draft, row + 10).entries()) {
        const peer = await relay.establishedRogue(draft);
        if (vector.kind !== 'control') {
          await publishAtRelay(peer, vector, `vectors/${draft}${what}${i}`);
        }
        await deliver(peer, vector, damage(vector.bytes, random), null);
        await processed(peer);
        await peer.leave();
        if (i % 10 === 0) await relay.isolates();
      }
      await relay.isolates();
      const closes = relay.events.slice(seen).filter((event) => event.type === 'session-closed');
      for (const { code: name, reason } of closes)
        expect(isDeliberate({ name, reason }), `${name} ${reason}`).toBe(true);
      expect(closes.length).toBeGreaterThanOrEqual(SAMPLE / 2);
      expect((await usedMemory()) - before).toBeLessThan(MEMORY_BOUND);
    },
  );
});

/** What must be under way at the client for the vector to mean something there. */
async function openForVector(
  peer: RoguePeer,
  session: MoqtSession,
  vector: Vector,
  profile: DraftProfile,
): Promise<Asked | null> {
  if (vector.kind === 'fetch-asc' || vector.kind === 'fetch-desc') {
    const target = {
      type: 'standalone',
      track: trackName('v/x'),
      start: { group: 0n, object: 0n },
      end: { group: 1n, object: 0n },
    } as const;
    const fetch = session.fetch(target, { groupOrder: vector.kind === 'fetch-desc' ? 'descending' : 'ascending' });
    fetch.ok.catch(() => {});
    const read = async (): Promise<void> => {
      while ((await fetch.read()) !== null);
    };
    read().catch(() => {});
    return peer.nextRequest('FETCH');
  }
  const subscribing = session.subscribe(trackName('v/x'), {}, SINK);
  subscribing.catch(() => {});
  const request = await peer.nextRequest('SUBSCRIBE');
  if (vector.kind === 'control') return request;
  const trackAlias = aliasOf(profile, vector);
  request.stream.message({ type: 'SUBSCRIBE_OK', ...request.id, trackAlias, parameters: {} });
  await subscribing;
  return request;
}

/** The rogue publishes a track at the relay, with the vector's alias, and somebody has subscribed to it. */
async function publishAtRelay(peer: RoguePeer, vector: Vector, name: string): Promise<void> {
  const track = trackName(`${name}/x`);
  const requestId = peer.requestId();
  const stream = await peer.request({
    type: 'PUBLISH_NAMESPACE',
    requestId,
    namespace: track.namespace,
    parameters: {},
  });
  await stream.next('REQUEST_OK');
  const subscribing = member.subscribe(track, {}, SINK);
  const request = await peer.nextRequest('SUBSCRIBE');
  const trackAlias = aliasOf(peer.profile, vector);
  request.stream.message({ type: 'SUBSCRIBE_OK', ...request.id, trackAlias, parameters: {} });
  await soon(subscribing, 'the subscription through the relay');
}
