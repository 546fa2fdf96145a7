import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forge } from '../support/forge.js';
import { DRAFTS, type Draft, RoguePeer } from '../support/rogue-peer.js';
import { ALIAS, subgroupHeader, subgroupStream } from '../support/rogue-tracks.js';
import { dialWebTransport, RelayUnderTest, trackName } from '../support/rogue-world.js';
import { eventually } from '../support/wait.js';

/* A few of the violations once more over WebTransport, where closing and resetting are capsules and wrapped codes. */

let relay: RelayUnderTest;
beforeAll(async () => {
  relay = await RelayUnderTest.start();
});
afterAll(() => relay.close());

const PARAMETERS = {
  '14': { subscriberPriority: 128, groupOrder: 'ascending', forward: true, filter: { type: 'largest-object' } },
  '16': {},
  '18': {},
} as const;

async function rogue(draft: Draft): Promise<RoguePeer> {
  return new RoguePeer(draft, 'client', await dialWebTransport(relay.port, draft)).opened();
}

async function established(draft: Draft): Promise<RoguePeer> {
  const peer = await rogue(draft);
  await peer.setup();
  await peer.peerSetup();
  // From 17 on the relay's SETUP does not wait for ours: an answer shows that ours has arrived.
  await probe(peer);
  return peer;
}

async function probe(peer: RoguePeer): Promise<void> {
  const requestId = peer.requestId();
  const parameters = PARAMETERS[peer.draft];
  const asked = await peer.request({ type: 'TRACK_STATUS', requestId, track: trackName('no/such'), parameters });
  await eventually(
    () => asked.received.some((message) => 'requestId' in message && (message.requestId ?? requestId) === requestId),
    'an answer',
  );
}

describe.each(DRAFTS)('draft %s over WebTransport', (draft) => {
  const violations: readonly [what: string, act: (peer: RoguePeer) => unknown][] = [
    [
      'row 4: a message without its body',
      async (peer) => {
        const stream = await peer.requestStream('SUBSCRIBE');
        stream.bytes(forge(peer.profile).message('SUBSCRIBE'));
      },
    ],
    [
      'row 12: a stream that ends within its header',
      (peer) => peer.sendUni(subgroupHeader(peer.profile, { alias: ALIAS, group: 70_000n }).subarray(0, 3)),
    ],
    ['row 13: the control stream ends', (peer) => peer.control.end()],
    ['row 13: the control stream is reset', (peer) => peer.control.send?.reset(1n)],
    ['row 14: an unknown type of stream', (peer) => peer.openUni(forge(peer.profile).varint(0x3f).finish())],
    [
      'row 14: an unknown type of datagram',
      (peer) => peer.transport.sendDatagram(forge(peer.profile).varint(0x3f, 1, 1, 1).finish()),
    ],
  ];

  it.each(violations)(
    '%s: the relay closes that session, with its code in the capsule, and no other',
    async (_, act) => {
      const peer = await established(draft);
      await act(peer);
      expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
      await relay.isolates();
    },
  );

  it('row 13: PATH in SETUP, which WebTransport has in its CONNECT: the relay closes with INVALID_PATH', async () => {
    const peer = await rogue(draft);
    await peer.setup({ path: '/elsewhere' });
    expect(await peer.closeName()).toBe('INVALID_PATH');
    await relay.isolates();
  });

  it('row 19: streams that are reset before, within and after their data are no violation', async () => {
    const peer = await established(draft);
    (await peer.openUni()).reset(1n);
    const bytes = subgroupStream(peer.profile, { alias: ALIAS, group: 0n }, { id: 0n, payload: 'x' });
    (await peer.openUni(bytes)).reset(2n);
    await probe(peer);
    expect(peer.close).toBeNull();
    await peer.leave();
    await relay.isolates();
  });
});
