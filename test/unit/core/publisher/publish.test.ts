import { describe, expect, it } from 'vitest';
import { publish } from '../../../../src/core/publisher/publish.js';
import type { PublishEvent, PublishSource } from '../../../../src/core/publisher/publish-options.js';
import { subscribe } from '../../../../src/core/subscriber/subscribe.js';
import { utf8 } from '../../../../src/core/util/bytes.js';
import { CollectingSink, DRAFTS, settle } from '../../../session/support/sessions.js';
import { FedSource } from '../../../support/fed-source.js';
import { ManualClock } from '../../../support/manual-clock.js';
import { chunksOf, payloadOf, placesOf, TRACK, takeAll, trackPair } from '../../../support/tracks.js';
import { eventually, soon } from '../../../support/wait.js';

/** Bytes that no window takes unread, and a publisher that has read them all nevertheless. */
const LARGER_THAN_WINDOWS = 900_000;
const READS_AHEAD = { readAhead: 1 << 20 };
const bytes = (size: number): PublishSource => ({ kind: 'bytes', chunks: chunksOf(new Uint8Array(size), 65536) });

describe.each(DRAFTS)('publishing on draft %s', (draft) => {
  it('reads nothing before somebody subscribes', async () => {
    const pair = await trackPair(draft);
    const fed = new FedSource();
    const events: string[] = [];
    const onEvent = (event: PublishEvent): void => void events.push(event.kind);
    const publisher = publish(pair.publisherSession, { track: TRACK, source: fed.source, onEvent });
    await eventually(() => events.includes('waiting-for-subscriber'), 'the announcement is accepted');
    expect(fed.asked).toBe(0);
    const subscription = await subscribe(pair.subscriberSession, { track: TRACK });
    await eventually(() => fed.asked === 1, 'the source is read');
    fed.end();
    expect((await takeAll(subscription)).error).toBeUndefined();
    await publisher.done;
    expect(events).toEqual([
      'namespace-accepted',
      'waiting-for-subscriber',
      'subscribed',
      'source-ended',
      'subscription-ended',
    ]);
    await pair.client.close();
  });

  it('offers the track by PUBLISH without forwarding, until somebody wants it', async () => {
    let forward: boolean | undefined;
    const sink = new CollectingSink();
    const accepted: { update(parameters: { forward: boolean }): Promise<unknown> }[] = [];
    const pair = await trackPair(draft, {
      server: {
        onPublish: (request) => {
          forward = request.parameters.forward;
          accepted.push(request.accept({ forward: false }, sink));
        },
      },
    });
    const fed = new FedSource();
    const publisher = publish(pair.publisherSession, { track: TRACK, source: fed.source, via: 'publish' });
    await eventually(() => accepted.length === 1, 'PUBLISH arrives');
    expect(forward).toBe(false);
    expect(fed.asked).toBe(0);
    await accepted[0]?.update({ forward: true });
    await eventually(() => fed.asked === 1, 'the source is read');
    fed.give('a');
    fed.end();
    expect(await soon(publisher.done, 'the end')).toMatchObject({ outcome: 'complete', objects: 1 });
    await eventually(() => sink.texts.includes('a'), 'the object arrives');
    await pair.client.close();
  });

  it('pauses while nobody wants the track, and goes on where it stood', async () => {
    const sink = new CollectingSink();
    const accepted: { update(parameters: { forward: boolean }): Promise<unknown> }[] = [];
    const pair = await trackPair(draft, {
      server: { onPublish: (request) => void accepted.push(request.accept({ forward: true }, sink)) },
    });
    const fed = new FedSource();
    const publisher = publish(pair.publisherSession, { track: TRACK, source: fed.source, via: 'publish' });
    fed.give('a');
    await eventually(() => sink.texts.length === 1, 'the first object');
    await accepted[0]?.update({ forward: false });
    await settle();
    const { asked } = fed;
    fed.give('b');
    fed.give('c');
    await settle();
    // The read that was under way is kept, and nothing more is read.
    expect(fed.asked).toBe(asked);
    expect(publisher.report().objects).toBe(1);
    await accepted[0]?.update({ forward: true });
    await eventually(() => publisher.report().objects === 3, 'the rest');
    fed.end();
    expect(await publisher.done).toMatchObject({ subscriptions: [{ end: 'complete', notDelivered: 0 }] });
    await eventually(() => sink.texts.length === 4, 'all arrives');
    expect(sink.texts).toEqual(['a', 'b', 'c', '']);
    await pair.client.close();
  });

  it.each(['namespace', 'publish', 'both'] as const)('fails when the offer by %s is refused', async (via) => {
    const pair = await trackPair(draft, {
      server: {
        onPublishNamespace: (request) => {
          if (via === 'namespace') request.reject({ name: 'UNAUTHORIZED', reason: 'go away' });
          else request.accept();
        },
        onPublish: (request) => request.reject({ name: 'NOT_SUPPORTED', reason: 'no PUBLISH here' }),
      },
    });
    const fed = new FedSource();
    const publisher = publish(pair.publisherSession, { track: TRACK, source: fed.source, via });
    await expect(publisher.done).rejects.toMatchObject(
      via === 'namespace' ? { code: 'MOQT_E_UNAUTHORIZED', exitCode: 5 } : { code: 'MOQT_E_REJECTED', exitCode: 8 },
    );
    expect(fed.asked).toBe(0);
    expect(publisher.report()).toMatchObject({ outcome: 'failed', objects: 0, delivery: 'none' });
    await pair.client.close();
  });

  it('fails when the offer is not answered', async () => {
    const pair = await trackPair(draft, { server: { onPublishNamespace: () => {} } });
    const publisher = publish(pair.publisherSession, { track: TRACK, source: bytes(1), requestTimeoutMs: 30 });
    await expect(publisher.done).rejects.toMatchObject({ code: 'MOQT_E_TIMEOUT', exitCode: 6 });
    await pair.client.close();
  });

  it('publishes into the void when told not to wait, and says so', async () => {
    const pair = await trackPair(draft);
    const report = await publish(pair.publisherSession, { track: TRACK, source: bytes(100_000), noWait: true }).done;
    expect(report).toMatchObject({ outcome: 'complete', objects: 7, unheardObjects: 7, subscriptions: [] });
    expect(report.delivery).toBe('none');
    await pair.client.close();
  });

  it('fails when the session ends on the way', async () => {
    const pair = await trackPair(draft);
    const fed = new FedSource();
    const publisher = publish(pair.publisherSession, { track: TRACK, source: fed.source });
    const subscription = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000 });
    fed.give('a');
    await subscription.nextBatch();
    await pair.server.close();
    await expect(publisher.done).rejects.toMatchObject({ code: 'MOQT_E_INCOMPLETE', exitCode: 9 });
    expect(publisher.report()).toMatchObject({ outcome: 'failed', objects: 1 });
    expect(fed.returned).toBe(true);
  });

  it('ends in order when it is stopped: what was read arrives, and the track does not look complete', async () => {
    const pair = await trackPair(draft);
    const fed = new FedSource();
    const abort = new AbortController();
    const publisher = publish(pair.publisherSession, { track: TRACK, source: fed.source, signal: abort.signal });
    const subscription = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000 });
    const all = takeAll(subscription);
    fed.give('a', 'b');
    await eventually(() => publisher.report().objects === 2, 'two objects were read');
    abort.abort();
    const { items, error } = await all;
    expect(placesOf(items)).toEqual(['0.0', '0.1']);
    expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', reason: 'subscription.going_away' });
    expect(await publisher.done).toMatchObject({ outcome: 'stopped', objects: 2 });
    expect(fed.returned).toBe(true);
    await pair.client.close();
  });

  it('ends in order when it is stopped before anybody came', async () => {
    const pair = await trackPair(draft);
    const abort = new AbortController();
    const fed = new FedSource();
    const publisher = publish(pair.publisherSession, { track: TRACK, source: fed.source, signal: abort.signal });
    abort.abort();
    expect(await publisher.done).toMatchObject({ outcome: 'stopped', objects: 0 });
    expect(fed.asked).toBe(0);
    await pair.client.close();
  });

  it('fails when its source fails, and lets the subscriber know', async () => {
    const pair = await trackPair(draft);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield utf8('so far');
      throw new Error('the file shrank');
    }
    const source = { kind: 'bytes', chunks: broken() } as const;
    const publisher = publish(pair.publisherSession, { track: TRACK, source });
    publisher.done.catch(() => {});
    const subscription = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000 });
    const { items, error } = await takeAll(subscription);
    expect(Buffer.from(payloadOf(items)).toString()).toBe('so far');
    expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', reason: 'subscription.internal_error' });
    await expect(publisher.done).rejects.toMatchObject({ message: 'the file shrank' });
    await pair.client.close();
  });

  it('keeps the rest for the next subscriber when the last one leaves', async () => {
    const pair = await trackPair(draft);
    const fed = new FedSource();
    const publisher = publish(pair.publisherSession, { track: TRACK, source: fed.source });
    const first = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000, count: 1 });
    fed.give('a');
    await takeAll(first);
    await eventually(() => publisher.report().subscribers === 0, 'the subscriber leaves');
    fed.give('b');
    await settle();
    expect(publisher.report().objects).toBe(1);
    const second = await subscribe(pair.subscriberSession, { track: TRACK, filter: { type: 'largest-object' } });
    fed.end();
    const { items, error } = await takeAll(second);
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['0.1', '1.0 end-of-track']);
    expect(second.info.largest).toEqual({ group: 0n, object: 0n });
    expect(await publisher.done).toMatchObject({ outcome: 'complete', objects: 2 });
    await pair.client.close();
  });

  it('fails when nobody stayed to the end', async () => {
    const pair = await trackPair(draft);
    const fed = new FedSource();
    const publisher = publish(pair.publisherSession, { track: TRACK, source: fed.source });
    const subscription = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000, count: 1 });
    fed.give('a');
    await takeAll(subscription);
    await eventually(() => publisher.report().subscribers === 0, 'the subscriber leaves');
    fed.end();
    await expect(publisher.done).rejects.toMatchObject({ code: 'MOQT_E_INCOMPLETE', exitCode: 9 });
    await pair.client.close();
  });

  it('fails when the peer does not take the last objects in time', async () => {
    const pair = await trackPair(draft);
    const publisher = publish(pair.publisherSession, { track: TRACK, source: bytes(50_000), drainTimeoutMs: 40 });
    publisher.done.catch(() => {});
    await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000 });
    await eventually(() => publisher.report().times.sourceEndedMs !== null, 'all was read');
    pair.pair.pause();
    await expect(publisher.done).rejects.toMatchObject({ code: 'MOQT_E_INCOMPLETE', reason: 'publish.drain' });
    pair.pair.resume();
    await pair.client.close();
  });

  it('gives a slow subscriber as long for the last objects as for all others', async () => {
    const pair = await trackPair(draft);
    const clock = new ManualClock();
    const source = bytes(LARGER_THAN_WINDOWS);
    const options = { track: TRACK, source, drainTimeoutMs: 40, clock, limits: READS_AHEAD, lingerMs: 0 };
    const publisher = publish(pair.publisherSession, options);
    const subscription = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000 });
    await eventually(() => publisher.report().times.sourceEndedMs !== null, 'all was read');
    await clock.advance(1_000_000);
    expect((await takeAll(subscription)).error).toBeUndefined();
    expect(await publisher.done).toMatchObject({ outcome: 'complete', bytes: LARGER_THAN_WINDOWS });
    await pair.client.close();
  });

  it('is not held by a slow subscriber once it was stopped', async () => {
    const pair = await trackPair(draft);
    const stop = new AbortController();
    const source = bytes(LARGER_THAN_WINDOWS);
    const { signal } = stop;
    const options = { track: TRACK, source, drainTimeoutMs: 40, signal, limits: READS_AHEAD };
    const publisher = publish(pair.publisherSession, options);
    publisher.done.catch(() => {});
    await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000 });
    await eventually(() => publisher.report().times.sourceEndedMs !== null, 'all was read');
    stop.abort();
    await expect(soon(publisher.done, 'the publisher to give up')).rejects.toMatchObject({ reason: 'publish.drain' });
    await pair.client.close();
  });

  it('counts streams that the peer stops, and is not complete without them', async () => {
    const pair = await trackPair(draft);
    const events: PublishEvent[] = [];
    const publisher = publish(pair.publisherSession, {
      track: TRACK,
      source: bytes(900_000),
      onEvent: (event) => events.push(event),
    });
    publisher.done.catch(() => {});
    await eventually(() => events.length === 2, 'the offer');
    await pair.subscriberSession.subscribe(
      TRACK,
      {},
      { onSubgroup: (stream) => stream.stop('CANCELLED'), onDatagram: () => {} },
    );
    await expect(publisher.done).rejects.toMatchObject({ code: 'MOQT_E_INCOMPLETE', reason: 'publish.not-delivered' });
    expect(publisher.report().subscriptions[0]?.end).toBe('partial');
    await pair.client.close();
  });
});
