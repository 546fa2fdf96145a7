import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { probe } from '../../../../../src/core/probe/probe.js';
import { serveRelay } from '../../../../../src/core/relay/serve-relay.js';
import { connect } from '../../../../../src/core/session/connect/connect.js';
import { refusalWaitMs, settle } from '../../../../../src/core/session/setup/settle.js';
import { parseMoqtUrl } from '../../../../../src/core/url/parse-url.js';
import { loopbackCertificate } from '../../../../support/loopback.js';
import { RogueServer } from '../../../../support/rogue-world.js';
import { UdpProxy } from '../../../../support/udp-proxy.js';
import { eventually, staysPending, unlessHeldUp } from '../../../../support/wait.js';

describe('the wait for a refusal that comes behind SETUP', () => {
  const plain = { handshakeMs: 0, mayCheckToken: false };

  it('is what the peer may think where it is near', () => {
    expect(refusalWaitMs({ ...plain, setupMs: 1, rttMs: 0.5 })).toBeLessThan(21);
  });

  it('covers a round trip where the peer sent its SETUP without waiting for ours', () => {
    expect(refusalWaitMs({ ...plain, setupMs: 0, rttMs: 100 })).toBeGreaterThan(100);
  });

  it('is short on a long way where SETUP came a round trip after ours: the refusal is right behind it', () => {
    const waitMs = refusalWaitMs({ ...plain, setupMs: 101, rttMs: 100 });
    expect(waitMs).toBeGreaterThan(25);
    expect(waitMs).toBeLessThan(50);
  });

  it('is longer for a peer that was slow with its own SETUP, within a bound', () => {
    expect(refusalWaitMs({ ...plain, setupMs: 31, rttMs: 1 })).toBeGreaterThan(25);
    expect(refusalWaitMs({ ...plain, setupMs: 4000, rttMs: 1 })).toBe(0);
  });

  it('is longer where the handshake took much more than a round trip', () => {
    expect(refusalWaitMs({ ...plain, handshakeMs: 21, setupMs: 0, rttMs: 1 })).toBeGreaterThan(40);
  });

  it('is longer where the peer has a token to check', () => {
    expect(refusalWaitMs({ ...plain, mayCheckToken: true, setupMs: 1, rttMs: 0.5 })).toBeGreaterThan(49);
  });

  it('is what the peer may think where no round-trip time is known', () => {
    expect(refusalWaitMs({ ...plain, setupMs: 0, rttMs: null })).toBe(20);
  });
});

/** Passes packets on between a client and a server, in a thread of its own; those to the client wait while it holds. */
const PROXY = `
  const { parentPort, workerData } = require('node:worker_threads');
  const dgram = require('node:dgram');
  const state = new Int32Array(workerData.state);
  const [HOLD, HELD, PASSED] = [0, 1, 2];
  const front = dgram.createSocket('udp4');
  const back = dgram.createSocket('udp4');
  const held = [];
  let client = null;
  front.on('message', (packet, from) => {
    client = from;
    back.send(packet, workerData.port, '127.0.0.1');
  });
  const pass = (packet) => front.send(packet, client.port, client.address, () => {
    Atomics.add(state, PASSED, 1);
    Atomics.notify(state, PASSED);
  });
  back.on('message', (packet) => {
    if (Atomics.load(state, HOLD) === 0) return pass(packet);
    held.push(packet);
    Atomics.add(state, HELD, 1);
  });
  setInterval(() => {
    if (Atomics.load(state, HOLD) === 0) for (const packet of held.splice(0)) pass(packet);
  }, 1);
  front.bind(0, '127.0.0.1', () => parentPort.postMessage(front.address().port));
`;

describe('a peer whose last words came while this process was busy', () => {
  it.each(['14', '16', '18'] as const)('is not taken for well: draft %s', async (draft) => {
    const server = await RogueServer.start();
    const state = new Int32Array(new SharedArrayBuffer(12));
    const [HOLD, HELD, PASSED] = [0, 1, 2] as const;
    const proxy = new Worker(PROXY, { eval: true, workerData: { state: state.buffer, port: server.port } });
    try {
      const [port] = (await once(proxy, 'message')) as [number];
      const { sha256 } = await loopbackCertificate();
      const url = parseMoqtUrl(`moqt://127.0.0.1:${port}/`);
      const connecting = connect(url, { drafts: [draft], trust: { pins: [sha256] } });
      const peer = await server.accept(draft);
      await peer.setup();
      const session = await connecting;
      Atomics.store(state, HOLD, 1);
      const before = Atomics.load(state, HELD);
      peer.control.end();
      await eventually(() => Atomics.load(state, HELD) > before, 'the end of the control stream is under way');
      // It is sent in turns of this thread's loop, which stands still below; what is held may be an acknowledgement so far.
      expect(await staysPending(session.closed, 20)).toBe(true);
      const passed = Atomics.load(state, PASSED);
      const settled = settle(session, url, undefined);
      // The packets come in, and the wait for them runs out, while nothing is read.
      Atomics.store(state, HOLD, 0);
      expect(Atomics.wait(state, PASSED, passed, 20_000)).not.toBe('timed-out');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      await expect(settled).rejects.toMatchObject({ message: expect.stringContaining('closed its control stream') });
      await session.close();
    } finally {
      await proxy.terminate();
      await server.close();
    }
  });
});

describe('a relay that refuses after its own SETUP', () => {
  const cleanup: (() => unknown)[] = [];
  afterEach(async () => {
    for (const undo of cleanup.splice(0).reverse()) await undo();
  });

  it.each([0, 50])('is seen to refuse, %i ms away', async (delayMs) => {
    const { certPem, keyPem, sha256 } = await loopbackCertificate();
    const relay = await serveRelay({ host: '127.0.0.1', port: 0, certPem, keyPem, authToken: 'open sesame' });
    cleanup.push(() => relay.close());
    const port = Number(new URL(relay.urls[0] as string).port);
    const faults = { delayMs };
    const way = await UdpProxy.start({
      target: { host: '127.0.0.1', port },
      seed: 1,
      toServer: faults,
      toClient: faults,
    });
    cleanup.push(() => way.close());
    await unlessHeldUp(15, async () => {
      const report = await probe(`moqt://127.0.0.1:${way.port}/`, { connect: { trust: { pins: [sha256] } } });
      expect(report).toMatchObject({ ok: false, cause: 'setup.closed', exitCode: 5 });
    });
  });
});
