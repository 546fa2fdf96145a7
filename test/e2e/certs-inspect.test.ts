import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { withQuic, withTls } from '../support/certificate-servers.js';
import { authority, expired, notYetValid, selfSigned, wrongHost } from '../support/certs.js';
import { hexOf, inspect, readingOf, useCertsSetting } from '../support/certs-commands.js';
import { errorOf, run, startRelayWithoutTcp } from '../support/moqt.js';
import { eventually } from '../support/wait.js';

const setting = useCertsSetting();
const { folder, file } = setting;

describe('certs inspect of a server', () => {
  it('reads our relay over HTTP/3 and TCP, and finds the same certificates', async () => {
    const { readings, comparison, source } = await inspect(setting.relay.webtransport, ...setting.relay.trust);
    expect(source).toBe(setting.relay.webtransport);
    expect(readings.map(({ over }) => over)).toEqual(['http3', 'tcp']);
    expect(comparison).toBe('same');
    for (const reading of readings) {
      expect(reading).toMatchObject({ ok: true, pinnable: true, trusted: true, missingIssuer: null });
      expect(reading).toMatchObject({
        pin: { hex: setting.relay.trust[1] },
        host: { name: '127.0.0.1', matches: true },
      });
    }
  });

  it.each([
    ['moqt://', [], 'quic', 'moqt-18'],
    ['moqt://', ['--draft', '16'], 'quic', 'moqt-16'],
    ['https://', ['--transport', 'webtransport'], 'http3', 'h3'],
    ['https://', ['--transport', 'webtransport-h2'], 'tcp', 'h2'],
    ['tls://', [], 'tcp', ''],
  ])('reads it at %s with %j over %s', async (scheme, flags, over, protocol) => {
    const reading = await readingOf(`${scheme}127.0.0.1:${setting.relay.port}`, ...flags);
    expect(reading).toMatchObject({
      over,
      protocol,
      address: `127.0.0.1:${setting.relay.port}`,
      pin: { hex: setting.relay.trust[1] },
    });
    // Not trusted, and shown all the same.
    expect(reading).toMatchObject({ trusted: false, verdicts: [{ against: 'system', cause: 'tls.self-signed' }] });
  });

  it('judges by the roots of the system unless told otherwise', async () => {
    const env = { SSL_CERT_FILE: undefined };
    const result = await run(['certs', 'inspect', `tls://127.0.0.1:${setting.relay.port}`, '--json'], { env });
    expect(result.code, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout.toString())).toMatchObject({
      readings: [{ trusted: false, verdicts: [{ against: 'system', cause: 'tls.self-signed' }] }],
    });
  });

  it('says when UDP and TCP have different certificates', async () => {
    const own = await startRelayWithoutTcp();
    const other = await selfSigned();
    const server = createTlsServer({ cert: other.certPem, key: other.keyPem }).listen(own.port, '127.0.0.1');
    try {
      await once(server, 'listening');
      const { readings, comparison } = await inspect(own.webtransport);
      expect(comparison).toBe('different');
      expect(readings).toMatchObject([{ pin: { hex: own.trust[1] } }, { pin: { hex: hexOf(other) } }]);
      const text = await run(['certs', 'inspect', own.webtransport]);
      expect(text.stdout.toString()).toContain('HTTP/3 and TCP have different certificates');
      const fingerprint = await run(['certs', 'fingerprint', own.webtransport]);
      expect(fingerprint.stdout.toString()).toBe(`${own.trust[1]}\n`);
      expect(fingerprint.stderr).toContain('different certificates');
    } finally {
      server.close();
      await own.stop();
    }
  });

  it('shows what one way gives when the other fails, with its cause', async () => {
    const own = await startRelayWithoutTcp();
    const { readings, comparison } = await inspect(own.webtransport);
    expect(readings).toMatchObject([{ ok: true }, { ok: false, over: 'tcp', cause: 'tcp.refused' }]);
    expect(comparison).toBeNull();
    await own.stop();

    const leaf = await selfSigned();
    await withTls(leaf, async (url) => {
      const https = url.replace('tls:', 'https:');
      expect((await inspect(https)).readings).toMatchObject([{ ok: false, cause: 'udp.refused' }, { ok: true }]);
      const fingerprint = await run(['certs', 'fingerprint', https, '--format', 'base64']);
      expect(fingerprint.stdout.toString()).toBe(`${Buffer.from(leaf.sha256).toString('base64')}\n`);
      expect(fingerprint.stderr).toContain('certificate on TCP');
    });
  });

  it.each([
    ['expired', expired, 'tls.expired', ['it has expired']],
    ['not yet valid', notYetValid, 'tls.not-yet-valid', ['it is not valid yet']],
    ['for other names', wrongHost, null, []],
  ])('shows a certificate that is %s, over TCP and QUIC', async (_what, make, cause, obstacles) => {
    const certificate = await make();
    const ca = ['--ca', file('own.pem', certificate.certPem)];
    const expected = {
      pin: { hex: hexOf(certificate) },
      trusted: false,
      verdicts: [{ against: 'ca', ok: false, cause: cause ?? 'tls.wrong-host' }, { against: 'system' }],
      notPinnableBecause: obstacles,
      host: { name: '127.0.0.1', matches: cause !== null },
    };
    await withTls(certificate, async (url) => expect(await readingOf(url, ...ca)).toMatchObject(expected));
    await withQuic(certificate, async (port) => {
      expect(await readingOf(`moqt://127.0.0.1:${port}`, ...ca)).toMatchObject(expected);
    });
  });

  it('holds names against --servername, and sends it', async () => {
    const certificate = await wrongHost();
    const names: (string | undefined)[] = [];
    const SNICallback: TlsOptions['SNICallback'] = (name, done) => {
      names.push(name);
      done(null);
    };
    const args = ['--ca', file('elsewhere.pem', certificate.certPem), '--servername', 'elsewhere.example'];
    await withTls(
      certificate,
      async (url) => {
        const reading = await readingOf(url, ...args);
        expect(reading).toMatchObject({ trusted: true, host: { name: 'elsewhere.example', matches: true } });
      },
      { SNICallback },
    );
    expect(names).toEqual(['elsewhere.example']);
  });

  it('says why browsers cannot pin an RSA certificate of a year', async () => {
    const year = await selfSigned({ key: 'RSA', toDays: 364 });
    await withTls(year, async (url) => {
      const reading = await readingOf(url);
      expect(reading).toMatchObject({ pinnable: false, chain: [{ key: { type: 'RSA', bits: 2048 } }] });
      expect(reading.notPinnableBecause).toEqual([expect.stringContaining('365 days'), expect.stringContaining('RSA')]);
      const text = (await run(['certs', 'inspect', url])).stdout.toString();
      expect(text).toContain('RSA 2048 bits');
      expect(text).toContain('cannot pin it: it is valid for 365 days');
    });
  });

  it('shows a chain with its intermediate, and names the issuer that is missing', async () => {
    const root = await authority('Root of Tests');
    const middle = await root.intermediate('Middle of Tests', { toDays: 5 });
    const leaf = await middle.issue();
    const ca = ['--ca', file('root.pem', root.certPem)];
    const whole = { certPem: leaf.certPem + middle.certPem, keyPem: leaf.keyPem };
    const subjects = [{ subject: 'CN=leaf' }, { subject: 'CN=Middle of Tests', ca: true }];
    const firstToExpire = { subject: 'CN=Middle of Tests' };
    await withTls(whole, async (url) => {
      expect(await readingOf(url, ...ca)).toMatchObject({ chain: subjects, trusted: true, missingIssuer: null });
    });
    await withQuic(whole, async (port) => {
      const reading = await readingOf(`moqt://127.0.0.1:${port}`, ...ca);
      expect(reading).toMatchObject({ chain: subjects, trusted: true, missingIssuer: null, firstToExpire });
    });
    await withTls(leaf, async (url) => {
      const reading = await readingOf(url, ...ca);
      expect(reading).toMatchObject({ trusted: false, missingIssuer: { name: 'CN=Middle of Tests' } });
      const text = (await run(['certs', 'inspect', url, ...ca])).stdout.toString();
      expect(text).toMatch(/missing +CN=Middle of Tests.*not sent/);
    });
  });

  it('sends nothing beyond the handshake', async () => {
    const certificate = await selfSigned();
    await withTls(certificate, async (url, server) => {
      await readingOf(url);
      await eventually(() => server.open() === 0, 'the connection ended');
      expect([server.accepted(), server.received()]).toEqual([1, 0]);
    });
    await withQuic(certificate, async (port, streams) => {
      await readingOf(`moqt://127.0.0.1:${port}`);
      await readingOf(`https://127.0.0.1:${port}`, '--transport', 'webtransport');
      expect(streams()).toBe(0);
    });
  });

  it('reads a server that wants a client certificate', async () => {
    const certificate = await selfSigned();
    await withTls(certificate, async (url) => expect(await readingOf(url)).toMatchObject({ ok: true }), {
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    });
  });

  it.each([
    ['moqt://127.0.0.1:9', 3, 'udp.refused'],
    ['tls://127.0.0.1:9', 3, 'tcp.refused'],
    ['https://127.0.0.1:9', 3, 'tcp.refused'],
  ])('fails at %s with exit %d', async (url, exit, cause) => {
    const result = await run(['certs', 'inspect', url, '--json']);
    expect(result.code, result.stderr).toBe(exit);
    expect(errorOf(result)).toMatchObject({ cause, exitCode: exit });
    if (url.startsWith('https')) expect(errorOf(result).message).toContain('UDP');
  });

  it('fails within --connect-timeout at a port that accepts and stays silent', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const result = await run(['certs', 'inspect', `tls://127.0.0.1:${port}`, '--connect-timeout', '300ms', '--json']);
    silent.close();
    expect(result.code).toBe(6);
    expect(errorOf(result)).toMatchObject({ cause: 'tls.timeout' });
  });

  it.each([
    ['http://127.0.0.1:9/', [], 'no certificate on http://'],
    ['ftp://127.0.0.1/', [], 'unknown scheme ftp'],
    ['tls://127.0.0.1:9', ['--transport', 'quic'], 'tls:// is TLS on TCP'],
    ['127.0.0.1:4443', [], 'there is no file 127.0.0.1:4443'],
    [folder, [], 'is a directory'],
  ])('refuses %s %j before anything is sent', async (source, flags, message) => {
    const result = await run(['certs', 'inspect', source, ...flags, '--json']);
    expect(result.code).toBe(2);
    expect(errorOf(result).message).toContain(message);
  });
});

