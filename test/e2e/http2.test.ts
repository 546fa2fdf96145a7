import { createHash, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../support/certs.js';
import { errorOf, type Moqt, run, start, startRelay, startRelayWithoutTcp, type TestRelay } from '../support/moqt.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { eventually } from '../support/wait.js';

const H2 = ['--transport', 'webtransport-h2'];
const folder = mkdtempSync(join(tmpdir(), 'moqt-http2-'));
let relay: TestRelay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
});

const https = (port: number) => `https://127.0.0.1:${port}/`;

interface Connected {
  readonly transport: string;
  readonly dialect: string | null;
  readonly protocol: string;
  readonly verified: string;
  readonly totalMs: number;
  readonly stages: { readonly stage: string; readonly startMs: number; readonly endMs: number }[];
  readonly warnings: { readonly kind: string; readonly message: string }[];
}

async function connected(...args: string[]): Promise<{ report: Connected; stderr: string }> {
  const result = await run(['connect', ...args, '--json']);
  expect(result.code, result.stderr).toBe(0);
  return { report: JSON.parse(result.stdout.toString()) as Connected, stderr: result.stderr };
}

/** The warning document on stderr, of that kind. */
function warningIn(stderr: string, kind: string): string | undefined {
  const lines = stderr.split('\n').filter((line) => line.startsWith('{"warning"'));
  const warnings = lines.map((line) => JSON.parse(line).warning as { kind?: string; message: string });
  return warnings.find((warning) => warning.kind === kind)?.message;
}

describe('connect over HTTP/2', () => {
  it.each(['14', '16', '18'])('reports transport, dialect and stages, on draft %s', async (draft) => {
    const { report, stderr } = await connected(relay.webtransport, '--draft', draft, ...H2, ...relay.trust);
    expect(report).toMatchObject({ transport: 'webtransport-h2', dialect: 'draft', verified: 'pin', warnings: [] });
    expect(report.protocol).toBe(draft === '14' ? '' : `moqt-${draft}`);
    expect(report.stages.map(({ stage }) => stage)).toEqual(['dns', 'tcp', 'tls', 'http2', 'webtransport', 'setup']);
    let end = 0;
    for (const { startMs, endMs } of report.stages) {
      expect(startMs).toBeGreaterThanOrEqual(end);
      expect(endMs).toBeGreaterThanOrEqual(startMs);
      end = endMs;
    }
    expect(stderr).toBe('');
  });

  it('needs no hash on an http:// URL, which gets it from the same TCP port', async () => {
    const url = relay.webtransport.replace('https:', 'http:');
    const { report } = await connected(url, ...H2);
    expect(report).toMatchObject({ transport: 'webtransport-h2', verified: 'pin' });
    expect(report.stages[0]).toMatchObject({ stage: 'bootstrap', detail: '/certificate.sha256' });
    expect((await connected(url)).report).toMatchObject({ transport: 'webtransport', dialect: null });
  });

  it('-w knows the times of its stages', async () => {
    const format = '%{transport} %{time_tcp} %{time_tls} %{time_http2} %{time_webtransport} [%{time_quic}]';
    const args = ['subscribe', relay.webtransport, 'http2', 'nobody', '-w', format, ...H2, ...relay.trust];
    const result = await run(args);
    expect(result.code, result.stderr).toBe(8);
    expect(result.stderr).toMatch(/webtransport-h2( \d+\.\d{6}){4} \[-?\]/);
  });

  it('is not to be had from a relay that does not serve it', async () => {
    const other = await startRelayWithoutTcp();
    const result = await run(['connect', other.webtransport, ...H2, '--json', ...other.trust]);
    expect(result.code, result.stderr).toBe(3);
    expect(errorOf(result)).toMatchObject({ stage: 'tcp', cause: 'tcp.refused' });
    await other.stop();
  });
});

