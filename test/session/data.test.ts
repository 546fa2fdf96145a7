import { describe, expect, it } from 'vitest';
import type { IncomingSubgroup, Publication, SessionOptions, Subscription } from '../../src/core/session/session.js';
import { SessionClosed, StreamReset } from '../../src/core/transport/transport-errors.js';
import { utf8 } from '../../src/core/util/bytes.js';
import { encodeDatagram, encodePaddingDatagram } from '../../src/core/wire/datagram.js';
import { PROPERTY } from '../../src/core/wire/properties.js';
import { encodePaddingStreamType } from '../../src/core/wire/uni-stream.js';
import { ManualClock } from '../support/manual-clock.js';
import { RawPeer } from './support/raw-peer.js';
import { CollectingSink, connectPair, DRAFTS, settle, track, until } from './support/sessions.js';
import { subgroupBytes } from './support/wire-bytes.js';

const TRACK = track('video', 'live');

/** A raw server, a session that has sent SUBSCRIBE to it, and what answers that. */
async function subscribing(draft: string, options: Partial<SessionOptions> = {}) {
  const { peer, session } = await RawPeer.established(draft, 'server', options);
  const sink = new CollectingSink();
  const subscribed = session.subscribe(TRACK, {}, sink, { timeoutMs: 0 });
  subscribed.catch(() => {});
  const messages = () => [...peer.control.received, ...peer.requests.flatMap(({ received }) => received)];
  await until(() => messages().some(({ type }) => type === 'SUBSCRIBE'), 'the SUBSCRIBE');
  const answers = peer.isNative ? peer.requests[0] : peer.control;
  const requestId = peer.isNative ? {} : { requestId: 0n };
  return {
    peer,
    session,
    sink,
    subscribed,
    accept: (trackAlias: bigint, trackProperties: { type: bigint; value: bigint }[] = []) =>
      answers?.message({
        type: 'SUBSCRIBE_OK',
        ...requestId,
        trackAlias,
        parameters: draft === '14' ? { groupOrder: 'ascending' } : {},
        ...(trackProperties.length > 0 && { trackProperties }),
      }),
    done: (streamCount: bigint) =>
      answers?.message({ type: 'PUBLISH_DONE', ...requestId, statusCode: 2n, streamCount, reason: '' }),
  };
}

