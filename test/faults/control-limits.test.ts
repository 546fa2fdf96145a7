import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MoqtSession } from '../../src/core/session/session.js';
import { RequestRejected } from '../../src/core/session/session-errors.js';
import { encodeControlMessage } from '../../src/core/wire/control-codec.js';
import { EncodeError } from '../../src/core/wire/wire-error.js';
import { forge } from '../support/forge.js';
import { type Fill, goAway, is14, parameter, refusal, subscribeBody, subscribeOk } from '../support/rogue-messages.js';
import { DRAFTS, type Draft, profileOf } from '../support/rogue-peer.js';
import { RelayUnderTest, RogueServer, trackName } from '../support/rogue-world.js';
import { eventually, soon } from '../support/wait.js';

let server: RogueServer;
let relay: RelayUnderTest;
beforeAll(async () => {
  server = await RogueServer.start();
  relay = await RelayUnderTest.start();
});
afterAll(async () => {
  await server.close();
  await relay.close();
});

const SINK = { onSubgroup: () => {}, onDatagram: () => {} };

describe.each(DRAFTS)('draft %s', (draft) => {
  const profile = profileOf(draft);

  /** Our client has subscribed; what the rogue says to that. */
  async function clientAwaitsAnswer() {
    const { peer, session } = await server.established(draft);
    const subscribing = session.subscribe(trackName('live/x'), {}, SINK);
    subscribing.catch(() => {});
    return { peer, session, subscribing, request: await peer.nextRequest('SUBSCRIBE') };
  }

  /** A member has subscribed at the relay to what the rogue has announced. */
  async function relayAwaitsAnswer(name: string) {
    const peer = await relay.establishedRogue(draft);
    const requestId = peer.requestId();
    const { namespace } = trackName(`${name}/x`);
    const stream = await peer.request({ type: 'PUBLISH_NAMESPACE', requestId, namespace, parameters: {} });
    await stream.next('REQUEST_OK');
    const member = await relay.member('16');
    const subscribing = member.subscribe(trackName(`${name}/x`), {}, SINK);
    subscribing.catch(() => {});
    return { peer, member, subscribing, request: await peer.nextRequest('SUBSCRIBE') };
  }

  it('row 7: a reason of 1025 bytes: the client closes the session', async () => {
    const { peer, subscribing, request } = await clientAwaitsAnswer();
    request.stream.bytes(refusal(peer, request.id, Buffer.alloc(1025, 'r')));
    expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
    await expect(subscribing).rejects.toThrow();
  });

  it('row 7: a reason of 1024 bytes is taken as it is', async () => {
    const { peer, session, subscribing, request } = await clientAwaitsAnswer();
    request.stream.bytes(refusal(peer, request.id, Buffer.alloc(1024, 'r')));
    const error = await subscribing.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RequestRejected);
    expect((error as RequestRejected).rejection.reason).toHaveLength(1024);
    await session.close();
  });

  it('row 7: a reason of 1025 bytes: the relay closes that session, and its subscriber gets an answer', async () => {
    const { peer, subscribing, request } = await relayAwaitsAnswer(`reason${draft}`);
    request.stream.bytes(refusal(peer, request.id, Buffer.alloc(1025, 'r')));
    expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
    await expect(soon(subscribing, 'an answer')).rejects.toBeInstanceOf(RequestRejected);
    await relay.isolates();
  });

  it('row 10: flags of SUBSCRIBE_OK that are neither 0 nor 1, or no order: the client closes the session', async () => {
    const bad = is14(profile)
      ? [{ order: 0 }, { order: 3 }, { content: 2 }]
      : [{ parameters: parameter(0x3f02, (f) => f.varint(1)) }];
    for (const parts of bad) {
      const { peer, request } = await clientAwaitsAnswer();
      request.stream.bytes(subscribeOk(profile, request.id, parts));
      expect(await peer.closeName(), JSON.stringify(parts)).toBe('PROTOCOL_VIOLATION');
    }
  });

  it('row 10: an error code that no draft knows is an answer like any other', async () => {
    const { session, subscribing, request } = await clientAwaitsAnswer();
    const body = forge(profile);
    if (request.id.requestId !== undefined) body.varint(request.id.requestId);
    body.varint(0x3abc);
    if (profile.features.retryInterval) body.varint(0);
    request.stream.bytes(body.prefixed('why not').message(0x05));
    const error = await subscribing.catch((thrown: unknown) => thrown);
    expect((error as RequestRejected).rejection).toMatchObject({ code: 0x3abcn, name: 'UNKNOWN', reason: 'why not' });
    expect(await aliveness(session)).toBe('open');
    await session.close();
  });

  it('row 5: a message above 65 535 bytes is refused locally, and the session goes on', async () => {
    const { peer, session } = await server.established(draft);
    const authorizationTokens = [{ alias: 'use-value' as const, tokenType: 0n, value: new Uint8Array(66_000) }];
    await expect(session.subscribe(trackName('live/x'), { authorizationTokens }, SINK)).rejects.toMatchObject({
      code: 'MOQT_E_ENCODE',
      exitCode: 2,
    });
    const next = session.subscribe(trackName('live/x'), {}, SINK);
    const request = await peer.nextRequest('SUBSCRIBE');
    expect(request.message.requestId).toBe(0n);
    request.stream.message({ type: 'SUBSCRIBE_OK', ...request.id, trackAlias: 1n, parameters: {} });
    await next;
    await session.close();
  });

  it('row 6: names above the limits are refused locally, and nothing is sent', async () => {
    const { peer, session } = await server.established(draft);
    const fields = Array.from({ length: 33 }, () => Buffer.from('a'));
    const bad = [
      session.publishNamespace(fields),
      session.subscribe({ namespace: fields, name: Buffer.from('x') }, {}, SINK),
      session.subscribe({ namespace: [Buffer.alloc(4000)], name: Buffer.alloc(97) }, {}, SINK),
      ...(profile.features.emptyNamespaceField ? [] : [session.publishNamespace([Buffer.from('a'), Buffer.alloc(0)])]),
      ...(profile.features.emptyNamespace ? [] : [session.publishNamespace([])]),
    ];
    for (const outcome of await Promise.allSettled(bad)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'MOQT_E_ENCODE', exitCode: 2 } });
    }
    const last = session.publishNamespace([Buffer.from('fine')]);
    const request = await peer.nextRequest('PUBLISH_NAMESPACE');
    expect(request.message).toMatchObject({
      requestId: 0n,
      namespace: [Buffer.from('fine')].map((b) => new Uint8Array(b)),
    });
    last.catch(() => {});
    await session.close();
  });

  it('row 8: a GOAWAY URI of 8192 bytes is taken, and is no reason to end', async () => {
    const { peer, session } = await server.established(draft);
    const uri = `moqt://${'h'.repeat(8185)}`;
    const body = goAway(profile, uri);
    if (profile.features.goAwayRequestId) body.varint(0);
    peer.control.bytes(body.message('GOAWAY'));
    await eventually(() => session.goAwayReceived !== null, 'GOAWAY');
    expect(session.goAwayReceived?.newSessionUri).toBe(uri);
    expect(await aliveness(session)).toBe('open');
    await session.close();
  });

  it('row 9: what this draft ignores is ignored', async () => {
    const ignored: Record<Draft, readonly Fill[]> = {
      '14': [
        parameter(0x3f00, (f) => f.varint(1)),
        parameter(0x3f01, (f) => f.prefixed('odd')),
        parameter(0x04, (f) => f.varint(1)),
      ],
      '16': [parameter(0x08, (f) => f.varint(1))],
      '18': [],
    };
    const peer = await relay.establishedRogue(draft);
    for (const parameters of ignored[draft]) {
      const stream = await peer.requestStream('SUBSCRIBE');
      stream.bytes(subscribeBody(profile, peer.requestId(), { parameters }).message('SUBSCRIBE'));
      await stream.next('REQUEST_ERROR');
      stream.received.splice(0);
    }
    // Unknown setup options are ignored in all drafts, GREASE among them.
    const greased = await relay.rogue(draft);
    await greased.setup({ unknown: [{ type: 0x7fn * 4n + 0x9dn, value: Buffer.from('grease') }] });
    await greased.peerSetup();
    expect(greased.close).toBeNull();
    expect(peer.close).toBeNull();
  });

  it('row 9: setup options that add up beyond 64 bits, or come twice, end the session', async () => {
    const max = profile.varint.max;
    const many = max > 1n << 62n ? 2 : 5;
    const overflow = forge(profile);
    const twice = forge(profile);
    if (is14(profile)) for (const f of [overflow, twice]) f.varint(1, profile.versionCode);
    if (!profile.features.goAwayTimeout) {
      overflow.varint(many);
      twice.varint(2);
    }
    let type = 0n;
    for (let i = 0; i < many; i++) {
      type += max;
      overflow.varint(max);
      if ((type & 1n) === 1n) overflow.prefixed('');
      else overflow.varint(0);
    }
    twice.varint(0x05).prefixed('a');
    twice.varint(is14(profile) ? 0x05 : 0).prefixed('b');
    const setup = peerSetupType(draft);
    for (const body of draft === '14' ? [twice] : [overflow, twice]) {
      const peer = await relay.rogue(draft);
      peer.control.bytes(body.message(setup));
      expect(await peer.closeName()).toMatch(/^(PROTOCOL_VIOLATION|KEY_VALUE_FORMATTING_ERROR)$/);
    }
    await relay.isolates();
  });

  it('row 5: what fits upstream and not downstream is an error for that subscriber alone', async () => {
    if (draft !== '18') return;
    // Values of 64…127 take one byte in draft 18 and two in 16: 25 000 of them fit here and not there.
    const peer = await relay.establishedRogue('18');
    const body = forge(profile).varint(peer.requestId()).tuple('grow').prefixed('x').varint(3, 0);
    body.varint(0x40, 100);
    for (let i = 1; i < 25_000; i++) body.varint(0, 100);
    const stream = await peer.requestStream('PUBLISH');
    stream.onMessage = ({ type }) => {
      if (type === 'REQUEST_UPDATE') stream.message({ type: 'REQUEST_OK', parameters: {} });
    };
    stream.bytes(body.message('PUBLISH'));
    await stream.next('REQUEST_OK');
    const member = await relay.member('16');
    const refused = member.subscribe(trackName('grow/x'), {}, SINK);
    refused.catch(() => {});
    await expect(refused).rejects.toBeInstanceOf(RequestRejected);
    expect(await aliveness(member)).toBe('open');
    const able = await relay.member('18');
    await able.subscribe(trackName('grow/x'), {}, SINK);
    await relay.isolates();
  });
});

function peerSetupType(draft: Draft): 'CLIENT_SETUP' | 'SETUP' {
  return draft === '18' ? 'SETUP' : 'CLIENT_SETUP';
}

/** Whether the session still stands after what was sent before has been processed. */
async function aliveness(session: MoqtSession): Promise<string> {
  const answer = session.trackStatus(trackName('no/such'), {}, { timeoutMs: 200 });
  const ended = session.closed.then(({ name }) => name);
  return Promise.race([
    answer.then(
      () => 'open',
      () => 'open',
    ),
    ended,
  ]);
}

describe('row 5: the encoder', () => {
  it.each(DRAFTS)('row 5: draft %s: refuses a message above 65 535 bytes instead of cutting it', (draft) => {
    const value = new Uint8Array(65_536);
    const authorizationTokens = [{ alias: 'use-value' as const, tokenType: 0n, value }];
    const message = {
      type: 'SUBSCRIBE',
      requestId: 0n,
      track: trackName('a/b'),
      parameters: { authorizationTokens },
    } as const;
    expect(() => encodeControlMessage(profileOf(draft), message)).toThrow(EncodeError);
  });
});