describe('trust over HTTP/2', () => {
  it('a pin that does not match is exit 4, and nothing is sent', async () => {
    const { certPem, keyPem } = await selfSigned();
    let bytes = 0;
    let handshakes = 0;
    const server = createTlsServer({ cert: certPem, key: keyPem, ALPNProtocols: ['h2'] }, (socket) => {
      handshakes++;
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
    });
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = https((server.address() as AddressInfo).port);
    const result = await run(['connect', url, '--cert-sha256', 'ab'.repeat(32), ...H2, '--json']);
    server.close();
    expect(result.code, result.stderr).toBe(4);
    expect(errorOf(result)).toMatchObject({ code: 'MOQT_E_TLS', cause: 'tls.pin-mismatch' });
    expect(handshakes).toBeLessThanOrEqual(1);
    expect(bytes).toBe(0);
  });

  it('an untrusted certificate is exit 4, and the relay sees no session', async () => {
    const own = await startRelay();
    const result = await run(['connect', own.webtransport, ...H2, '--json']);
    expect(result.code, result.stderr).toBe(4);
    expect(errorOf(result)).toMatchObject({ code: 'MOQT_E_TLS' });
    const log = (await own.stop()).stdout.toString().trim().split('\n');
    expect(JSON.parse(log.at(-1) as string)).toMatchObject({
      event: 'counters',
      sessionsOpened: 0,
      sessionsRefused: 0,
    });
  });

  it('a wrong token is answered with 401, none at all in SETUP; the right one is let in', async () => {
    const secured = await startRelay(['--auth-token', 'env:T'], { env: { T: 'opensesame' } });
    const wrong = await run(['connect', `${secured.webtransport}?token=wrongwrong`, ...H2, '--json', ...secured.trust]);
    expect(wrong.code, wrong.stderr).toBe(5);
    expect(errorOf(wrong)).toMatchObject({ stage: 'webtransport', cause: 'webtransport.unauthorized' });
    expect(wrong.stderr).not.toContain('wrongwrong');
    const none = await run(['announce', secured.webtransport, 'a', '--once', ...H2, '--json', ...secured.trust]);
    expect(none.code, none.stderr).toBe(5);
    const right = await run(['connect', secured.webtransport, ...H2, '--json', ...secured.trust], {
      env: { MOQT_AUTH_TOKEN: 'opensesame' },
    });
    expect(right.code, right.stderr).toBe(0);
    await secured.stop();
  });
});

