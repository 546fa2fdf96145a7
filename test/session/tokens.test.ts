import { describe, expect, it } from 'vitest';
import type { SessionHandlers } from '../../src/core/session/session.js';
import { utf8 } from '../../src/core/util/bytes.js';
import type { ControlMessage } from '../../src/core/wire/messages/control-message.js';
import type { AuthorizationToken } from '../../src/core/wire/messages/parameters.js';
import { RawPeer } from './support/raw-peer.js';
import { DRAFTS, ns, until } from './support/sessions.js';

const VALUE = utf8('secret');
const REGISTER: AuthorizationToken = { alias: 'register', tokenAlias: 1n, tokenType: 7n, value: VALUE };
const USE: AuthorizationToken = { alias: 'use-alias', tokenAlias: 1n };
const DELETE: AuthorizationToken = { alias: 'delete', tokenAlias: 1n };
const RESOLVED: AuthorizationToken = { alias: 'use-value', tokenType: 7n, value: VALUE };

function announce(requestId: bigint, ...authorizationTokens: AuthorizationToken[]): ControlMessage {
  return { type: 'PUBLISH_NAMESPACE', requestId, namespace: ns(`n${requestId}`), parameters: { authorizationTokens } };
}

describe.each(DRAFTS)('authorization tokens on draft %s', (draft) => {
  async function session(maxAuthTokenCacheSize?: bigint, setupTokens: AuthorizationToken[] = []) {
    const seen: (readonly AuthorizationToken[] | undefined)[] = [];
    const handlers: SessionHandlers = {
      onPublishNamespace(request) {
        seen.push(request.parameters.authorizationTokens);
        request.accept();
      },
    };
    const peer = await RawPeer.open(draft, 'client', { handlers, setup: { maxAuthTokenCacheSize } });
    peer.sendSetup(setupTokens.length > 0 ? { authorizationTokens: setupTokens } : {});
    return { peer, session: await peer.session, seen };
  }

  it('reach the application with their aliases resolved', async () => {
    const { peer, session: ours, seen } = await session(1000n);
    await peer.request(announce(0n, REGISTER));
    await until(() => seen.length === 1, 'the first');
    await peer.request(announce(2n, USE));
    await until(() => seen.length === 2, 'the second');
    expect(seen).toEqual([[RESOLVED], [RESOLVED]]);
    await ours.close();
  });

  it('cannot be registered unless we offered room for them', async () => {
    const { peer, session: ours } = await session();
    await peer.request(announce(0n, REGISTER));
    expect(await ours.closed).toMatchObject({ by: 'local', name: 'AUTH_TOKEN_CACHE_OVERFLOW' });
  });

  it('count 16 bytes and their value', async () => {
    const { peer, session: ours, seen } = await session(22n);
    await peer.request(announce(0n, REGISTER));
    await until(() => seen.length === 1, 'the token that just fits');
    await peer.request(announce(2n, { ...REGISTER, tokenAlias: 2n }));
    expect(await ours.closed).toMatchObject({ name: 'AUTH_TOKEN_CACHE_OVERFLOW' });
  });

  it('make room when they are deleted', async () => {
    const { peer, session: ours, seen } = await session(22n);
    await peer.request(announce(0n, REGISTER));
    await until(() => seen.length === 1, 'the first');
    await peer.request(announce(2n, DELETE, { ...REGISTER, tokenAlias: 2n }));
    await until(() => seen.length === 2, 'the second');
    await ours.close();
  });

  it('cannot be registered twice under one alias', async () => {
    const { peer, session: ours } = await session(1000n);
    await peer.request(announce(0n, REGISTER, REGISTER));
    expect(await ours.closed).toMatchObject({ name: 'DUPLICATE_AUTH_TOKEN_ALIAS' });
  });

  it('cannot be used under an alias that is not registered', async () => {
    const { peer, session: ours } = await session(1000n);
    await peer.request(announce(0n, USE));
    expect(await ours.closed).toMatchObject({ name: 'UNKNOWN_AUTH_TOKEN_ALIAS' });
  });

  it('must not be repeated within a message', async () => {
    const { peer, session: ours, seen } = await session(1000n);
    const stream = await peer.request(announce(0n, RESOLVED, RESOLVED));
    await until(() => stream.types().includes('REQUEST_ERROR'), 'the refusal');
    const refusal = stream.received.find(({ type }) => type === 'REQUEST_ERROR');
    expect(refusal).toMatchObject({ errorCode: draft === '14' ? 0x10n : 0x4n });
    expect(seen).toEqual([]);
    await ours.close();
  });

  it('in SETUP count as used when the cache has no room', async () => {
    const { session: ours } = await session(0n, [REGISTER]);
    expect(ours.peerSetup.authorizationTokens).toEqual([RESOLVED]);
    await ours.close();
  });

  it('in SETUP cannot refer to an alias', async () => {
    const peer = await RawPeer.open(draft, 'client');
    peer.sendSetup({ authorizationTokens: [USE] });
    await expect(peer.session).rejects.toMatchObject({ code: 'MOQT_E_PROTOCOL' });
  });
});
