import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { probe } from '../../../../src/core/probe/probe.js';
import type { ProbeOptions } from '../../../../src/core/probe/probe-options.js';
import type { ProbeReport, StageReport } from '../../../../src/core/records/probe-report.js';
import type { ListenOptions, TransportSession } from '../../../../src/core/transport/transport.js';
import { concatBytes } from '../../../../src/core/util/bytes.js';
import { encodeControlMessage } from '../../../../src/core/wire/control-codec.js';
import { authority, selfSigned, type TestCertificate } from '../../../support/certs.js';
import { isFree } from '../../../support/free-port.js';
import { loopbackCertificate } from '../../../support/loopback.js';
import { closeAll, startServer } from '../../../support/quic-pair.js';
import { profileOf, RoguePeer } from '../../../support/rogue-peer.js';
import { tcpServer } from '../../../support/tcp-servers.js';
import { UdpProxy } from '../../../support/udp-proxy.js';
import { unlessHeldUp } from '../../../support/wait.js';
import { listenOnLoopback } from '../../../support/webtransport-over-quic.js';

const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
  await closeAll();
});

/** Anything that answers UDP by `reply(packet)`, or not at all. */
async function udpServer(reply: (packet: Buffer) => Buffer | null, port = 0): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  if (port === 0 && !(await isFree('tcp', socket.address().port))) {
    socket.close();
    return udpServer(reply);
  }
  cleanup.push(() => socket.close());
  socket.on('message', (packet, from) => {
    const answer = reply(packet);
    if (answer !== null) socket.send(answer, from.port, from.address);
  });
  return socket.address().port;
}

async function pinned(options: ProbeOptions['connect'] = {}): Promise<ProbeOptions> {
  const { sha256 } = await loopbackCertificate();
  return { connect: { trust: { pins: [sha256] }, ...options } };
}

const insecure: ProbeOptions = { connect: { trust: { insecure: true } } };
const stage = (report: ProbeReport, name: string): StageReport =>
  report.stages.find((one) => one.name === name) as StageReport;
const statuses = (report: ProbeReport): string =>
  report.stages
    .filter(({ status }) => status !== 'skipped')
    .map(({ name, status }) => `${name} ${status}`)
    .join(', ');

/** A server whose sessions `play` handles, with the report of a probe of it. */
async function against(
  play: (session: TransportSession) => unknown,
  options: Partial<ListenOptions> = {},
  given: ProbeOptions['connect'] = {},
): Promise<ProbeReport> {
  const server = await startServer({ alpn: ['moqt-18', 'moqt-16', 'moq-00'], ...options });
  void server.next().then(play);
  return probe(`moqt://127.0.0.1:${server.port}/`, await pinned(given));
}

