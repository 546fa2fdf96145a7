import { describe, expect, it } from 'vitest';
import { type AnnounceEvent, announce } from '../../../../src/core/publisher/announce.js';
import { publish } from '../../../../src/core/publisher/publish.js';
import type { FetchResponse } from '../../../../src/core/session/session.js';
import { subscribe } from '../../../../src/core/subscriber/subscribe.js';
import { DRAFTS, namespaceText, ns, track } from '../../../session/support/sessions.js';
import { FedSource } from '../../../support/fed-source.js';
import { TRACK, takeAll, trackPair } from '../../../support/tracks.js';
import { eventually, soon } from '../../../support/wait.js';

async function fetched(response: FetchResponse): Promise<string[]> {
  const texts: string[] = [];
  for (let entries = await response.read(); entries !== null; entries = await response.read()) {
    for (const entry of entries) {
      if (entry.kind !== 'object') throw new Error('no range is expected');
      texts.push(`${entry.header.group}.${entry.header.object} ${Buffer.from(entry.bytes)}`);
    }
  }
  return texts;
}

const at = (group: bigint, object: bigint): { group: bigint; object: bigint } => ({ group, object });

describe.each(DRAFTS)('requests to a publisher on draft %s', (draft) => {
  async function started(): Promise<{
    pair: Awaited<ReturnType<typeof trackPair>>;
    finish: () => Promise<void>;
  }> {
    const pair = await trackPair(draft);
    const fed = new FedSource();
    const publisher = publish(pair.publisherSession, {
      track: TRACK,
      source: fed.source,
      groupEvery: { objects: 3 },
    });
    const filter = { type: 'largest-object' } as const;
    const subscription = await subscribe(pair.subscriberSession, { track: TRACK, waitMs: 5000, filter });
    const taken = takeAll(subscription);
    fed.give('a', 'b', 'c', 'd', 'e');
    await eventually(() => subscription.report().objects === 5, 'the objects arrive');
    return {
      pair,
      async finish() {
        fed.end();
        expect((await taken).error).toBeUndefined();
        await publisher.done;
        await pair.client.close();
      },
    };
  }

  it('TRACK_STATUS tells the largest object', async () => {
    const { pair, finish } = await started();
    const status = await pair.subscriberSession.trackStatus(TRACK);
    expect(status.parameters?.largestObject).toEqual(at(1n, 1n));
    await expect(pair.subscriberSession.trackStatus(track('other', 'live', 'room1'))).rejects.toMatchObject({
      rejection: { name: expect.stringContaining('DOES_NOT_EXIST') },
    });
    await finish();
  });

  it('FETCH gives what is kept of the current group', async () => {
    const { pair, finish } = await started();
    const whole = pair.subscriberSession.fetch(
      { type: 'standalone', track: TRACK, start: at(1n, 0n), end: at(1n, 0n) },
      {},
    );
    expect(await fetched(whole)).toEqual(['1.0 d', '1.1 e']);
    expect(await whole.ok).toMatchObject({ endOfTrack: false, end: at(1n, 2n) });
    const one = pair.subscriberSession.fetch(
      { type: 'standalone', track: TRACK, start: at(1n, 1n), end: at(1n, 2n) },
      {},
    );
    expect(await fetched(one)).toEqual(['1.1 e']);
    await finish();
  });

  it.each([
    ['what is gone', at(0n, 0n), at(0n, 0n), 'NOT_SUPPORTED'],
    ['what is yet to come', at(2n, 0n), at(3n, 0n), 'INVALID_RANGE'],
  ])('FETCH of %s is refused', async (_, start, end, name) => {
    const { pair, finish } = await started();
    const response = pair.subscriberSession.fetch({ type: 'standalone', track: TRACK, start, end }, {});
    await expect(response.ok).rejects.toMatchObject({ rejection: { name } });
    await finish();
  });

  it('a SUBSCRIBE for a track that is not published is refused', async () => {
    const { pair, finish } = await started();
    const failed = subscribe(pair.subscriberSession, { track: track('other', 'live', 'room1') });
    await expect(failed).rejects.toMatchObject({ exitCode: 8 });
    await finish();
  });
});

