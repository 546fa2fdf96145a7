import { describe, expect, it } from 'vitest';
import { MoqtError } from '../../src/core/errors/moqt-error.js';
import type { ConnectedSession } from '../../src/core/session/connect/connect-settings.js';
import { establishSession } from '../../src/core/session/establish.js';
import type { SessionOptions } from '../../src/core/session/session.js';
import { settle } from '../../src/core/session/setup/settle.js';
import { memoryPair } from '../../src/core/transport/memory/index.js';
import { PROFILES } from '../../src/core/wire/drafts/index.js';
import { ManualClock } from '../support/manual-clock.js';
import { eventually } from '../support/wait.js';
import { closeNameAtPeer, RawPeer } from './support/raw-peer.js';
import { connectPair, DRAFTS, profileOf, sessionOptions } from './support/sessions.js';

const ROLES = ['client', 'server'] as const;

async function failure(promise: Promise<unknown>): Promise<MoqtError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MoqtError)) throw new Error(`expected a MoqtError, got ${String(error)}`);
  return error;
}

describe.each(DRAFTS)('SETUP on draft %s', (draft) => {
  it('tells each side what the other said', async () => {
    const { client, server } = await connectPair(draft, {
      clientOptions: { setup: { path: '/live?a=b', authority: 'relay.example:4443', implementation: 'moqt/1' } },
      serverOptions: { setup: { implementation: 'moqt/2' } },
    });
    expect(server.peerSetup).toMatchObject({
      path: '/live?a=b',
      authority: 'relay.example:4443',
      implementation: 'moqt/1',
    });
    expect(client.peerSetup).toMatchObject({ implementation: 'moqt/2' });
    expect(client.profile.draft).toBe(draft);
    expect(server.profile.draft).toBe(draft);
    await client.close();
    expect(await server.closed).toMatchObject({ by: 'peer', name: 'NO_ERROR', isApplication: true });
  });

  it('survives being cut into single bytes', async () => {
    const { client } = await connectPair(draft, { transport: { chunkBytes: 1 } });
    await client.close();
  });

  it.each(ROLES)('times out when the %s says nothing', async (role) => {
    const clock = new ManualClock();
    const peer = await RawPeer.open(draft, role, { clock, timeouts: { setupMs: 3000, requestMs: 0, closeMs: 0 } });
    const failed = failure(peer.session);
    await clock.advance(3000);
    expect(await failed).toMatchObject({ code: 'MOQT_E_TIMEOUT', stage: 'setup' });
    expect(await closeNameAtPeer(peer)).toBe('CONTROL_MESSAGE_TIMEOUT');
    expect(clock.pending).toBe(0);
  });

  it.each(ROLES)('refuses a %s whose first message is not SETUP', async (role) => {
    const peer = await RawPeer.open(draft, role);
    // There, what does not begin with SETUP is no control stream at all, but one of a type that does not exist.
    if (peer.isNative) peer.control.bytes(new Uint8Array([0x03, 0, 0]));
    else peer.control.message({ type: 'GOAWAY', newSessionUri: '' });
    expect(await failure(peer.session)).toMatchObject({ code: 'MOQT_E_PROTOCOL', exitCode: 7 });
    expect(await closeNameAtPeer(peer)).toBe('PROTOCOL_VIOLATION');
  });

  it.each(ROLES)('refuses a second SETUP from the %s', async (role) => {
    const { peer, session } = await RawPeer.established(draft, role);
    peer.sendSetup();
    expect(await session.closed).toMatchObject({ by: 'local', name: 'PROTOCOL_VIOLATION' });
  });

  it.each(ROLES)('ends when the %s closes its control stream', async (role) => {
    const { peer, session } = await RawPeer.established(draft, role);
    peer.control.send?.end();
    expect(await session.closed).toMatchObject({ name: 'PROTOCOL_VIOLATION' });
    expect(await closeNameAtPeer(peer)).toBe('PROTOCOL_VIOLATION');
  });

  it.each(ROLES)('ends when the %s resets its control stream, or stops ours', async (role) => {
    const reset = await RawPeer.established(draft, role);
    reset.peer.control.send?.reset(1n);
    expect(await reset.session.closed).toMatchObject({ name: 'PROTOCOL_VIOLATION' });
    const stopped = await RawPeer.established(draft, role);
    await new Promise((resolve) => setImmediate(resolve));
    stopped.peer.control.recv?.stop(1n);
    expect(await stopped.session.closed).toMatchObject({ name: 'PROTOCOL_VIOLATION' });
  });

  it.each([
    ['ends', (peer: RawPeer) => peer.control.send?.end(), 'closed its control stream'],
    ['resets', (peer: RawPeer) => peer.control.send?.reset(1n), 'reset its control stream'],
    ['no longer reads', (peer: RawPeer) => peer.control.recv?.stop(1n), 'stopped reading our control stream'],
  ] as const)('has not settled when the server %s a control stream right behind it', async (_, act, words) => {
    const { peer, session } = await RawPeer.established(draft, 'server');
    await new Promise((resolve) => setImmediate(resolve));
    act(peer);
    const connection = { peer: 'relay.example:4443', draft, protocol: '' };
    const settling = settle(
      Object.assign(session, { connection }) as ConnectedSession,
      { path: '/', authority: '' },
      undefined,
    );
    const error = await failure(settling);
    expect(error).toMatchObject({ code: 'MOQT_E_PROTOCOL', reason: 'session.closed', exitCode: 7 });
    expect(error.message).toContain(words);
  });

  it('refuses PATH and AUTHORITY from a server', async () => {
    const path = await RawPeer.open(draft, 'server');
    path.sendSetup({ path: '/' });
    expect(await failure(path.session)).toMatchObject({ code: 'MOQT_E_PROTOCOL' });
    expect(await closeNameAtPeer(path)).toBe('INVALID_PATH');
    const authority = await RawPeer.open(draft, 'server');
    authority.sendSetup({ authority: 'a' });
    expect(await closeNameAtPeer(authority)).toBe('INVALID_AUTHORITY');
  });

  it('ends the wait when the signal aborts, and closes the transport', async () => {
    const aborting = new AbortController();
    const peer = await RawPeer.open(draft, 'client', { signal: aborting.signal });
    aborting.abort(new Error('enough'));
    await expect(peer.session).rejects.toThrow('enough');
    await peer.closed;
  });

  it('reports the code with which the peer refuses the session', async () => {
    const peer = await RawPeer.open(draft, 'server');
    void peer.transport.close(0x2n, 'not you');
    expect(await failure(peer.session)).toMatchObject({
      code: 'MOQT_E_UNAUTHORIZED',
      exitCode: 5,
      message: expect.stringContaining('UNAUTHORIZED (0x2): not you'),
    });
  });

  it('fails with a typed error when our own SETUP does not fit the draft', async () => {
    const pair = memoryPair({ protocol: profileOf(draft).alpn });
    const setup = { path: `/${'x'.repeat(70_000)}` };
    expect(await failure(establishSession('client', pair.client, sessionOptions(draft, { setup })))).toMatchObject({
      code: 'MOQT_E_ENCODE',
      exitCode: 2,
    });
    await pair.server.closed;
  });
});

