import { describe, expect, it } from 'vitest';
import type { IncomingPublish, Subscription } from '../../src/core/session/session.js';
import { RequestCancelled, RequestRefused, RequestRejected } from '../../src/core/session/session-errors.js';
import { utf8 } from '../../src/core/util/bytes.js';
import { CollectingSink, connectPair, DRAFTS, settle, track, until } from './support/sessions.js';

const TRACK = track('clock', 'live');

describe.each(DRAFTS)('PUBLISH on draft %s', (draft) => {
  it('is accepted, forwards objects and ends in order', async () => {
    const sink = new CollectingSink();
    let subscription: Subscription | undefined;
    const { client } = await connectPair(draft, {
      server: {
        onPublish(request) {
          subscription = request.accept({}, sink);
        },
      },
    });
    const publication = await client.publish(TRACK, { parameters: { largestObject: { group: 3n, object: 1n } } });
    expect(publication.forward).toBe(true);
    expect(publication.origin).toBe('publish');
    const subgroup = publication.tryOpenSubgroup({ group: 4n, subgroup: 0n, hasProperties: false });
    await subgroup?.writeObject({ object: 0n }, utf8('tick'));
    subgroup?.end();
    await publication.done('TRACK_ENDED', '');
    expect(await subscription?.ended).toMatchObject({ kind: 'done', status: { name: 'TRACK_ENDED' }, streamCount: 1n });
    expect(subscription?.parameters.largestObject).toEqual({ group: 3n, object: 1n });
    await until(() => sink.subgroups.length === 1, 'the subgroup');
    await sink.finished();
    expect(sink.texts).toEqual(['tick']);
    await client.close();
  });

  it('can wait with FORWARD 0 until the subscriber asks for objects', async () => {
    let subscription: Subscription | undefined;
    const { client } = await connectPair(draft, {
      server: {
        onPublish(request) {
          expect(request.parameters.forward).toBe(false);
          subscription = request.accept({ forward: false }, new CollectingSink());
        },
      },
    });
    const publication = await client.publish(TRACK, { parameters: { forward: false } });
    expect(publication.forward).toBe(false);
    const updated = new Promise<void>((resolve) => {
      publication.onUpdate = () => resolve();
    });
    await subscription?.update({ forward: true });
    await updated;
    expect(publication.forward).toBe(true);
    await client.close();
  });

  it('is refused with a name, and the streams of a refused track are stopped', async () => {
    const { client } = await connectPair(draft, {
      server: { onPublish: (request) => request.reject({ name: 'UNINTERESTED', reason: 'no' }) },
    });
    const refused = await client.publish(TRACK, {}).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RequestRejected);
    expect((refused as RequestRejected).rejection).toMatchObject({ name: 'UNINTERESTED', reason: 'no' });
    await client.close();
  });

  it('is refused with NOT_SUPPORTED when nobody handles it', async () => {
    const { client } = await connectPair(draft);
    const refused = await client.publish(TRACK, {}).catch((error: unknown) => error);
    expect((refused as RequestRejected).rejection.name).toBe('NOT_SUPPORTED');
    await client.close();
  });

  it('can be cancelled by the subscriber', async () => {
    let subscription: Subscription | undefined;
    const { client } = await connectPair(draft, {
      server: {
        onPublish(request) {
          subscription = request.accept({}, new CollectingSink());
        },
      },
    });
    const publication = await client.publish(TRACK, {});
    subscription?.cancel();
    expect(await publication.cancelled).toEqual({ kind: 'peer' });
    expect(await subscription?.ended).toEqual({ kind: 'cancelled' });
    await client.close();
  });

  it('supersedes a pending SUBSCRIBE for its track when it is accepted', async () => {
    const publishing: IncomingPublish[] = [];
    const { client, server } = await connectPair(draft, {
      client: { onPublish: (request) => void publishing.push(request) },
      server: { onSubscribe() {} },
    });
    const subscribing = client.subscribe(TRACK, {}, new CollectingSink()).catch((error: unknown) => error);
    await settle();
    const published = server.publish(TRACK, {}).catch((error: unknown) => error);
    await until(() => publishing.length === 1, 'the PUBLISH');
    publishing[0]?.accept({}, new CollectingSink());
    expect(await subscribing).toBeInstanceOf(RequestCancelled);
    expect(await published).toMatchObject({ origin: 'publish', isOpen: true });
    await client.close();
  });
});

