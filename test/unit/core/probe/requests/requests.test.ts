import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestsOptions } from '../../../../../src/core/probe/requests/requests.js';
import type { ControlMessage } from '../../../../../src/core/wire/messages/control-message.js';
import { type Walked, walk } from '../../../../support/probe-walk.js';
import { DRAFTS, type Draft, type RoguePeer } from '../../../../support/rogue-peer.js';
import { ALIAS, subgroupStream } from '../../../../support/rogue-tracks.js';
import { RogueServer, trackName } from '../../../../support/rogue-world.js';

const TRACK = trackName('live/room1/video');
const NAMESPACE = TRACK.namespace;

let server: RogueServer;
beforeAll(async () => {
  server = await RogueServer.start();
});
afterAll(() => server.close());

/** A walk, and what the peer does meanwhile. */
async function against(
  draft: Draft,
  options: RequestsOptions,
  behave: (peer: RoguePeer) => Promise<unknown>,
  requestMs = 5000,
): Promise<Walked> {
  const timeouts = { setupMs: 5000, requestMs, closeMs: 500 };
  const { peer, session } = await server.established(draft, { timeouts });
  try {
    const [walked] = await Promise.all([walk(session, options), behave(peer)]);
    return walked;
  } finally {
    await session.close();
  }
}

async function refuse(
  peer: RoguePeer,
  type: 'SUBSCRIBE' | 'FETCH' | 'TRACK_STATUS' | 'PUBLISH_NAMESPACE' | 'SUBSCRIBE_NAMESPACE',
  name: string,
  more: Partial<Extract<ControlMessage, { type: 'REQUEST_ERROR' }>> = {},
): Promise<void> {
  const { stream, id } = await peer.nextRequest(type);
  const errorCode = peer.profile.codes('request-error', type).code(name);
  stream.message({ type: 'REQUEST_ERROR', request: type, ...id, errorCode, reason: 'because', ...more });
}

async function acceptSubscribe(peer: RoguePeer): Promise<void> {
  const { stream, id } = await peer.nextRequest('SUBSCRIBE');
  stream.message({ type: 'SUBSCRIBE_OK', ...id, trackAlias: ALIAS, parameters: {} });
}

/** Answers a SUBSCRIBE_NAMESPACE for everything with these namespaces (drafts whose answer is NAMESPACE). */
async function tell(peer: RoguePeer, ...namespaces: (readonly string[])[]): Promise<void> {
  const { stream, id } = await peer.nextRequest('SUBSCRIBE_NAMESPACE');
  stream.message({ type: 'REQUEST_OK', request: 'SUBSCRIBE_NAMESPACE', ...id, parameters: {} });
  for (const fields of namespaces) {
    stream.message({ type: 'NAMESPACE', suffix: fields.map((field) => Buffer.from(field)) });
  }
}

