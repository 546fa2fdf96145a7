import { describe, expect, it } from 'vitest';
import { subscribe } from '../../../../src/core/subscriber/subscribe.js';
import { DRAFTS } from '../../../session/support/sessions.js';
import { placesOf, sendStream, subscribedPair, TRACK, takeAll } from '../../../support/tracks.js';
import { eventually, staysPending } from '../../../support/wait.js';

const FAST = {
  filter: 'current-group',
  limits: { reorderWaitMs: 30, quietMs: 40, streamWaitMs: 60, doneWaitMs: 30 },
} as const;

describe.each(DRAFTS)('the end of a subscription on draft %s', (draft) => {
  it('waits for the streams that PUBLISH_DONE counted', async () => {
    const { publication, subscription, pair } = await subscribedPair(
      draft,
      { filter: 'current-group' },
      { transport: { latencyMs: 1, streamDelayMs: (id) => (id % 4n === 2n || id % 4n === 3n ? 100 : 0) } },
    );
    await sendStream(publication, { group: 0n, objects: ['a'] });
    await sendStream(publication, { group: 1n, objects: ['b'] });
    await publication.done('TRACK_ENDED', '');
    const taken = takeAll(subscription);
    await eventually(() => subscription.report().end?.kind === 'done', 'PUBLISH_DONE comes first');
    const { items, error } = await taken;
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['0.0', '1.0']);
    await pair.client.close();
  });

  it('is END_OF_TRACK when no final message follows', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    await sendStream(publication, { group: 0n, objects: ['a'] });
    await sendStream(publication, { group: 1n, endOfGroup: false, objects: [{ object: 0n, status: 'end-of-track' }] });
    const { items, error, report } = await takeAll(subscription);
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['0.0', '1.0 end-of-track']);
    expect(report).toMatchObject({ outcome: 'complete', endOfTrack: { group: 1n, object: 0n } });
    expect(await publication.cancelled).toEqual({ kind: 'peer' });
    await pair.client.close();
  });

  it.each([
    { marks: [true, true, false], missing: true },
    { marks: [true, true, true], missing: false },
    { marks: [false, true, false], missing: false },
    { marks: [true, false], missing: false },
  ])('says when only the last group lacks its end: $marks', async ({ marks, missing }) => {
    const notices: string[] = [];
    const { publication, subscription, pair } = await subscribedPair(draft, {
      ...FAST,
      onEvent: (event) => event.kind === 'notice' && notices.push(event.notice.kind),
    });
    for (const [group, endOfGroup] of marks.entries())
      await sendStream(publication, { group: BigInt(group), endOfGroup, objects: ['a'] });
    await publication.done('TRACK_ENDED', '');
    const { error, report } = await takeAll(subscription);
    expect(error).toBeUndefined();
    expect(report).toMatchObject({ outcome: 'complete', endMarkMissing: missing });
    expect(notices).toEqual(missing ? ['end-mark-missing'] : []);
    await pair.client.close();
  });

  it('is incomplete when the track was given up, and says how', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    await sendStream(publication, { group: 0n, objects: ['a'] });
    await publication.done('GOING_AWAY', 'bye');
    const { error, items } = await takeAll(subscription);
    expect(placesOf(items)).toEqual(['0.0']);
    expect(error).toMatchObject({
      code: 'MOQT_E_INCOMPLETE',
      wire: { space: 'publish-done', code: 4n, name: 'GOING_AWAY' },
      message: 'the publisher ended the subscription before the end of the track: GOING_AWAY (0x4): bye',
    });
    await pair.client.close();
  });

  it('is "not authorised" when the publisher says so', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    await publication.done('UNAUTHORIZED', '');
    const { error } = await takeAll(subscription);
    expect(error).toMatchObject({ code: 'MOQT_E_UNAUTHORIZED', exitCode: 5 });
    await pair.client.close();
  });

  it('is incomplete when the session ends first, after what came was handed on', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    await sendStream(publication, { group: 0n, objects: ['a'], end: 'open' });
    const first = await subscription.nextBatch();
    pair.pair.kill('idle');
    const { error, report } = await takeAll(subscription);
    expect(placesOf(first ?? [])).toEqual(['0.0']);
    expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', exitCode: 9, reason: 'data.closed' });
    expect(report).toMatchObject({ outcome: 'failed', objects: 1, end: { kind: 'session-closed' } });
  });

  it('is incomplete when the session ends within the first object, some of which was handed on', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, { ...FAST, items: 'pieces' });
    const stream = await sendStream(publication, { group: 0n, objects: [], end: 'open' });
    await stream.beginObject({ object: 0n }, 100);
    await stream.writePayload(Buffer.alloc(40));
    await subscription.nextBatch();
    pair.pair.kill('error');
    const { error, report } = await takeAll(subscription);
    expect(report).toMatchObject({ objects: 0, bytes: 40 });
    expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', exitCode: 9, reason: 'data.closed' });
  });

  it('is a timeout when the session goes idle before the first object', async () => {
    const { subscription, pair } = await subscribedPair(draft, FAST);
    const taken = takeAll(subscription);
    pair.pair.kill('idle');
    expect((await taken).error).toMatchObject({ code: 'MOQT_E_TIMEOUT', exitCode: 6 });
  });

  it('is incomplete when nothing comes for too long', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, { ...FAST, idleMs: 30 });
    await sendStream(publication, { group: 0n, objects: ['a'], end: 'open' });
    const { error } = await takeAll(subscription);
    expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', reason: 'track.idle' });
    expect(await publication.cancelled).toEqual({ kind: 'peer' });
    await pair.client.close();
  });

  it('comes after the objects that were wanted', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, { ...FAST, count: 2 });
    await sendStream(publication, { group: 0n, objects: ['a', 'b', 'c'], end: 'open' });
    const { items, error, report } = await takeAll(subscription);
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['0.0', '0.1']);
    expect(items.at(-1)).toEqual({ kind: 'end', why: 'count' });
    expect(report).toMatchObject({ outcome: 'count', objects: 2 });
    expect(await publication.cancelled).toEqual({ kind: 'peer' });
    await pair.client.close();
  });

  it('comes after the time that was wanted, with what came', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, { ...FAST, forMs: 60 });
    await sendStream(publication, { group: 0n, objects: ['a'], end: 'open' });
    const { items, error, report } = await takeAll(subscription);
    expect(error).toBeUndefined();
    expect(placesOf(items)).toEqual(['0.0']);
    expect(report.outcome).toBe('time');
    await pair.client.close();
  });

  it('comes at once, in order, when the caller aborts', async () => {
    const abort = new AbortController();
    const { publication, subscription, pair } = await subscribedPair(draft, { ...FAST, signal: abort.signal });
    const stream = await sendStream(publication, { group: 0n, objects: ['a'], end: 'open' });
    await subscription.nextBatch();
    const taken = takeAll(subscription);
    abort.abort();
    const { items, error, report } = await taken;
    expect(error).toBeUndefined();
    expect(items).toEqual([{ kind: 'end', why: 'stopped' }]);
    expect(report.outcome).toBe('stopped');
    expect(await subscription.done).toMatchObject({ outcome: 'stopped' });
    expect(await publication.cancelled).toEqual({ kind: 'peer' });
    await stream.stopped;
    await pair.client.close();
  });

  it('comes when someone stops iterating', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, FAST);
    await sendStream(publication, { group: 0n, objects: ['a', 'b'], end: 'open' });
    for await (const item of subscription) {
      expect(item.kind).toBe('object');
      break;
    }
    expect(await publication.cancelled).toEqual({ kind: 'peer' });
    expect(subscription.report().outcome).toBe('stopped');
    await pair.client.close();
  });
});