describe('the stages below TLS', () => {
  it('a URL that cannot be used: all of them are there, and nothing was sent', async () => {
    const report = await probe('moqt//relay');
    expect(report).toMatchObject({ ok: false, cause: 'url.invalid', exitCode: 2, schema: 'moqt-probe/1' });
    expect(report.stages).toHaveLength(15);
    expect(statuses(report)).toBe('url failed');
    expect(report.hint).toBeDefined();
  });

  it('a name that does not exist', async () => {
    const report = await probe('moqt://does-not-exist.invalid');
    expect(report).toMatchObject({ cause: 'dns.not-found', exitCode: 3, hint: expect.stringContaining('asked') });
    expect(statuses(report)).toBe('url ok, dns failed');
  });

  it('nothing listens on UDP: says whether TCP does', async () => {
    const tcp = await tcpServer();
    cleanup.push(() => tcp.close());
    const report = await probe(`moqt://127.0.0.1:${tcp.port}`, insecure);
    expect(report).toMatchObject({ cause: 'udp.refused', exitCode: 3, hint: expect.stringContaining('TCP-only') });
    // Where this process is held up, packets are sized up as well.
    expect(report.experiments.filter(({ name }) => name !== 'full-size-packet')).toMatchObject([
      { name: 'tcp', ok: true },
      { name: 'http2', ok: false },
    ]);
    await tcp.close();
    const none = await probe(`moqt://127.0.0.1:${tcp.port}`, insecure);
    expect(none).toMatchObject({ cause: 'udp.refused', hint: expect.stringContaining('check the port') });
    expect(statuses(none)).toBe('url ok, dns ok, udp failed');
  });

  it('cannot be reached over the family that was asked for: says what the other one does, and contradicts nothing', async () => {
    const port = await udpServer(() => null);
    const { cause, hint } = await probe(`moqt://127.0.0.1:${port}`, { connect: { network: { family: 6 } } });
    expect(cause).toBe('network.unreachable');
    expect(hint).toMatch(/^it has 127\.0\.0\.1; allow IPv4; but over IPv4 127\.0\.0\.1 does not answer either/);
  });

  it('silence: gives up at the connect timeout, and has looked at TCP meanwhile', async () => {
    const port = await udpServer(() => null);
    const report = await probe(`moqt://127.0.0.1:${port}`, { connect: { timeouts: { connectMs: 400 } } });
    expect(report).toMatchObject({
      cause: 'udp.no-answer',
      exitCode: 6,
      hint: expect.stringContaining('the host is up'),
    });
    expect(report.experiments).toMatchObject([
      { name: 'tcp', ok: false },
      { name: 'full-size-packet', ok: false },
    ]);
    expect(report.message).toMatch(/no answer within \d{1,3} ms/);
  });

  it('a service that is not QUIC: does not wait for the connect timeout', async () => {
    const echo = await udpServer((packet) => packet);
    const [first, second] = await Promise.all([
      probe(`moqt://127.0.0.1:${echo}`, { connect: { timeouts: { connectMs: 30_000 } } }),
      probe(`moqt://127.0.0.1:${await udpServer(() => Buffer.from('HTTP/1.1 400 Bad Request\r\n'))}`),
    ]);
    expect(first).toMatchObject({
      cause: 'quic.not-quic',
      exitCode: 7,
      message: expect.stringContaining('sends back'),
    });
    expect(second).toMatchObject({ cause: 'quic.not-quic', message: expect.stringContaining('HTTP text') });
    expect(statuses(first)).toBe('url ok, dns ok, udp ok, quic failed');
  });

  it('another version of QUIC: lists the versions', async () => {
    const port = await udpServer((packet) => versionNegotiation(packet, [0x6b3343cf, 0xff00001d]));
    const report = await probe(`moqt://127.0.0.1:${port}`);
    expect(report).toMatchObject({
      cause: 'quic.version',
      exitCode: 7,
      hint: expect.stringContaining('v2, draft-29 (0xff00001d)'),
    });
    expect(stage(report, 'quic').detail.versions).toEqual(['0x6b3343cf', '0xff00001d']);
    expect(stage(report, 'udp').status).toBe('ok');
  });

  it('Retry without end', async () => {
    const port = await udpServer((packet) => retry(packet));
    const report = await probe(`moqt://127.0.0.1:${port}`, { connect: { timeouts: { connectMs: 2500 } } });
    expect(report).toMatchObject({ exitCode: 6, cause: 'quic.retry-loop' });
  });

  it('a path that swallows large packets: a warning while the session works', async () => {
    const { port, next } = await startServer({ alpn: ['moqt-18'] });
    const small = await UdpProxy.start({ target: { host: '127.0.0.1', port }, seed: 1, toServer: { mtu: 1300 } });
    cleanup.push(() => small.close());
    await unlessHeldUp(100, async () => {
      void next().then(async (session) => (await new RoguePeer('18', 'server', session).setup()).transport);
      const report = await probe(`moqt://127.0.0.1:${small.port}`, await pinned());
      expect(report.warnings.map(({ cause }) => cause)).toContain('quic.mtu');
      expect(stage(report, 'quic').status).toBe('warning');
      expect(report.ok).toBe(true);
    });
  });
});