describe.each(DRAFTS)('the requests of a probe, draft %s', (draft) => {
  it('times an announcement that is accepted', async () => {
    const walked = await against(draft, { announce: NAMESPACE }, async (peer) => {
      const { stream, id } = await peer.nextRequest('PUBLISH_NAMESPACE');
      stream.message({ type: 'REQUEST_OK', request: 'PUBLISH_NAMESPACE', ...id, parameters: {} });
    });
    expect(walked.failed).toBeUndefined();
    expect(walked.stages.get('announce')).toMatchObject({ status: 'ok', detail: { namespace: 'live/room1' } });
    expect(walked.stages.get('announce')?.durationMs).toBeGreaterThan(0);
  });

  it.each([
    ['UNAUTHORIZED', 'request.unauthorized', '--auth-token'],
    ['NOT_SUPPORTED', 'request.not-supported', '--via publish'],
    ['INTERNAL_ERROR', 'request.rejected', 'log'],
  ] as const)('calls an announcement refused with %s %s', async (name, cause, hint) => {
    const { failed } = await against(draft, { announce: NAMESPACE }, (peer) => refuse(peer, 'PUBLISH_NAMESPACE', name));
    expect(failed).toMatchObject({ name: 'announce', cause, detail: { name, reason: 'because' } });
    expect(failed?.hint).toContain(hint);
  });

  it('calls a close with code 0 instead of an answer request.closed, and says that the message is not known', async () => {
    const { failed } = await against(draft, { announce: NAMESPACE }, async (peer) => {
      await peer.nextRequest('PUBLISH_NAMESPACE');
      await peer.transport.close(0n, '');
    });
    expect(failed).toMatchObject({ name: 'announce', cause: 'request.closed', detail: { code: '0x0', by: 'peer' } });
    expect(failed?.hint).toMatch(/does not know that message.*mediamtx/);
  });

  it('calls silence request.timeout, and names the request and the limit', async () => {
    const { failed } = await against(draft, { fetch: TRACK }, (peer) => peer.nextRequest('FETCH'), 50);
    expect(failed).toMatchObject({ name: 'fetch', cause: 'request.timeout' });
    expect(failed?.message).toMatch(/FETCH within 50 ms/);
    expect(failed?.hint).toContain('moq-rs');
  });

  it('measures the first object of a subscription', async () => {
    const { failed, stages } = await against(draft, { subscribe: TRACK }, async (peer) => {
      await acceptSubscribe(peer);
      const of = { alias: ALIAS, group: 3n };
      await peer.sendUni(subgroupStream(peer.profile, of, { id: 0n, payload: 'hello' }));
    });
    expect(failed).toBeUndefined();
    expect(stages.get('subscribe')).toMatchObject({ status: 'ok', detail: { alias: '7' } });
    expect(stages.get('data')).toMatchObject({ status: 'ok', detail: { firstObject: '3.0', bytes: 5 } });
  });

  it('calls an accepted subscription without an object data.none', async () => {
    const { failed } = await against(draft, { subscribe: TRACK, dataTimeoutMs: 50 }, acceptSubscribe);
    expect(failed).toMatchObject({ name: 'data', cause: 'data.none' });
    expect(failed?.message).toContain('50 ms');
  });

  it('calls a session that ends before the first object session.closed', async () => {
    const { failed } = await against(draft, { subscribe: TRACK }, async (peer) => {
      await acceptSubscribe(peer);
      // The answer goes first.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await peer.transport.close(peer.profile.codes('session').code('INTERNAL_ERROR'), 'out of luck');
    });
    expect(failed).toMatchObject({ name: 'data', cause: 'session.closed', detail: { name: 'INTERNAL_ERROR' } });
  });

  it('calls a TRACK_STATUS that is refused request.rejected, whatever is announced', async () => {
    const { failed } = await against(draft, { trackStatus: TRACK }, (peer) =>
      refuse(peer, 'TRACK_STATUS', draft === '14' ? 'TRACK_DOES_NOT_EXIST' : 'DOES_NOT_EXIST'),
    );
    expect(failed).toMatchObject({ name: 'track-status', cause: 'request.rejected' });
  });
});

