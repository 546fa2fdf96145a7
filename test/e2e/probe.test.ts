import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { run, startRelay, type TestRelay } from '../support/moqt.js';

let relay: TestRelay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
});

describe('moqt probe', () => {
  it('shows the stages of a session that comes about, on stdout, and exits 0', async () => {
    const { code, stdout, stderr } = await run(['probe', relay.webtransport, ...relay.trust]);
    expect(code, stderr).toBe(0);
    const lines = stdout.toString().trim().split('\n');
    expect(lines.slice(1).map((line) => line.trim().split(/\s+/).slice(0, 2).join(' '))).toEqual([
      ...['url', 'dns', 'udp', 'quic', 'tls', 'alpn', 'http3', 'connect', 'protocol', 'setup'].map(
        (one) => `${one} ok`,
      ),
      'OK draft',
    ]);
    expect(stderr).toBe('');
  });

  it('says where it fails, why, and what to do, and exits with the code of the cause', async () => {
    const port = await freePort();
    const { code, stdout } = await run(['probe', `moqt://127.0.0.1:${port}`]);
    expect(code).toBe(3);
    expect(stdout.toString()).toMatch(/udp\s+FAILED .*udp\.refused\n/);
    expect(stdout.toString()).toMatch(/\nFAILED udp\.refused after .* \(exit 3\)\n {2}hint: .*check the port\n$/);
  });

  it('has its failures in the report with --json, and nothing on stderr', async () => {
    const { code, stdout, stderr } = await run(['probe', relay.quic, '--json']);
    expect(code).toBe(4);
    const report = JSON.parse(stdout.toString());
    expect(report).toMatchObject({ ok: false, cause: 'tls.self-signed', exitCode: 4 });
    expect(report.hint).toContain(`--cert-sha256 ${report.certificate.sha256}`);
    expect(stderr).toBe('');
  });

  it.each(['moqt', 'https'])('names the cause that connect names (%s)', async (scheme) => {
    const port = await freePort();
    const url = `${scheme}://127.0.0.1:${port}/`;
    const transport = scheme === 'moqt' ? 'quic' : 'webtransport';
    const connect = await run(['connect', url, '--transport', transport, '--json']);
    const probe = await run(['probe', url, '--json']);
    expect(JSON.parse(probe.stdout.toString()).cause).toBe(JSON.parse(connect.stderr).error.cause);
    expect(probe.code).toBe(connect.code);
  });

  it('never falls back: HTTP/2 is an experiment', async () => {
    const silent = createSocket('udp4');
    silent.bind(0, '127.0.0.1');
    await once(silent, 'listening');
    const { code, stdout } = await run([
      ...['probe', `https://127.0.0.1:${silent.address().port}/`, '--connect-timeout', '500ms', '--json'],
    ]);
    silent.close();
    expect(code).toBe(6);
    expect(JSON.parse(stdout.toString())).toMatchObject({ cause: 'udp.no-answer', transport: 'webtransport' });
  });

  it('is a usage error for what is wrong on the command line, and no report', async () => {
    const { code, stdout, stderr } = await run(['probe', relay.quic, '--draft', '99']);
    expect(code).toBe(2);
    expect(stdout.toString()).toBe('');
    expect(stderr).toContain('99');
  });
});

describe('an http:// URL whose certificate hash cannot be had', () => {
  it('is a failure of tls where a relay answers by UDP, and of udp where none does', async () => {
    const relay = await startRelay(['--transport', 'webtransport']);
    const url = `http://127.0.0.1:${relay.port}/`;
    const there = JSON.parse((await run(['probe', url, '--json'])).stdout.toString());
    await relay.stop();
    const gone = JSON.parse((await run(['probe', url, '--json'])).stdout.toString());
    const stage = (name: string) => there.stages.find((one: { name: string }) => one.name === name);
    expect(there).toMatchObject({ cause: 'tcp.refused', exitCode: 3, hint: expect.stringContaining('--cert-sha256') });
    expect(stage('udp')).toMatchObject({ status: 'ok' });
    expect(stage('tls')).toMatchObject({ status: 'failed' });
    expect(gone).toMatchObject({ cause: 'udp.refused', message: expect.stringContaining('certificate hash') });
  });
});