describe.each(DRAFTS)('data on draft %s', (draft) => {
  it('that comes before SUBSCRIBE_OK is held and delivered', async () => {
    const { peer, session, sink, subscribed, accept } = await subscribing(draft);
    await peer.openUni(subgroupBytes(peer.profile, { alias: 7n }, 'early', 'bird'));
    peer.transport.sendDatagram(
      encodeDatagram(peer.profile, { trackAlias: 7n, group: 1n, object: 0n, payload: utf8('datagram') }),
    );
    await settle();
    expect(sink.subgroups).toHaveLength(0);
    accept(7n);
    const subscription = await subscribed;
    await until(() => sink.texts.length === 2, 'the objects');
    expect(sink.texts).toEqual(['early', 'bird']);
    expect(sink.datagrams[0]).toMatchObject({ header: { group: 1n, subgroup: null, priority: 128 } });
    expect(subscription.streamsReceived).toBe(1);
    expect(session.counters()).toMatchObject({ 'early-stream': 1, 'early-datagram': 1 });
    await session.close();
  });

  it('of an alias that nobody claims is dropped after a while, and said', async () => {
    const clock = new ManualClock();
    const { peer, session } = await RawPeer.established(draft, 'server', { clock, limits: { earlyDataMs: 700 } });
    const stream = await peer.openUni(subgroupBytes(peer.profile, { alias: 7n }, 'nobody'));
    peer.transport.sendDatagram(
      encodeDatagram(peer.profile, { trackAlias: 8n, group: 1n, object: 0n, payload: utf8('x') }),
    );
    await settle();
    await clock.advance(699);
    expect(peer.notices).toEqual([]);
    await clock.advance(1);
    expect(peer.notices).toEqual(['unknown-alias-dropped', 'unknown-alias-dropped']);
    expect(await stream.stopped).toBe(1n);
    await session.close();
    expect(clock.pending).toBe(0);
  });

  it('of unknown aliases is held within bounds', async () => {
    const limits = { maxEarlyStreams: 2, maxEarlyDatagrams: 1 };
    const { peer, session, sink, subscribed, accept } = await subscribing(draft, { limits });
    for (const group of [0n, 1n, 2n]) {
      await peer.openUni(subgroupBytes(peer.profile, { alias: 7n, group }, `g${group}`));
      const datagram = { trackAlias: 7n, group, object: 0n, payload: utf8('d') };
      peer.transport.sendDatagram(encodeDatagram(peer.profile, datagram));
      await settle();
    }
    expect(peer.notices).toEqual(['unknown-alias-dropped', 'unknown-alias-dropped', 'unknown-alias-dropped']);
    accept(7n);
    await subscribed;
    await until(() => sink.texts.length === 2, 'two of three');
    expect(sink.texts).toEqual(['g0', 'g1']);
    expect(sink.datagrams).toHaveLength(1);
    await session.close();
  });

  it('that comes after the subscription was cancelled is no violation', async () => {
    const { peer, session, subscribed, accept } = await subscribing(draft);
    accept(7n);
    (await subscribed).cancel();
    const stream = await peer.openUni(subgroupBytes(peer.profile, { alias: 7n }, 'late'));
    peer.transport.sendDatagram(
      encodeDatagram(peer.profile, { trackAlias: 7n, group: 1n, object: 0n, payload: utf8('late') }),
    );
    expect(await stream.stopped).toBe(1n);
    await until(() => session.counters()['late-datagram'] === 1, 'the datagram');
    expect(session.counters()['late-stream']).toBe(1);
    await session.close();
  });

  it('that PUBLISH_DONE has overtaken still belongs to its subscription', async () => {
    const { peer, session, sink, subscribed, accept, done } = await subscribing(draft);
    accept(7n);
    const subscription = await subscribed;
    done(2n);
    expect(await subscription.ended).toMatchObject({ kind: 'done', streamCount: 2n });
    for (const group of [0n, 1n]) {
      const stream = await peer.openUni(subgroupBytes(peer.profile, { alias: 7n, group }, `late ${group}`));
      stream.end();
    }
    await until(() => subscription.streamsReceived === 2, 'both streams');
    await sink.finished();
    expect(sink.texts).toEqual(['late 0', 'late 1']);
    const surplus = await peer.openUni(subgroupBytes(peer.profile, { alias: 7n, group: 2n }, 'one too many'));
    expect(await surplus.stopped).toBe(1n);
    await session.close();
  });

  it('cut into single bytes is the same', async () => {
    const sink = new CollectingSink();
    const { client } = await connectPair(draft, {
      transport: { chunkBytes: 1 },
      server: {
        onSubscribe(request) {
          const publication = request.accept();
          void (async () => {
            const subgroup = await publication.openSubgroup({ group: 70n, subgroup: 5n, hasProperties: false });
            await subgroup.writeObject({ object: 100n }, utf8('hundred'));
            await subgroup.writeObject({ object: 101n, status: 'end-of-group' }, new Uint8Array(0));
            subgroup.end();
          })();
        },
      },
    });
    await client.subscribe(TRACK, {}, sink);
    await until(() => sink.subgroups.length === 1, 'the subgroup');
    await sink.finished();
    expect(sink.texts).toEqual(['hundred', '']);
    expect(sink.subgroups[0]?.fragments.at(-1)?.header).toMatchObject({ object: 101n, status: 'end-of-group' });
    expect(sink.subgroups[0]?.stream.header).toMatchObject({ group: 70n, subgroup: 5n });
    await client.close();
  });

  it('comes in batches, one per transport read', async () => {
    const batches: number[] = [];
    let subgroup: IncomingSubgroup | undefined;
    const { peer, session, subscribed, accept, sink } = await subscribing(draft);
    sink.onSubgroup = (stream) => {
      subgroup = stream;
    };
    accept(7n);
    await subscribed;
    const texts = Array.from({ length: 500 }, (_, i) => `o${i}`);
    const stream = await peer.openUni(subgroupBytes(peer.profile, { alias: 7n }, ...texts));
    stream.end();
    await until(() => subgroup !== undefined, 'the subgroup');
    for (let read = await subgroup?.read(); read != null; read = await subgroup?.read()) batches.push(read.length);
    expect(batches).toEqual([500]);
    await session.close();
  });

  it('that ends within an object closes the session, unless it was reset', async () => {
    const whole = await subscribing(draft);
    whole.accept(7n);
    await whole.subscribed;
    const bytes = subgroupBytes(whole.peer.profile, { alias: 7n }, 'complete', 'cut off');
    const reset = await whole.peer.openUni(bytes.subarray(0, -3));
    await until(() => whole.sink.texts.length === 1, 'the first object');
    reset.reset(2n);
    const outcome = await whole.sink.subgroups[0]?.finished;
    expect(outcome).toBeInstanceOf(StreamReset);
    expect((outcome as StreamReset).code).toBe(2n);
    const cut = await whole.peer.openUni(bytes.subarray(0, -3));
    cut.end();
    expect(await whole.session.closed).toMatchObject({ by: 'local', name: 'PROTOCOL_VIOLATION' });
    expect(whole.sink.subgroups[1]?.texts).toEqual(['complete']);
  });

  it('with a payload above our limit is refused before it is read', async () => {
    const { peer, session, subscribed, accept } = await subscribing(draft, { limits: { maxObjectBytes: 10 } });
    accept(7n);
    await subscribed;
    await peer.openUni(subgroupBytes(peer.profile, { alias: 7n }, 'more than ten bytes'));
    expect(await session.closed).toMatchObject({ by: 'local', name: 'INTERNAL_ERROR' });
  });

  it('that nobody reads holds the publisher back', async () => {
    let publication: Publication | undefined;
    const { client } = await connectPair(draft, {
      transport: { client: { streamWindow: 10_000 } },
      server: {
        onSubscribe(request) {
          publication = request.accept();
        },
      },
    });
    let subgroup: IncomingSubgroup | undefined;
    const sink = new CollectingSink();
    sink.onSubgroup = (stream) => {
      subgroup = stream;
    };
    await client.subscribe(TRACK, {}, sink);
    const out = await publication?.openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false });
    let written = 0;
    let blocked: Promise<void> | undefined;
    for (let object = 0n; object < 1000n && blocked === undefined; object++) {
      blocked = out?.writeObject({ object }, new Uint8Array(1000));
      written++;
    }
    expect(written).toBeLessThan(30);
    await until(() => subgroup !== undefined, 'the subgroup');
    const reading = (async () => {
      while ((await subgroup?.read()) != null);
    })().catch((error: unknown) => error);
    await blocked;
    await client.close();
    expect(await reading).toBeInstanceOf(SessionClosed);
  });

  it('is stopped by the receiver, and the sender learns the code', async () => {
    let stopped: unknown;
    const { client } = await connectPair(draft, {
      server: {
        onSubscribe(request) {
          void request
            .accept()
            .openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false })
            .then(async (subgroup) => {
              await subgroup.writeObject({ object: 0n }, utf8('x'));
              stopped = await subgroup.stopped;
            });
        },
      },
    });
    const sink = { onSubgroup: (stream: IncomingSubgroup) => stream.stop('DELIVERY_TIMEOUT'), onDatagram() {} };
    const subscription: Subscription = await client.subscribe(TRACK, {}, sink);
    await until(() => stopped !== undefined, 'the code');
    expect(stopped).toEqual({ code: 2n, name: 'DELIVERY_TIMEOUT' });
    expect(await Promise.race([subscription.ended, Promise.resolve('alive')])).toBe('alive');
    await client.close();
  });

  it('passes through a relay in pieces', async () => {
    const received = new CollectingSink();
    let onward: Publication | undefined;
    const downstream = await connectPair(draft, {
      server: {
        onSubscribe(request) {
          onward = request.accept();
        },
      },
    });
    await downstream.client.subscribe(TRACK, {}, received);
    const upstream = await connectPair(draft, {
      transport: { chunkBytes: 7 },
      server: {
        onSubscribe(request) {
          void request
            .accept()
            .openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false })
            .then(async (subgroup) => {
              await subgroup.beginObject({ object: 0n }, 11);
              await subgroup.writePayload(utf8('hello '));
              await subgroup.writePayload(utf8('world'));
              await subgroup.writeObject({ object: 4n }, utf8('four'));
              subgroup.end();
            });
        },
      },
    });
    await upstream.client.subscribe(
      TRACK,
      {},
      {
        onSubgroup(stream) {
          void (async () => {
            const out = await onward?.openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false });
            for (let read = await stream.read(); read !== null; read = await stream.read())
              await out?.writeFragments?.(read);
            out?.end();
          })();
        },
        onDatagram() {},
      },
    );
    await until(() => received.texts.length === 2, 'both objects');
    expect(received.texts).toEqual(['hello world', 'four']);
    await Promise.all([upstream.client.close(), downstream.client.close()]);
  });

  it('of an unknown type closes the session', async () => {
    const stream = await RawPeer.established(draft, 'client');
    await stream.peer.openUni(new Uint8Array([0x03, 0, 0]));
    expect(await stream.session.closed).toMatchObject({ name: 'PROTOCOL_VIOLATION' });
    const datagram = await RawPeer.established(draft, 'client');
    datagram.peer.transport.sendDatagram(new Uint8Array([0x3f, 0, 0]));
    expect(await datagram.session.closed).toMatchObject({ name: 'PROTOCOL_VIOLATION' });
    const ended = await RawPeer.established(draft, 'client');
    const cut = await ended.peer.openUni(new Uint8Array([0x10]));
    cut.end();
    expect(await ended.session.closed).toMatchObject({ name: 'PROTOCOL_VIOLATION' });
  });

  it('of a FETCH that never was closes the session, and of one that was cancelled does not', async () => {
    const { peer, session } = await RawPeer.established(draft, 'server');
    const response = session.fetch(
      { type: 'standalone', track: TRACK, start: { group: 0n, object: 0n }, end: { group: 1n, object: 0n } },
      {},
    );
    await until(() => response.requestId >= 0n, 'the FETCH');
    response.cancel();
    const late = await peer.openUni(new Uint8Array([0x05, 0x00]));
    expect(await late.stopped).toBe(1n);
    await peer.openUni(new Uint8Array([0x05, 0x08]));
    expect(await session.closed).toMatchObject({ name: 'PROTOCOL_VIOLATION' });
  });

  it('whose header does not come in time is stopped', async () => {
    const clock = new ManualClock();
    const { peer, session } = await RawPeer.established(draft, 'client', { clock });
    const stream = await peer.openUni(new Uint8Array([0x10]));
    await settle();
    await clock.advance(30_000);
    expect(await stream.stopped).toBe(1n);
    expect(peer.notices).toEqual(['stream-header-timeout']);
    await session.close();
  });
});

