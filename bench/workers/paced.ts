import type { TrackSubscription } from '../../src/core/subscriber/subscribe.js';

const STAMP_BYTES = 8;
/** The beginning is left out: caches are cold and congestion windows small. */
const WARM_UP = 0.2;

/** Records that begin with the time at which they are handed to the publisher, evenly spread as far as timers allow. */
export async function* pacedRecords(count: number, size: number, rate: number): AsyncGenerator<Uint8Array[]> {
  const startedAt = performance.now();
  for (let sent = 0; sent < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - startedAt) / 1000) * rate) + 1);
    if (due > sent) {
      const batch: Uint8Array[] = [];
      for (; sent < due; sent++) batch.push(stamped(size));
      yield batch;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function stamped(size: number): Buffer {
  const record = Buffer.alloc(size, 0x2a);
  record.writeBigUInt64LE(process.hrtime.bigint(), 0);
  return record;
}

/** One-way times: sender and receiver are on the same machine and read the same monotonic clock. */
export async function readPaced(subscription: TrackSubscription): Promise<object> {
  const delays: number[] = [];
  const firstAt = performance.now();
  let lastAt = firstAt;
  let bytes = 0;
  let isSame = true;
  for (let batch = await subscription.nextBatch(); batch !== null; batch = await subscription.nextBatch()) {
    const now = process.hrtime.bigint();
    for (const item of batch) {
      if (item.kind !== 'object' || item.payload.length < STAMP_BYTES) continue;
      const { payload } = item;
      const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
      lastAt = performance.now();
      delays.push(Number(now - view.getBigUint64(0, true)) / 1e6);
      bytes += payload.length;
      if (payload[payload.length - 1] !== 0x2a) isSame = false;
    }
  }
  const steady = delays.slice(Math.floor(delays.length * WARM_UP)).sort((a, b) => a - b);
  const at = (share: number): number => steady[Math.floor(steady.length * share)] ?? 0;
  const spread = { p50: at(0.5), p90: at(0.9), p99: at(0.99), worst: steady.at(-1) ?? 0 };
  return { bytes, isSame, delays: spread, ms: lastAt - firstAt, cpuMs: 0 };
}
