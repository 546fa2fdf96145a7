import { describe, expect, it } from 'vitest';
import type { GoAwayEvent, IncomingSubscribe, SessionHandlers } from '../../src/core/session/session.js';
import type { RequestRejected } from '../../src/core/session/session-errors.js';
import { SessionClosed } from '../../src/core/transport/transport-errors.js';
import { encodeControlMessage } from '../../src/core/wire/control-codec.js';
import { ManualClock } from '../support/manual-clock.js';
import { closeNameAtPeer, RawPeer } from './support/raw-peer.js';
import { CollectingSink, connectPair, DRAFTS, ns, settle, track, until } from './support/sessions.js';

const TRACK = track('video', 'live');

describe.each(DRAFTS)('a request on draft %s', (draft) => {
  it('times out, and is cancelled at the peer', async () => {
    const clock = new ManualClock();
    const pending: IncomingSubscribe[] = [];
    const { client } = await connectPair(draft, {
      clientOptions: { clock },
      server: { onSubscribe: (request) => void pending.push(request) },
    });
    const subscribing = client
      .subscribe(TRACK, {}, new CollectingSink(), { timeoutMs: 250 })
      .catch((error: unknown) => error);
    await until(() => pending.length === 1, 'the SUBSCRIBE');
    expect(pending[0]?.signal.aborted).toBe(false);
    await clock.advance(250);
    expect(await subscribing).toMatchObject({ code: 'MOQT_E_TIMEOUT', stage: 'subscribe', exitCode: 6 });
    await until(() => pending[0]?.signal.aborted === true, 'the cancellation');
    expect(() => pending[0]?.accept()).toThrow();
    await client.close();
    expect(clock.pending).toBe(0);
  });

  it('ends with the reason of its signal', async () => {
    const { client } = await connectPair(draft, { server: { onSubscribe() {} } });
    const aborting = new AbortController();
    const subscribing = client.subscribe(TRACK, {}, new CollectingSink(), { signal: aborting.signal });
    await settle();
    aborting.abort(new Error('stop it'));
    await expect(subscribing).rejects.toThrow('stop it');
    const never = client.subscribe(TRACK, {}, new CollectingSink(), { signal: aborting.signal });
    await expect(never).rejects.toThrow('stop it');
    await client.close();
  });

  it('that the draft cannot express fails before anything is sent', async () => {
    const { client, server } = await connectPair(draft);
    const unencodable = track('x'.repeat(5000), 'live');
    await expect(client.subscribe(unencodable, {}, new CollectingSink())).rejects.toMatchObject({
      code: 'MOQT_E_ENCODE',
      exitCode: 2,
    });
    await expect(client.publishNamespace(ns(...Array(33).fill('f')))).rejects.toMatchObject({ code: 'MOQT_E_ENCODE' });
    const refused = await client.publishNamespace(ns('fine')).catch((error: unknown) => error);
    expect((refused as RequestRejected).rejection.name).toBe('NOT_SUPPORTED');
    expect(server.counters()['internal-error']).toBeUndefined();
    await client.close();
  });

  it('whose handler throws is refused, and the session goes on', async () => {
    const { client, serverNotices } = await connectPair(draft, {
      server: {
        onSubscribe() {
          throw new Error('handler bug');
        },
      },
    });
    const refused = await client.subscribe(TRACK, {}, new CollectingSink()).catch((error: unknown) => error);
    expect((refused as RequestRejected).rejection.name).toBe('INTERNAL_ERROR');
    expect(serverNotices).toEqual(['handler-threw']);
    await client.close();
  });

  it('maps the name of a refusal to the nearest that the draft has', async () => {
    const { client } = await connectPair(draft, {
      server: { onSubscribe: (request) => request.reject({ name: 'EXCESSIVE_LOAD', reason: '', retryAfterMs: 250 }) },
    });
    const refused = await client.subscribe(TRACK, {}, new CollectingSink()).catch((error: unknown) => error);
    const { name, retryAfterMs } = (refused as RequestRejected).rejection;
    expect(name).toBe(draft === '18' ? 'EXCESSIVE_LOAD' : 'INTERNAL_ERROR');
    expect(retryAfterMs).toBe(draft === '14' ? null : 250);
    await client.close();
  });
});