describe.each(DRAFTS)('an announcement on draft %s', (draft) => {
  it('is held, answers who asks, and is withdrawn', async () => {
    const withdrawn: string[] = [];
    const pair = await trackPair(draft, {
      server: {
        onPublishNamespace: (request) => {
          const { namespace, withdrawn: over } = request.accept();
          void over.then(({ kind }) => withdrawn.push(`${namespaceText(namespace)} ${kind}`));
        },
      },
    });
    const abort = new AbortController();
    const events: AnnounceEvent[] = [];
    const announced = announce(pair.publisherSession, {
      namespaces: [ns('live', 'room1'), ns('live', 'room2')],
      onEvent: (event) => events.push(event),
      signal: abort.signal,
    });
    await eventually(() => events.length === 2, 'both are accepted');
    const failed = subscribe(pair.subscriberSession, { track: TRACK });
    await expect(failed).rejects.toMatchObject({ code: 'MOQT_E_REJECTED' });
    await expect(pair.subscriberSession.trackStatus(TRACK)).rejects.toMatchObject({ code: 'MOQT_E_REJECTED' });
    expect(events.slice(2)).toMatchObject([
      { kind: 'request', request: 'SUBSCRIBE', track: TRACK, answer: 'DOES_NOT_EXIST' },
      { kind: 'request', request: 'TRACK_STATUS', track: TRACK, answer: 'DOES_NOT_EXIST' },
    ]);
    abort.abort();
    expect(await announced).toMatchObject({ outcome: 'stopped', accepted: 2, revoked: 0, requests: 2 });
    await eventually(() => withdrawn.length === 2, 'both are withdrawn');
    expect(withdrawn).toEqual(['live/room1 peer', 'live/room2 peer']);
    await pair.client.close();
  });

  it('ends at once, or after a time, when asked to', async () => {
    const pair = await trackPair(draft);
    const namespaces = [ns('live')];
    expect(await announce(pair.publisherSession, { namespaces, once: true })).toMatchObject({ outcome: 'once' });
    expect(await announce(pair.publisherSession, { namespaces, forMs: 10 })).toMatchObject({ outcome: 'time' });
    await pair.client.close();
  });

  it('fails when it is refused, and withdraws the others', async () => {
    const withdrawn: string[] = [];
    const pair = await trackPair(draft, {
      server: {
        onPublishNamespace: (request) => {
          if (namespaceText(request.namespace) === 'b') request.reject({ name: 'UNINTERESTED', reason: 'no' });
          else void request.accept().withdrawn.then(({ kind }) => withdrawn.push(kind));
        },
      },
    });
    const announced = announce(pair.publisherSession, { namespaces: [ns('a'), ns('b')] });
    await expect(announced).rejects.toMatchObject({ code: 'MOQT_E_REJECTED', exitCode: 8 });
    await eventually(() => withdrawn.length === 1, 'the first is withdrawn');
    await pair.client.close();
  });

  it('fails when the peer takes it back', async () => {
    const pair = await trackPair(draft, {
      server: {
        onPublishNamespace: (request) => {
          const accepted = request.accept();
          setImmediate(() => accepted.cancel({ name: 'UNINTERESTED', reason: 'changed my mind' }));
        },
      },
    });
    const announced = announce(pair.publisherSession, { namespaces: [ns('live')] });
    await expect(soon(announced, 'the end')).rejects.toMatchObject({ reason: 'announce.revoked', exitCode: 8 });
    await pair.client.close();
  });

  it('fails when the session ends', async () => {
    const pair = await trackPair(draft);
    const announced = announce(pair.publisherSession, {
      namespaces: [ns('live')],
      onEvent: () => void pair.server.close(),
    });
    await expect(announced).rejects.toMatchObject({ code: 'MOQT_E_CLOSED' });
  });
});
