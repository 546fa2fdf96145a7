import { serveRelay } from '../../src/core/relay/serve-relay.js';
import type { Pair } from './endpoints.js';
import { cpuMs, MemoryWatch, say, udpDrops, untilTold } from './process-report.js';

/** Our relay, as the command starts it. */
export async function relay({
  pair,
  watchMemory,
}: {
  readonly pair: Pair;
  readonly watchMemory?: boolean;
}): Promise<void> {
  const served = await serveRelay({ host: '127.0.0.1', port: 0, ...pair });
  const port = Number(new URL(served.urls[0] as string).port);
  const watch = watchMemory ? new MemoryWatch() : undefined;
  say('listening', { port });
  await untilTold();
  say('relayed', { drops: udpDrops(port), cpuMs: cpuMs(), memory: watch?.stop() });
  await served.close();
}