describe('certificates', () => {
  async function served(certificate: Pick<TestCertificate, 'certPem' | 'keyPem'>): Promise<string> {
    const { port } = await startServer({ certPem: certificate.certPem, keyPem: certificate.keyPem });
    return `moqt://127.0.0.1:${port}`;
  }

  it('self-signed: the hint is the flag with its hash, and the certificate is in the report', async () => {
    const own = await selfSigned();
    const hash = Buffer.from(own.sha256).toString('hex');
    const report = await probe(await served(own));
    expect(report).toMatchObject({
      cause: 'tls.self-signed',
      exitCode: 4,
      hint: expect.stringContaining(`--cert-sha256 ${hash}`),
      certificate: { sha256: hash, pinnable: true, names: ['localhost', '127.0.0.1', '::1'] },
    });
    expect(statuses(report)).toBe('url ok, dns ok, udp ok, quic ok, tls failed');
  });

  it.each([
    ['expired leaf', { fromDays: -9, toDays: -2 }, 'tls.expired', 'expired on'],
    ['leaf from the future', { fromDays: 2, toDays: 9 }, 'tls.not-yet-valid', 'clock'],
    ['other names', { hosts: ['elsewhere.example'] }, 'tls.wrong-host', '--servername elsewhere.example'],
  ] as const)('%s', async (_what, options, cause, words) => {
    const root = await authority();
    const report = await probe(await served(await root.issue(options)), {
      connect: { trust: { caPem: root.certPem } },
    });
    expect(report).toMatchObject({ cause, exitCode: 4 });
    expect(`${report.message} ${report.hint}`).toContain(words);
  });

  it('an expired intermediate: says which certificate', async () => {
    const root = await authority();
    const middle = await root.intermediate('Old Middle', { fromDays: -9, toDays: -2 });
    const leaf = await middle.issue();
    const url = await served({ certPem: leaf.certPem + middle.certPem, keyPem: leaf.keyPem });
    const report = await probe(url, { connect: { trust: { caPem: root.certPem } } });
    expect(report).toMatchObject({ cause: 'tls.expired', message: expect.stringContaining('CN=Old Middle') });
  });

  it('an intermediate that the server leaves out: told from an unknown root where the certificate allows it', async () => {
    const root = await authority();
    const middle = await root.intermediate('Missing Middle');
    const trust = { connect: { trust: { caPem: root.certPem } } };
    const caIssuers = 'http://ca.example/middle.cer';
    const incomplete = await probe(await served(await middle.issue({ caIssuers })), trust);
    expect(incomplete).toMatchObject({ cause: 'tls.incomplete-chain', exitCode: 4 });
    expect(incomplete.hint).toMatch(/Missing Middle.*ca\.example/);
    const known = { connect: { trust: { caPem: middle.certPem } } };
    expect(await probe(await served(await middle.issue()), known)).toMatchObject({ cause: 'tls.incomplete-chain' });
    const either = await probe(await served(await middle.issue()), trust);
    expect(either).toMatchObject({ cause: 'tls.untrusted', hint: expect.stringMatching(/--ca.*intermediate/) });
  });

  it('a client certificate that the server wants and does not get', async () => {
    const root = await authority();
    const { port } = await startServer({ clientCaPem: root.certPem });
    const report = await probe(`moqt://127.0.0.1:${port}`, await pinned());
    expect(report).toMatchObject({ cause: 'tls.client-certificate-required', exitCode: 4 });
    expect(report.hint).toContain('--cert');
  });

  it('another pin than the certificate has: both hashes', async () => {
    const own = await selfSigned();
    const report = await probe(await served(own), { connect: { trust: { pins: [new Uint8Array(32)] } } });
    expect(report.cause).toBe('tls.pin-mismatch');
    expect(report.message).toContain('00'.repeat(32));
    expect(report.message).toContain(Buffer.from(own.sha256).toString('hex'));
  });

  it('no protocol in common: says what works alone, and how to ask for it', async () => {
    const { port } = await startServer({ alpn: ['moqt-16', 'h3'] });
    const report = await probe(`moqt://127.0.0.1:${port}`, await pinned({ drafts: ['18', '14'] }));
    expect(report).toMatchObject({ cause: 'alpn.none', exitCode: 7 });
    expect(report.hint).toContain('--draft 16');
    expect(report.hint).toContain('https://');
    expect(stage(report, 'alpn').detail).toMatchObject({ offered: ['moqt-18', 'moq-00'], accepted: ['moqt-16', 'h3'] });
    expect(stage(report, 'tls').status).toBe('skipped');
  });
});