describe.each(DRAFTS)('an update on draft %s', (draft) => {
  it('is merged into what the publisher knows, and answered where the draft has answers', async () => {
    const { client, server: _ } = await connectPair(draft, {
      server: {
        onSubscribe(request) {
          const publication = request.accept({ parameters: { largestObject: { group: 5n, object: 5n } } });
          publication.onUpdate = (update) => {
            expect(update.subscriberPriority).toBe(7);
            updates.push(publication.parameters.subscriberPriority ?? -1);
            return draft === '14' ? undefined : { largestObject: { group: 9n, object: 9n } };
          };
        },
      },
    });
    const updates: number[] = [];
    const filter = { type: 'absolute-start', start: { group: 1n, object: 0n } } as const;
    const subscription = await client.subscribe(TRACK, { filter }, new CollectingSink());
    const answer = await subscription.update({ subscriberPriority: 7 });
    await until(() => updates.length === 1, 'the update');
    expect(updates).toEqual([7]);
    if (draft !== '14') expect(answer.largestObject).toEqual({ group: 9n, object: 9n });
    await client.close();
  });

  it('that is refused ends the subscription', async () => {
    const { client } = await connectPair(draft, {
      server: {
        onSubscribe(request) {
          const publication = request.accept();
          publication.onUpdate = () => {
            throw new RequestRefused({ name: 'NOT_SUPPORTED', reason: 'never' });
          };
        },
      },
    });
    const subscription = await client.subscribe(TRACK, {}, new CollectingSink());
    const outcome = await subscription.update({ subscriberPriority: 7 }).catch((error: unknown) => error);
    if (draft !== '14') expect((outcome as RequestRejected).rejection).toMatchObject({ reason: 'never' });
    const name = draft === '14' ? 'INTERNAL_ERROR' : 'UPDATE_FAILED';
    expect(await subscription.ended).toMatchObject({ kind: 'done', status: { name } });
    await client.close();
  });

  it('that follows its SUBSCRIBE at once waits for the answer to it', async () => {
    const seen: number[] = [];
    const { client } = await connectPair(draft, {
      server: {
        onSubscribe(request) {
          setTimeout(() => {
            const publication = request.accept();
            publication.onUpdate = (update) => void seen.push(update.subscriberPriority ?? -1);
          }, 5);
        },
      },
    });
    const subscription = await client.subscribe(TRACK, {}, new CollectingSink());
    await subscription.update({ subscriberPriority: 1 });
    await subscription.update({ subscriberPriority: 2 });
    await until(() => seen.length === 2, 'both updates');
    expect(seen).toEqual([1, 2]);
    await client.close();
  });
});

describe.each(['16', '18'])('a second subscription for a track on draft %s', (draft) => {
  it('is refused with DUPLICATE_SUBSCRIPTION in either direction', async () => {
    const { client, server } = await connectPair(draft, {
      server: { onSubscribe: (request) => void request.accept() },
      client: { onPublish: (request) => void request.accept({}, new CollectingSink()) },
    });
    await client.subscribe(TRACK, {}, new CollectingSink());
    const again = await client.subscribe(TRACK, {}, new CollectingSink()).catch((error: unknown) => error);
    expect((again as RequestRejected).rejection.name).toBe('DUPLICATE_SUBSCRIPTION');
    const published = await server.publish(TRACK, {}).catch((error: unknown) => error);
    expect((published as RequestRejected).rejection.name).toBe('DUPLICATE_SUBSCRIPTION');
    await client.close();
  });

  it('is possible again once the first has ended', async () => {
    const { client } = await connectPair(draft, { server: { onSubscribe: (request) => void request.accept() } });
    const first = await client.subscribe(TRACK, {}, new CollectingSink());
    first.cancel();
    await settle();
    await client.subscribe(TRACK, {}, new CollectingSink());
    await client.close();
  });
});
