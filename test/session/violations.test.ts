import { describe, expect, it } from 'vitest';
import type { MoqtSession, SessionHandlers } from '../../src/core/session/session.js';
import { encodeControlMessage } from '../../src/core/wire/control-codec.js';
import type { ControlMessage } from '../../src/core/wire/messages/control-message.js';
import { ManualClock } from '../support/manual-clock.js';
import { closeNameAtPeer, RawPeer, type RawStream } from './support/raw-peer.js';
import { CollectingSink, DRAFTS, ns, profileOf, settle, track, until } from './support/sessions.js';

const TRACK = track('video', 'live');
const ROLES = ['client', 'server'] as const;
const MUXED = ['14', '16'] as const;

const ACCEPT_ALL: SessionHandlers = {
  onSubscribe: (request) => void request.accept({ parameters: { largestObject: { group: 4n, object: 4n } } }),
  onPublish: (request) => void request.accept({}, new CollectingSink()),
  onPublishNamespace: (request) => void request.accept(),
  onSubscribeNamespace: (request) => void request.accept(),
  onFetch: (request) => request.reject({ name: 'DOES_NOT_EXIST', reason: '' }),
  onTrackStatus: (request) => request.accept({}),
};

function established(draft: string, role: 'client' | 'server', handlers: SessionHandlers = ACCEPT_ALL) {
  return RawPeer.established(draft, role, { handlers });
}

/** First Request ID of a peer in this role. */
function firstId(role: 'client' | 'server'): bigint {
  return role === 'client' ? 0n : 1n;
}

async function expectClose(peer: RawPeer, session: MoqtSession, name: string): Promise<void> {
  expect(await session.closed).toMatchObject({ by: 'local', isApplication: true, name });
  expect(await closeNameAtPeer(peer)).toBe(name);
}

/** The stream that carries our session's request, once that has arrived. */
async function requestStream(peer: RawPeer, type: ControlMessage['type']): Promise<RawStream> {
  const all = (): RawStream[] => [peer.control, ...peer.requests];
  const find = (): RawStream | undefined => all().find(({ received }) => received.some((m) => m.type === type));
  await until(() => find() !== undefined, type);
  return find() as RawStream;
}

/** A message whose body is a byte longer than its type says. */
function padded(draft: string, message: ControlMessage): Uint8Array {
  const bytes = encodeControlMessage(profileOf(draft), message);
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  // The type of these messages is one byte, and its length is below 255.
  longer[2] = (bytes[2] as number) + 1;
  return longer;
}