describe('SETUP', () => {
  it.each(['14', '16', '18'] as const)('works: draft %s, and every fact of the session', async (draft) => {
    const report = await against(
      async (session) => (await new RoguePeer(draft, 'server', session).setup({ implementation: 'rogue/1' })).transport,
      {},
      { drafts: [draft] },
    );
    expect(report).toMatchObject({ ok: true, exitCode: 0, draft, implementation: 'rogue/1', transport: 'quic' });
    expect(statuses(report)).toBe('url ok, dns ok, udp ok, quic ok, tls ok, alpn ok, setup ok');
    expect(stage(report, 'tls').detail).toMatchObject({ verified: 'pin' });
    expect(report.rttMs).toBeGreaterThan(0);
  });

  it.each(['14', '16', '18'] as const)(
    'came, and its stream ends right behind it: the session is about to end (draft %s)',
    async (draft) => {
      const report = await against(
        async (session) => (await new RoguePeer(draft, 'server', session).setup()).control.end(),
        {},
        { drafts: [draft] },
      );
      expect(report).toMatchObject({ ok: false, cause: 'session.closed', exitCode: 7 });
      expect(report.message).toContain('closed its control stream');
    },
  );

  it('was on a stream whose reset overtook it: says so beside the limit', async () => {
    const report = await against(
      async (session) => {
        const stream = await session.openUni();
        stream.write(new Uint8Array(1))?.catch(() => {});
        stream.reset(1n);
      },
      {},
      { timeouts: { setupMs: 150 } },
    );
    expect(report).toMatchObject({ cause: 'setup.timeout', exitCode: 6, message: expect.stringContaining('150 ms') });
    expect(report.message).toContain('reset a stream');
    expect(report.hint).toContain('control stream');
  });

  it('does not come: packet sizes have been compared meanwhile', async () => {
    const report = await against(() => {}, {}, { timeouts: { setupMs: 3000 } });
    expect(report).toMatchObject({ cause: 'setup.timeout' });
    expect(report.experiments).toMatchObject([{ name: 'full-size-packet', ok: true }]);
  });

  it('says nothing: names the limit', async () => {
    const report = await against(() => {}, {}, { timeouts: { setupMs: 150 } });
    expect(report).toMatchObject({ cause: 'setup.timeout', exitCode: 6, message: expect.stringContaining('150 ms') });
  });

  it.each([
    ['18', '16'],
    ['16', '18'],
    ['18', '14'],
    ['16', '14'],
    ['14', '16'],
  ] as const)('agreed on draft %s, and the SETUP is of draft %s', async (agreed, spoken) => {
    const report = await against(
      async (session) => {
        const { setup, isNative } = setupOf(spoken);
        if (profileOf(agreed).features.requests === 'native-bidi' || isNative) {
          (await session.openUni()).write(setup)?.catch(() => {});
        } else session.onIncomingBidi((bidi) => void bidi.send.write(setup)?.catch(() => {}));
      },
      {},
      { drafts: [agreed], timeouts: { setupMs: 500 } },
    );
    expect(report).toMatchObject({ cause: 'setup.invalid', exitCode: 7 });
    expect(report.message).toContain(`SETUP of draft ${spoken}`);
    expect(report.hint).toContain(`--draft ${spoken}`);
  });

  it('sends back what it gets', async () => {
    const report = await against(
      (session) =>
        session.onIncomingBidi((bidi) => {
          void bidi.recv.read().then((bytes) => {
            if (bytes !== null) bidi.send.write(bytes)?.catch(() => {});
          });
        }),
      {},
      { drafts: ['16'] },
    );
    expect(report).toMatchObject({ cause: 'setup.invalid', hint: expect.stringContaining('sends back') });
  });

  it('no version in common inside SETUP', async () => {
    const report = await against(
      (session) => {
        const message = { type: 'SERVER_SETUP', version: 0xff00000dn, options: { maxRequestId: 10n } } as const;
        session.onIncomingBidi((bidi) => {
          bidi.send.write(encodeControlMessage(profileOf('14'), message))?.catch(() => {});
        });
      },
      {},
      { drafts: ['14'] },
    );
    expect(report).toMatchObject({ cause: 'setup.version', exitCode: 7 });
    expect(report.message).toMatch(/draft 13 \(0xff00000d\).*draft 14 \(0xff00000e\)/);
  });

  it.each([
    ['UNAUTHORIZED', 'setup.closed', 5, '--auth-token'],
    ['INVALID_PATH', 'setup.path', 8, 'path'],
    ['INVALID_AUTHORITY', 'setup.path', 8, 'host'],
    ['INTERNAL_ERROR', 'setup.closed', 7, 'log'],
    ['VERSION_NEGOTIATION_FAILED', 'setup.version', 7, '--draft'],
  ] as const)('is closed with %s, before or behind the peer’s own', async (name, cause, exitCode, words) => {
    const code = profileOf('18').codes('session').code(name);
    const before = await against((session) => session.close(code, 'no'));
    expect(before).toMatchObject({ cause, exitCode, hint: expect.stringContaining(words) });
    await unlessHeldUp(15, async () => {
      const behind = await against(async (session) => {
        const peer = await new RoguePeer('18', 'server', session).setup();
        await peer.peerSetup();
        await session.close(code, 'no');
      });
      expect(behind).toMatchObject({ cause, exitCode });
      expect(stage(behind, 'setup')).toMatchObject({ status: 'failed', detail: { codeName: name } });
    });
  });

  it('allows no requests: a warning', async () => {
    const report = await against(
      async (session) => (await new RoguePeer('16', 'server', session).setup({ maxRequestId: 0n })).transport,
      {},
      { drafts: ['16'] },
    );
    expect(report.ok).toBe(true);
    expect(report.warnings.map(({ cause }) => cause)).toContain('setup.no-request-credit');
  });
});

