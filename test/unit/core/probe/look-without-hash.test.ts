import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { probe } from '../../../../src/core/probe/probe.js';
import type { ProbeReport } from '../../../../src/core/records/probe-report.js';
import { serveRelay } from '../../../../src/core/relay/serve-relay.js';
import { tcpServer } from '../../../support/tcp-servers.js';
import { UdpProxy } from '../../../support/udp-proxy.js';
import { eventually } from '../../../support/wait.js';

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

/** A relay that WebTransport over HTTP/3 reaches at the port, and the hash of its certificate as a server gives it. */
async function relayBehind(): Promise<{ proxy: UdpProxy; hash: string }> {
  const relay = await serveRelay({ port: 0, transports: ['webtransport'] });
  cleanup.push(() => relay.close());
  const target = { host: '127.0.0.1', port: Number(new URL(relay.urls[0] as string).port) };
  const proxy = await UdpProxy.start({ target, seed: 1 });
  cleanup.push(() => proxy.close());
  return { proxy, hash: Buffer.from(relay.certificate.sha256).toString('hex') };
}

async function tcpAt(port: number, onSocket: (socket: Socket) => void): Promise<void> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => {}).resume();
    open.add(socket);
    onSocket(socket);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  cleanup.push(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
}

function within(port: number, connectMs: number): Promise<ProbeReport> {
  return probe(`http://127.0.0.1:${port}/`, { connect: { timeouts: { connectMs } } });
}

describe('a certificate hash that does not come', () => {
  it('does not keep the probe from looking by UDP while there is time', async () => {
    const http = await tcpServer();
    cleanup.push(() => http.close());
    const udp = createSocket('udp4').bind(http.port, '127.0.0.1');
    await once(udp, 'listening');
    cleanup.push(() => udp.close());
    // The hash is still awaited when the first packet comes: what UDP does is known by the deadline, not behind it.
    const heard = once(udp, 'message').then(() => http.open());
    const report = await within(http.port, 3000);
    expect(await heard).toBeGreaterThan(0);
    expect(report).toMatchObject({ ok: false, cause: 'udp.no-answer', exitCode: 6 });
    expect(report.message).toMatch(/before, the server accepts TCP connections, but did not give its certificate hash/);
    expect(report.experiments.map(({ name }) => name)).toEqual(expect.arrayContaining(['tcp', 'full-size-packet']));
  });

  it('is the failure where a relay answers by UDP', async () => {
    const { proxy } = await relayBehind();
    await tcpAt(proxy.port, () => {});
    const report = await within(proxy.port, 3000);
    expect(report).toMatchObject({ ok: false, cause: 'bootstrap.timeout', exitCode: 6 });
    const states = Object.fromEntries(report.stages.map(({ name, status }) => [name, status]));
    expect(states).toMatchObject({ udp: 'ok', quic: 'ok', tls: 'failed', setup: 'skipped' });
  });

  it('is used when it comes late, and what was seen meanwhile is forgotten', async () => {
    const { proxy, hash } = await relayBehind();
    await tcpAt(proxy.port, (socket) => {
      const { counters } = proxy.toClient;
      const seen = eventually(() => counters.forwarded > 0, 'a look by UDP');
      void seen.then(() => socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${hash.length}\r\n\r\n${hash}`));
    });
    const report = await within(proxy.port, 8000);
    expect(report, report.message).toMatchObject({ ok: true, certificate: { sha256: hash } });
    const { stages } = report;
    expect(stages.find(({ name }) => name === 'udp')?.detail).toMatchObject({ tried: ['127.0.0.1'] });
    expect(stages.every(({ status }) => status === 'ok' || status === 'skipped')).toBe(true);
  });
});
