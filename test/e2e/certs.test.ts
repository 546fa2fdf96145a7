import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { WatchEvent } from '../../src/core/records/certificate-report.js';
import { withQuic, withTls } from '../support/certificate-servers.js';
import { authority, expired, selfSigned, type TestCertificate } from '../support/certs.js';
import { hexOf, readingOf, useCertsSetting } from '../support/certs-commands.js';
import { errorOf, run, start, startRelay, startRelayWithoutTcp } from '../support/moqt.js';
import { tlsServer } from '../support/tcp-servers.js';

const setting = useCertsSetting();
const { folder, file } = setting;

describe('certs generate', () => {
  it('makes a pair that the relay serves and browsers can pin, and keeps what is there', async () => {
    const out = join(folder, 'new/tls');
    const args = ['certs', 'generate', '--out', out];
    const result = await run([...args, '--host', 'localhost,127.0.0.1', '--host', 'relay.test', '--json']);
    expect(result.code, result.stderr).toBe(0);
    const made = JSON.parse(result.stdout.toString()) as { certFile: string; keyFile: string; hex: string };
    expect(statSync(made.keyFile).mode & 0o777).toBe(0o600);
    const served = await startRelay(['--cert', made.certFile, '--key', made.keyFile]);
    const reading = await readingOf(served.quic, '--ca', made.certFile);
    await served.stop();
    expect(reading).toMatchObject({ trusted: true, pinnable: true, pin: { hex: made.hex } });
    expect(reading.chain[0]).toMatchObject({
      names: ['localhost', '127.0.0.1', 'relay.test'],
      validitySeconds: 13 * 86_400,
    });

    const again = await run(args);
    expect(again.code).toBe(10);
    expect(again.stderr).toContain('--force');
    expect(JSON.parse((await run(['certs', 'fingerprint', made.certFile, '--json'])).stdout.toString())).toMatchObject({
      hex: made.hex,
    });
    const before = readFileSync(made.keyFile, 'utf8');
    expect((await run([...args, '--force'])).code).toBe(0);
    expect(readFileSync(made.keyFile, 'utf8')).not.toBe(before);
  });

  it('warns of more than 14 days, and refuses what is no host', async () => {
    const out = join(folder, 'long');
    const long = await run(['certs', 'generate', '--out', out, '--days', '90']);
    expect(long.code).toBe(0);
    expect(long.stderr).toContain('browsers cannot pin it: it is valid for 90 days');
    expect(await readingOf(join(out, 'cert.pem'))).toMatchObject({ pinnable: false });
    expect((await run(['certs', 'generate', '--out', out, '--host', 'a b'])).code).toBe(2);
  });
});

