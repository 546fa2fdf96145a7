import { describe, expect, it } from 'vitest';
import { MoqtError } from '../../src/core/errors/moqt-error.js';
import type { FetchResponse, IncomingFetch, IncomingSubscribe, OutgoingFetch } from '../../src/core/session/session.js';
import { RequestCancelled, type RequestRejected } from '../../src/core/session/session-errors.js';
import { StreamReset } from '../../src/core/transport/transport-errors.js';
import { utf8 } from '../../src/core/util/bytes.js';
import type { FetchTarget } from '../../src/core/wire/messages/control-message.js';
import { RawPeer } from './support/raw-peer.js';
import { CollectingSink, connectPair, DRAFTS, settle, track, until } from './support/sessions.js';

const TRACK = track('video', 'vod');
const RANGE: FetchTarget = {
  type: 'standalone',
  track: TRACK,
  start: { group: 0n, object: 0n },
  end: { group: 2n, object: 0n },
};

async function texts(response: FetchResponse): Promise<string[]> {
  const read: string[] = [];
  for (let entries = await response.read(); entries !== null; entries = await response.read()) {
    for (const entry of entries) {
      if (entry.kind === 'object') {
        read.push(`${entry.header.group}.${entry.header.object}:${Buffer.from(entry.bytes).toString()}`);
      } else read.push(`${entry.range} ${entry.group}.${entry.object}`);
    }
  }
  return read;
}

describe.each(DRAFTS)('FETCH on draft %s', (draft) => {
  it('delivers objects, the end of ranges where the draft has them, and FETCH_OK', async () => {
    const { client, server } = await connectPair(draft, {
      server: {
        async onFetch(request) {
          expect(request.target).toMatchObject({ type: 'standalone', end: { group: 2n, object: 0n } });
          const fetch = await request.accept({ endOfTrack: true, end: { group: 1n, object: 2n } });
          const object = { subgroup: 0n, priority: 3 } as const;
          await fetch.writeObject({ ...object, group: 0n, object: 0n }, utf8('a'));
          await fetch.writeObject({ ...object, group: 0n, object: 1n }, utf8('b'));
          await fetch.endOfRange('unknown', { group: 0n, object: 7n });
          await fetch.writeObject({ ...object, group: 1n, object: 1n }, utf8('c'));
          fetch.end();
        },
      },
    });
    const response = client.fetch(RANGE, {});
    expect(await response.ok).toMatchObject({ endOfTrack: true, end: { group: 1n, object: 2n } });
    const range = draft === '14' ? [] : ['unknown 0.7'];
    expect(await texts(response)).toEqual(['0.0:a', '0.1:b', ...range, '1.1:c']);
    if (draft === '14') expect(server.counters()['end-of-range-omitted']).toBe(1);
    await client.close();
  });

  it('keeps descending group order', async () => {
    const { client } = await connectPair(draft, {
      server: {
        async onFetch(request) {
          const fetch = await request.accept({ endOfTrack: false, end: { group: 2n, object: 0n } });
          for (const group of [2n, 1n, 0n]) {
            await fetch.writeObject({ group, subgroup: 0n, object: 0n, priority: 1 }, utf8(`g${group}`));
          }
          fetch.end();
        },
      },
    });
    const response = client.fetch(RANGE, { groupOrder: 'descending' });
    expect(await texts(response)).toEqual(['2.0:g2', '1.0:g1', '0.0:g0']);
    await client.close();
  });

  it('rejects both the answer and the reads when it is refused', async () => {
    const { client } = await connectPair(draft, {
      server: { onFetch: (request) => request.reject({ name: 'DOES_NOT_EXIST', reason: 'gone' }) },
    });
    const response = client.fetch(RANGE, {});
    const reading = response.read().catch((error: unknown) => error);
    const refused = await response.ok.catch((error: unknown) => error);
    expect((refused as RequestRejected).rejection).toMatchObject({ request: 'FETCH', reason: 'gone' });
    expect(await reading).toBe(refused);
    await client.close();
  });

  it('refuses by itself a range that ends before it starts', async () => {
    const { client } = await connectPair(draft, { server: { onFetch: () => expect.unreachable() } });
    const backwards = { ...RANGE, start: { group: 3n, object: 0n }, end: { group: 2n, object: 0n } };
    const refused = await client.fetch(backwards, {}).ok.catch((error: unknown) => error);
    if (refused instanceof MoqtError && refused.code === 'MOQT_E_ENCODE') return;
    expect((refused as RequestRejected).rejection.name).toBe('INVALID_RANGE');
    await client.close();
  });

  it('tells the publisher when it is cancelled', async () => {
    let writer: OutgoingFetch | undefined;
    const { client } = await connectPair(draft, {
      server: {
        async onFetch(request) {
          writer = await request.accept({ endOfTrack: false, end: { group: 9n, object: 0n } });
          void writer.writeObject({ group: 0n, subgroup: 0n, object: 0n, priority: 1 }, utf8('x'));
        },
      },
    });
    const response = client.fetch(RANGE, {});
    await response.ok;
    expect(await response.read()).toHaveLength(1);
    const pending = response.read().catch((error: unknown) => error);
    response.cancel();
    expect(await pending).toBeInstanceOf(RequestCancelled);
    await writer?.cancelled;
    await client.close();
  });

  it('reports a reset of its data stream', async () => {
    const { client } = await connectPair(draft, {
      server: {
        async onFetch(request) {
          const fetch = await request.accept({ endOfTrack: false, end: { group: 9n, object: 0n } });
          await fetch.writeObject({ group: 0n, subgroup: 0n, object: 0n, priority: 1 }, utf8('x'));
          await settle();
          fetch.reset('INTERNAL_ERROR');
        },
      },
    });
    const response = client.fetch(RANGE, {});
    expect(await response.read()).toHaveLength(1);
    const error = await response.read().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StreamReset);
    expect(client.counters()['internal-error']).toBeUndefined();
    await client.close();
  });
});

