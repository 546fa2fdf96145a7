import { describe, expect, it } from 'vitest';
import { PublicationWriter } from '../../../../src/core/publisher/publication-writer.js';
import { publish } from '../../../../src/core/publisher/publish.js';
import { TrackLog } from '../../../../src/core/publisher/track-log.js';
import { subscribe } from '../../../../src/core/subscriber/subscribe.js';
import { DRAFTS, profileOf } from '../../../session/support/sessions.js';
import { FedSource } from '../../../support/fed-source.js';
import { randomBytes } from '../../../support/random.js';
import { chunksOf, payloadOf, placesOf, subscribedPair, TRACK, takeAll, trackPair } from '../../../support/tracks.js';
import { eventually } from '../../../support/wait.js';

// Draft 14 lets one session subscribe several times to a track.
describe('several subscribers of a published track', () => {
  it('get the whole of it each, at their own pace', async () => {
    const bytes = randomBytes(6_000_000, 3);
    const pair = await trackPair('14');
    const fed = new FedSource();
    async function* source(): AsyncGenerator<Uint8Array> {
      for await (const _ of fed.batches) yield* chunksOf(bytes, 65536);
    }
    const publisher = publish(pair.publisherSession, { track: TRACK, source: { kind: 'bytes', chunks: source() } });
    const options = { track: TRACK, waitMs: 5000, items: 'pieces' } as const;
    const [first, second] = await Promise.all([
      subscribe(pair.subscriberSession, options),
      subscribe(pair.subscriberSession, options),
    ]);
    fed.give('go');
    fed.end();
    const [one, two] = await Promise.all([takeAll(first), takeAll(second)]);
    for (const { items, error } of [one, two]) {
      expect(error).toBeUndefined();
      expect(Buffer.compare(payloadOf(items), bytes)).toBe(0);
    }
    const { subscriptions } = await publisher.done;
    expect(subscriptions.map(({ end }) => end)).toEqual(['complete', 'complete']);
    await pair.client.close();
  });

  it('join where their filter says', async () => {
    const pair = await trackPair('14');
    const fed = new FedSource();
    const publisher = publish(pair.publisherSession, {
      track: TRACK,
      source: fed.source,
      groupEvery: { objects: 3 },
    });
    const join = (filter?: Parameters<typeof subscribe>[1]['filter']): ReturnType<typeof subscribe> =>
      subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000, filter });
    const start = await join();
    const all = takeAll(start);
    fed.give('0.0', '0.1', '0.2', '1.0', '1.1');
    await eventually(() => start.report().objects === 5, 'five objects');
    const late = await Promise.all([
      join('current-group'),
      join({ type: 'largest-object' }),
      join({ type: 'next-group-start' }),
      join({ type: 'absolute-start', start: { group: 1n, object: 1n } }),
      join({ type: 'absolute-range', start: { group: 1n, object: 1n }, endGroup: 1n }),
    ]);
    expect(late.map(({ info }) => info.largest)).toEqual(Array(5).fill({ group: 1n, object: 1n }));
    const taken = Promise.all(late.map(takeAll));
    fed.give('1.2', '2.0');
    fed.end();
    const places = (await taken).map(({ items, error }) => {
      expect(error).toBeUndefined();
      return placesOf(items).join(' ');
    });
    expect(places).toEqual([
      '1.0 1.1 1.2 2.0 3.0 end-of-track',
      '1.2 2.0 3.0 end-of-track',
      '2.0 3.0 end-of-track',
      '1.1 1.2 2.0 3.0 end-of-track',
      '1.1 1.2',
    ]);
    expect((await all).error).toBeUndefined();
    await publisher.done;
    await pair.client.close();
  });

  it('are refused a range that is gone', async () => {
    const pair = await trackPair('14');
    const fed = new FedSource();
    const publisher = publish(pair.publisherSession, { track: TRACK, source: fed.source, groupEvery: { objects: 1 } });
    const start = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000 });
    fed.give('a', 'b', 'c');
    const all = takeAll(start);
    await eventually(() => start.report().objects === 3, 'three groups');
    const filter = { type: 'absolute-range', start: { group: 0n, object: 0n }, endGroup: 1n } as const;
    const failed = subscribe(pair.subscriberSession, { track: TRACK, filter });
    await expect(failed).rejects.toMatchObject({ code: 'MOQT_E_REJECTED', rejection: { name: 'INVALID_RANGE' } });
    fed.end();
    await all;
    await publisher.done;
    await pair.client.close();
  });

  it('do not wait for one that takes nothing: it loses its subscription', async () => {
    const bytes = randomBytes(3_000_000, 5);
    const pair = await trackPair('14', { transport: { server: { connectionWindow: 64 * 1024 * 1024 } } });
    const fed = new FedSource();
    async function* source(): AsyncGenerator<Uint8Array> {
      for await (const _ of fed.batches) yield* chunksOf(bytes, 16_384);
    }
    const publisher = publish(pair.publisherSession, {
      track: TRACK,
      source: { kind: 'bytes', chunks: source() },
      limits: { lag: 500_000, readAhead: 50_000, keep: 100_000 },
    });
    const slow = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000 });
    const fast = await subscribe(pair.subscriberSession, { track: TRACK, items: 'pieces' });
    fed.give('go');
    fed.end();
    const { items, error } = await takeAll(fast);
    expect(error).toBeUndefined();
    expect(Buffer.compare(payloadOf(items), bytes)).toBe(0);
    const { subscriptions } = await publisher.done;
    expect(subscriptions.map(({ end }) => end).sort()).toEqual(['complete', 'too-far-behind']);
    const lost = await takeAll(slow);
    expect(lost.error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', wire: { name: 'TOO_FAR_BEHIND' } });
    await pair.client.close();
  });

  it('set the pace by the fastest of them', async () => {
    const pair = await trackPair('14');
    let given = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (; given < 4000; given++) yield new Uint8Array(16_384);
    }
    const publisher = publish(pair.publisherSession, { track: TRACK, source: { kind: 'bytes', chunks: source() } });
    const subscription = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000 });
    await eventually(() => given > 10, 'the source is read');
    let before = -1;
    await eventually(() => {
      const still = given === before;
      before = given;
      return still;
    }, 'the source rests');
    // The windows, the queue and the read-ahead are full: 1 MiB, 8 MiB and 256 KiB, and what one turn may add.
    expect(given * 16_384).toBeLessThan(12 * 1024 * 1024);
    expect((await takeAll(subscription)).report.objects).toBe(4000);
    expect(await publisher.done).toMatchObject({ objects: 4000 });
    await pair.client.close();
  });
});

