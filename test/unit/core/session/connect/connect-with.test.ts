import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MoqtError } from '../../../../../src/core/errors/moqt-error.js';
import type {
  ConnectSettings,
  ConnectStage,
  ConnectWarning,
} from '../../../../../src/core/session/connect/connect-settings.js';
import { connectWith } from '../../../../../src/core/session/connect/connect-with.js';
import type { MoqtSession, SessionOptions } from '../../../../../src/core/session/session.js';
import { type MemoryPair, memoryPair } from '../../../../../src/core/transport/memory/index.js';
import type { ConnectOptions, Target, TransportSession } from '../../../../../src/core/transport/transport.js';
import { SessionClosed } from '../../../../../src/core/transport/transport-errors.js';
import { systemClock } from '../../../../../src/core/util/clock.js';
import * as certs from '../../../../support/certs.js';

let folder: string;
let caFile: string;
let identity: certs.TestCertificate;
let other: certs.TestCertificate;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moqt-connect-'));
  caFile = join(folder, 'ca.pem');
  [identity, other] = await Promise.all([certs.selfSigned(), certs.selfSigned()]);
  await writeFile(caFile, (await certs.authority()).certPem);
});
afterAll(() => rm(folder, { recursive: true }));

type Kind = 'quic' | 'webtransport' | 'webtransport-h2';

interface Seen {
  used: Kind[];
  target?: Target;
  options?: ConnectOptions;
  session?: SessionOptions;
  pair?: MemoryPair;
  warnings: ConnectWarning[];
  stages: ConnectStage[];
}

interface Setting {
  readonly protocol?: string;
  readonly env?: Record<string, string>;
  /** Transports that do not connect, and why; the time that it takes them is added to the clock. */
  readonly failures?: Partial<Record<Kind, { readonly error: unknown; readonly afterMs?: number }>>;
  readonly establish?: (transport: TransportSession, pair: MemoryPair) => Promise<MoqtSession>;
}

/** Runs connect() over memory transports and keeps what each part was given. */
async function run(url: string, settings: ConnectSettings, setting: Setting = {}) {
  const seen: Seen = { used: [], warnings: [], stages: [] };
  let skippedMs = 0;
  const transport = (kind: Kind) => async () => {
    seen.used.push(kind);
    return {
      connect: async (target: Target, options: ConnectOptions) => {
        seen.target = target;
        seen.options = options;
        options.onStage?.({ stage: 'dns', startMs: 0, endMs: 1, detail: '127.0.0.1' });
        const failure = setting.failures?.[kind];
        if (failure !== undefined) {
          skippedMs += failure.afterMs ?? 0;
          throw failure.error;
        }
        for (const stage of kind === 'webtransport-h2' ? (['tcp', 'tls'] as const) : (['quic'] as const)) {
          options.onStage?.({ stage, startMs: 1, endMs: 2 });
        }
        seen.pair = memoryPair({ protocol: setting.protocol ?? options.alpn[0] ?? '' });
        return seen.pair.client;
      },
    };
  };
  const result = connectWith(
    {
      quic: transport('quic'),
      webtransport: transport('webtransport'),
      webtransportH2: transport('webtransport-h2'),
      establish: async (_role, over, options) => {
        seen.session = options;
        if (setting.establish) return setting.establish(over, seen.pair as MemoryPair);
        return { transport: over, profile: options.profiles[0] } as MoqtSession;
      },
      clock: { ...systemClock, now: () => systemClock.now() + skippedMs },
      env: setting.env ?? {},
    },
    url,
    {
      ...settings,
      onWarning: (warning) => seen.warnings.push(warning),
      onStage: (stage) => seen.stages.push(stage),
    },
  );
  return {
    seen,
    outcome: await result.then(
      (session) => ({ session }),
      (error: unknown) => ({ error }),
    ),
  };
}

async function connected(url: string, settings: ConnectSettings = {}, setting: Setting = {}) {
  const { seen, outcome } = await run(url, settings, setting);
  if ('error' in outcome) throw outcome.error;
  return { seen, session: outcome.session };
}

async function refused(url: string, settings: ConnectSettings = {}, setting: Setting = {}) {
  const { seen, outcome } = await run(url, settings, setting);
  if (!('error' in outcome)) throw new Error('the connection was expected to fail');
  return { seen, error: outcome.error as MoqtError };
}

const insecure = { trust: { insecure: true } };