describe('WebTransport', () => {
  async function trusted(): Promise<ProbeOptions> {
    const { sha256 } = await loopbackCertificate();
    return { connect: { trust: { pins: [sha256] } } };
  }

  it.each([
    [401, 'webtransport.unauthorized', 5, '--auth-token'],
    [404, 'webtransport.not-found', 8, '/moq'],
    [307, 'webtransport.redirect', 8, 'new URL'],
    [500, 'webtransport.rejected', 8, ''],
  ] as const)('answers %i', async (status, cause, exitCode, words) => {
    const listener = await listenOnLoopback({}, { onConnect: () => ({ accept: false, status }) });
    cleanup.push(() => listener.close());
    const report = await probe(`https://127.0.0.1:${listener.address.port}/room`, await trusted());
    expect(report).toMatchObject({ cause, exitCode, hint: expect.stringContaining(words) });
    expect(statuses(report)).toBe('url ok, dns ok, udp ok, quic ok, tls ok, alpn ok, http3 ok, connect failed');
  });

  it('names no protocol: draft 14 is taken, with a warning', async () => {
    const listener = await listenOnLoopback(
      {},
      {
        onConnect: () => ({ accept: true, protocol: null }),
        onSession: (session) => void new RoguePeer('14', 'server', session).setup(),
      },
    );
    cleanup.push(() => listener.close());
    const report = await probe(`https://127.0.0.1:${listener.address.port}/`, await trusted());
    expect(report).toMatchObject({ ok: true, draft: '14', warnings: [{ cause: 'protocol.none' }] });
    expect(stage(report, 'protocol').detail.protocol).toBeNull();
  });
});

it('rejects when the caller gives up, and for settings that cannot be used', async () => {
  const port = await udpServer(() => null);
  const controller = new AbortController();
  const probing = probe(`moqt://127.0.0.1:${port}`, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(probing).rejects.toThrow('enough');
  await expect(probe('moqt://h', { connect: { drafts: ['99'] } })).rejects.toMatchObject({ code: 'MOQT_E_USAGE' });
  await expect(probe('moqt://h', { connect: { trust: { caFile: '/nowhere.pem' } } })).rejects.toMatchObject({
    exitCode: 4,
  });
});

function setupOf(draft: '14' | '16' | '18'): { setup: Uint8Array; isNative: boolean } {
  const profile = profileOf(draft);
  const isNative = profile.features.requests === 'native-bidi';
  const options = isNative ? {} : { maxRequestId: 100n };
  const version = profile.features.inBandVersions ? { version: profile.versionCode } : {};
  const message = isNative
    ? ({ type: 'SETUP', options } as const)
    : ({ type: 'SERVER_SETUP', ...version, options } as const);
  return { setup: concatBytes([encodeControlMessage(profile, message)]), isNative };
}

/** RFC 9000 §17.2.1. */
function versionNegotiation(packet: Buffer, versions: readonly number[]): Buffer {
  const { dcid, scid } = ids(packet);
  const list = Buffer.alloc(4 * versions.length);
  for (const [index, version] of versions.entries()) list.writeUInt32BE(version, 4 * index);
  return Buffer.concat([Buffer.from([0x80, 0, 0, 0, 0, scid.length]), scid, Buffer.from([dcid.length]), dcid, list]);
}

/** A Retry packet with a tag that is wrong: clients drop it, and ask again (RFC 9000 §17.2.5). */
function retry(packet: Buffer): Buffer {
  const { scid } = ids(packet);
  const ours = Buffer.alloc(8, 7);
  const head = Buffer.from([0xf0, 0, 0, 0, 1, scid.length]);
  return Buffer.concat([head, scid, Buffer.from([ours.length]), ours, Buffer.from('token'), Buffer.alloc(16)]);
}

function ids(packet: Buffer): { dcid: Buffer; scid: Buffer } {
  const dcidEnd = 6 + (packet[5] as number);
  return {
    dcid: packet.subarray(6, dcidEnd),
    scid: packet.subarray(dcidEnd + 1, dcidEnd + 1 + (packet[dcidEnd] as number)),
  };
}