describe.each(['16', '18'])('the priority of a track on draft %s', (draft) => {
  it('counts for objects that leave it open, also for those that came early', async () => {
    const { peer, session, sink, subscribed, accept } = await subscribing(draft);
    await peer.openUni(subgroupBytes(peer.profile, { alias: 7n, priority: null }, 'early'));
    await settle();
    accept(7n, [{ type: PROPERTY.defaultPublisherPriority, value: 9n }]);
    await subscribed;
    await peer.openUni(subgroupBytes(peer.profile, { alias: 7n, priority: null, group: 1n }, 'later'));
    await until(() => sink.texts.length === 2, 'both');
    expect(sink.subgroups.map(({ fragments }) => fragments[0]?.header.priority)).toEqual([9, 9]);
    await session.close();
  });
});

describe('padding on draft 18', () => {
  it('is discarded, in streams and in datagrams', async () => {
    const { peer, session } = await RawPeer.established('18', 'client');
    const stream = await peer.openUni(encodePaddingStreamType(peer.profile), new Uint8Array(100_000));
    peer.transport.sendDatagram(encodePaddingDatagram(peer.profile, 100));
    stream.end();
    expect(await stream.delivered()).toBe('acknowledged');
    expect(session.counters()['padding-stream']).toBe(1);
    await session.close();
  });
});