describe.each(DRAFTS)('closing a session of draft %s', (draft) => {
  it('ends everything that is under way, on both sides', async () => {
    const requests: IncomingSubscribe[] = [];
    const { client, server } = await connectPair(draft, {
      server: {
        onSubscribe(request) {
          if (requests.push(request) === 1) request.accept();
        },
      },
    });
    const subscription = await client.subscribe(TRACK, {}, new CollectingSink());
    const pending = client.subscribe(track('other', 'live'), {}, new CollectingSink()).catch((error: unknown) => error);
    const namespace = client.publishNamespace(ns('a'), {}, { timeoutMs: 0 }).catch((error: unknown) => error);
    await until(() => requests.length === 2, 'both requests');
    await client.close('UNAUTHORIZED', 'go away');
    expect(await pending).toBeInstanceOf(Error);
    await namespace;
    expect(await subscription.ended).toMatchObject({
      kind: 'session-closed',
      close: { by: 'local', name: 'UNAUTHORIZED' },
    });
    expect(await client.closed).toMatchObject({ by: 'local', name: 'UNAUTHORIZED', reason: 'go away' });
    expect(await server.closed).toMatchObject({ by: 'peer', name: 'UNAUTHORIZED', reason: 'go away' });
    expect(requests[1]?.signal.aborted).toBe(true);
    await expect(client.publishNamespace(ns('b'))).rejects.toBeInstanceOf(SessionClosed);
    await client.close();
  });

  it('resolves also when the transport does not let go', async () => {
    const clock = new ManualClock();
    const { client, pair } = await connectPair(draft, { clientOptions: { clock } });
    pair.pause();
    const closing = client.close();
    await clock.advance(2000);
    await closing;
  });

  it('names the end of the transport underneath', async () => {
    const { client, server, pair } = await connectPair(draft, { server: { onSubscribe: (r) => void r.accept() } });
    const subscription = await client.subscribe(TRACK, {}, new CollectingSink());
    pair.kill('idle');
    expect(await client.closed).toMatchObject({ by: 'idle', name: 'IDLE_TIMEOUT' });
    expect(await server.closed).toMatchObject({ by: 'idle', name: 'IDLE_TIMEOUT' });
    expect(await subscription.ended).toMatchObject({ kind: 'session-closed', close: { name: 'IDLE_TIMEOUT' } });
  });
});

describe.each(DRAFTS)('GOAWAY on draft %s', (draft) => {
  it('reaches the client as an event, and it makes no new requests', async () => {
    const events: GoAwayEvent[] = [];
    const { client, server } = await connectPair(draft, {
      client: { onGoAway: (event) => void events.push(event) },
      server: { onSubscribe: (request) => void request.accept() },
    });
    const subscription = await client.subscribe(TRACK, {}, new CollectingSink());
    server.goAway('moqt://elsewhere:4443/live', 0);
    server.goAway('moqt://again', 0);
    await until(() => events.length === 1, 'the event');
    expect(events[0]).toEqual({ newSessionUri: 'moqt://elsewhere:4443/live', timeoutMs: null });
    expect(client.goAwayReceived).toEqual(events[0]);
    await expect(client.subscribe(track('other', 'live'), {}, new CollectingSink())).rejects.toMatchObject({
      code: 'MOQT_E_CLOSED',
      hint: expect.stringContaining('moqt://elsewhere:4443/live'),
    });
    subscription.cancel();
    await settle();
    expect(await Promise.race([client.closed, Promise.resolve('open')])).toBe('open');
    await client.close();
  });

  it('cannot name a URI when a client sends it', async () => {
    const { client } = await connectPair(draft);
    expect(() => client.goAway('moqt://elsewhere', 0)).toThrow('client');
    await client.close();
  });

  it('ends the session when requests outlive its deadline', async () => {
    const clock = new ManualClock();
    const { client, server } = await connectPair(draft, {
      serverOptions: { clock },
      server: { onSubscribe: (request) => void request.accept() },
    });
    await client.subscribe(TRACK, {}, new CollectingSink());
    server.goAway('', 400);
    await clock.advance(399);
    expect(await Promise.race([server.closed, Promise.resolve('open')])).toBe('open');
    await clock.advance(1);
    expect(await server.closed).toMatchObject({ name: 'GOAWAY_TIMEOUT' });
    expect(await client.closed).toMatchObject({ by: 'peer', name: 'GOAWAY_TIMEOUT' });
  });
});

