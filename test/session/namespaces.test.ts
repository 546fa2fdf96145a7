import { describe, expect, it } from 'vitest';
import type {
  AcceptedNamespace,
  IncomingSubscribeNamespace,
  NamespaceFeed,
  NamespaceSink,
  NamespaceSubscription,
} from '../../src/core/session/session.js';
import type { RequestRejected } from '../../src/core/session/session-errors.js';
import { connectPair, DRAFTS, namespaceText, nameText, ns, settle, track, until } from './support/sessions.js';

const BOTH = { namespaces: true, tracks: true };

class Log implements NamespaceSink {
  readonly lines: string[] = [];
  onNamespace(namespace: readonly Uint8Array[]): void {
    this.lines.push(`+${namespaceText(namespace)}`);
  }
  onNamespaceDone(namespace: readonly Uint8Array[]): void {
    this.lines.push(`-${namespaceText(namespace)}`);
  }
  onPublishBlocked(blocked: Parameters<NonNullable<NamespaceSink['onPublishBlocked']>>[0]): void {
    this.lines.push(`!${nameText(blocked)}`);
  }
}

describe.each(DRAFTS)('PUBLISH_NAMESPACE on draft %s', (draft) => {
  async function announced() {
    const accepted: AcceptedNamespace[] = [];
    const sessions = await connectPair(draft, {
      server: { onPublishNamespace: (request) => void accepted.push(request.accept()) },
    });
    const published = await sessions.client.publishNamespace(ns('live', 'room'));
    return { ...sessions, published, accepted: accepted[0] as AcceptedNamespace };
  }

  it('is accepted, and withdrawn by the publisher', async () => {
    const { client, published, accepted } = await announced();
    expect(namespaceText(accepted.namespace)).toBe('live/room');
    await published.withdraw();
    expect(await accepted.withdrawn).toEqual({ kind: 'peer' });
    expect(await published.cancelled).toMatchObject({ kind: 'withdrawn' });
    await client.close();
  });

  it('is revoked by the subscriber', async () => {
    const { client, published, accepted } = await announced();
    accepted.cancel({ name: 'UNINTERESTED', reason: 'changed my mind' });
    const cancelled = await published.cancelled;
    expect(cancelled.kind).toBe('peer');
    if (draft !== '18') expect(cancelled).toMatchObject({ code: { name: 'UNINTERESTED' }, reason: 'changed my mind' });
    expect(await accepted.withdrawn).toEqual({ kind: 'cancelled' });
    await client.close();
  });

  it('ends with the session', async () => {
    const { client, server, published, accepted } = await announced();
    await client.close();
    expect(await published.cancelled).toMatchObject({ kind: 'session-closed' });
    await server.closed;
    expect(await accepted.withdrawn).toEqual({ kind: 'session-closed' });
  });

  it('is refused with a name', async () => {
    const { client } = await connectPair(draft, {
      server: { onPublishNamespace: (request) => request.reject({ name: 'UNAUTHORIZED', reason: 'no' }) },
    });
    const refused = await client.publishNamespace(ns('a')).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'MOQT_E_UNAUTHORIZED', exitCode: 5 });
    await client.close();
  });

  it('can be announced again after it was withdrawn', async () => {
    const { client, published } = await announced();
    await published.withdraw();
    const again = await client.publishNamespace(ns('live', 'room'));
    expect(again.namespace).toHaveLength(2);
    await client.close();
  });
});