describe('auto', () => {
  /** A UDP port that swallows what comes, and beside it TCP of the same number that leads to the relay. */
  async function blackHole(): Promise<{ port: number; packets: () => number; close: () => Promise<void> }> {
    for (;;) {
      const socket: Socket = createSocket('udp4');
      let packets = 0;
      socket.on('message', () => packets++);
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      const { port } = socket.address();
      try {
        const proxy = await TcpProxy.start({ host: '127.0.0.1', port: relay.port }, port);
        const close = async () => {
          socket.close();
          await proxy.close();
        };
        return { port, packets: () => packets, close };
      } catch (error) {
        socket.close();
        // Somebody has that TCP port: another one then.
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
  }

  it('goes over TCP within the connect timeout where UDP is swallowed, and says so', async () => {
    const hole = await blackHole();
    const { report, stderr } = await connected(https(hole.port), '--connect-timeout', '3s', ...relay.trust);
    await hole.close();
    expect(hole.packets()).toBeGreaterThan(0);
    expect(report).toMatchObject({ transport: 'webtransport-h2', warnings: [{ kind: 'h2-fallback' }] });
    expect(report.stages.map(({ stage }) => stage)).toEqual([
      ...['dns', 'udp', 'dns', 'tcp', 'tls', 'http2', 'webtransport', 'setup'],
    ]);
    const { startMs, endMs } = report.stages[1] as Connected['stages'][0];
    expect(endMs - startMs).toBeGreaterThan(900);
    expect(warningIn(stderr, 'h2-fallback')).toBe(report.warnings[0]?.message);
    expect(warningIn(stderr, 'h2-fallback')).toMatch(/no answer within 1000 ms.*HTTP\/2/);
  });

  it('goes over TCP at once where UDP is refused, for whole transfers too', async () => {
    const only = await startRelay(H2);
    const { report } = await connected(only.webtransport, ...only.trust);
    expect(report).toMatchObject({ transport: 'webtransport-h2', warnings: [{ kind: 'h2-fallback' }] });
    const target = [only.webtransport, 'http2', 'fallback', ...only.trust];
    const subscriber = start(['subscribe', ...target, '--wait', '60s']);
    const published = await run(['publish', ...target], { stdin: Buffer.from('over TCP') });
    expect(published.code, published.stderr).toBe(0);
    expect(published.stderr).toMatch(/moqt: warning: UDP does not get through/);
    expect((await subscriber.done).stdout.toString()).toBe('over TCP');
    await only.stop();
  });

  it('does not where HTTP/3 is told to be the only one', async () => {
    const hole = await blackHole();
    const args = ['connect', https(hole.port), '--transport', 'webtransport', '--connect-timeout', '1s', '--json'];
    const result = await run([...args, ...relay.trust]);
    await hole.close();
    expect(result.code, result.stderr).toBe(6);
    expect(errorOf(result)).toMatchObject({ cause: 'udp.no-answer' });
  });

  it('does not after a certificate that it refuses over UDP', async () => {
    const result = await run(['connect', relay.webtransport, '--cert-sha256', 'ab'.repeat(32), '--json']);
    expect(result.code, result.stderr).toBe(4);
    expect(warningIn(result.stderr, 'h2-fallback')).toBeUndefined();
  });

  it('tells both causes when TCP does not get through either', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const result = await run([
      'connect',
      https(socket.address().port),
      '--connect-timeout',
      '1s',
      '--json',
      '--insecure',
    ]);
    socket.close();
    expect(result.code, result.stderr).toBe(3);
    expect(errorOf(result)).toMatchObject({
      cause: 'tcp.refused',
      message: expect.stringMatching(/over TCP: .*over UDP before: no answer within 333 ms/),
    });
  });
});

describe('kill −9', () => {
  it.each(['14', '16', '18'])('of the publisher, on draft %s: the subscriber ends with 9', async (draft) => {
    const target = [relay.webtransport, 'http2', `killed${draft}`, '--draft', draft, ...H2, ...relay.trust];
    const subscriber = start(['subscribe', ...target, '--wait', '60s', '--json']);
    const publisher = start(['publish', ...target], { stdin: 'pipe' });
    publisher.child.stdin?.write(Buffer.alloc(100_000, 'x'));
    await subscriber.until((m) => m.stdout.length > 0, 'the first bytes arrived');
    publisher.kill('SIGKILL');
    const result = await subscriber.done;
    expect(result.code, result.stderr).toBe(9);
  });

  it.each(['14', '18'])('of the relay, on draft %s: the subscriber ends with 9, the publisher fails', async (draft) => {
    const own = await startRelay();
    const target = [own.webtransport, 'http2', 'orphan', '--draft', draft, ...H2, ...own.trust];
    const subscriber = start(['subscribe', ...target, '--wait', '60s', '--json']);
    const publisher = start(['publish', ...target, '--json'], { stdin: 'pipe' });
    publisher.child.stdin?.on('error', () => {});
    publisher.child.stdin?.write(Buffer.alloc(100_000, 'x'));
    await subscriber.until((m) => m.stdout.length > 0, 'the first bytes arrived');
    own.process.kill('SIGKILL');
    const [received, published] = await Promise.all([subscriber.done, publisher.done]);
    expect(received.code, received.stderr).toBe(9);
    expect(published.code, published.stderr).toBe(9);
    expect(errorOf(published).code).toMatch(/^MOQT_E_/);
    await own.process.done;
  });
});

describe.each(['14', '16', '18'])('a pipe over HTTP/2, on draft %s', (draft) => {
  it('carries stdin to stdout, byte for byte', async () => {
    const bytes = randomBytes(3_000_001);
    const target = [relay.webtransport, 'http2', `pipe${draft}`, '--draft', draft, ...H2, ...relay.trust];
    const subscriber = start(['subscribe', ...target, '--wait', '60s']);
    const published = await run(['publish', ...target, '--json'], { stdin: bytes });
    expect(published.code, published.stderr).toBe(0);
    // TCP tells nothing of acknowledgements, and the report does not pretend.
    expect(JSON.parse(published.stdout.toString())).toMatchObject({ delivery: 'handed-over' });
    const received = await subscriber.done;
    expect(received.code, received.stderr).toBe(0);
    expect(Buffer.compare(received.stdout, bytes)).toBe(0);
  });
});

describe('flow control over HTTP/2', () => {
  const MIB = 1 << 20;
  const SIZE = 192 * MIB;

  function status(moqt: Moqt, file: 'status' | 'io', pattern: RegExp): number {
    return Number(pattern.exec(readFileSync(`/proc/${moqt.child.pid}/${file}`, 'utf8'))?.[1] ?? Number.NaN);
  }
  const bytesRead = (moqt: Moqt) => status(moqt, 'io', /rchar: (\d+)/);
  const peakMib = (moqt: Moqt) => status(moqt, 'status', /VmHWM:\s+(\d+) kB/) / 1024;

  it('a reader that stops stops the publisher, in bounded memory, and loses nothing', async () => {
    const file = join(folder, 'large');
    const fd = openSync(file, 'w');
    const sent = createHash('sha256');
    const block = Buffer.alloc(MIB);
    for (let i = 0; i < SIZE / MIB; i++) {
      block.writeUInt32BE(i, 0);
      sent.update(block);
      writeSync(fd, block);
    }
    closeSync(fd);
    const own = await startRelay();
    const target = [own.webtransport, 'http2', 'stopped', ...H2, ...own.trust];
    const subscriber = start(['subscribe', ...target, '--wait', '60s'], { stdout: 'hold' });
    const publisher = start(['publish', ...target, file]);
    let last = 0;
    let since = performance.now();
    // Still for a second after it has begun, which its own modules are too small to look like: stopped.
    await eventually(() => {
      const now = bytesRead(publisher);
      if (now !== last) since = performance.now();
      last = now;
      return now > 3 * MIB && performance.now() - since > 1000;
    }, 'the publisher stopped reading');
    expect(last).toBeLessThan(SIZE / 2);
    for (const process of [publisher, own.process]) expect(peakMib(process)).toBeLessThan(256);
    const received = createHash('sha256');
    for await (const chunk of subscriber.child.stdout as Readable) received.update(chunk as Buffer);
    expect(peakMib(own.process)).toBeLessThan(256);
    const [published, done] = await Promise.all([publisher.done, subscriber.done]);
    expect(published.code, published.stderr).toBe(0);
    expect(done.code, done.stderr).toBe(0);
    expect(received.digest('hex')).toBe(sent.digest('hex'));
    await own.stop();
  });

  it('carries 10 000 streams in a row, one an object', async () => {
    const lines = Array.from({ length: 10_000 }, (_, i) => `line ${i}\n`).join('');
    const target = [relay.webtransport, 'http2', 'streams', ...H2, ...relay.trust, '--frame', 'lines'];
    const subscriber = start(['subscribe', ...target, '--wait', '60s']);
    const published = await run(['publish', ...target, '--forwarding', 'object', '--json'], {
      stdin: Buffer.from(lines),
    });
    expect(published.code, published.stderr).toBe(0);
    const received = await subscriber.done;
    expect(received.code, received.stderr).toBe(0);
    expect(received.stdout.toString()).toBe(lines);
  });
});