describe.each(DRAFTS)('a peer of draft %s', (draft) => {
  const subscribeBy = (role: 'client' | 'server', requestId = firstId(role)): ControlMessage => ({
    type: 'SUBSCRIBE',
    requestId,
    track: TRACK,
    parameters: draft === '14' ? { filter: { type: 'largest-object' } } : {},
  });
  const publishBy = (role: 'client' | 'server', trackAlias: bigint, name: string, requestId = firstId(role)) =>
    ({
      type: 'PUBLISH',
      requestId,
      track: track(name, 'live'),
      trackAlias,
      parameters: draft === '14' ? ({ groupOrder: 'ascending' } as const) : {},
    }) as const;

  describe.each(ROLES)('that is the %s', (role) => {
    it('sends a message of a type that does not exist', async () => {
      const { peer, session } = await established(draft, role);
      peer.control.bytes(new Uint8Array([0x2e, 0, 0]));
      await expectClose(peer, session, 'PROTOCOL_VIOLATION');
    });

    it('sends a message whose length does not match its body', async () => {
      const { peer, session } = await established(draft, role);
      const stream = peer.isNative ? await peer.openBidi() : peer.control;
      stream.bytes(padded(draft, subscribeBy(role)));
      await expectClose(peer, session, 'PROTOCOL_VIOLATION');
    });

    it('uses a Request ID of our parity', async () => {
      const { peer, session } = await established(draft, role);
      await peer.request(subscribeBy(role, firstId(role) ^ 1n));
      await expectClose(peer, session, 'INVALID_REQUEST_ID');
    });

    it('uses a Request ID twice', async () => {
      const { peer, session } = await established(draft, role);
      await peer.request(subscribeBy(role));
      await peer.request({
        type: 'TRACK_STATUS',
        requestId: firstId(role),
        track: TRACK,
        parameters: filterFor(draft),
      });
      await expectClose(peer, session, 'INVALID_REQUEST_ID');
    });

    it('sends GOAWAY twice', async () => {
      const { peer, session } = await established(draft, role);
      peer.control.message(goAway(draft, role));
      peer.control.message(goAway(draft, role));
      await expectClose(peer, session, 'PROTOCOL_VIOLATION');
    });

    it('publishes two tracks under one alias', async () => {
      const { peer, session } = await established(draft, role);
      await peer.request(publishBy(role, 5n, 'one'));
      await peer.request(publishBy(role, 5n, 'two', firstId(role) + 2n));
      await expectClose(peer, session, 'DUPLICATE_TRACK_ALIAS');
    });

    it('answers a SUBSCRIBE with the alias of another track', async () => {
      const { peer, session } = await established(draft, role);
      await peer.request(publishBy(role, 5n, 'one'));
      await settle();
      session.subscribe(TRACK, {}, new CollectingSink()).catch(() => {});
      const stream = await requestStream(peer, 'SUBSCRIBE');
      stream.message(subscribeOk(draft, role, 5n));
      await expectClose(peer, session, 'DUPLICATE_TRACK_ALIAS');
    });

    it('answers a SUBSCRIBE twice', async () => {
      const { peer, session } = await established(draft, role);
      session.subscribe(TRACK, {}, new CollectingSink()).catch(() => {});
      const stream = await requestStream(peer, 'SUBSCRIBE');
      stream.message(subscribeOk(draft, role, 5n));
      stream.message(subscribeOk(draft, role, 5n));
      await expectClose(peer, session, 'PROTOCOL_VIOLATION');
    });

    it('answers a request with the message of another', async () => {
      const { peer, session } = await established(draft, role);
      session.publishNamespace(ns('a')).catch(() => {});
      const stream = await requestStream(peer, 'PUBLISH_NAMESPACE');
      stream.message(subscribeOk(draft, role, 5n));
      await expectClose(peer, session, 'PROTOCOL_VIOLATION');
    });

    it('ends a FETCH before the range that was asked for', async () => {
      const { peer, session } = await established(draft, role);
      const start = { group: 5n, object: 0n };
      const response = session.fetch({ type: 'standalone', track: TRACK, start, end: { group: 9n, object: 0n } }, {});
      const stream = await requestStream(peer, 'FETCH');
      stream.message({
        type: 'FETCH_OK',
        ...(peer.isNative ? {} : { requestId: response.requestId }),
        ...(draft === '14' && { groupOrder: 'ascending' as const }),
        endOfTrack: false,
        end: { group: 4n, object: 0n },
        parameters: {},
      });
      await expectClose(peer, session, 'PROTOCOL_VIOLATION');
      await expect(response.ok).rejects.toThrow();
    });

    it('sends an update for a request that never existed', async () => {
      const { peer, session } = await established(draft, role);
      const parameters =
        draft === '14'
          ? ({
              filter: { type: 'absolute-start', start: { group: 0n, object: 0n } },
              subscriberPriority: 1,
              forward: true,
            } as const)
          : {};
      const existing = peer.isNative ? {} : { existingRequestId: 44n };
      await peer.request({ type: 'REQUEST_UPDATE', requestId: firstId(role), ...existing, parameters });
      await expectClose(peer, session, 'PROTOCOL_VIOLATION');
    });

    it('sends a reason of more than 1024 bytes', async () => {
      const { peer, session } = await established(draft, role);
      session.publishNamespace(ns('a')).catch(() => {});
      const stream = await requestStream(peer, 'PUBLISH_NAMESPACE');
      const refusal: ControlMessage = {
        type: 'REQUEST_ERROR',
        request: 'PUBLISH_NAMESPACE',
        ...(peer.isNative ? {} : { requestId: firstId(role) ^ 1n }),
        errorCode: 0n,
        ...(draft !== '14' && { retryInterval: 0n }),
        reason: 'x'.repeat(1024),
      };
      const bytes = encodeControlMessage(peer.profile, refusal);
      stream.bytes(withLongerReason(bytes));
      await expectClose(peer, session, 'PROTOCOL_VIOLATION');
    });
  });

  it('sends GOAWAY with a URI although it is a client', async () => {
    const { peer, session } = await established(draft, 'client');
    peer.control.message({ ...goAway(draft, 'client'), newSessionUri: 'moqt://elsewhere' });
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });
});