describe.each(DRAFTS)('a namespace subscription on draft %s', (draft) => {
  async function subscribed(wants = BOTH) {
    const feeds: NamespaceFeed[] = [];
    const requests: IncomingSubscribeNamespace[] = [];
    const log = new Log();
    const sessions = await connectPair(draft, {
      server: {
        onSubscribeNamespace(request) {
          requests.push(request);
          feeds.push(request.accept());
        },
      },
    });
    const subscription = await sessions.client.subscribeNamespace(ns('live'), wants, log);
    const feed = feeds[0] as NamespaceFeed;
    return { ...sessions, subscription, feed, feeds, requests, log };
  }

  it('is told of namespaces that come and go, each once', async () => {
    const { client, feed, log } = await subscribed();
    feed.namespace(ns('live', 'a'));
    feed.namespace(ns('live', 'a'));
    feed.namespace(ns('live', 'b'));
    feed.namespace(ns('elsewhere'));
    feed.namespaceDone(ns('live', 'never'));
    await until(() => log.lines.length === 2, 'both namespaces');
    feed.namespaceDone(ns('live', 'a'));
    await until(() => log.lines.length === 3, 'the end of one');
    await settle();
    expect(log.lines).toEqual(['+live/a', '+live/b', '-live/a']);
    await client.close();
  });

  it('says what it wants', async () => {
    const { client, requests } = await subscribed();
    const wants = requests.map((request) => request.wants);
    if (draft === '18') {
      expect(wants).toEqual([
        { namespaces: true, tracks: false },
        { namespaces: false, tracks: true },
      ]);
    } else expect(wants).toEqual([BOTH]);
    await client.close();
  });

  it('ends at the publisher when the subscriber cancels it', async () => {
    const { client, subscription, feeds } = await subscribed();
    subscription.cancel();
    for (const feed of feeds) expect(await feed.closed).toEqual({ kind: 'peer' });
    expect(await subscription.ended).toEqual({ kind: 'cancelled' });
    await client.close();
  });

  it('refuses a prefix that overlaps another', async () => {
    const { client } = await subscribed();
    const refused = await client.subscribeNamespace(ns('live', 'a'), BOTH, new Log()).catch((error: unknown) => error);
    const name = draft === '14' ? 'NAMESPACE_PREFIX_OVERLAP' : 'PREFIX_OVERLAP';
    expect((refused as RequestRejected).rejection.name).toBe(name);
    await client.subscribeNamespace(ns('other'), BOTH, new Log());
    await client.close();
  });

  it('frees its prefix when it ends', async () => {
    const { client, subscription } = await subscribed();
    subscription.cancel();
    await settle();
    await client.subscribeNamespace(ns('live', 'a'), BOTH, new Log());
    await client.close();
  });
});

describe.each(['16', '18'])('a namespace subscription with messages of its own, draft %s', (draft) => {
  it('ends when the publisher ends it, and every namespace is done', async () => {
    let feed: NamespaceFeed | undefined;
    const log = new Log();
    const { client } = await connectPair(draft, {
      server: {
        onSubscribeNamespace(request) {
          feed ??= request.accept();
        },
      },
    });
    const wants = { namespaces: true, tracks: false };
    const subscription: NamespaceSubscription = await client.subscribeNamespace(ns('live'), wants, log);
    feed?.namespace(ns('live', 'a'));
    feed?.end();
    expect(await subscription.ended).toMatchObject({ kind: 'peer' });
    expect(log.lines).toEqual(['+live/a', '-live/a']);
    await client.close();
  });
});

describe('SUBSCRIBE_TRACKS on draft 18', () => {
  it('hears of tracks that could not be published', async () => {
    const log = new Log();
    const { client } = await connectPair('18', {
      server: {
        onSubscribeNamespace: (request) => request.accept().publishBlocked(track('video', 'live', 'a')),
      },
    });
    await client.subscribeNamespace(ns('live'), { namespaces: false, tracks: true }, log);
    await until(() => log.lines.length > 0, 'PUBLISH_BLOCKED');
    expect(log.lines).toEqual(['!live/a--video']);
    await client.close();
  });

  it('is refused without a trace when one of its two requests is refused', async () => {
    const feeds: NamespaceFeed[] = [];
    const { client } = await connectPair('18', {
      server: {
        onSubscribeNamespace(request) {
          if (request.wants.tracks) request.reject({ name: 'NOT_SUPPORTED', reason: 'no tracks' });
          else feeds.push(request.accept());
        },
      },
    });
    await expect(client.subscribeNamespace(ns('live'), BOTH, new Log())).rejects.toThrow('no tracks');
    expect(await feeds[0]?.closed).toEqual({ kind: 'peer' });
    await client.close();
  });
});
