import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish } from '../../src/core/publisher/publish.js';
import type { PublishEvent } from '../../src/core/publisher/publish-options.js';
import { subscribe } from '../../src/core/subscriber/subscribe.js';
import type { Parameters } from '../../src/core/wire/messages/parameters.js';
import { DRAFTS, ignore, profileOf, type RogueData, RoguePeer, type RogueRequest } from '../support/rogue-peer.js';
import { ALIAS, listen, relayed, subgroupHeader, subgroupStream } from '../support/rogue-tracks.js';
import { dial, RelayUnderTest, RogueServer, trackName } from '../support/rogue-world.js';
import { placesOf, takeAll } from '../support/tracks.js';
import { eventually, soon } from '../support/wait.js';

let server: RogueServer;
/** Its rogues grant little credit, so that a publisher cannot be done before anybody has read. */
let narrow: RogueServer;
let relay: RelayUnderTest;
beforeAll(async () => {
  server = await RogueServer.start();
  narrow = await RogueServer.start({ streamWindow: 16_384, connectionWindow: 65_536 });
  relay = await RelayUnderTest.start({ lingerMs: 10, endQuietMs: 50 });
});
afterAll(async () => {
  await server.close();
  await narrow.close();
  await relay.close();
});

const FAST = { limits: { reorderWaitMs: 200, quietMs: 200, streamWaitMs: 300, doneWaitMs: 100 } };
const WHOLE = { id: 0n, payload: 'whole' };
const LONG = { id: 1n, payload: Buffer.alloc(1000, 'l') };

