import { memoryPair } from '../../src/core/transport/memory/index.js';
import { transportCompliance } from './compliance.js';

const base = {
  maxStreamCode: 2n ** 53n - 1n,
  maxCloseCode: 2n ** 53n - 1n,
  uniDelivery: 'acknowledged',
  everyStopArrives: true,
  reservedStreams: 0,
  sendBuffer: 64 * 1024,
} as const;

transportCompliance('memory', {
  ...base,
  connect: async (limits) => ({ ...memoryPair(limits), dispose: async () => {} }),
});

transportCompliance('memory with latency and jitter', {
  ...base,
  connect: async (limits) => {
    let turn = 0;
    const pair = memoryPair({ ...limits, chunkBytes: 5000, latencyMs: () => (turn++ * 7) % 3 });
    return { ...pair, dispose: async () => pair.kill() };
  },
});