describe('GOAWAY on draft 18', () => {
  it('refuses requests that arrive after it, with a code for that', async () => {
    const { peer, session } = await RawPeer.established('18', 'client', {
      handlers: { onSubscribe: (request) => void request.accept() },
    });
    const before = await peer.request({ type: 'SUBSCRIBE', requestId: 0n, track: TRACK, parameters: {} });
    await until(() => before.received.length === 1, 'the answer');
    session.goAway('', 1500);
    const after = await peer.request({ type: 'SUBSCRIBE', requestId: 2n, track: track('x', 'live'), parameters: {} });
    await until(() => after.ended === 'fin', 'the refusal');
    expect(after.received).toMatchObject([{ type: 'REQUEST_ERROR', errorCode: 0x6n }]);
    await until(() => peer.control.types().includes('GOAWAY'), 'GOAWAY');
    expect(peer.control.received.at(-1)).toMatchObject({ type: 'GOAWAY', timeout: 1500n, requestId: 2n });
    await session.close();
  });

  it('for one request is told, and only once allowed', async () => {
    const { peer, session } = await RawPeer.established('18', 'server');
    session.subscribe(TRACK, {}, new CollectingSink()).catch(() => {});
    await until(() => peer.requests.length === 1, 'the SUBSCRIBE');
    const goAway = { type: 'GOAWAY', newSessionUri: 'moqt://x', timeout: 0n } as const;
    peer.requests[0]?.message(goAway);
    await until(() => peer.notices.includes('request-goaway'), 'the notice');
    peer.requests[0]?.message(goAway);
    expect(await session.closed).toMatchObject({ name: 'PROTOCOL_VIOLATION' });
  });
});

describe.each(['14', '16'])('credit for requests on draft %s', (draft) => {
  it('is waited for, asked for once, and replenished as requests end', async () => {
    const handlers: SessionHandlers = { onPublishNamespace: (request) => void request.accept() };
    const { client, server, clientNotices } = await connectPair(draft, {
      server: handlers,
      serverOptions: { limits: { maxRequests: 2 } },
    });
    const [first, second] = await Promise.all([client.publishNamespace(ns('a')), client.publishNamespace(ns('b'))]);
    let third = false;
    const waiting = client.publishNamespace(ns('c')).then((published) => {
      third = true;
      return published;
    });
    const fourth = client.publishNamespace(ns('d'));
    await settle();
    expect(third).toBe(false);
    expect(clientNotices).toEqual(['requests-blocked']);
    expect(server.counters()['peer-requests-blocked']).toBe(1);
    await first?.withdraw();
    await waiting;
    await second?.withdraw();
    await fourth;
    await client.close();
  });

  it('that a request gives up waiting for goes to the next', async () => {
    const { client } = await connectPair(draft, {
      server: { onPublishNamespace: (request) => void request.accept() },
      serverOptions: { limits: { maxRequests: 1 } },
    });
    const first = await client.publishNamespace(ns('a'));
    const aborting = new AbortController();
    const impatient = client
      .publishNamespace(ns('b'), {}, { signal: aborting.signal })
      .catch((error: unknown) => error);
    const patient = client.publishNamespace(ns('c'));
    await settle();
    aborting.abort(new Error('too long'));
    expect(await impatient).toMatchObject({ message: 'too long' });
    await first.withdraw();
    expect((await patient).namespace).toEqual(ns('c'));
    await client.close();
  });

  it('lasts for many more requests than may be open at once', async () => {
    const { client } = await connectPair(draft, {
      server: { onTrackStatus: (request) => request.accept({}) },
      serverOptions: { limits: { maxRequests: 3 } },
    });
    for (let i = 0; i < 50; i++) await client.trackStatus(TRACK);
    await client.close();
  });
});

describe('a peer that does not read its answers', () => {
  it('does not make them pile up', async () => {
    const { peer, session } = await RawPeer.established(
      '18',
      'client',
      { handlers: { onSubscribeNamespace: (request) => flood(request.accept()) } },
      { client: { streamWindow: 1000 } },
    );
    const bidi = await peer.transport.openBidi();
    const request = { type: 'SUBSCRIBE_NAMESPACE', requestId: 0n, prefix: [], parameters: {} } as const;
    void bidi.send.write(encodeControlMessage(peer.profile, request));
    expect(await session.closed).toMatchObject({ name: 'CONTROL_MESSAGE_TIMEOUT' });
    expect(await closeNameAtPeer(peer)).toBe('CONTROL_MESSAGE_TIMEOUT');
  });

  function flood(feed: { namespace(namespace: readonly Uint8Array[]): void }): void {
    for (let i = 0; i < 1500; i++) feed.namespace(ns('x'.repeat(3000), String(i)));
  }
});

describe.each(DRAFTS)('a reason that is too long on draft %s', (draft) => {
  it('is cut, not refused', async () => {
    const { client } = await connectPair(draft, {
      server: { onSubscribe: (request) => request.reject({ name: 'REDIRECT', reason: 'y'.repeat(5000) }) },
    });
    const refused = await client.subscribe(TRACK, {}, new CollectingSink()).catch((error: unknown) => error);
    expect((refused as RequestRejected).rejection.reason).toHaveLength(1024);
    await client.close();
  });
});
