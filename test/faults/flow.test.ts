import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish } from '../../src/core/publisher/publish.js';
import { ControlDecoder, encodeControlMessage } from '../../src/core/wire/control-codec.js';
import { SubgroupDecoder } from '../../src/core/wire/subgroup.js';
import { forge } from '../support/forge.js';
import { usedMemory } from '../support/memory.js';
import { randomBytes } from '../support/random.js';
import { Recorder } from '../support/relay-world.js';
import { DRAFTS, profileOf, type RoguePeer } from '../support/rogue-peer.js';
import { ALIAS, listen, relayed, subgroupStream } from '../support/rogue-tracks.js';
import { RelayUnderTest, RogueServer, trackName } from '../support/rogue-world.js';
import { payloadOf, takeAll } from '../support/tracks.js';
import { eventually, soon } from '../support/wait.js';

let server: RogueServer;
let relay: RelayUnderTest;
beforeAll(async () => {
  server = await RogueServer.start({ maxIncomingUni: 1000 });
  relay = await RelayUnderTest.start();
});
afterAll(async () => {
  await server.close();
  await relay.close();
});

describe.each(DRAFTS)('draft %s', (draft) => {
  const profile = profileOf(draft);
  /** What SUBSCRIBE must say in 14. */
  const REQUIRED = profile.features.inBandVersions
    ? ({ subscriberPriority: 128, groupOrder: 'ascending', forward: true, filter: { type: 'largest-object' } } as const)
    : {};

  describe('row 20: datagrams above the maximum', () => {
    it('row 20: the publisher says so before anything is sent', async () => {
      const { peer, session } = await server.established(draft);
      async function* source(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(100_000);
      }
      const publishing = publish(session, {
        track: trackName('live/x'),
        source: { kind: 'bytes', chunks: source() },
        forwarding: 'datagram',
        objectSize: 100_000,
        noWait: true,
      });
      await expect(publishing.done).rejects.toMatchObject({
        name: 'MoqtError',
        exitCode: 2,
        message: expect.stringMatching(/datagram/),
      });
      expect(peer.datagrams).toEqual([]);
      expect(publishing.report().objects).toBe(0);
      await session.close();
    });

    it('row 20: the relay drops what is too long for the subscriber, counts it, and passes on the rest', async () => {
      if (!profile.features.defaultPriorityBit) return expect(draft).toBe('14');
      const { peer, member, recorder } = await relayed(relay, draft, `fat${draft}/x`, '14');
      const before = relay.counter('datagramsTooLarge');
      // Neither an object ID nor a priority: three bytes of header here, more in draft 14.
      const datagram = (group: number, size: number): Uint8Array =>
        forge(profile)
          .varint(0x0c, ALIAS, group)
          .bytes(Buffer.alloc(size - 3, group))
          .finish();
      await eventually(() => peer.transport.maxDatagramSize === member.transport.maxDatagramSize, 'equal packets');
      expect(peer.transport.sendDatagram(datagram(1, peer.transport.maxDatagramSize as number))).toBe('queued');
      expect(peer.transport.sendDatagram(datagram(2, 100))).toBe('queued');
      await eventually(() => recorder.datagrams.length === 1, 'the smaller one');
      expect(recorder.datagrams[0]?.header.group).toBe(2n);
      expect(relay.counter('datagramsTooLarge') - before).toBe(1);
      await relay.isolates();
      await member.close();
    });
  });

  describe('row 21: one byte at a time', () => {
    const payload = randomBytes(1500, 21);
    const stream = subgroupStream(profile, { alias: ALIAS, group: 0n }, { id: 0n, payload });

    async function dribble(peer: RoguePeer): Promise<void> {
      const out = await peer.openUni();
      for (let i = 0; i < stream.length; i++) {
        await out.write(stream.subarray(i, i + 1));
        // Whatever was written in a turn of the event loop leaves in one packet.
        await new Promise((resolve) => setImmediate(resolve));
      }
      out.end();
    }

    it('row 21: in packets of their own: the subscriber has every byte', async () => {
      const { peer, session, subscription, done } = await listen(server, draft);
      const taken = takeAll(subscription);
      await dribble(peer);
      done(1n);
      const { items, error } = await taken;
      expect(error).toBeUndefined();
      expect(Buffer.from(payloadOf(items)).equals(payload)).toBe(true);
      await session.close();
    });

    it('row 21: in packets of their own: the relay passes on every byte', async () => {
      const { peer, member, recorder } = await relayed(relay, draft, `dribble${draft}/x`);
      await dribble(peer);
      await recorder.untilEnded(1);
      expect([...recorder.objects.values()].map((object) => Buffer.from(object.payload).equals(payload))).toEqual([
        true,
      ]);
      await relay.isolates();
      await member.close();
    });

    it('row 21: costs in proportion to the bytes, not to their square', () => {
      const decodeControl = (size: number): void => {
        const value = new Uint8Array(size);
        const authorizationTokens = [{ alias: 'use-value' as const, tokenType: 0n, value }];
        const parameters = { authorizationTokens, ...REQUIRED };
        const bytes = encodeControlMessage(profile, {
          type: 'SUBSCRIBE',
          requestId: 0n,
          track: trackName('a/b'),
          parameters,
        });
        const decoder = new ControlDecoder(profile);
        let messages = 0;
        for (let i = 0; i < bytes.length; i++) {
          decoder.push(bytes.subarray(i, i + 1));
          if (decoder.next() !== null) messages++;
        }
        expect(messages).toBe(1);
      };
      const decodeObject = (size: number): void => {
        // Properties must arrive whole before anything of the object can be handed on.
        const properties = forge(profile).varint(0x41).prefixed(new Uint8Array(size)).finish();
        const of = { alias: ALIAS, group: 0n, hasProperties: true };
        const bytes = subgroupStream(profile, of, { id: 0n, payload: new Uint8Array(size), properties });
        const decoder = new SubgroupDecoder(profile, { maxObjectBytes: 2 ** 32, maxPropertiesBytes: 65_536 });
        let payloadBytes = 0;
        for (let i = 0; i < bytes.length; i++) {
          for (const fragment of decoder.push(bytes.subarray(i, i + 1))) payloadBytes += fragment.bytes.length;
        }
        expect(payloadBytes).toBe(size);
      };
      for (const decode of [decodeControl, decodeObject]) {
        decode(2000);
        const small = cost(() => decode(4000));
        const large = cost(() => decode(60_000));
        // 15 times the bytes: about 15 times the work, where the square would make it 225.
        expect(large / small).toBeLessThan(90);
      }
    });
  });

  describe('row 23: credit that never comes', () => {
    it('row 23: for requests: they end at their deadline', async () => {
      const options = { timeouts: { setupMs: 5000, requestMs: 300, closeMs: 300 } };
      const isNative = profile.features.requests === 'native-bidi';
      const mean = await RogueServer.start({ maxIncomingBidi: isNative ? 0 : 1 });
      const { peer, session } = await mean.meet(draft, options);
      await peer.setup(isNative ? {} : { maxRequestId: 0n });
      const established = await session;
      const request = established.subscribe(trackName('live/x'), {}, new Recorder(profile));
      await expect(request).rejects.toMatchObject({ code: 'MOQT_E_TIMEOUT', exitCode: 6 });
      if (!isNative) await peer.control.next('REQUESTS_BLOCKED');
      await established.close();
      await mean.close();
    });

    it('row 23: from one subscriber of the relay: it ends alone, and memory is bounded', async () => {
      const strict = await RelayUnderTest.start({ maxLagBytes: 256 * 1024, maxLagStreams: 50, cacheBytes: 0 });
      const path = `mean${draft}/x`;
      const { peer, member, recorder } = await relayed(strict, draft, path);
      // Any number of streams, and hardly any data on them.
      const credit = { streamWindow: 4096, connectionWindow: 8 * 1024 * 1024, maxIncomingUni: 10_000 };
      const deaf = await strict.establishedRogue(draft, { deaf: true }, credit);
      const requestId = deaf.requestId();
      const asked = await deaf.request({ type: 'SUBSCRIBE', requestId, track: trackName(path), parameters: REQUIRED });
      await asked.next('SUBSCRIBE_OK');
      const payload = randomBytes(16 * 1024, 23);
      for (let group = 0n; group < 200n; group++) {
        await peer.sendUni(subgroupStream(profile, { alias: ALIAS, group }, { id: 0n, payload }));
        await recorder.untilEnded(Number(group) + 1);
      }
      expect(recorder.streams.every(({ end }) => end === 'fin')).toBe(true);
      expect(recorder.bytes).toBe(200 * payload.length);
      const { statusCode } = await asked.next('PUBLISH_DONE');
      expect(profile.codes('publish-done').name(statusCode)).toBe('TOO_FAR_BEHIND');
      await eventually(() => strict.counter('bufferedBytes') < 64 * 1024, 'the memory is free');
      await strict.isolates();
      await member.close();
      await strict.close();
    });

    it('row 23: from the only subscriber of the relay: what it does not take is counted, and nothing is lost', async () => {
      const path = `only${draft}/x`;
      const strict = await RelayUnderTest.start({ cacheBytes: 0 });
      const peer = await strict.establishedRogue(draft);
      const track = trackName(path);
      const { namespace } = track;
      const announced = await peer.request({
        type: 'PUBLISH_NAMESPACE',
        requestId: peer.requestId(),
        namespace,
        parameters: {},
      });
      await announced.next('REQUEST_OK');
      const credit = { streamWindow: 4096, connectionWindow: 8 * 1024 * 1024, maxIncomingUni: 10_000 };
      const deaf = await strict.establishedRogue(draft, { deaf: true }, credit);
      const asked = await deaf.request({ type: 'SUBSCRIBE', requestId: deaf.requestId(), track, parameters: REQUIRED });
      const request = await peer.nextRequest('SUBSCRIBE');
      request.stream.message({ type: 'SUBSCRIBE_OK', ...request.id, trackAlias: ALIAS, parameters: {} });
      await asked.next('SUBSCRIBE_OK');
      const payload = randomBytes(16 * 1024, 23);
      const groups = 200;
      for (let group = 0n; group < groups; group++) {
        await peer.sendUni(subgroupStream(profile, { alias: ALIAS, group }, { id: 0n, payload }));
      }
      // What the transport does not take is the relay's to count.
      await eventually(() => strict.counter('bufferedBytes') > (groups / 4) * payload.length, 'the rest is held');
      await strict.isolates();
      let bytes = 0;
      const reading = (async () => {
        for (let read = 0; read < groups; read++) {
          const recv = await eventually(() => deaf.unread.shift(), `stream ${read}`);
          for (let chunk = await recv.read(); chunk !== null; chunk = await recv.read()) bytes += chunk.length;
        }
      })();
      await reading;
      expect(bytes).toBeGreaterThan(groups * payload.length);
      await strict.isolates();
      await strict.close();
    });
  });

  describe('row 24: a peer that withholds credit while we close', () => {
    it('row 24: is waited for no longer than the close deadline', async () => {
      const mean = await RogueServer.start({ streamWindow: 1024, connectionWindow: 2048 });
      const timeouts = { setupMs: 5000, requestMs: 5000, closeMs: 400 };
      const { peer, session } = await mean.established(draft, { timeouts, rogue: { deaf: true } });
      const publishing = new Promise<void>((resolve) => {
        session.handlers = {
          onSubscribe: (request) => {
            const publication = request.accept();
            void publication
              .openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false })
              .then((stream) => {
                stream.writeObject({ object: 0n }, new Uint8Array(1_000_000))?.catch(() => {});
                stream.end();
              })
              .then(resolve);
          },
        };
      });
      const requestId = peer.requestId();
      await peer.request({ type: 'SUBSCRIBE', requestId, track: trackName('live/x'), parameters: REQUIRED });
      await publishing;
      const started = performance.now();
      await soon(session.close(), 'the close');
      // Half of the idle timeout, which would end it otherwise.
      expect(performance.now() - started).toBeLessThan(15_000);
      await mean.close();
    });

    it('row 24: the relay waits for it no longer than its close deadline', async () => {
      const closeTimeoutMs = 400;
      const brief = await RelayUnderTest.start({}, { closeTimeoutMs });
      const path = `withheld${draft}/x`;
      const { peer } = await relayed(brief, draft, path);
      const credit = { streamWindow: 1024, connectionWindow: 4096 };
      const deaf = await brief.establishedRogue(draft, { deaf: true }, credit);
      const requestId = deaf.requestId();
      const asked = await deaf.request({ type: 'SUBSCRIBE', requestId, track: trackName(path), parameters: REQUIRED });
      await asked.next('SUBSCRIBE_OK');
      const payload = randomBytes(500_000, 24);
      await peer.sendUni(subgroupStream(profile, { alias: ALIAS, group: 0n }, { id: 0n, payload }));
      await eventually(() => deaf.unread.length > 0, 'the stream that nobody reads');
      const started = performance.now();
      await soon(brief.relay.close(), 'the close of the relay');
      expect(performance.now() - started).toBeLessThan(15_000);
      await brief.close();
    });
  });
});

