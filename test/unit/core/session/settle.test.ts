import { afterEach, describe, expect, it } from 'vitest';
import { probe } from '../../../../src/core/probe/probe.js';
import { serveRelay } from '../../../../src/core/relay/serve-relay.js';
import { refusalWaitMs } from '../../../../src/core/session/settle.js';
import { testCertificate } from '../../../support/quic-pair.js';
import { UdpProxy } from '../../../support/udp-proxy.js';

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

describe('a relay that refuses after its own SETUP', () => {
  const cleanup: (() => unknown)[] = [];
  afterEach(async () => {
    for (const undo of cleanup.splice(0).reverse()) await undo();
  });

  it.each([0, 50])('is seen to refuse, %i ms away', async (delayMs) => {
    const { certPem, keyPem, sha256 } = await testCertificate();
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
    const report = await probe(`moqt://127.0.0.1:${way.port}/`, { connect: { trust: { pins: [sha256] } } });
    expect(report).toMatchObject({ ok: false, cause: 'setup.closed', exitCode: 5 });
  });
});