describe.each(MUXED)('a peer of draft %s, where requests share a stream,', (draft) => {
  it.each(ROLES)('that is the %s uses a Request ID beyond what was granted', async (role) => {
    const limits = { maxRequests: 2 };
    const { peer, session } = await RawPeer.established(draft, role, { handlers: ACCEPT_ALL, limits });
    await peer.request(publishNamespace(firstId(role) + 4n));
    await expectClose(peer, session, 'TOO_MANY_REQUESTS');
  });

  it.each(ROLES)('that is the %s lowers or repeats MAX_REQUEST_ID', async (role) => {
    const { peer, session } = await established(draft, role);
    peer.control.message({ type: 'MAX_REQUEST_ID', maxRequestId: 1000n });
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });

  it.each(ROLES)('that is the %s answers a request that never was', async (role) => {
    const { peer, session } = await established(draft, role);
    peer.control.message(subscribeOk(draft, role, 1n));
    await expectClose(peer, session, 'INVALID_REQUEST_ID');
  });

  it.each(ROLES)('that is the %s cancels what is not its own', async (role) => {
    const { peer, session } = await established(draft, role);
    await peer.request(publishNamespace(firstId(role)));
    await settle();
    peer.control.message({ type: 'UNSUBSCRIBE', requestId: firstId(role) });
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });

  it('joins a subscription with another filter than the largest object', async () => {
    const { peer, session } = await established(draft, 'client');
    const filter = { type: 'next-group-start' } as const;
    await peer.request({ type: 'SUBSCRIBE', requestId: 0n, track: TRACK, parameters: { filter } });
    const target = { type: 'relative-joining', joiningRequestId: 0n, joiningStart: 0n } as const;
    await peer.request({ type: 'FETCH', requestId: 2n, target, parameters: {} });
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });

  it('opens a second bidirectional stream for what does not belong there', async () => {
    const { peer, session } = await established(draft, 'client');
    const stream = await peer.openBidi();
    stream.message(publishNamespace(0n));
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });

  it('may be late with messages for requests that are over', async () => {
    const { peer, session } = await established(draft, 'server');
    const aborting = new AbortController();
    const subscribing = session.subscribe(TRACK, {}, new CollectingSink(), { signal: aborting.signal });
    subscribing.catch(() => {});
    await requestStream(peer, 'SUBSCRIBE');
    aborting.abort(new Error('no longer'));
    await expect(subscribing).rejects.toThrow('no longer');
    await until(() => peer.control.types().includes('UNSUBSCRIBE'), 'UNSUBSCRIBE');
    peer.control.message(subscribeOk(draft, 'server', 5n));
    peer.control.message({ type: 'PUBLISH_DONE', requestId: 0n, statusCode: 2n, streamCount: 0n, reason: '' });
    await until(() => session.counters()['late-message'] === 2, 'both late messages');
    await session.close();
  });
});

describe('a client of draft 14', () => {
  it('skips a Request ID', async () => {
    const { peer, session } = await established('14', 'client');
    await peer.request(publishNamespace(2n));
    await expectClose(peer, session, 'INVALID_REQUEST_ID');
  });

  it('widens a subscription by an update', async () => {
    const { peer, session } = await established('14', 'client');
    const filter = (group: bigint) => ({ type: 'absolute-start', start: { group, object: 0n } }) as const;
    await peer.request({ type: 'SUBSCRIBE', requestId: 0n, track: TRACK, parameters: { filter: filter(5n) } });
    await peer.request({
      type: 'REQUEST_UPDATE',
      requestId: 2n,
      existingRequestId: 0n,
      parameters: { filter: filter(4n), subscriberPriority: 1, forward: true },
    });
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });
});