describe.each(DRAFTS)('draft %s', (draft) => {
  const profile = profileOf(draft);
  const { requests, inBandVersions } = profile.features;
  const isNative = requests === 'native-bidi';
  const DELIVERY_TIMEOUT = profile.codes('stream-reset').code('DELIVERY_TIMEOUT');

  /** What SUBSCRIBE must say in 14. */
  const PARAMETERS: Parameters = inBandVersions
    ? { subscriberPriority: 128, groupOrder: 'ascending', forward: true, filter: { type: 'largest-object' } }
    : {};

  /** How far a data stream has come when it is reset. */
  const of = { alias: ALIAS, group: 1n };
  const states = [
    ['before its header', subgroupHeader(profile, of).subarray(0, 2), []],
    ['after its header', subgroupHeader(profile, of), []],
    ['between objects', subgroupStream(profile, of, WHOLE), ['1.0']],
    ['within an object', subgroupStream(profile, of, WHOLE, LONG).subarray(0, -500), ['1.0']],
  ] as const;

  describe('row 19: RESET_STREAM to a subscriber', () => {
    it.each(states)(
      'row 19: of a data stream %s: what is whole is kept, the rest is missing',
      async (_, bytes, whole) => {
        const { peer, session, subscription, done } = await listen(server, draft, FAST);
        await peer.sendUni(subgroupStream(profile, { ...of, group: 0n }, WHOLE));
        const stream = await peer.openUni(bytes);
        const taken = takeAll(subscription);
        await eventually(() => subscription.report().objects === 1 + whole.length, 'what is whole');
        // A stream without an object shows only in the session's counters, or not before the end.
        stream.reset(DELIVERY_TIMEOUT);
        done(2n);
        const { items, error, report } = await taken;
        expect(placesOf(items)).toEqual(['0.0', ...whole]);
        expect(error).toMatchObject({ code: 'MOQT_E_INCOMPLETE', exitCode: 9 });
        expect(report.missing.streams).toBe(1n);
        if (whole.length > 0) {
          expect(items).toContainEqual(
            expect.objectContaining({ kind: 'gap', what: 'stream', code: DELIVERY_TIMEOUT }),
          );
          expect(report.resetStreams).toBe(1);
        }
        await session.close();
      },
    );

    it('row 19: of the request before its answer: a rejection that names the code', async () => {
      if (!isNative) return expect(requests).toBe('muxed-control');
      const { peer, session } = await server.established(draft);
      const subscribing = subscribe(session, { track: trackName('live/x') });
      subscribing.catch(() => {});
      const { stream } = await peer.nextRequest('SUBSCRIBE');
      stream.send?.reset(profile.codes('stream-reset').code('EXCESSIVE_LOAD'));
      await expect(soon(subscribing, 'an answer')).rejects.toMatchObject({
        exitCode: 8,
        message: expect.stringContaining('EXCESSIVE_LOAD'),
      });
      await session.close();
    });

    it('row 19: of the request after its answer: incomplete, and names the code', async () => {
      if (!isNative) return expect(requests).toBe('muxed-control');
      const { session, subscription, request } = await listen(server, draft, FAST);
      request.stream.send?.reset(profile.codes('stream-reset').code('GOING_AWAY'));
      const { error } = await takeAll(subscription);
      expect(error).toMatchObject({ exitCode: 9, message: expect.stringContaining('GOING_AWAY') });
      await session.close();
    });
  });

  describe('row 19: STOP_SENDING to a publisher', () => {
    /** Our publisher at a rogue that has accepted its namespace and subscribed. */
    async function publisher(signal?: AbortSignal) {
      const { peer, session } = await narrow.established(draft, { rogue: { deaf: true } });
      const events: PublishEvent[] = [];
      async function* source(): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < 1024; i++) yield Buffer.alloc(16_384, i);
      }
      const publishing = publish(session, {
        track: trackName('live/x'),
        source: { kind: 'bytes', chunks: source() },
        groupEvery: { bytes: 256 * 1024 },
        drainTimeoutMs: 2000,
        ...(signal && { signal }),
        onEvent: (event) => events.push(event),
      });
      publishing.done.catch(() => {});
      const announced = await peer.nextRequest('PUBLISH_NAMESPACE');
      announced.stream.message({
        type: 'REQUEST_OK',
        ...announced.id,
        ...(inBandVersions && { request: 'PUBLISH_NAMESPACE' as const }),
        parameters: {},
      });
      const requestId = peer.requestId();
      const subscribed = await peer.request({
        type: 'SUBSCRIBE',
        requestId,
        track: trackName('live/x'),
        parameters: PARAMETERS,
      });
      await subscribed.next('SUBSCRIBE_OK');
      return { peer, session, publishing, events, subscribed, requestId };
    }

    it('row 19: on every data stream: the code is told, and nothing is claimed to be delivered', async () => {
      const { peer, session, publishing, events } = await publisher();
      const stopping = setInterval(() => {
        for (const recv of peer.unread.splice(0)) recv.stop(5n);
      }, 5);
      await expect(soon(publishing.done, 'the end')).rejects.toMatchObject({ code: 'MOQT_E_INCOMPLETE', exitCode: 9 });
      clearInterval(stopping);
      expect(events).toContainEqual(expect.objectContaining({ kind: 'stream-stopped', code: 5n }));
      expect(publishing.report()).toMatchObject({ delivery: 'none' });
      await session.close();
    });

    it('row 19: of the whole subscription: it ends as left, and nothing is claimed to be delivered', async () => {
      const abort = new AbortController();
      const { peer, session, publishing, events, subscribed, requestId } = await publisher(abort.signal);
      await eventually(() => peer.unread.length > 0, 'a data stream');
      if (isNative) {
        subscribed.send?.reset(1n);
        subscribed.recv?.stop(1n);
      } else subscribed.message({ type: 'UNSUBSCRIBE', requestId });
      await eventually(() => events.some(({ kind }) => kind === 'subscription-ended'), 'the end of the subscription');
      abort.abort();
      const outcome = await soon(
        publishing.done.catch((error: unknown) => error),
        'the end',
      );
      expect(outcome).toMatchObject({ outcome: 'stopped', delivery: 'none' });
      await session.close();
    });
  });

  describe('row 19: at the relay', () => {
    it.each(states.slice(1))(
      'row 19: a data stream that is reset %s is reset downstream with the same meaning',
      async (what, bytes, whole) => {
        const { peer, member, recorder } = await relayed(relay, draft, `reset${draft}${what}/x`);
        const stream = await peer.openUni(bytes);
        await eventually(() => recorder.ids.length === whole.length, 'what is whole');
        await relay.isolates();
        stream.reset(DELIVERY_TIMEOUT);
        if (whole.length > 0) {
          await recorder.untilEnded(1);
          expect(recorder.streams[0]?.end).toBe('DELIVERY_TIMEOUT');
          expect(recorder.ids).toEqual(whole);
        }
        await relay.isolates();
        await member.close();
        await peer.leave();
      },
    );

    it('row 19: STOP_SENDING by one subscriber leaves the others whole, and everything is freed', async () => {
      const { peer, member, recorder, done } = await relayed(relay, draft, `stop${draft}/x`);
      const rogue = new RoguePeer(draft, 'client', await dial(relay.port, draft));
      await rogue.setup();
      await rogue.peerSetup();
      const asked = await rogue.request({
        type: 'SUBSCRIBE',
        requestId: rogue.requestId(),
        track: trackName(`stop${draft}/x`),
        parameters: PARAMETERS,
      });
      await asked.next('SUBSCRIBE_OK');
      for (let group = 0n; group < 5n; group++) {
        const bytes = subgroupStream(profile, { alias: ALIAS, group }, WHOLE, LONG);
        const stream = await peer.openUni(bytes.subarray(0, -500));
        const arrived = await eventually(() => rogue.data[Number(group)] as RogueData | undefined, 'the stream');
        arrived.recv.stop(0x3fn);
        ignore(stream.write(bytes.subarray(-500)));
        stream.end();
        await recorder.untilEnded(Number(group) + 1);
      }
      expect(recorder.streams.every(({ end }) => end === 'fin')).toBe(true);
      expect(recorder.ids).toHaveLength(10);
      done(5n);
      await asked.next('PUBLISH_DONE');
      await Promise.all([peer.leave(), rogue.leave(), member.close()]);
      await eventually(() => relay.counter('openTracks') === 1, 'only the track of the bystanders is left');
      await relay.isolates();
    });

    it('row 19: a request that is reset in every state frees what it held', async () => {
      const rogue = await relay.establishedRogue(draft);
      const subscription = (name: string) =>
        ({
          type: 'SUBSCRIBE',
          requestId: rogue.requestId(),
          track: trackName(name),
          parameters: PARAMETERS,
        }) as const;
      if (isNative) {
        // Not even a whole message; a whole one without its answer; one that was answered; and reset from both ends.
        (await rogue.openBidi()).send?.reset(1n);
        const half = await rogue.openBidi();
        half.bytes(Uint8Array.of(0x03, 0x00));
        half.send?.reset(1n);
        const hasty = await rogue.request({ ...subscription('bystanders/track') });
        hasty.send?.reset(1n);
        const answered = await rogue.request(subscription('bystanders/track'));
        await answered.next('SUBSCRIBE_OK');
        answered.recv?.stop(1n);
        answered.send?.reset(1n);
      } else {
        const message = subscription('bystanders/track');
        const control = await rogue.request(message);
        await control.next('SUBSCRIBE_OK');
        control.message({ type: 'UNSUBSCRIBE', requestId: message.requestId });
        // Twice is no violation: it could have crossed with PUBLISH_DONE.
        control.message({ type: 'UNSUBSCRIBE', requestId: message.requestId });
      }
      const probe = await rogue.request(subscription('no/such'));
      const refused: RogueRequest<'REQUEST_ERROR'>['message'] = await probe.next('REQUEST_ERROR');
      expect(refused.errorCode).toBeGreaterThan(0n);
      await relay.isolates();
      expect(rogue.close).toBeNull();
      await rogue.leave();
      await eventually(() => relay.counter('openTracks') === 1, 'only the track of the bystanders is left');
    });
  });
});
