import type { LocalLimits } from '../../src/core/transport/webtransport-h2/index.js';
import { capsulePair } from '../support/capsule-sessions.js';
import type { PipeOptions } from '../support/pipe-pair.js';
import { transportCompliance } from './compliance.js';
import type { SideLimits } from './harness.js';

const base = {
  maxStreamCode: 2n ** 32n - 1n,
  maxCloseCode: 2n ** 32n - 1n,
  uniDelivery: 'handed-over',
  everyStopArrives: true,
  reservedStreams: 0,
  // What a stream queues before it asks its writer to wait.
  sendBuffer: 64 * 1024 + 16 * 1024,
} as const;

function granted(limits: SideLimits = {}): Partial<LocalLimits> {
  const { maxIncomingUni, maxIncomingBidi, streamWindow, connectionWindow } = limits;
  return {
    ...(maxIncomingUni === undefined ? {} : { maxStreamsUni: maxIncomingUni }),
    ...(maxIncomingBidi === undefined ? {} : { maxStreamsBidi: maxIncomingBidi }),
    ...(streamWindow === undefined ? {} : { maxStreamDataUni: streamWindow, maxStreamDataBidi: streamWindow }),
    ...(connectionWindow === undefined ? {} : { maxData: connectionWindow }),
  };
}

const pipes: [string, () => PipeOptions][] = [
  ['', () => ({})],
  [
    ' with latency, small pieces and little room',
    () => {
      let turn = 0;
      return { chunkBytes: 997, highWaterBytes: 5000, latencyMs: () => (turn++ * 7) % 3 };
    },
  ],
];

for (const dialect of ['draft', 'fails-components'] as const) {
  for (const [what, pipe] of pipes) {
    transportCompliance(`WebTransport over HTTP/2, ${dialect} dialect, in memory${what}`, {
      ...base,
      connect: async (limits = {}) => {
        const { client, server } = capsulePair({
          dialect,
          client: granted(limits.client),
          server: granted(limits.server),
          pipe: pipe(),
        });
        return {
          client,
          server,
          dispose: async () => {
            await Promise.all([client.close(0n, '', 100), server.close(0n, '', 100)]);
          },
        };
      },
    });
  }
}