describe('certs inspect and fingerprint of a file', () => {
  it('reads PEM and DER, from a file and from stdin', async () => {
    const { certPem, x509, sha256 } = await selfSigned();
    const hex = Buffer.from(sha256).toString('hex');
    expect(await readingOf(file('a.pem', certPem))).toMatchObject({
      over: 'file',
      address: null,
      host: null,
      pin: { hex },
    });
    for (const stdin of [Buffer.from(certPem), x509.raw]) {
      const result = await run(['certs', 'fingerprint', '-'], { stdin });
      expect(result.stdout.toString(), result.stderr).toBe(`${hex}\n`);
    }
  });

  it('judges the chain in it by --ca, and the name only when one is given', async () => {
    const root = await authority('File Root');
    const middle = await root.intermediate('File Middle');
    const leaf = await middle.issue({ hosts: ['*.relay.test'] });
    const chain = file('chain.pem', leaf.certPem + middle.certPem);
    const ca = ['--ca', file('file-root.pem', root.certPem)];
    expect(await readingOf(chain, ...ca)).toMatchObject({ trusted: true, host: null });
    const named = (name: string) => readingOf(chain, ...ca, '--servername', name);
    expect(await named('eu.relay.test')).toMatchObject({ trusted: true, host: { matches: true } });
    expect(await named('relay.test')).toMatchObject({ trusted: false, host: { matches: false } });
  });

  it('refuses a key without showing any of it, and a file that is not there', async () => {
    const { keyPem } = await selfSigned();
    const result = await run(['certs', 'inspect', file('key.pem', keyPem)]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('holds a private key, and no certificate');
    expect(result.stdout.toString() + result.stderr).not.toContain(keyPem.split('\n')[1]);
    expect((await run(['certs', 'inspect', join(folder, 'absent.pem')])).code).toBe(10);
  });
});