describe('data before SETUP', () => {
  it.each(DRAFTS)('is held until SETUP is complete on draft %s', async (draft) => {
    const sink = new CollectingSink();
    const peer = await RawPeer.open(draft, 'client', {
      handlers: { onPublish: (request) => void request.accept({}, sink) },
    });
    await peer.openUni(subgroupBytes(peer.profile, { alias: 3n }, 'before'));
    await settle();
    peer.sendSetup();
    const parameters = draft === '14' ? ({ groupOrder: 'ascending' } as const) : {};
    await peer.request({ type: 'PUBLISH', requestId: 0n, track: TRACK, trackAlias: 3n, parameters });
    const session = await peer.session;
    await until(() => sink.texts.length === 1, 'the object');
    expect(sink.texts).toEqual(['before']);
    await session.close();
  });

  it('may be a request, where requests have streams of their own', async () => {
    const peer = await RawPeer.open('18', 'client', { handlers: { onSubscribe: (request) => void request.accept() } });
    const request = await peer.request({ type: 'SUBSCRIBE', requestId: 0n, track: TRACK, parameters: {} });
    await settle();
    expect(request.received).toEqual([]);
    peer.sendSetup();
    const session = await peer.session;
    await until(() => request.received.length === 1, 'the answer');
    expect(request.types()).toEqual(['SUBSCRIBE_OK']);
    await session.close();
  });
});
