import { afterEach, describe, expect, it } from 'vitest';
import type { IncomingSubscribe, Publication } from '../../src/core/session/session.js';
import { RequestRejected } from '../../src/core/session/session-errors.js';
import { utf8 } from '../../src/core/util/bytes.js';
import { CollectingSink, type ConnectedPair, connectPair, DRAFTS, nameText, track, until } from './support/sessions.js';

const TRACK = track('video', 'live', 'room');

describe.each(DRAFTS)('a subscription on draft %s', (draft) => {
  let sessions: ConnectedPair | null = null;

  afterEach(async () => {
    await sessions?.client.close();
    await sessions?.server.close();
    sessions = null;
  });

  /** The server publishes whatever is subscribed to. */
  async function publishing(onPublication: (publication: Publication, request: IncomingSubscribe) => void) {
    sessions = await connectPair(draft, {
      server: {
        onSubscribe(request) {
          onPublication(request.accept(), request);
        },
      },
    });
    return sessions;
  }

  it('delivers objects of several subgroups and ends with the exact stream count', async () => {
    const { client } = await publishing((publication, request) => {
      expect(nameText(request.track)).toBe('live/room--video');
      void (async () => {
        for (const group of [0n, 1n, 2n]) {
          const subgroup = await publication.openSubgroup({ group, subgroup: 0n, hasProperties: false });
          for (const object of [0n, 1n, 2n]) {
            await subgroup.writeObject({ object }, utf8(`g${group}o${object}`));
          }
          subgroup.end();
        }
        await publication.done('TRACK_ENDED', 'that was all');
      })();
    });
    const sink = new CollectingSink();
    const subscription = await client.subscribe(TRACK, {}, sink);
    const end = await subscription.ended;
    expect(end).toMatchObject({
      kind: 'done',
      status: { name: 'TRACK_ENDED' },
      streamCount: 3n,
      reason: 'that was all',
    });
    await until(() => subscription.streamsReceived === 3, 'three streams');
    await sink.finished();
    expect(sink.texts).toEqual(['g0o0', 'g0o1', 'g0o2', 'g1o0', 'g1o1', 'g1o2', 'g2o0', 'g2o1', 'g2o2']);
    expect(sink.subgroups[1]?.stream.header).toMatchObject({ group: 1n, subgroup: 0n, priority: 128 });
  });

  it('reports a refusal with its code, name and reason', async () => {
    sessions = await connectPair(draft, {
      server: {
        onSubscribe: (request) => request.reject({ name: 'DOES_NOT_EXIST', reason: 'no such track' }),
      },
    });
    const refused = await sessions.client.subscribe(TRACK, {}, new CollectingSink()).catch((error) => error);
    expect(refused).toBeInstanceOf(RequestRejected);
    const name = draft === '14' ? 'TRACK_DOES_NOT_EXIST' : 'DOES_NOT_EXIST';
    expect(refused.rejection).toMatchObject({ request: 'SUBSCRIBE', name, reason: 'no such track' });
  });

  it('tells the publisher when the subscriber leaves, and resets its open streams', async () => {
    let published: Publication | undefined;
    const { client } = await publishing((publication) => {
      published = publication;
      void publication.openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false }).then((subgroup) => {
        void subgroup.writeObject({ object: 0n }, utf8('first'));
      });
    });
    const sink = new CollectingSink();
    const subscription = await client.subscribe(TRACK, {}, sink);
    await until(() => sink.subgroups.length === 1, 'a subgroup');
    subscription.cancel();
    expect(await published?.cancelled).toEqual({ kind: 'peer' });
    expect(await subscription.ended).toEqual({ kind: 'cancelled' });
    expect(published?.isOpen).toBe(false);
    await expect(published?.openSubgroup({ group: 1n, subgroup: 0n, hasProperties: false })).rejects.toThrow();
  });
});
