import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import type { ConnectOptions } from '../../../../../src/core/transport/transport.js';
import { toHex } from '../../../../../src/core/util/bytes.js';
import {
  authority,
  expired,
  notYetValid,
  selfSigned,
  type TestCertificate,
  wrongHost,
} from '../../../../support/certs.js';
import { type TestServer, tlsServer } from '../../../../support/tcp-servers.js';
import { eventually } from '../../../../support/wait.js';
import { listenOnTcp } from '../../../../support/webtransport-over-tcp.js';
import { closing, connect, failure } from './support.js';

type Verify = ConnectOptions['verify'];

function chain(...roots: readonly TestCertificate[]): Verify {
  return { kind: 'chain', rootsPem: roots.map(({ certPem }) => certPem).join('') };
}

function pins(...certificates: readonly TestCertificate[]): Verify {
  return { kind: 'pins', sha256: certificates.map(({ sha256 }) => sha256) };
}

/** A TLS server that offers h2 and only listens, so that whatever is sent to it is counted. */
async function listener({ certPem, keyPem }: TestCertificate): Promise<TestServer> {
  return closing(await tlsServer({ cert: certPem, key: keyPem, ALPNProtocols: ['h2'] }));
}

/** The refusal, and that nothing but the handshake was sent, and nothing is left. */
async function refused(certificate: TestCertificate, verify: Verify, options: Partial<ConnectOptions> = {}) {
  const server = await listener(certificate);
  const error = await failure({ port: server.port }, { verify, ...options });
  await eventually(() => server.open() === 0, 'the connection to end');
  expect(server.received()).toBe(0);
  return error;
}

/** A session with a server that has this certificate. */
async function accepted(certificate: TestCertificate, verify: Verify, options: Partial<ConnectOptions> = {}) {
  const server = closing(await listenOnTcp(certificate));
  return connect({ port: server.address.port }, { verify, ...options });
}

describe('a certificate that is refused, before a byte of HTTP is sent', () => {
  it('expired', async () => {
    const certificate = await expired();
    const error = await refused(certificate, chain(certificate));
    expect(error).toMatchObject({ code: 'MOQT_E_TLS', stage: 'tls', reason: 'tls.expired', exitCode: 4 });
  });

  it('not yet valid', async () => {
    const certificate = await notYetValid();
    expect(await refused(certificate, chain(certificate))).toMatchObject({ reason: 'tls.not-yet-valid', exitCode: 4 });
  });

  it('for another host, with the names that it has', async () => {
    const certificate = await wrongHost();
    const error = await refused(certificate, chain(certificate));
    expect(error).toMatchObject({ reason: 'tls.wrong-host', exitCode: 4 });
    expect(error.message).toContain('elsewhere.example');
    expect(error.hint).toContain('--servername');
  });

  it('self-signed, with the pin that would trust it', async () => {
    const certificate = await selfSigned();
    const error = await refused(certificate, chain(await authority()));
    expect(error).toMatchObject({ reason: 'tls.self-signed', exitCode: 4 });
    expect(error.hint).toContain(toHex(certificate.sha256));
  });

  it('of an authority that is not trusted', async () => {
    const certificate = await (await authority('Stranger')).issue();
    const error = await refused(certificate, chain(await authority('Friend')));
    expect(error).toMatchObject({ reason: 'tls.untrusted', exitCode: 4 });
    expect(error.message).toContain('Stranger');
  });

  it('of an authority whose name is that of a trusted one', async () => {
    const certificate = await (await authority('Twin')).issue();
    expect(await refused(certificate, chain(await authority('Twin')))).toMatchObject({ reason: 'tls.untrusted' });
  });

  it('not meant for servers', async () => {
    const root = await authority();
    const certificate = await root.issue({ purposes: [x509.ExtendedKeyUsage.clientAuth] });
    expect(await refused(certificate, chain(root))).toMatchObject({
      reason: 'tls.untrusted',
      exitCode: 4,
      message: expect.stringContaining('serverAuth'),
    });
  });

  it('not the pinned one, though an authority vouches for it', async () => {
    const root = await authority();
    const [old, renewed] = [await root.issue(), await root.issue()];
    const error = await refused(renewed, pins(old));
    expect(error).toMatchObject({ reason: 'tls.pin-mismatch', exitCode: 4 });
    expect(error.message).toContain(toHex(renewed.sha256));
  });

  it('the pinned one, but expired', async () => {
    const certificate = await expired();
    expect(await refused(certificate, pins(certificate))).toMatchObject({ reason: 'tls.expired', exitCode: 4 });
  });

  it('for another name than --servername gives', async () => {
    const root = await authority();
    const error = await refused(await root.issue(), chain(root), { servername: 'relay.example' });
    expect(error).toMatchObject({ reason: 'tls.wrong-host' });
    expect(error.message).toContain('relay.example');
  });
});

