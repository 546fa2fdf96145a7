import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RoundtripOptions } from '../../../../../src/core/probe/roundtrip/roundtrip-options.js';
import { loopbackCertificate } from '../../../../support/loopback.js';
import { walkAt } from '../../../../support/probe-walk.js';
import { RelayUnderTest } from '../../../../support/rogue-world.js';

let relay: RelayUnderTest;
beforeAll(async () => {
  relay = await RelayUnderTest.start();
});
afterAll(() => relay.close());

async function roundtrip(url: string, draft: string, options: RoundtripOptions) {
  const { sha256 } = await loopbackCertificate();
  return walkAt(url, { drafts: [draft], trust: { pins: [sha256] } }, { roundtrip: options });
}

describe.each(['14', '16', '18'])('a round trip through our relay, draft %s', (draft) => {
  it('gets every object back, once, in order and unchanged', async () => {
    const options = { objects: 60, objectBytes: 3000, rate: 2000, groupEvery: 7 };
    const { failed, roundtrip: facts, stages } = await roundtrip(`moqt://127.0.0.1:${relay.port}`, draft, options);
    expect(failed).toBeUndefined();
    expect(facts).toMatchObject({
      ...{ sent: 60, received: 60, lost: 0, duplicated: 0, reordered: 0, corrupted: 0, partial: 0 },
      ...{ groups: 9, objectBytes: 3000, rate: 2000 },
    });
    const { latencyMs } = facts ?? {};
    expect(latencyMs?.histogram.reduce((sum, { count }) => sum + count, 0)).toBe(60);
    expect(latencyMs?.p50).toBeLessThanOrEqual(latencyMs?.p99 as number);
    expect(facts?.goodputBps).toBeGreaterThan(0);
    expect(['announce', 'subscribe', 'data'].map((name) => stages.get(name)?.status)).toEqual(['ok', 'ok', 'ok']);
  });

  it('works by PUBLISH', async () => {
    const options = { objects: 10, rate: 1000, via: 'publish' } as const;
    const { failed, roundtrip: facts } = await roundtrip(`moqt://127.0.0.1:${relay.port}`, draft, options);
    expect(failed).toBeUndefined();
    expect(facts).toMatchObject({ sent: 10, received: 10, lost: 0 });
  });
});

describe('a round trip', () => {
  it('works over WebTransport, and with datagrams', async () => {
    const options = { objects: 20, objectBytes: 200, rate: 200, forwarding: 'datagram' } as const;
    const { failed, roundtrip: facts } = await roundtrip(`https://127.0.0.1:${relay.port}/`, '18', options);
    expect(failed).toBeUndefined();
    expect(facts).toMatchObject({ sent: 20, received: 20 });
  });

  it('makes a namespace of its own below the one that was given, each time another', async () => {
    const { sha256 } = await loopbackCertificate();
    const announced = async (): Promise<unknown> => {
      const announce = [Buffer.from('live'), Buffer.from('room')];
      const settings = { drafts: ['18'], trust: { pins: [sha256] } };
      const walk = await walkAt(`moqt://127.0.0.1:${relay.port}`, settings, { roundtrip: { objects: 2 }, announce });
      expect(walk.failed).toBeUndefined();
      return walk.stages.get('announce')?.detail.namespace;
    };
    const [one, other] = [await announced(), await announced()];
    expect(one).toMatch(/^live\/room\/moqt-probe-[0-9a-f]{12}$/);
    expect(other).not.toBe(one);
  });

  it('refuses objects that are too small to carry number, time and digest', async () => {
    const url = `moqt://127.0.0.1:${relay.port}`;
    await expect(roundtrip(url, '18', { objectBytes: 31 })).rejects.toThrow(/at least 32 bytes/);
  });
});
