import { openPair } from '../support/webtransport-over-memory.js';
import { transportCompliance } from './compliance.js';

const base = {
  maxStreamCode: 2n ** 32n - 1n,
  maxCloseCode: 2n ** 32n - 1n,
  uniDelivery: 'acknowledged',
  everyStopArrives: true,
  // HTTP/3's control stream, or the CONNECT stream.
  reservedStreams: 1,
  // The first piece of a stream is read to see whose it is.
  sendBuffer: 64 * 1024 + 16 * 1024,
} as const;

transportCompliance('WebTransport on memory', {
  ...base,
  connect: async (limits) => {
    const { pair, client, server } = await openPair({ memory: { ...limits } });
    return { client, server, dispose: async () => pair.kill() };
  },
});

transportCompliance('WebTransport on memory with latency, jitter and small pieces', {
  ...base,
  connect: async (limits) => {
    let turn = 0;
    const memory = { ...limits, chunkBytes: 5000, latencyMs: () => (turn++ * 7) % 3 };
    const { pair, client, server } = await openPair({ memory });
    return { client, server, dispose: async () => pair.kill() };
  },
});
