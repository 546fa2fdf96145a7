import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/util/bytes.js';
import { encodeFetchHeader, FetchEncoder } from '../../src/core/wire/fetch.js';
import type { Finished } from '../support/moqt.js';
import { againstRogue } from '../support/rogue-cli.js';
import type { Draft, RoguePeer } from '../support/rogue-peer.js';
import { RogueServer } from '../support/rogue-world.js';

let server: RogueServer;
beforeAll(async () => {
  server = await RogueServer.start();
});
afterAll(() => server.close());

/** `probe --fetch` of a relay that accepts the FETCH and then does this. */
async function fetching(
  draft: Draft,
  answer: (peer: RoguePeer, requestId: bigint) => Promise<unknown>,
  timeout = '20s',
): Promise<Finished & { report: { ok: boolean; cause?: string; message: string; hint: string } }> {
  const args = ['--fetch', 'live/x', '--json', '--request-timeout', timeout];
  const { moqt, peer } = await againstRogue(server, draft, ['probe', ...args]);
  await peer.setup();
  const { stream, id, message } = await peer.nextRequest('FETCH');
  const end = { group: 1n, object: 0n };
  stream.message({ type: 'FETCH_OK', ...id, endOfTrack: false, end, parameters: {}, trackProperties: [] });
  await answer(peer, message.requestId);
  const result = await moqt.done;
  expect(result.stderr).toBe('');
  return { ...result, report: JSON.parse(result.stdout.toString()) };
}

const resetCode = ({ profile }: RoguePeer, name: string) => profile.codes('stream-reset').code(name);

function oneObject({ profile }: RoguePeer, requestId: bigint): Uint8Array {
  const header = new FetchEncoder(profile, 'ascending').objectHeader({
    group: 0n,
    subgroup: 0n,
    object: 0n,
    priority: 1,
    status: 'normal',
    properties: new Uint8Array(),
    payloadLength: 1,
  });
  return concatBytes([encodeFetchHeader(profile, requestId), header, Uint8Array.of(65)]);
}

describe.each(['16', '18'] as const)('the stream of a FETCH on draft %s', (draft) => {
  it('that is reset behind its header says why, in the words of the draft', async () => {
    const { code, report } = await fetching(draft, async (peer, requestId) => {
      const stream = await peer.openUni(encodeFetchHeader(peer.profile, requestId));
      // Whether or not the header overtakes the reset: it is the stream of a FETCH.
      setTimeout(() => stream.reset(resetCode(peer, 'UNKNOWN_OBJECT_STATUS')), 200);
    });
    expect([code, report.cause]).toEqual([8, 'request.rejected']);
    expect(report.message).toContain('UNKNOWN_OBJECT_STATUS');
    expect(report.hint).toContain('smaller range');
  });

  it('that is reset before its header ends the wait at once, where only the stream of a FETCH can be meant', async () => {
    const { code, report } = await fetching(draft, async (peer) => {
      (await peer.openUni()).reset(resetCode(peer, 'UNKNOWN_OBJECT_STATUS'));
    });
    expect([code, report.cause], report.message).toEqual([8, 'request.rejected']);
    expect(report.message).toContain('the relay reset the stream of its answer, UNKNOWN_OBJECT_STATUS');
  });

  it('is still waited for when a stream was reset that may be of another kind', async () => {
    const { code, report } = await fetching(draft, async (peer, requestId) => {
      (await peer.openUni()).reset(resetCode(peer, 'CANCELLED'));
      await peer.sendUni(oneObject(peer, requestId));
    });
    expect(code, report.message).toBe(0);
  });

  it('that never comes is a timeout, which names the stream that may have been it', async () => {
    const none = await fetching(draft, async () => {}, '1s');
    expect([none.code, none.report.cause]).toEqual([6, 'request.timeout']);
    expect(none.report.message).toMatch(
      /^FETCH live\/x was accepted, but no stream answered the FETCH within 1000 ms$/,
    );
    const lost = async (peer: RoguePeer) => (await peer.openUni()).reset(resetCode(peer, 'CANCELLED'));
    const { report } = await fetching(draft, lost, '1s');
    expect(report.message).toMatch(/; one was reset before it said what it is: CANCELLED \(0x\d\)$/);
  });

  it('that cannot be read ends the session, and no defect is reported', async () => {
    const { code, report } = await fetching(draft, async (peer, requestId) => {
      const stream = await peer.openUni(encodeFetchHeader(peer.profile, requestId), oneObject(peer, 0n).subarray(2, 4));
      stream.end();
    });
    expect([code, report.cause], report.message).toEqual([7, 'request.closed']);
    expect(report.message).toContain('PROTOCOL_VIOLATION');
  });
});