describe.each(DRAFTS)('a subscriber that is too far behind on draft %s', (draft) => {
  it('sees its streams reset with the code of the draft, then PUBLISH_DONE', async () => {
    const { pair, publication, subscription } = await subscribedPair(draft, { filter: 'current-group' });
    const log = new TrackLog(1000);
    const hooks = { onProgress: () => {}, onFatal: () => {}, onStreamStopped: () => {} };
    const writer = new PublicationWriter(publication, log, profileOf(draft), hooks, 0);
    log.append({
      kind: 'object',
      group: 0n,
      subgroup: 0n,
      object: 0n,
      status: 'normal',
      priority: undefined,
      properties: [],
      payload: new Uint8Array(10),
      endOfGroup: true,
      hasProperties: false,
      fin: false,
    });
    writer.pump();
    await subscription.nextBatch();
    writer.tooFarBehind();
    const { items, error } = await takeAll(subscription);
    const name = profileOf(draft).codes('stream-reset').has('TOO_FAR_BEHIND') ? 'TOO_FAR_BEHIND' : 'DELIVERY_TIMEOUT';
    const code = profileOf(draft).codes('stream-reset').code(name);
    expect(items).toContainEqual({ kind: 'gap', what: 'stream', group: 0n, subgroup: 0n, code });
    expect(error).toMatchObject({ wire: { space: 'publish-done', name: 'TOO_FAR_BEHIND' } });
    await eventually(() => writer.end === 'too-far-behind', 'the writer ends');
    await pair.client.close();
  });
});
