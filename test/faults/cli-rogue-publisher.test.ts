import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forge } from '../support/forge.js';
import { errorOf } from '../support/moqt.js';
import { againstRogue } from '../support/rogue-cli.js';
import { DRAFTS, type Draft, profileOf, type RoguePeer, type RogueRequest } from '../support/rogue-peer.js';
import { ALIAS, type RogueObject, subgroupStream } from '../support/rogue-tracks.js';
import { RogueServer } from '../support/rogue-world.js';
import { eventually } from '../support/wait.js';

/* The exit code and the output of the built binary when its peer breaks the rules or leaves things out. */

let server: RogueServer;
let narrow: RogueServer;
beforeAll(async () => {
  server = await RogueServer.start();
  narrow = await RogueServer.start({ streamWindow: 4096, connectionWindow: 8192 });
});
afterAll(async () => {
  await server.close();
  await narrow.close();
});

const TRACK = { namespace: [Buffer.from('live')], name: Buffer.from('x') };

/** `moqt subscribe`, whose subscription the rogue has accepted. */
async function subscribed(draft: Draft, ...flags: string[]) {
  const command = ['subscribe', 'live', 'x', '--json', '--reorder-wait', '200ms', ...flags] as const;
  const { moqt, peer } = await againstRogue(server, draft, command);
  await peer.setup();
  const request = await peer.nextRequest('SUBSCRIBE');
  request.stream.message({ type: 'SUBSCRIBE_OK', ...request.id, trackAlias: ALIAS, parameters: {} });
  return { moqt, peer, request };
}

function group(peer: RoguePeer, id: bigint, ...objects: readonly RogueObject[]): Uint8Array {
  return subgroupStream(peer.profile, { alias: ALIAS, group: id }, ...objects);
}

/** The track has ended after so many streams. */
function done(peer: RoguePeer, request: RogueRequest<'SUBSCRIBE'>, streamCount: bigint): void {
  const statusCode = peer.profile.codes('publish-done').code('TRACK_ENDED');
  request.stream.message({ type: 'PUBLISH_DONE', ...request.id, statusCode, streamCount, reason: '' });
  if (peer.isNative) request.stream.end();
}

const A = { id: 0n, payload: 'first\n' };
const B = { id: 1n, payload: 'second\n' };
const C = { id: 2n, payload: 'third\n' };

