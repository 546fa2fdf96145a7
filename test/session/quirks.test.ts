import { describe, expect, it } from 'vitest';
import { encodeControlMessage } from '../../src/core/wire/control-codec.js';
import { RawPeer } from './support/raw-peer.js';
import { CollectingSink, connectPair, DRAFTS, track, until } from './support/sessions.js';
import { subgroupBytes } from './support/wire-bytes.js';

const TRACK = track('video', 'live');

describe('a quirk of a peer is taken and told:', () => {
  it('PUBLISH_OK (0x1E) on draft 18', async () => {
    const { peer, session } = await RawPeer.established('18', 'server');
    const publishing = session.publish(TRACK, {});
    await until(() => peer.requests.length === 1, 'the PUBLISH');
    peer.requests[0]?.bytes(encodeControlMessage(peer.profile, { type: 'PUBLISH_OK', parameters: { forward: false } }));
    expect(await publishing).toMatchObject({ forward: false, isOpen: true });
    expect(peer.notices).toEqual(['quirk:publish-ok-0x1e']);
    await session.close();
  });

  it.each(['16', '18'])('REQUEST_OK instead of FETCH_OK on draft %s', async (draft) => {
    const { peer, session } = await RawPeer.established(draft, 'server');
    const end = { group: 2n, object: 0n };
    const response = session.fetch({ type: 'standalone', track: TRACK, start: { group: 0n, object: 0n }, end }, {});
    await until(() => response.requestId === 0n, 'the FETCH');
    const stream = peer.isNative ? peer.requests[0] : peer.control;
    stream?.message({ type: 'REQUEST_OK', ...(peer.isNative ? {} : { requestId: 0n }), parameters: {} });
    expect(await response.ok).toMatchObject({ end, endOfTrack: false });
    expect(peer.notices).toEqual(['quirk:fetch-request-ok']);
    await session.close();
  });

  it('a SUBSCRIBE_NAMESPACE for everything on draft 14, from a relay to its client', async () => {
    const { peer, session } = await RawPeer.established('14', 'server');
    peer.control?.message({ type: 'SUBSCRIBE_NAMESPACE', requestId: 1n, prefix: [], parameters: {} });
    await until(() => peer.notices.length > 0, 'the notice');
    expect(peer.notices).toEqual(['quirk:empty-namespace-prefix']);
    await session.close();
  });

  it('but not from a client to a server: draft 14 closes the session', async () => {
    const { peer, session } = await RawPeer.established('14', 'client');
    peer.control?.message({ type: 'SUBSCRIBE_NAMESPACE', requestId: 0n, prefix: [], parameters: {} });
    expect(await session.closed).toMatchObject({ by: 'local', name: 'PROTOCOL_VIOLATION' });
  });

  it('FIN without PUBLISH_DONE on draft 18', async () => {
    const { peer, session } = await RawPeer.established('18', 'server');
    const subscribing = session.subscribe(TRACK, {}, new CollectingSink());
    await until(() => peer.requests.length === 1, 'the SUBSCRIBE');
    peer.requests[0]?.message({ type: 'SUBSCRIBE_OK', trackAlias: 1n, parameters: {} });
    peer.requests[0]?.send?.end();
    const subscription = await subscribing;
    expect(await subscription.ended).toMatchObject({ kind: 'reset' });
    expect(peer.notices).toEqual(['fin-without-publish-done']);
    await session.close();
  });
});

describe('what this side must not send', () => {
  it.each(['14', '16'])('is a joining fetch for another filter on draft %s', async (draft) => {
    const { client } = await connectPair(draft, { server: { onSubscribe: (request) => void request.accept() } });
    const filter = { type: 'next-group-start' } as const;
    const { requestId } = await client.subscribe(TRACK, { filter }, new CollectingSink());
    const target = { type: 'relative-joining', joiningRequestId: requestId, joiningStart: 0n } as const;
    await expect(client.fetch(target, {}).ok).rejects.toMatchObject({ code: 'MOQT_E_USAGE' });
    await client.close();
  });
});

describe('two subscriptions under one alias', () => {
  it('both get every object, on the draft that allows them', async () => {
    const { peer, session } = await RawPeer.established('14', 'server');
    const sinks = [new CollectingSink(), new CollectingSink()];
    const subscribing = Promise.all(sinks.map((sink) => session.subscribe(TRACK, {}, sink)));
    await until(() => peer.control.types().filter((type) => type === 'SUBSCRIBE').length === 2, 'both');
    for (const requestId of [0n, 2n]) {
      const parameters = { groupOrder: 'ascending' } as const;
      peer.control.message({ type: 'SUBSCRIBE_OK', requestId, trackAlias: 4n, parameters });
    }
    const [first, second] = await subscribing;
    const stream = await peer.openUni(subgroupBytes(peer.profile, { alias: 4n }, 'for', 'both'));
    stream.end();
    await until(() => sinks.every((sink) => sink.texts.length === 2), 'the objects');
    expect(sinks.map((sink) => sink.texts)).toEqual([
      ['for', 'both'],
      ['for', 'both'],
    ]);
    first?.cancel();
    const alone = await peer.openUni(subgroupBytes(peer.profile, { alias: 4n, group: 1n }, 'for one'));
    alone.end();
    await until(() => sinks[1]?.texts.length === 3, 'the object for one');
    expect(sinks[0]?.texts).toHaveLength(2);
    expect(second?.streamsReceived).toBe(2);
    await session.close();
  });
});

describe.each(DRAFTS)('a trace on draft %s', (draft) => {
  it('sees every control message both ways', async () => {
    const seen: string[] = [];
    const { client } = await connectPair(draft, {
      clientOptions: {
        onControlMessage: (direction, message, raw) =>
          seen.push(`${direction} ${(message as { type: string }).type} ${raw.length > 0}`),
      },
      server: { onSubscribe: (request) => void request.accept() },
    });
    (await client.subscribe(TRACK, {}, new CollectingSink())).cancel();
    const [ours, theirs] = draft === '18' ? ['SETUP', 'SETUP'] : ['CLIENT_SETUP', 'SERVER_SETUP'];
    const cancel = draft === '18' ? [] : ['sent UNSUBSCRIBE true'];
    expect([...seen].sort()).toEqual(
      [
        `sent ${ours} true`,
        `received ${theirs} true`,
        'sent SUBSCRIBE true',
        'received SUBSCRIBE_OK true',
        ...cancel,
      ].sort(),
    );
    await client.close();
  });
});