describe('a certificate that is accepted', () => {
  it('gets HTTP/2, which is what is counted above', async () => {
    const certificate = await selfSigned();
    const server = await listener(certificate);
    const error = await failure({ port: server.port }, { verify: pins(certificate), connectTimeoutMs: 300 });
    expect(error).toMatchObject({ code: 'MOQT_E_TIMEOUT', reason: 'http2.no-settings', exitCode: 6 });
    expect(server.received()).toBeGreaterThan(0);
  });

  it('through an intermediate that the server sends', async () => {
    const root = await authority('Root');
    const below = await root.intermediate('Below');
    const { certPem, ...leaf } = await below.issue();
    const session = await accepted({ ...leaf, certPem: certPem + below.certPem }, chain(root));
    expect(session.peerCertificates().map(({ subject }) => subject)).toEqual(['CN=leaf', 'CN=Below', 'CN=Root']);
  });

  it('of a trusted authority, for an address', async () => {
    const root = await authority();
    const session = await accepted(await root.issue(), chain(root));
    expect(session.kind).toBe('webtransport-h2');
    expect(session.peerCertificates()[0]?.subject).toBe('CN=leaf');
  });

  it('self-signed and among the roots', async () => {
    const certificate = await selfSigned();
    expect((await accepted(certificate, chain(certificate))).protocol).toBe('moqt-18');
  });

  it('pinned, whoever signed it and whatever its names', async () => {
    const certificate = await wrongHost();
    const session = await accepted(certificate, pins(await selfSigned(), certificate));
    expect(session.peerCertificates()).toHaveLength(1);
  });

  it('expired, when nothing is verified', async () => {
    expect((await accepted(await expired(), { kind: 'none' })).protocol).toBe('moqt-18');
  });

  it('for the name that --servername gives', async () => {
    const root = await authority();
    const certificate = await root.issue({ hosts: ['relay.example'] });
    expect((await accepted(certificate, chain(root), { servername: 'relay.example' })).protocol).toBe('moqt-18');
  });
});

describe('the name that is asked for', () => {
  it('is none for an address, and the host or --servername without its final dot for a name', async () => {
    const names: (string | false)[] = [];
    const { certPem, keyPem } = await selfSigned();
    const server = closing(
      await tlsServer({
        cert: certPem,
        key: keyPem,
        ALPNCallback({ servername }) {
          names.push(servername as string | false);
          return 'h2';
        },
      }),
    );
    const { port } = server;
    const verify = pins(await selfSigned());
    const resolve = new Map([[`relay.example:${port}`, ['127.0.0.1']]]);
    await failure({ port }, { verify });
    await failure({ port, host: 'relay.example' }, { verify, resolve });
    await failure({ port }, { verify, servername: 'other.example.' });
    expect(names).toEqual([false, 'relay.example', 'other.example']);
  });
});

describe('a server that asks for client certificates', () => {
  it('is satisfied by one of its authority', async () => {
    const [root, clients] = [await authority('Servers'), await authority('Clients')];
    const certificate = await root.issue();
    const client = await clients.issue({ purposes: [x509.ExtendedKeyUsage.clientAuth] });
    const server = closing(await listenOnTcp({ ...certificate, clientCaPem: clients.certPem }));
    const { certPem, keyPem } = client;
    const session = await connect({ port: server.address.port }, { verify: chain(root), certPem, keyPem });
    expect(session.protocol).toBe('moqt-18');
  });

  it('is named as the reason when there is none', async () => {
    const [root, clients] = [await authority('Servers'), await authority('Clients')];
    const server = closing(await listenOnTcp({ ...(await root.issue()), clientCaPem: clients.certPem }));
    const error = await failure({ port: server.address.port }, { verify: chain(root) });
    expect(error).toMatchObject({ code: 'MOQT_E_TLS', reason: 'tls.client-certificate-required', exitCode: 4 });
    expect(error.hint).toContain('--cert');
    expect(error.wire).toEqual({ space: 'tls', code: 116n, name: 'certificate_required' });
  });

  it('refuses one of another authority', async () => {
    const [root, clients] = [await authority('Servers'), await authority('Clients')];
    const { certPem, keyPem } = await (await authority('Strangers')).issue();
    const server = closing(await listenOnTcp({ ...(await root.issue()), clientCaPem: clients.certPem }));
    const error = await failure({ port: server.address.port }, { verify: chain(root), certPem, keyPem });
    // Node's server closes without an alert, so that the certificate is only the likeliest reason.
    expect(error).toMatchObject({ code: 'MOQT_E_PROTOCOL', reason: 'http2.protocol' });
    expect(error.hint).toContain('client certificate');
    expect(server.counters().connectionsServed).toBe(0);
  });
});

describe('material of our own that cannot be used', () => {
  it('is refused before a packet is sent', async () => {
    const server = await listener(await selfSigned());
    const [one, other] = [await selfSigned(), await selfSigned()];
    const error = await failure({ port: server.port }, { certPem: one.certPem, keyPem: other.keyPem });
    expect(error).toMatchObject({ code: 'MOQT_E_LOCAL_IO', reason: 'tls.bad-certificate', exitCode: 10 });
    expect(await failure({ port: server.port }, { certPem: 'x', keyPem: 'y' })).toMatchObject({
      reason: 'tls.bad-certificate',
    });
    expect(server.accepted()).toBe(0);
  });
});

describe('the key log', () => {
  it('gets the secrets of the connection, for its owner only', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'moqt-test-'));
    try {
      const keylogFile = join(directory, 'keys');
      const certificate = await selfSigned();
      await accepted(certificate, pins(certificate), { keylogFile });
      expect(readFileSync(keylogFile, 'latin1')).toMatch(/^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$/m);
      expect(statSync(keylogFile).mode & 0o777).toBe(0o600);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
