import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Moqt, sha256OfFile, start, startRelay, type TestRelay } from '../support/moqt.js';

const SIZE = 4 * 1024 ** 3 + 1;
const folder = mkdtempSync(join(tmpdir(), 'moqt-long-'));
const file = join(folder, 'large');
let relay: TestRelay;

beforeAll(async () => {
  const fd = openSync(file, 'w');
  const block = Buffer.alloc(1 << 20);
  for (let written = 0; written < SIZE; written += block.length) {
    // Numbered blocks: a block that is lost, doubled or out of place changes the digest.
    block.writeUInt32BE(written / block.length, 0);
    block.writeUInt32BE(~(written / block.length) >>> 0, block.length - 4);
    writeSync(fd, block, 0, Math.min(block.length, SIZE - written));
  }
  closeSync(fd);
  relay = await startRelay([], { deadlineMs: 900_000 });
});
afterAll(async () => {
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The most memory that a process has had resident, in MiB. */
function watchMemory(moqt: Moqt): () => number {
  let peak = 0;
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${moqt.child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended.
    }
  }, 200);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

describe('a file of 4 GiB and one byte', () => {
  it('arrives byte for byte, in memory that does not depend on its size', async () => {
    const out = join(folder, 'copy');
    const fd = openSync(out, 'w');
    const options = { deadlineMs: 800_000 };
    const subscriber = start(['subscribe', relay.quic, 'long', 'file', '--wait', '20s', ...relay.trust], {
      ...options,
      stdout: fd,
    });
    closeSync(fd);
    const publisher = start(['publish', relay.quic, 'long', 'file', file, ...relay.trust], options);
    const peaks = [watchMemory(publisher), watchMemory(subscriber), watchMemory(relay.process)];
    const [published, received] = await Promise.all([publisher.done, subscriber.done]);
    const [publisherPeak, subscriberPeak, relayPeak] = peaks.map((peak) => peak());
    expect(published.code, published.stderr).toBe(0);
    expect(received.code, received.stderr).toBe(0);
    expect(statSync(out).size).toBe(SIZE);
    expect(await sha256OfFile(out)).toBe(await sha256OfFile(file));
    // A fraction of the file, with room for the runtime and the windows of the transport.
    for (const peak of [publisherPeak, subscriberPeak, relayPeak]) expect(peak).toBeLessThan(512);
  });
});