describe.each(DRAFTS)('draft %s', (draft) => {
  const violations: readonly [what: string, act: (peer: RoguePeer) => unknown][] = [
    [
      'row 1: a message that the end of its stream cuts',
      async (peer) => {
        const { stream } = await peer.nextRequest('SUBSCRIBE');
        stream.bytes(forge(peer.profile).varint(0x04).uint8(0).finish());
        stream.end();
      },
    ],
    [
      'row 4: a message with a length that is not its own',
      async (peer) => peer.control.bytes(forge(peer.profile).uint8(0, 0, 0, 0).message('GOAWAY')),
    ],
    ['row 13: a control stream that ends', (peer) => peer.control.end()],
    ['row 14: an unknown type of stream', (peer) => peer.openUni(forge(peer.profile).varint(0x3f).finish())],
  ];

  it.each(violations)('%s: 7, and the error says what was wrong', async (_what, act) => {
    const { moqt, peer } = await againstRogue(server, draft, ['subscribe', 'live', 'x', '--json']);
    await peer.setup();
    await act(peer);
    const result = await moqt.done;
    expect(result.code, result.stderr).toBe(7);
    expect(errorOf(result)).toMatchObject({ code: 'MOQT_E_PROTOCOL', exitCode: 7 });
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    ['lines', 'first\n'],
    // Raw is a stream of bytes: it ends where the bytes end, and the exit code says so.
    ['raw', `first\n${'h'.repeat(40)}`],
  ])('row 12: an object that FIN cuts, framed as %s: 9, and never shown as whole', async (frame, shown) => {
    const { moqt, peer } = await subscribed(draft, '--frame', frame);
    const first = { id: 0n, payload: frame === 'raw' ? 'first\n' : 'first' };
    const bytes = group(peer, 0n, first, { id: 1n, payload: Buffer.alloc(100, 'h') });
    await peer.sendUni(bytes.subarray(0, -60));
    const result = await moqt.done;
    expect(result.code, result.stderr).toBe(9);
    expect(result.stdout.toString()).toBe(shown);
  });

  it('row 17: what came twice or in disorder is put right: 0', async () => {
    const { moqt, peer, request } = await subscribed(draft);
    await peer.sendUni(group(peer, 1n, A));
    await peer.sendUni(group(peer, 0n, A, B));
    await peer.sendUni(group(peer, 0n, A, B));
    done(peer, request, 3n);
    const result = await moqt.done;
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout.toString()).toBe('first\nsecond\nfirst\n');
  });

  it.each([
    [[], 9],
    [['--allow-gaps'], 0],
  ] as const)('row 17: an object and a group that never came, %j: %i', async (flags, code) => {
    const { moqt, peer, request } = await subscribed(draft, ...flags);
    await peer.sendUni(group(peer, 0n, A, C));
    await peer.sendUni(group(peer, 2n, A));
    done(peer, request, 2n);
    const result = await moqt.done;
    expect(result.code, result.stderr).toBe(code);
    expect(result.stdout.toString()).toBe('first\nthird\nfirst\n');
    expect(result.stderr).toMatch(/missing/);
  });

  it('row 18: one object with two contents: 9', async () => {
    const { moqt, peer } = await subscribed(draft);
    await peer.sendUni(group(peer, 0n, A, B));
    await moqt.until((m) => m.stdout.includes('second'), 'the first contents arrived');
    await peer.sendUni(group(peer, 0n, { id: 0n, payload: 'forged\n' }));
    const result = await moqt.done;
    expect(result.code, result.stderr).toBe(9);
    expect(result.stdout.toString()).not.toContain('forged');
  });

  it('row 19: a stream that is reset: 9, and names the code', async () => {
    const { moqt, peer, request } = await subscribed(draft);
    const stream = await peer.openUni(group(peer, 0n, A), Uint8Array.of(0));
    await moqt.until((m) => m.stdout.includes('first'), 'the first object arrived');
    stream.reset(profileOf(draft).codes('stream-reset').code('DELIVERY_TIMEOUT') ?? 2n);
    done(peer, request, 1n);
    const result = await moqt.done;
    expect(result.code, result.stderr).toBe(9);
    expect(result.stderr).toMatch(/reset|DELIVERY_TIMEOUT/);
  });

  it('row 53: a subscriber that is interrupted cancels, and closes with NO_ERROR', async () => {
    const { moqt, peer, request } = await subscribed(draft);
    await peer.openUni(group(peer, 0n, A));
    await moqt.until((m) => m.stdout.includes('first'), 'the first object arrived');
    moqt.kill('SIGINT');
    const cancelled = () => request.stream.isOver || request.stream.received.some(({ type }) => type === 'UNSUBSCRIBE');
    await eventually(() => cancelled() || peer.close !== null, 'the end of the subscription');
    expect(await peer.closeName()).toBe('NO_ERROR');
    expect(cancelled()).toBe(true);
    expect((await moqt.done).code).toBe(130);
  });

  it('row 53: a publisher that is interrupted sends PUBLISH_DONE, and closes with NO_ERROR', async () => {
    const { moqt, peer } = await againstRogue(server, draft, ['publish', 'live', 'x', '--json'], { stdin: 'pipe' });
    const stream = await wanted(peer);
    moqt.child.stdin?.write(Buffer.alloc(40_000, 'x'));
    await eventually(() => peer.data.some(({ chunks }) => chunks.length > 0), 'data');
    moqt.kill('SIGTERM');
    await stream.next('PUBLISH_DONE');
    expect(await peer.closeName()).toBe('NO_ERROR');
    expect((await moqt.done).code).toBe(143);
  });

  it('row 58: what the peer does not take within the time to drain: 9, and nothing is claimed', async () => {
    const command = ['publish', 'live', 'x', '--drain-timeout', '300ms', '--close-timeout', '300ms', '--json'] as const;
    const options = { stdin: Buffer.alloc(30_000), rogue: { deaf: true } };
    const { moqt, peer } = await againstRogue(narrow, draft, command, options);
    await wanted(peer);
    const result = await moqt.done;
    expect(result.code, result.stderr).toBe(9);
    expect(errorOf(result)).toMatchObject({ cause: 'publish.drain' });
    expect(result.stderr).toMatch(/not delivered/);
    expect(result.stderr).not.toMatch(/acknowledged|published/);
  });

  /** Accepts the namespace of `moqt publish` and subscribes to its track. */
  async function wanted(peer: RoguePeer) {
    await peer.setup();
    const request = await peer.nextRequest('PUBLISH_NAMESPACE');
    request.stream.message({ type: 'REQUEST_OK', ...request.id, request: 'PUBLISH_NAMESPACE', parameters: {} });
    const requestId = peer.requestId();
    const parameters =
      draft === '14'
        ? ({
            subscriberPriority: 128,
            groupOrder: 'ascending',
            forward: true,
            filter: { type: 'largest-object' },
          } as const)
        : {};
    return peer.request({ type: 'SUBSCRIBE', requestId, track: TRACK, parameters });
  }
});