describe('a client of draft 16', () => {
  it('skips a Request ID that never comes', async () => {
    const clock = new ManualClock();
    const { peer, session } = await RawPeer.established('16', 'client', { handlers: ACCEPT_ALL, clock });
    await peer.request(publishNamespace(2n));
    await until(() => peer.control.types().includes('REQUEST_OK'), 'the answer');
    await clock.advance(5000);
    await expectClose(peer, session, 'INVALID_REQUEST_ID');
  });

  it('may have a request on another stream overtaken', async () => {
    const clock = new ManualClock();
    const { peer, session } = await RawPeer.established('16', 'client', { handlers: ACCEPT_ALL, clock });
    await peer.request(publishNamespace(2n));
    await until(() => peer.control.types().includes('REQUEST_OK'), 'the answer');
    const stream = await peer.request(subscribeNamespace(0n));
    await until(() => stream.received.length === 1, 'the answer');
    await clock.advance(10_000);
    expect(stream.types()).toEqual(['REQUEST_OK']);
    await session.close();
    expect(clock.pending).toBe(0);
  });

  it('sends SUBSCRIBE_NAMESPACE on the control stream', async () => {
    const { peer, session } = await established('16', 'client');
    peer.control.message(subscribeNamespace(0n));
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });
});

describe('a peer of draft 18', () => {
  it.each(ROLES)('that is the %s opens a second control stream', async (role) => {
    const { peer, session } = await established('18', role);
    await peer.openUni(encodeControlMessage(peer.profile, { type: 'SETUP', options: {} }));
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });

  it.each(ROLES)('that is the %s begins a request stream with something else', async (role) => {
    const { peer, session } = await established('18', role);
    const stream = await peer.openBidi();
    stream.message({ type: 'REQUEST_OK', parameters: {} });
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });

  it.each(ROLES)('that is the %s sends a request on its control stream', async (role) => {
    const { peer, session } = await established('18', role);
    peer.control.message(publishNamespace(firstId(role)));
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });

  it.each(ROLES)('that is the %s sends a second request on one stream', async (role) => {
    const { peer, session } = await established('18', role);
    const stream = await peer.request(publishNamespace(firstId(role)));
    stream.message(publishNamespace(firstId(role) + 2n));
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });

  it.each(ROLES)('that is the %s ends a request stream in the middle of a message', async (role) => {
    const { peer, session } = await established('18', role);
    const stream = await peer.request(publishNamespace(firstId(role)));
    await until(() => stream.received.length === 1, 'the answer');
    stream.bytes(new Uint8Array([0x02, 0]));
    stream.send?.end();
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });

  it.each([
    ['that is the client redirects to another URI', 'server', 'SUBSCRIBE', 'moqt://elsewhere/', ''],
    ['redirects a namespace to a track', 'client', 'PUBLISH_NAMESPACE', '', 'video'],
  ] as const)('%s', async (_, ours, type, connectUri, name) => {
    const { peer, session } = await established('18', ours === 'server' ? 'client' : 'server');
    const request =
      type === 'SUBSCRIBE' ? session.subscribe(TRACK, {}, new CollectingSink()) : session.publishNamespace(ns('live'));
    request.catch(() => {});
    const stream = await requestStream(peer, type);
    const errorCode = session.profile.codes('request-error', type).code('REDIRECT');
    stream.message({
      type: 'REQUEST_ERROR',
      errorCode,
      retryInterval: 0n,
      reason: '',
      redirect: { connectUri, track: track(name, 'live') },
    });
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });

  it.each(ROLES)('that is the %s names one of its own Request IDs in GOAWAY', async (role) => {
    const { peer, session } = await established('18', role);
    peer.control.message({ ...goAway('18', role), requestId: firstId(role) });
    await expectClose(peer, session, 'INVALID_REQUEST_ID');
  });

  it('puts track properties into an answer that has none', async () => {
    const { peer, session } = await established('18', 'server');
    session.publishNamespace(ns('a')).catch(() => {});
    const stream = await requestStream(peer, 'PUBLISH_NAMESPACE');
    stream.message({ type: 'REQUEST_OK', parameters: {}, trackProperties: [{ type: 2n, value: 1n }] });
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });

  it('may use Request IDs out of order', async () => {
    const { peer, session } = await established('18', 'client');
    const later = await peer.request(publishNamespace(6n));
    const earlier = await peer.request(publishNamespace(0n, 'b'));
    await until(() => later.received.length + earlier.received.length === 2, 'both answers');
    await session.close();
  });

  it('joins a subscription that does not forward', async () => {
    const { peer, session } = await established('18', 'client');
    await peer.request({ type: 'SUBSCRIBE', requestId: 0n, track: TRACK, parameters: { forward: false } });
    const target = { type: 'relative-joining', joiningRequestId: 0n, joiningStart: 0n } as const;
    const stream = await peer.request({ type: 'FETCH', requestId: 2n, target, parameters: {} });
    await until(() => stream.ended === 'fin', 'the refusal');
    expect(stream.received).toMatchObject([{ type: 'REQUEST_ERROR', errorCode: 0x11n }]);
    await session.close();
  });

  it('publishes a track that demands what we do not know', async () => {
    const { peer, session } = await established('18', 'client');
    const stream = await peer.request({
      type: 'PUBLISH',
      requestId: 0n,
      track: TRACK,
      trackAlias: 1n,
      parameters: {},
      trackProperties: [{ type: 0x4000n, value: 1n }],
    });
    await until(() => stream.ended === 'fin', 'the refusal');
    expect(stream.received).toMatchObject([{ type: 'REQUEST_ERROR', errorCode: 0x33n }]);
    await session.close();
  });
});

