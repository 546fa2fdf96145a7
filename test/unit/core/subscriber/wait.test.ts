import { describe, expect, it } from 'vitest';
import type { IncomingSubscribe, MoqtSession, Publication } from '../../../../src/core/session/session.js';
import { subscribe } from '../../../../src/core/subscriber/subscribe.js';
import type { SubscribeEvent } from '../../../../src/core/subscriber/subscribe-options.js';
import { DRAFTS, profileOf } from '../../../session/support/sessions.js';
import { sendStream, TRACK, takeAll, trackPair } from '../../../support/tracks.js';

/** Answers each SUBSCRIBE with the next of these. */
function answer(session: MoqtSession, ...answers: ((request: IncomingSubscribe) => void)[]): IncomingSubscribe[] {
  const seen: IncomingSubscribe[] = [];
  session.handlers = {
    ...session.handlers,
    onSubscribe: (request) => {
      seen.push(request);
      answers[Math.min(seen.length, answers.length) - 1]?.(request);
    },
  };
  return seen;
}

const absent = (request: IncomingSubscribe): void => request.reject({ name: 'DOES_NOT_EXIST', reason: 'not here' });

describe.each(DRAFTS)('subscribing on draft %s to a track that is not there', (draft) => {
  it('fails at once unless a publisher is waited for', async () => {
    const pair = await trackPair(draft);
    const seen = answer(pair.publisherSession, absent);
    const failed = await subscribe(pair.subscriberSession, { track: TRACK }).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: 'MOQT_E_REJECTED',
      exitCode: 8,
      message: expect.stringContaining('not here'),
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.parameters.rendezvousTimeout).toBeUndefined();
    await pair.client.close();
  });

  it('tries again until it is there, the first time with a rendezvous where the draft has one', async () => {
    const pair = await trackPair(draft);
    const events: SubscribeEvent[] = [];
    const publication: Publication[] = [];
    const seen = answer(pair.publisherSession, absent, (request) => publication.push(request.accept()));
    const subscription = await subscribe(pair.subscriberSession, {
      track: TRACK,
      waitMs: 5000,
      onEvent: (event) => events.push(event),
    });
    expect(subscription.info).toMatchObject({ origin: 'subscribe', attempts: 2 });
    expect(events[0]).toMatchObject({ kind: 'waiting', attempt: 1, retryInMs: 250 });
    const rendezvous = profileOf(draft).features.rendezvousTimeout ? 5000n : undefined;
    expect(seen.map(({ parameters }) => parameters.rendezvousTimeout)).toEqual([rendezvous, undefined]);
    subscription.cancel();
    await pair.client.close();
  });

  it('waits as long as the peer says, where the draft lets it say so', async () => {
    const pair = await trackPair(draft);
    const events: SubscribeEvent[] = [];
    answer(
      pair.publisherSession,
      (request) => request.reject({ name: 'DOES_NOT_EXIST', reason: '', retryAfterMs: 7 }),
      (request) => void request.accept(),
    );
    const onEvent = (event: SubscribeEvent): void => void events.push(event);
    const subscription = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000, onEvent });
    expect(events[0]).toMatchObject({ retryInMs: profileOf(draft).features.retryInterval ? 7 : 250 });
    subscription.cancel();
    await pair.client.close();
  });

  it('ends with the last answer when the time is over', async () => {
    const pair = await trackPair(draft);
    answer(pair.publisherSession, absent);
    const failed = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 60 }).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({
      code: 'MOQT_E_REJECTED',
      exitCode: 8,
      message: expect.stringContaining('not here'),
    });
    await pair.client.close();
  });

  it('ends with another refusal at once', async () => {
    const pair = await trackPair(draft);
    const seen = answer(pair.publisherSession, (request) => request.reject({ name: 'UNAUTHORIZED', reason: '' }));
    const failed = subscribe(pair.subscriberSession, { track: TRACK, waitMs: 0 });
    await expect(failed).rejects.toMatchObject({ code: 'MOQT_E_UNAUTHORIZED', exitCode: 5 });
    expect(seen.length).toBeLessThanOrEqual(2);
    await pair.client.close();
  });

  it('takes a PUBLISH for the track that comes first', async () => {
    const pair = await trackPair(draft);
    answer(pair.publisherSession, absent);
    const waiting = subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000 });
    const publication = await pair.publisherSession.publish(TRACK, {});
    const subscription = await waiting;
    expect(subscription.info.origin).toBe('publish');
    await sendStream(publication, { group: 0n, objects: ['hello'] });
    await publication.done('TRACK_ENDED', '');
    const { error, report } = await takeAll(subscription);
    expect(error).toBeUndefined();
    expect(report.objects).toBe(1);
    await pair.client.close();
  });

  it('takes a PUBLISH while the SUBSCRIBE is held without an answer', async () => {
    const pair = await trackPair(draft);
    answer(pair.publisherSession, () => {});
    const waiting = subscribe(pair.subscriberSession, { track: TRACK, waitMs: 0 });
    await pair.publisherSession.publish(TRACK, {});
    expect((await waiting).info.origin).toBe('publish');
    await pair.client.close();
  });

  it('says once that it waits while the SUBSCRIBE is held without an answer', async () => {
    const pair = await trackPair(draft);
    const abort = new AbortController();
    const events: SubscribeEvent[] = [];
    answer(pair.publisherSession, () => {});
    const onEvent = (event: SubscribeEvent): void => {
      events.push(event);
      abort.abort();
    };
    const failed = subscribe(pair.subscriberSession, { track: TRACK, waitMs: 0, signal: abort.signal, onEvent });
    await expect(failed).rejects.toMatchObject({ code: 'MOQT_E_INTERRUPTED' });
    expect(events).toEqual([{ kind: 'held' }]);
    await pair.client.close();
  });

  it('stops waiting when the caller aborts', async () => {
    const pair = await trackPair(draft);
    const abort = new AbortController();
    answer(pair.publisherSession, absent);
    const onEvent = (): void => abort.abort();
    const failed = subscribe(pair.subscriberSession, { track: TRACK, waitMs: 0, signal: abort.signal, onEvent });
    await expect(failed).rejects.toMatchObject({ code: 'MOQT_E_INTERRUPTED' });
    await pair.client.close();
  });
});

describe('a peer that closes the session over RENDEZVOUS_TIMEOUT', () => {
  it('is tried again without it on a new session', async () => {
    const first = await trackPair('18');
    const second = await trackPair('18');
    answer(first.publisherSession, () => void first.publisherSession.close('PROTOCOL_VIOLATION', 'unknown parameter'));
    const seen = answer(second.publisherSession, (request) => void request.accept());
    const options = { track: TRACK, waitMs: 5000 };
    const subscription = await subscribe(first.subscriberSession, options, async () => second.subscriberSession);
    expect(subscription.session).toBe(second.subscriberSession);
    expect(seen.map(({ parameters }) => parameters.rendezvousTimeout)).toEqual([undefined]);
    subscription.cancel();
    await second.client.close();
  });

  it('is an error when no new session can be had', async () => {
    const first = await trackPair('18');
    answer(first.publisherSession, () => void first.publisherSession.close('PROTOCOL_VIOLATION', 'unknown parameter'));
    const failed = subscribe(first.subscriberSession, { track: TRACK, waitMs: 5000 });
    await expect(failed).rejects.toMatchObject({ name: 'MoqtError' });
  });
});