describe.each(DRAFTS)('a joining FETCH on draft %s', (draft) => {
  const joining = (joiningRequestId: bigint): FetchTarget => ({
    type: 'relative-joining',
    joiningRequestId,
    joiningStart: 1n,
  });

  async function joined(accept: (request: IncomingSubscribe) => void) {
    const fetches: IncomingFetch[] = [];
    const sessions = await connectPair(draft, {
      server: {
        onSubscribe: accept,
        async onFetch(request) {
          fetches.push(request);
          const fetch = await request.accept({ endOfTrack: false, end: { group: 5n, object: 4n } });
          fetch.end();
        },
      },
    });
    return { ...sessions, fetches };
  }

  it('names the publication that it joins', async () => {
    const { client, fetches } = await joined((request) => {
      request.accept({ parameters: { largestObject: { group: 5n, object: 3n } } });
    });
    const subscription = await client.subscribe(TRACK, {}, new CollectingSink());
    const response = client.fetch(joining(subscription.requestId), {});
    await response.ok;
    expect(await response.read()).toBeNull();
    expect(fetches[0]?.joining).toMatchObject({ requestId: subscription.requestId, origin: 'subscribe' });
    await client.close();
  });

  it('waits for the answer to a pending SUBSCRIBE', async () => {
    let pending: IncomingSubscribe | undefined;
    const { client, fetches } = await joined((request) => {
      pending = request;
    });
    const subscribing = client.subscribe(TRACK, {}, new CollectingSink());
    await until(() => pending !== undefined, 'the SUBSCRIBE');
    const response = client.fetch(joining(pending?.requestId ?? -1n), {});
    await settle();
    expect(fetches).toHaveLength(0);
    pending?.accept({ parameters: { largestObject: { group: 5n, object: 3n } } });
    await subscribing;
    await response.ok;
    expect(fetches).toHaveLength(1);
    await client.close();
  });

  it('is refused for a request that is no subscription, and for a track without objects', async () => {
    const { client } = await joined((request) => void request.accept());
    const subscription = await client.subscribe(TRACK, {}, new CollectingSink());
    const unknown = await client.fetch(joining(998n), {}).ok.catch((error: unknown) => error);
    expect((unknown as RequestRejected).rejection.name).toBe('INVALID_JOINING_REQUEST_ID');
    const empty = await client.fetch(joining(subscription.requestId), {}).ok.catch((error: unknown) => error);
    expect((empty as RequestRejected).rejection.name).toBe('INVALID_RANGE');
    await client.close();
  });
});

describe.each(DRAFTS)('TRACK_STATUS on draft %s', (draft) => {
  it('is answered with what a SUBSCRIBE_OK would say', async () => {
    const { client } = await connectPair(draft, {
      server: {
        onTrackStatus: (request) => request.accept({ parameters: { largestObject: { group: 8n, object: 2n } } }),
      },
    });
    const status = await client.trackStatus(TRACK);
    expect(status.parameters?.largestObject).toEqual({ group: 8n, object: 2n });
    await client.close();
  });

  it('is refused', async () => {
    const { client } = await connectPair(draft, {
      server: { onTrackStatus: (request) => request.reject({ name: 'DOES_NOT_EXIST', reason: '' }) },
    });
    const refused = await client.trackStatus(TRACK).catch((error: unknown) => error);
    expect((refused as RequestRejected).rejection.request).toBe('TRACK_STATUS');
    await client.close();
  });
});

describe('a stream that is reset before it says which FETCH it answers', () => {
  const OK = {
    type: 'FETCH_OK',
    endOfTrack: false,
    end: { group: 1n, object: 0n },
    parameters: {},
    trackProperties: [],
  } as const;

  it('ends the one that waits, once it was accepted, and none of several', async () => {
    const { peer, session } = await RawPeer.established('18', 'server');
    const code = peer.profile.codes('stream-reset').code('UNKNOWN_OBJECT_STATUS');
    const lose = async () => (await peer.openUni()).reset(code);
    const lost = (count: number) =>
      until(() => session.counters()['stream-reset-before-header'] === count, 'the reset');
    const first = session.fetch(RANGE, {});
    await until(() => peer.requests.length === 1, 'the first FETCH');
    await lose();
    await lost(1);
    // Until the answer is known, the reset is no more than half of it.
    peer.requests[0]?.message({ type: 'REQUEST_ERROR', errorCode: 0x10n, retryInterval: 0n, reason: 'gone' });
    await expect(first.ok).rejects.toMatchObject({ rejection: { name: 'DOES_NOT_EXIST' } });
    const [second, third] = [session.fetch(RANGE, {}), session.fetch(RANGE, {})];
    await until(() => peer.requests.length === 3, 'two more');
    for (const stream of peer.requests.slice(1)) stream.message(OK);
    await Promise.all([second.ok, third.ok]);
    await lose();
    await lost(2);
    third.cancel();
    const reading = second.read();
    await lose();
    await expect(reading).rejects.toEqual(new StreamReset(code));
    await session.close();
  });
});