const STREAMS = 12_000;

describe('row 22: streams without end (a sample of 10^6)', () => {
  /** Opens and ends that many streams with one small object each, no faster than they are taken. */
  async function flood(peer: RoguePeer, from: number, count: number, taken: () => number): Promise<void> {
    for (let i = from; i < from + count; i++) {
      const bytes = subgroupStream(peer.profile, { alias: ALIAS, group: BigInt(i) }, { id: 0n, payload: 'x' });
      await peer.sendUni(bytes);
      if (i % 100 === 0) await eventually(() => taken() > i - 200, 'what was sent before');
    }
    await eventually(() => taken() >= from + count, 'all streams');
  }

  it(`row 22: ${STREAMS} streams: the memory of a client is flat`, { timeout: 60_000 }, async () => {
    const { peer, session, subscription } = await listen(server, '18');
    let objects = 0;
    const taking = (async () => {
      for (let batch = await subscription.nextBatch(); batch !== null; batch = await subscription.nextBatch()) {
        objects += batch.length;
      }
    })();
    await flood(peer, 0, STREAMS / 3, () => objects);
    const before = await usedMemory();
    await flood(peer, STREAMS / 3, (STREAMS * 2) / 3, () => objects);
    expect((await usedMemory()) - before).toBeLessThan(4 * 1024 * 1024);
    subscription.cancel();
    await taking;
    await session.close();
  });

  it(`row 22: ${STREAMS} streams: the memory of the relay is flat`, { timeout: 60_000 }, async () => {
    const lean = await RelayUnderTest.start({ cacheBytes: 0 });
    const { peer, member, recorder } = await relayed(lean, '18', 'flood/x');
    let streams = 0;
    // What the recorder keeps is not the relay's.
    const taken = (): number => {
      const ended = recorder.streams.filter(({ end }) => end !== null);
      streams += ended.length;
      const open = recorder.streams.filter(({ end }) => end === null);
      recorder.streams.splice(0, recorder.streams.length, ...open);
      return streams;
    };
    await flood(peer, 0, STREAMS / 3, taken);
    const before = await usedMemory();
    await flood(peer, STREAMS / 3, (STREAMS * 2) / 3, taken);
    expect((await usedMemory()) - before).toBeLessThan(4 * 1024 * 1024);
    await lean.isolates();
    await member.close();
    await lean.close();
  });
});

/** The least processor time of three runs, in microseconds. */
function cost(run: () => void): number {
  const times = [0, 1, 2].map(() => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.max(1, Math.min(...times));
}
