import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, sha256OfFile, start, startRelay, type TestRelay } from '../support/moqt.js';

const folder = mkdtempSync(join(tmpdir(), 'moqt-matrix-'));
const sizes = { '0 B': 0, '1 B': 1, '1 MiB': 1 << 20, '64 MiB': 64 << 20 } as const;
const path = (size: string) => join(folder, size.replace(' ', ''));
const digests = new Map<string, string>();

let relay: TestRelay;
beforeAll(async () => {
  for (const [name, size] of Object.entries(sizes)) {
    const bytes = randomBytes(size);
    writeFileSync(path(name), bytes);
    digests.set(name, createHash('sha256').update(bytes).digest('hex'));
  }
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function transfer(options: {
  size: string;
  publisher: readonly string[];
  subscriber: readonly string[];
  out: string;
}) {
  const fd = openSync(options.out, 'w');
  const subscriber = start(['subscribe', ...options.subscriber, '--wait', '60s', ...relay.trust], {
    stdout: fd,
  });
  closeSync(fd);
  const published = await run(['publish', ...options.publisher, path(options.size), ...relay.trust]);
  const received = await subscriber.done;
  expect(published, published.stderr).toMatchObject({ code: 0 });
  expect(received, received.stderr).toMatchObject({ code: 0 });
  expect(statSync(options.out).size).toBe(statSync(path(options.size)).size);
  expect(await sha256OfFile(options.out)).toBe(digests.get(options.size));
}

describe.each(['14', '16', '18'])('draft %s', (draft) => {
  describe.each(['quic', 'webtransport', 'webtransport-h2'] as const)('over %s', (transport) => {
    // A megabyte over HTTP/2 crosses in the bridges below.
    const wanted = Object.keys(sizes).filter((size) => transport !== 'webtransport-h2' || size !== '1 MiB');
    it.each(wanted)('a file of %s arrives byte for byte', async (size) => {
      const name = `${draft}-${transport}-${size}`;
      const target = [relay.url(transport), 'matrix', name, '--draft', draft, '--transport', transport];
      await transfer({ size, publisher: target, subscriber: target, out: join(folder, 'out') });
    });
  });
});

describe('bridging', () => {
  it.each([
    ['14', 'quic', '18', 'webtransport'],
    ['18', 'webtransport', '14', 'quic'],
    ['16', 'quic', '14', 'webtransport'],
    ['18', 'quic', '16', 'quic'],
    ['14', 'quic', '18', 'webtransport-h2'],
    ['18', 'webtransport-h2', '14', 'quic'],
    ['16', 'webtransport-h2', '18', 'webtransport'],
  ] as const)('a publisher on draft %s over %s reaches a subscriber on draft %s over %s', async (a, over, b, under) => {
    const name = ['bridge', `${a}${over}-${b}${under}`];
    await transfer({
      size: '1 MiB',
      publisher: [relay.url(over), ...name, '--draft', a, '--transport', over],
      subscriber: [relay.url(under), ...name, '--draft', b, '--transport', under],
      out: join(folder, 'bridged'),
    });
  });
});
