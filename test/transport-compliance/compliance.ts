import { afterEach, describe } from 'vitest';
import { flowCases } from './flow-cases.js';
import type { Connect, ConnectedPair, TransportHarness } from './harness.js';
import { sessionCases } from './session-cases.js';
import { streamCases } from './stream-cases.js';

/**
 * What every transport must do, in both roles: `near` acts and `far` watches, first with the client near, then the server.
 * A transport passes when this passes; the layers above rely on nothing else.
 */
export function transportCompliance(name: string, harness: TransportHarness): void {
  describe.each(['client', 'server'] as const)(`${name}: the %s acts`, (nearRole) => {
    const pairs: ConnectedPair[] = [];

    afterEach(async () => {
      await Promise.all(pairs.splice(0).map((pair) => pair.dispose()));
    });

    const connect: Connect = async (limits = {}) => {
      const nearIsClient = nearRole === 'client';
      const pair = await harness.connect(
        nearIsClient ? { client: limits.near, server: limits.far } : { client: limits.far, server: limits.near },
      );
      pairs.push(pair);
      return nearIsClient ? { near: pair.client, far: pair.server } : { near: pair.server, far: pair.client };
    };

    streamCases(connect, harness);
    flowCases(connect, harness);
    sessionCases(connect, harness);
  });
}