describe('version negotiation', () => {
  const timeouts = { setupMs: 5000, requestMs: 5000, closeMs: 1000 };
  const all: SessionOptions = { profiles: PROFILES, timeouts };

  it.each(['14', '16'])(
    'gives up a stream without a whole message before SETUP, and waits on: draft %s',
    async (draft) => {
      const clock = new ManualClock();
      const timeouts = { setupMs: 3000, requestMs: 1000, closeMs: 0 };
      const peer = await RawPeer.open(draft, 'client', { clock, timeouts });
      const failed = failure(peer.session);
      const stream = peer.profile.features.namespaceSubscriptionStream ? await peer.openBidi() : peer.control;
      stream.bytes(new Uint8Array([0x11]));
      await eventually(() => clock.pending === 2, 'the deadlines of SETUP and of the stream');
      await clock.advance(999);
      expect(peer.notices).toEqual([]);
      await clock.advance(1);
      expect(peer.notices).toEqual(['request-stream-timeout']);
      await eventually(() => stream.ended?.startsWith('reset '), 'the reset');
      await clock.advance(2000);
      expect(await failed).toMatchObject({ code: 'MOQT_E_TIMEOUT', stage: 'setup' });
      expect(clock.pending).toBe(0);
    },
  );

  it.each(DRAFTS)('takes the draft that the transport agreed on: %s', async (draft) => {
    const pair = memoryPair({ protocol: profileOf(draft).alpn });
    const [client, server] = await Promise.all([
      establishSession('client', pair.client, all),
      establishSession('server', pair.server, all),
    ]);
    expect(client.profile.draft).toBe(draft);
    expect(server.profile.draft).toBe(draft);
    await client.close();
  });

  it('refuses a protocol that was not offered', async () => {
    const pair = memoryPair({ protocol: 'moqt-99' });
    const error = await failure(establishSession('client', pair.client, all));
    expect(error).toMatchObject({ code: 'MOQT_E_VERSION', exitCode: 7 });
    expect(error.message).toContain("'moqt-99'");
    expect(await pair.server.closed).toMatchObject({ code: 0x15n });
  });

  it('refuses a client of draft 14 that offers none of our versions', async () => {
    const peer = await RawPeer.open('14', 'client');
    peer.control.message({ type: 'CLIENT_SETUP', versions: [0xff000063n], options: {} });
    expect(await failure(peer.session)).toMatchObject({ code: 'MOQT_E_VERSION' });
    expect(await closeNameAtPeer(peer)).toBe('VERSION_NEGOTIATION_FAILED');
  });

  it('refuses a server of draft 14 that selects what was not offered', async () => {
    const peer = await RawPeer.open('14', 'server');
    peer.control.message({ type: 'SERVER_SETUP', version: 0xff000063n, options: {} });
    expect(await failure(peer.session)).toMatchObject({ code: 'MOQT_E_VERSION' });
    expect(await closeNameAtPeer(peer)).toBe('VERSION_NEGOTIATION_FAILED');
  });

  it('offers the versions of draft 14 in CLIENT_SETUP', async () => {
    const { peer } = await RawPeer.established('14', 'server');
    expect(peer.control.received[0]).toMatchObject({ type: 'CLIENT_SETUP', versions: [0xff00000en] });
  });
});