describe.each(DRAFTS)('a consumer that does not take its items on draft %s', (draft) => {
  it('leaves the rest with the publisher', async () => {
    const { publication, subscription, pair } = await subscribedPair(draft, { ...FAST, items: 'pieces' });
    const stream = await publication.openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false });
    let object = 0n;
    const flood = (): Promise<void> | undefined => stream.writeObject({ object: object++ }, new Uint8Array(64 * 1024));
    let blocked: Promise<void> | undefined;
    while (blocked === undefined && object < 1000n) blocked = flood();
    // Nobody takes anything, so the window fills up and stays full.
    expect(await staysPending(blocked as Promise<void>, 30)).toBe(true);
    expect(object * 65536n).toBeLessThan(2n * 1024n * 1024n);
    const consumed = takeAll(subscription);
    await blocked;
    expect(subscription.report().objects).toBeGreaterThan(0);
    subscription.cancel();
    await consumed;
    await pair.client.close();
  });
});

describe('options that cannot work', () => {
  it.each([
    [{ count: 0 }, 'count'],
    [{ priority: 256 }, 'priority'],
    [{ items: 'pieces', order: 'arrival' }, 'whole'],
  ] as const)('%j are refused before anything is sent', async (options, word) => {
    const { pair } = await subscribedPair('18', FAST);
    const sent = pair.subscriberSession.transport.stats().sentBytes;
    const failed = await subscribe(pair.subscriberSession, { track: TRACK, ...options }).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ code: 'MOQT_E_USAGE', exitCode: 2, message: expect.stringContaining(word) });
    expect(pair.subscriberSession.transport.stats().sentBytes).toBe(sent);
    await pair.client.close();
  });
});
