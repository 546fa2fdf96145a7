import { afterAll, afterEach, beforeEach, describe } from 'vitest';
import { flowCases } from './flow-cases.js';
import type { BrokenCase, Connect, ConnectedPair, TransportHarness } from './harness.js';
import { sessionCases } from './session-cases.js';
import { streamCases } from './stream-cases.js';

/**
 * What every transport must do, in both roles: `near` acts and `far` watches, first with the client near, then the server.
 * A transport passes when this passes; the layers above rely on nothing else.
 */
export function transportCompliance(name: string, harness: TransportHarness): void {
  describe.each(['client', 'server'] as const)(`${name}: the %s acts`, (nearRole) => {
    const pairs: ConnectedPair[] = [];
    skipBroken(harness);

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

/** Skips what a foreign implementation breaks, and says so. */
function skipBroken({ broken = [] }: TransportHarness): void {
  if (broken.length === 0) return;
  const skipped = new Map<BrokenCase, number>();

  beforeEach((context) => {
    const name = fullName(context.task);
    const known = broken.find((one) => (typeof one.name === 'string' ? name.includes(one.name) : one.name.test(name)));
    if (known === undefined) return;
    skipped.set(known, (skipped.get(known) ?? 0) + 1);
    context.skip(known.reason);
  });

  afterAll(() => {
    for (const [{ reason }, count] of skipped) console.error(`SKIPPED (${count}): ${reason}`);
  });
}

function fullName(task: { readonly name: string; readonly suite?: { readonly name: string } | undefined }): string {
  const names: string[] = [];
  for (let at: { name: string; suite?: unknown } | undefined = task; at !== undefined; ) {
    names.unshift(at.name);
    at = at.suite as typeof at;
  }
  return names.join(' > ');
}