describe.each(['16', '18'])('a publisher of namespaces on draft %s', (draft) => {
  async function subscribed() {
    const { peer, session } = await established(draft, 'server');
    const sink = { onNamespace() {}, onNamespaceDone() {} };
    const subscribing = session.subscribeNamespace(ns('live'), { namespaces: true, tracks: false }, sink);
    subscribing.catch(() => {});
    const stream = await requestStream(peer, 'SUBSCRIBE_NAMESPACE');
    const requestId = draft === '16' ? { requestId: 0n } : {};
    return { peer, session, stream, subscribing, ok: { type: 'REQUEST_OK', ...requestId, parameters: {} } as const };
  }

  it('takes back a namespace that it never told', async () => {
    const { peer, session, stream, ok } = await subscribed();
    stream.message(ok);
    stream.message({ type: 'NAMESPACE_DONE', suffix: ns('a') });
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });

  it('tells of a namespace before it has answered', async () => {
    const { peer, session, stream } = await subscribed();
    stream.message({ type: 'NAMESPACE', suffix: ns('a') });
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });

  it('builds a namespace of too many fields', async () => {
    const { peer, session, stream, ok } = await subscribed();
    stream.message(ok);
    stream.message({ type: 'NAMESPACE', suffix: ns(...Array.from({ length: 32 }, () => 'f')) });
    await expectClose(peer, session, 'PROTOCOL_VIOLATION');
  });
});

function goAway(draft: string, role: 'client' | 'server') {
  const more = draft === '18' ? { timeout: 0n, requestId: firstId(role) ^ 1n } : {};
  return { type: 'GOAWAY', newSessionUri: '', ...more } as const;
}

function subscribeOk(draft: string, peerRole: 'client' | 'server', trackAlias: bigint): ControlMessage {
  const requestId = draft === '18' ? {} : { requestId: firstId(peerRole) ^ 1n };
  const parameters = draft === '14' ? ({ groupOrder: 'ascending' } as const) : {};
  return { type: 'SUBSCRIBE_OK', ...requestId, trackAlias, parameters };
}

function publishNamespace(requestId: bigint, name = 'a'): ControlMessage {
  return { type: 'PUBLISH_NAMESPACE', requestId, namespace: ns(name), parameters: {} };
}

function subscribeNamespace(requestId: bigint): ControlMessage {
  return { type: 'SUBSCRIBE_NAMESPACE', requestId, prefix: ns('live'), subscribeOptions: 'both', parameters: {} };
}

function filterFor(draft: string) {
  return draft === '14' ? ({ filter: { type: 'largest-object' } } as const) : {};
}

/** The same message with a reason of 1025 bytes: both encodings of 1024 and 1025 take two bytes. */
function withLongerReason(bytes: Uint8Array): Uint8Array {
  const longer = new Uint8Array(bytes.length + 1).fill(0x78);
  longer.set(bytes);
  const length = ((bytes[1] as number) << 8) + (bytes[2] as number) + 1;
  longer[1] = length >> 8;
  longer[2] = length & 0xff;
  const at = bytes.length - 1024 - 1;
  longer[at] = (bytes[at] as number) + 1;
  return longer;
}