describe('connect', () => {
  it('opens raw QUIC for moqt://, with PATH, AUTHORITY and the implementation in SETUP', async () => {
    const { seen, session } = await connected('moqt://Relay.example:4443/app?room=1#x', {
      trust: { caFile },
      setup: { maxAuthTokenCacheSize: 5n },
    });
    expect(seen.used).toEqual(['quic']);
    expect(seen.target).toEqual({ host: 'relay.example', port: 4443, path: '/app?room=1' });
    expect(seen.options?.alpn).toEqual(['moqt-18', 'moqt-16', 'moq-00']);
    expect(seen.session?.setup).toEqual({
      path: '/app?room=1',
      authority: 'relay.example:4443',
      implementation: expect.stringMatching(/^moqt\//),
      maxAuthTokenCacheSize: 5n,
    });
    expect(session.connection).toMatchObject({
      url: 'moqt://Relay.example:4443/app?room=***#***',
      peer: 'relay.example:4443',
      offered: ['18', '16', '14'],
      draft: '18',
      protocol: 'moqt-18',
      verified: 'chain',
      roots: caFile,
      warnings: [],
    });
  });

  it('opens WebTransport for https://, and keeps PATH and AUTHORITY out of SETUP', async () => {
    const { seen } = await connected('https://relay.example', insecure);
    expect(seen.used).toEqual(['webtransport']);
    expect(seen.target?.path).toBe('/');
    expect(seen.options?.alpn).toEqual(['moqt-18', 'moqt-16']);
    expect(seen.session?.setup).toEqual({ implementation: expect.any(String) });
  });

  it('hands the draft that the peer chose to the session, and to nobody else', async () => {
    const { seen, session } = await connected('moqt://h', insecure, { protocol: 'moqt-16' });
    expect(seen.session?.profiles.map(({ draft }) => draft)).toEqual(['16']);
    expect(session.connection.draft).toBe('16');
  });

  it('reports the stages in order, on one time line', async () => {
    const { seen, session } = await connected('moqt://h', insecure);
    expect(session.connection.stages).toEqual(seen.stages);
    expect(seen.stages.map(({ stage }) => stage)).toEqual(['dns', 'quic', 'setup']);
    expect(seen.stages[0]?.detail).toBe('127.0.0.1');
    const last = seen.stages.at(-1) as ConnectStage;
    expect(last.endMs).toBeGreaterThanOrEqual(last.startMs);
    expect(session.connection.totalMs).toBeGreaterThanOrEqual(last.endMs);
  });

  it('passes network settings, timeouts and the key log on', async () => {
    const network = { bind: '127.0.0.1', family: 4, keepAliveMs: 7, headers: [['a', 'b']] } as const;
    const { seen } = await connected(
      'https://h',
      { ...insecure, network, timeouts: { connectMs: 0, idleMs: 9, setupMs: 8 } },
      { env: { SSLKEYLOGFILE: '/tmp/keys' } },
    );
    expect(seen.options).toMatchObject({ ...network, connectTimeoutMs: 0, idleTimeoutMs: 9, keylogFile: '/tmp/keys' });
    expect(seen.session?.timeouts).toEqual({ setupMs: 8, requestMs: 10_000, closeMs: 2000 });
  });

  it('says when a setting has no effect', async () => {
    const { seen } = await connected('moqt://h', { ...insecure, network: { headers: [['a', 'b']] } });
    expect(seen.warnings.map(({ kind }) => kind)).toEqual(['insecure', 'ignored-setting']);
  });

  describe('trust', () => {
    it('pins instead of checking the chain, without a warning', async () => {
      const { seen, session } = await connected('moqt://h', { trust: { pins: [identity.sha256], servername: 'x' } });
      expect(seen.options).toMatchObject({
        verify: { kind: 'pins', sha256: [identity.sha256] },
        servername: 'x',
      });
      expect(session.connection).toMatchObject({ verified: 'pin', roots: null, warnings: [] });
    });

    it('warns when nothing is verified, in the callback and in the report', async () => {
      const { seen, session } = await connected('moqt://h', insecure);
      expect(seen.options?.verify).toEqual({ kind: 'none' });
      expect(seen.warnings).toMatchObject([{ kind: 'insecure' }]);
      expect(session.connection.warnings).toEqual(seen.warnings);
    });

    it("always hands roots over, the environment's or the system's", async () => {
      const { seen, session } = await connected('moqt://h', {}, { env: { SSL_CERT_FILE: caFile } });
      expect(seen.options?.verify).toEqual({ kind: 'chain', rootsPem: expect.stringContaining('BEGIN CERTIFICATE') });
      expect(session.connection.roots).toBe(caFile);
      const extra = { SSL_CERT_FILE: caFile, NODE_EXTRA_CA_CERTS: join(folder, 'absent') };
      expect((await connected('moqt://h', {}, { env: extra })).seen.warnings).toMatchObject([{ kind: 'roots' }]);
    });

    it('shows the client certificate', async () => {
      const { certPem, keyPem } = identity;
      const { seen } = await connected('moqt://h', { trust: { insecure: true, certPem, keyPem } });
      expect(seen.options).toMatchObject({ certPem, keyPem });
    });

    it('finds every mistake before a packet is sent', async () => {
      const absent = join(folder, 'absent');
      const { certPem, keyPem } = identity;
      const cases = [
        [{ pins: [identity.sha256], insecure: true }, 'MOQT_E_USAGE', 2],
        [{ caFile: absent }, 'MOQT_E_TLS', 4],
        [{ caFile: absent, pins: [identity.sha256] }, 'MOQT_E_TLS', 4],
        [{ caPem: '' }, 'MOQT_E_TLS', 4],
        [{ caFile, caPem: 'x' }, 'MOQT_E_USAGE', 2],
        [{ insecure: true, certPem }, 'MOQT_E_USAGE', 2],
        [{ insecure: true, keyPem }, 'MOQT_E_USAGE', 2],
        [{ insecure: true, certFile: absent, keyPem }, 'MOQT_E_LOCAL_IO', 10],
        [{ insecure: true, certPem, keyFile: absent }, 'MOQT_E_LOCAL_IO', 10],
        [{ insecure: true, certPem: 'x', keyPem: 'y' }, 'MOQT_E_TLS', 4],
        [{ insecure: true, certPem, keyPem: other.keyPem }, 'MOQT_E_TLS', 4],
      ] as const;
      for (const [trust, code, exitCode] of cases) {
        const { seen, error } = await refused('moqt://h', { trust });
        expect(error).toMatchObject({ code, exitCode });
        expect(seen.used).toEqual([]);
      }
    });
  });

  describe('http://', () => {
    async function withServer(run: (port: number) => Promise<void>): Promise<void> {
      const server = createServer((_request, response) => response.end(Buffer.from(identity.sha256).toString('hex')));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      await run((server.address() as AddressInfo).port).finally(() => server.close());
    }

    it('pins the hash that the server gives over HTTP, then opens WebTransport', async () => {
      await withServer(async (port) => {
        const { seen, session } = await connected(
          `http://127.0.0.1:${port}/x`,
          {},
          { env: { SSL_CERT_FILE: '/absent' } },
        );
        expect(seen.used).toEqual(['webtransport']);
        expect(seen.options?.verify).toEqual({ kind: 'pins', sha256: [identity.sha256] });
        expect(seen.stages[0]).toMatchObject({ stage: 'bootstrap', detail: '/certificate.sha256' });
        expect(session.connection).toMatchObject({ verified: 'pin', warnings: [] });
      });
    });

    it('warns when the hash comes from another machine', async () => {
      await withServer(async (port) => {
        const resolve = new Map([[`relay.example:${port}`, ['127.0.0.1']]]);
        const { seen } = await connected(`http://relay.example:${port}`, { network: { resolve } });
        expect(seen.warnings).toMatchObject([{ kind: 'bootstrap' }]);
      });
    });

    it('asks for nothing when the user has said what to trust', async () => {
      const { seen } = await connected('http://127.0.0.1:1', { trust: { pins: [other.sha256] } });
      expect(seen.options?.verify).toEqual({ kind: 'pins', sha256: [other.sha256] });
    });
  });

  describe('when UDP does not get through', () => {
    const silent = new MoqtError('MOQT_E_TIMEOUT', 'no answer within 1667 ms', {
      stage: 'udp',
      cause: 'udp.no-answer',
      hint: 'a firewall?',
    });
    const refusal = new MoqtError('MOQT_E_UNREACHABLE', 'nothing listens on that UDP port', {
      stage: 'udp',
      cause: 'udp.refused',
    });
    const noRoute = new MoqtError('MOQT_E_UNREACHABLE', 'no way', { stage: 'udp', cause: 'network.unreachable' });

    it.each([silent, refusal, noRoute])('opens https:// over HTTP/2, and says so: $reason', async (error) => {
      const failures = { webtransport: { error, afterMs: 1667 } };
      const { seen, session } = await connected('https://h/x?y', insecure, { failures });
      expect(seen.used).toEqual(['webtransport', 'webtransport-h2']);
      expect(seen.target).toEqual({ host: 'h', port: 443, path: '/x?y' });
      expect(seen.warnings[1]).toEqual({ kind: 'h2-fallback', message: expect.stringContaining(error.message) });
      expect(session.connection.warnings).toEqual(seen.warnings);
      expect(seen.stages.map(({ stage }) => stage)).toEqual(['dns', 'udp', 'dns', 'tcp', 'tls', 'setup']);
      expect(seen.stages[1]).toMatchObject({ detail: error.message });
      expect((seen.stages[1]?.endMs ?? 0) - (seen.stages[1]?.startMs ?? 0)).toBeGreaterThanOrEqual(1667);
    });

    it('lets UDP be silent for a third of the connect timeout, and leaves the rest to TCP', async () => {
      const settings = { ...insecure, timeouts: { connectMs: 30_000 } };
      const { seen: plain } = await connected('https://h', settings);
      expect(plain.options?.silenceTimeoutMs).toBe(10_000);
      expect(plain.options?.connectTimeoutMs).toBeLessThanOrEqual(30_000);
      expect(plain.options?.connectTimeoutMs).toBeGreaterThan(20_000);
      const failures = { webtransport: { error: silent, afterMs: 10_000 } };
      const { seen } = await connected('https://h', settings, { failures });
      expect(seen.options?.connectTimeoutMs).toBeLessThanOrEqual(20_000);
      expect(seen.options?.connectTimeoutMs).toBeGreaterThan(10_000);
    });

    it('takes a third of the default without a connect timeout, and sets TCP none', async () => {
      const failures = { webtransport: { error: silent, afterMs: 9000 } };
      const { seen } = await connected('https://h', { ...insecure, timeouts: { connectMs: 0 } }, { failures });
      expect(seen.options).toMatchObject({ connectTimeoutMs: 0, silenceTimeoutMs: 1667 });
    });

    it('does not try TCP when no time is left', async () => {
      const failures = { webtransport: { error: silent, afterMs: 5000 } };
      const { seen, error } = await refused('https://h', insecure, { failures });
      expect(error).toBe(silent);
      expect(seen.used).toEqual(['webtransport']);
    });

    it.each([
      ['MOQT_E_TLS', 'tls', 'tls.expired'],
      ['MOQT_E_TLS', 'tls', 'tls.pin-mismatch'],
      ['MOQT_E_VERSION', 'alpn', 'alpn.none'],
      ['MOQT_E_TIMEOUT', 'quic', 'quic.timeout'],
      ['MOQT_E_PROTOCOL', 'quic', 'quic.not-quic'],
      ['MOQT_E_UNAUTHORIZED', 'webtransport', 'webtransport.unauthorized'],
      ['MOQT_E_REJECTED', 'webtransport', 'webtransport.not-found'],
      ['MOQT_E_DNS', 'dns', 'dns.not-found'],
      ['MOQT_E_LOCAL_IO', 'udp', 'network.bind'],
    ] as const)('does not fall back after %s at %s (%s)', async (code, stage, cause) => {
      const failure = new MoqtError(code, 'no', { stage, cause });
      const failures = { webtransport: { error: failure } };
      const { seen, error } = await refused('https://h', insecure, { failures });
      expect(error).toBe(failure);
      expect(seen.used).toEqual(['webtransport']);
      expect(seen.warnings.map(({ kind }) => kind)).toEqual(['insecure']);
    });

    it.each([
      ['moqt://h', 'auto', 'quic'],
      ['https://h', 'quic', 'quic'],
      ['https://h', 'webtransport', 'webtransport'],
    ] as const)('does not fall back for %s with --transport %s', async (url, transport, kind) => {
      const { seen, error } = await refused(
        url,
        { ...insecure, transport },
        { failures: { [kind]: { error: refusal } } },
      );
      expect(error).toBe(refusal);
      expect(seen.used).toEqual([kind]);
      expect(seen.options?.silenceTimeoutMs).toBeUndefined();
    });

    it('tells both failures, with the code of the one that says more', async () => {
      const over = (code: 'MOQT_E_UNREACHABLE' | 'MOQT_E_TIMEOUT' | 'MOQT_E_TLS', stage: 'tcp' | 'tls') =>
        new MoqtError(code, `${code} over ${stage}`, { stage, cause: `${stage}.x`, hint: 'look', peer: 'h:443' });
      const cases = [
        [silent, over('MOQT_E_UNREACHABLE', 'tcp'), 'MOQT_E_UNREACHABLE', 'tcp', 3],
        [silent, over('MOQT_E_TIMEOUT', 'tcp'), 'MOQT_E_TIMEOUT', 'tcp', 6],
        [refusal, over('MOQT_E_UNREACHABLE', 'tcp'), 'MOQT_E_UNREACHABLE', 'tcp', 3],
        [refusal, over('MOQT_E_TIMEOUT', 'tcp'), 'MOQT_E_UNREACHABLE', 'udp', 3],
        [silent, over('MOQT_E_TLS', 'tls'), 'MOQT_E_TLS', 'tls', 4],
      ] as const;
      for (const [udp, tcp, code, stage, exitCode] of cases) {
        const failures = { webtransport: { error: udp }, 'webtransport-h2': { error: tcp } };
        const { seen, error } = await refused('https://h', insecure, { failures });
        expect(error).toMatchObject({ code, stage, exitCode });
        expect(error.message).toContain(udp.message);
        expect(error.message).toContain(tcp.message);
        expect(error.hint).toContain('over TCP: look');
        expect(seen.used).toEqual(['webtransport', 'webtransport-h2']);
      }
    });

    it("gives the signal's reason when it aborts the second attempt", async () => {
      const reason = new Error('enough');
      const failures = { webtransport: { error: silent }, 'webtransport-h2': { error: reason } };
      expect((await refused('https://h', insecure, { failures })).error).toBe(reason);
    });
  });

  describe('over HTTP/2', () => {
    const h2 = { ...insecure, transport: 'webtransport-h2' } as const;

    it('opens it when it is asked for, and keeps PATH and AUTHORITY out of SETUP', async () => {
      const { seen, session } = await connected('moqt://h/p', h2);
      expect(seen.used).toEqual(['webtransport-h2']);
      expect(seen.options?.alpn).toEqual(['moqt-18', 'moqt-16']);
      expect(seen.session?.setup).toEqual({ implementation: expect.any(String) });
      expect(session.connection.dialect).toBeNull();
      expect(seen.warnings.map(({ kind }) => kind)).toEqual(['insecure']);
    });

    it("says that QUIC's congestion control has no effect, unless it is the default", async () => {
      const network = { congestionControl: 'bbr' } as const;
      expect((await connected('https://h', { ...h2, network })).seen.warnings[1]).toMatchObject({
        kind: 'ignored-setting',
        message: expect.stringContaining('bbr'),
      });
      const { seen } = await connected('https://h', { ...h2, network: { congestionControl: 'cubic' } });
      expect(seen.warnings).toHaveLength(1);
      expect((await connected('https://h', { ...insecure, network })).seen.warnings).toHaveLength(1);
    });
  });

  describe('when it fails', () => {
    it('closes the transport with VERSION_NEGOTIATION_FAILED when there is no common draft', async () => {
      const { seen, error } = await refused('https://h', { ...insecure, drafts: ['18', '16'] }, { protocol: '' });
      expect(error).toMatchObject({ code: 'MOQT_E_VERSION', exitCode: 7 });
      expect(await seen.pair?.server.closed).toMatchObject({ by: 'peer', code: 0x15n });
    });

    it('leaves no transport open behind a SETUP that failed', async () => {
      const failure = new MoqtError('MOQT_E_TIMEOUT', 'no SETUP', { stage: 'setup' });
      const { seen, error } = await refused('moqt://h', insecure, { establish: () => Promise.reject(failure) });
      expect(error).toBe(failure);
      expect(await seen.pair?.server.closed).toMatchObject({ by: 'peer' });
      expect(seen.stages.map(({ stage }) => stage)).toEqual(['dns', 'quic']);
    });

    it.each([
      [
        'a violation',
        { by: 'peer', isApplication: true, code: 3n, reason: 'bad\x1b' },
        'MOQT_E_PROTOCOL',
        'PROTOCOL_VIOLATION (0x3): bad\\x1b',
      ],
      ['silence', { by: 'idle', isApplication: false, code: 0n, reason: '' }, 'MOQT_E_TIMEOUT', 'silent'],
    ] as const)('names the close that came instead of SETUP: %s', async (_what, info, code, message) => {
      const establish = () => Promise.reject(new SessionClosed(info));
      const { error } = await refused('moqt://h', insecure, { establish });
      expect(error).toMatchObject({ code, stage: 'setup', peer: 'h:443', message: expect.stringContaining(message) });
    });

    it('does nothing at all when its signal has aborted', async () => {
      const reason = new Error('enough');
      const { seen, error } = await refused('moqt://h', { ...insecure, signal: AbortSignal.abort(reason) });
      expect(error).toBe(reason);
      expect(seen.used).toEqual([]);
    });
  });
});