describe.each(['16', '18'] as const)('a track that is not there, draft %s', (draft) => {
  it('is track.not-found, with what is announced there', async () => {
    const { failed } = await against(draft, { subscribe: TRACK }, async (peer) => {
      await refuse(peer, 'SUBSCRIBE', 'DOES_NOT_EXIST');
      await tell(peer, ['live', 'room2'], ['live', 'room3']);
    });
    expect(failed).toMatchObject({ cause: 'track.not-found', detail: { announced: ['live/room2', 'live/room3'] } });
    expect(failed?.hint).toContain('live/room2');
  });

  it('shows at most 20 of many', async () => {
    const many = Array.from({ length: 30 }, (_, i) => ['other', String(i)]);
    const { failed } = await against(draft, { subscribe: TRACK }, async (peer) => {
      await refuse(peer, 'SUBSCRIBE', 'DOES_NOT_EXIST');
      await tell(peer, ...many);
    });
    expect(failed?.detail.announced).toHaveLength(20);
    expect(failed?.hint).toContain('and 10 more');
  });

  it('is namespace.one-field when it is there under one field with slashes', async () => {
    const { failed } = await against(draft, { subscribe: TRACK }, async (peer) => {
      await refuse(peer, 'SUBSCRIBE', 'DOES_NOT_EXIST');
      await tell(peer, ['live/room1']);
      await acceptSubscribe(peer);
    });
    expect(failed).toMatchObject({ cause: 'namespace.one-field', detail: { spelling: 'live%2Froom1/video' } });
    expect(failed?.hint).toMatch(/ask for live%2Froom1\/video, which it accepts/);
  });

  it('is not namespace.one-field when that namespace has no such track either', async () => {
    const { failed } = await against(draft, { subscribe: TRACK }, async (peer) => {
      await refuse(peer, 'SUBSCRIBE', 'DOES_NOT_EXIST');
      await tell(peer, ['live/room1']);
      await refuse(peer, 'SUBSCRIBE', 'DOES_NOT_EXIST');
    });
    expect(failed).toMatchObject({ cause: 'track.not-found' });
    expect(failed?.hint).toContain('live%2Froom1');
  });

  it('says that the namespace is there when only the track is not', async () => {
    const { failed } = await against(draft, { subscribe: TRACK }, async (peer) => {
      await refuse(peer, 'SUBSCRIBE', 'DOES_NOT_EXIST');
      await tell(peer, ['live', 'room1']);
    });
    expect(failed).toMatchObject({ cause: 'track.not-found' });
    expect(failed?.hint).toContain('check the track name');
  });

  it.each([
    ['TIMEOUT', 'request.rejected', 'no publisher answered'],
    ['MALFORMED_AUTH_TOKEN', 'request.unauthorized', '--auth-token'],
  ])('takes %s at its word where the peer does not tell what is there', async (code, cause, words) => {
    const { failed } = await against(draft, { subscribe: TRACK }, async (peer) => {
      await refuse(peer, 'SUBSCRIBE', code);
      await refuse(peer, 'SUBSCRIBE_NAMESPACE', 'NOT_SUPPORTED');
    });
    expect(failed).toMatchObject({ cause });
    expect(failed?.hint).toContain(words);
  });

  it('takes MALFORMED_AUTH_TOKEN for "not found" where none was sent and other tracks are there', async () => {
    const { failed } = await against(draft, { subscribe: TRACK }, async (peer) => {
      await refuse(peer, 'SUBSCRIBE', 'MALFORMED_AUTH_TOKEN');
      await tell(peer, ['live', 'room2']);
    });
    expect(failed).toMatchObject({ cause: 'track.not-found' });
  });

  it('blames the publisher when the relay gave up waiting for one that is announced', async () => {
    const { failed } = await against(draft, { subscribe: TRACK }, async (peer) => {
      await refuse(peer, 'SUBSCRIBE', 'TIMEOUT');
      await tell(peer, ['live', 'room1']);
    });
    expect(failed).toMatchObject({ cause: 'request.rejected' });
    expect(failed?.hint).toContain('look at the publisher');
  });
});

describe('a track with a mandatory property that nobody here knows', () => {
  it.each(['subscribe', 'fetch'] as const)(
    'is request.not-supported for %s, and no fault of the relay',
    async (kind) => {
      const trackProperties = [{ type: 0x4000n, value: 1n }];
      const { failed } = await against('18', { [kind]: TRACK }, async (peer) => {
        const { stream, id } = await peer.nextRequest(kind === 'fetch' ? 'FETCH' : 'SUBSCRIBE');
        const end = { group: 1n, object: 0n };
        if (kind === 'fetch') {
          stream.message({ type: 'FETCH_OK', ...id, endOfTrack: false, end, parameters: {}, trackProperties });
        } else stream.message({ type: 'SUBSCRIBE_OK', ...id, trackAlias: ALIAS, parameters: {}, trackProperties });
      });
      expect(failed).toMatchObject({ name: kind, cause: 'request.not-supported' });
      expect(failed?.message).toContain('demands property 0x4000');
      expect(failed?.hint).toContain('the relay is well');
    },
  );
});

describe('a redirect', () => {
  it('is request.redirected, with the place', async () => {
    const { failed } = await against('18', { subscribe: TRACK }, (peer) =>
      refuse(peer, 'SUBSCRIBE', 'REDIRECT', {
        redirect: { connectUri: 'moqt://other.example/', track: { namespace: [], name: new Uint8Array() } },
      }),
    );
    expect(failed).toMatchObject({ cause: 'request.redirected', detail: { uri: 'moqt://other.example/' } });
    expect(failed?.hint).toContain('moqt://other.example/');
  });
});