describe('certs check', () => {
  const firstLine = (stdout: Buffer) => stdout.toString().split('\n')[0];

  it('is OK, WARNING or CRITICAL by the time that is left', async () => {
    const certificate = await selfSigned({ toDays: 5 });
    const ca = ['--ca', file('five-days.pem', certificate.certPem)];
    await withTls(certificate, async (url) => {
      const ended = async (warning: string, critical: string) => {
        const limits = ['--expiry-warning', warning, '--expiry-critical', critical];
        const { code, stdout } = await run(['certs', 'check', url, ...ca, ...limits]);
        return [code, stdout.toString()] as const;
      };
      const [ok, text] = await ended('4d', '2d');
      expect(ok).toBe(0);
      expect(text).toMatch(
        /^OK tls:\/\/127\.0\.0\.1:\d+ OK:expires in 4d 23h on \S+Z \| expiry=43\d{4}\.0000s;345600\.0000;172800\.0000 time=\d+\.\d{4}s\n$/,
      );
      expect(await ended('30d', '2d')).toEqual([1, expect.stringMatching(/^WARNING .* Warn:expires in 4d 23h/)]);
      expect(await ended('30d', '6d')).toEqual([2, expect.stringMatching(/^CRITICAL .* Crit:expires in 4d 23h/)]);
    });
  });

  it('is critical for what is not trusted, has expired or does not answer; the worst of several comes first', async () => {
    const old = await expired();
    await withTls(old, async (url) => {
      const ca = ['--ca', file('old.pem', old.certPem)];
      expect(await run(['certs', 'check', url, ...ca])).toMatchObject({ code: 2 });
      const insecure = await run(['certs', 'check', url, '--insecure']);
      expect(insecure.code).toBe(2);
      expect(insecure.stdout.toString()).toMatch(/^CRITICAL .*\[tls\.expired\] \| expiry=-\d+\.0000s/);
    });
    const several = await run(['certs', 'check', setting.relay.quic, 'moqt://127.0.0.1:9', ...setting.relay.trust]);
    expect(several.code).toBe(2);
    expect(firstLine(several.stdout)).toMatch(/^CRITICAL moqt:\/\/127\.0\.0\.1:9 Crit:.*\[udp\.refused\] \| time=/);
    expect(several.stdout.toString().split('\n')[1]).toMatch(/^OK /);
    expect((await run(['certs', 'check', setting.relay.quic])).stdout.toString()).toContain('[tls.self-signed]');
  });

  it('of many says the worst first, each with its cause, and the issuer that a server leaves out', async () => {
    const root = await authority('Root of Tests', { toDays: 100 });
    const middle = await root.intermediate('Middle of Tests');
    const lone = await middle.issue({ issuerUrl: 'http://ca.example/middle.crt' });
    const soon = await root.issue({ toDays: 5 });
    const far = await root.issue({ toDays: 60 });
    const ca = ['--ca', file('roots.pem', root.certPem)];
    await withQuic(lone, (port) =>
      withTls(soon, (warning) =>
        withTls(far, async (ok) => {
          const critical = `moqt://127.0.0.1:${port}`;
          const oks = Array.from({ length: 40 }, (_, i) => `${ok}/${i}`);
          const { code, stdout, stderr } = await run(['certs', 'check', ...oks, warning, critical, ...ca]);
          expect([code, stderr]).toEqual([2, '']);
          const lines = stdout.toString().trim().split('\n');
          expect(lines[0]).toMatch(
            new RegExp(`^CRITICAL ${critical} Crit:.*Middle of Tests.*\\[tls\\.incomplete-chain\\]`),
          );
          expect(lines[1]).toMatch(new RegExp(`^WARNING ${warning} Warn:expires in 4d 23h`));
          expect(lines.slice(2).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(
            oks.map((url) => `OK ${url}`),
          );
        }),
      ),
    );
  });

  it('takes an https server without TCP for fine, and one without HTTP/3 for a warning', async () => {
    const own = await startRelayWithoutTcp();
    const fine = await run(['certs', 'check', own.webtransport, ...own.trust]);
    await own.stop();
    expect([fine.code, fine.stdout.toString()]).toEqual([0, expect.stringContaining('OK:TCP not served')]);
    const certificate = await selfSigned();
    await withTls(certificate, async (url) => {
      const pin = ['--cert-sha256', hexOf(certificate)];
      const { code, stdout } = await run(['certs', 'check', url.replace('tls:', 'https:'), ...pin]);
      expect([code, stdout.toString()]).toEqual([1, expect.stringMatching(/^WARNING .* Warn:HTTP\/3 .*udp\.refused/)]);
    });
  });

  it.each([
    [['not-a-url'], 'no scheme'],
    [['--no-such-flag'], '--no-such-flag'],
    [['moqt://127.0.0.1:9', '--expiry-critical', '8d'], 'no more than --expiry-warning'],
    [['moqt://127.0.0.1:9', '--expiry-warning', 'soon'], 'does not accept'],
    [['moqt://127.0.0.1:9', '--ca', '/nonexistent'], 'cannot be read'],
  ])('is UNKNOWN (3) for %j, and says so where monitoring looks', async (args, message) => {
    const { code, stdout, stderr } = await run(['certs', 'check', ...args]);
    expect(code, stderr).toBe(3);
    expect(stdout.toString()).toMatch(/^UNKNOWN certs [^\n]+\n$/);
    expect(stdout.toString()).toContain(message);
    expect(errorOf(await run(['certs', 'check', ...args, '--json']))).toMatchObject({ exitCode: 3 });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 3 on %s', async (signal) => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const accepted = once(silent, 'connection');
    const { port } = silent.address() as { port: number };
    const check = start(['certs', 'check', `tls://127.0.0.1:${port}`, '--connect-timeout', '20s']);
    await accepted;
    check.kill(signal);
    expect((await check.done).code).toBe(3);
    silent.close();
  });
});

describe('certs watch', () => {
  const eventsOf = (stdout: Buffer) =>
    stdout
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as WatchEvent);

  it('tells of a rotation, of an end that is near, and of a server that goes and comes back', async () => {
    const [before, after] = [await selfSigned(), await selfSigned({ toDays: 1 })];
    let { port, close } = await tlsServer({ cert: before.certPem, key: before.keyPem });
    const watch = start(['certs', 'watch', `tls://127.0.0.1:${port}`, '--interval', '100ms', '--jsonl']);
    const serve = async ({ certPem, keyPem }: TestCertificate) => {
      const server = createTlsServer({ cert: certPem, key: keyPem }, (socket) => socket.on('error', () => {}).resume());
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return async () => {
        server.close();
        await once(server, 'close');
      };
    };
    await watch.until((m) => m.stdout.includes('"certificate"'), 'the first certificate was seen');
    await close();
    await watch.until((m) => m.stdout.includes('"unreachable"'), 'the server was missed');
    close = await serve(before);
    await watch.until((m) => m.stdout.includes('"reachable"'), 'the server was back');
    await close();
    close = await serve(after);
    await watch.until((m) => m.stdout.includes('"expiring"'), 'the rotation was seen');
    watch.kill('SIGINT');
    const { code, stdout } = await watch.done;
    await close();
    expect(code).toBe(130);
    const events = eventsOf(stdout).map((event) =>
      event.event === 'expiring' ? `expiring ${event.state}` : event.event,
    );
    // Between two servers on a port a look may find none.
    const rotation = events.slice(3).filter((event) => event !== 'unreachable');
    expect(events.slice(0, 3)).toEqual(['certificate', 'unreachable', 'reachable']);
    expect(rotation).toEqual(['changed', 'expiring critical']);
    const changed = eventsOf(stdout).find((event) => event.event === 'changed');
    expect(changed).toMatchObject({ before: hexOf(before), certificate: { sha256: hexOf(after) }, over: 'tcp' });
  });

  it('tells of a rotation on QUIC, and on HTTP/3 and TCP apart', async () => {
    const [before, after] = [await selfSigned(), await selfSigned()];
    const files = (name: string, { certPem, keyPem }: TestCertificate) => [
      ...['--cert', file(`${name}.pem`, certPem)],
      ...['--key', file(`${name}.key`, keyPem)],
    ];
    const old = await startRelay(files('before', before));
    const watches = [old.quic, old.webtransport].map((url) =>
      start(['certs', 'watch', url, '--interval', '100ms', '--jsonl']),
    );
    const saw = (event: string, times: readonly number[]) =>
      Promise.all(
        watches.map((watch, i) =>
          watch.until(
            (m) => eventsOf(m.stdout).filter((one) => one.event === event).length >= (times[i] ?? 0),
            `${event} was told`,
          ),
        ),
      );
    await saw('certificate', [1, 2]);
    await old.stop();
    await saw('unreachable', [1, 2]);
    const rotated = start(['relay', '--listen', `127.0.0.1:${old.port}`, '--jsonl', ...files('after', after)]);
    await rotated.until((m) => m.stdout.includes('"listening"'), 'it listened again');
    await saw('changed', [1, 2]);
    for (const watch of watches) watch.kill('SIGINT');
    const ended = await Promise.all(watches.map(({ done }) => done));
    rotated.kill('SIGTERM');
    await rotated.done;
    const changes = ended.map(({ stdout }) => eventsOf(stdout).filter(({ event }) => event === 'changed'));
    expect(changes.map((all) => all.map(({ over }) => over).sort())).toEqual([['quic'], ['http3', 'tcp']]);
    for (const change of changes.flat())
      expect(change).toMatchObject({ before: hexOf(before), certificate: { sha256: hexOf(after) } });
  });

  it('says each thing once, and ends with --for', async () => {
    const result = await run(['certs', 'watch', setting.relay.webtransport, '--interval', '50ms', '--for', '3s']);
    expect(result.code, result.stderr).toBe(0);
    const lines = result.stdout.toString().trim().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^\S+Z (HTTP\/3|TCP) shows CN=moqt sha256 [0-9a-f]{64} until/);
    expect((await run(['certs', 'watch', setting.relay.quic, '--interval', '0'])).code).toBe(2);
  });
});

describe('the topic', () => {
  it('suggests the command that was meant', async () => {
    const result = await run(['certs', 'inspekt', 'x']);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('did you mean certs inspect?');
  });
});
