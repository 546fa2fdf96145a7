import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { EXIT } from '../../../../src/core/errors/exit-codes.js';
import type { RelayEvent } from '../../../../src/core/relay/events.js';
import type { ServeRelayOptions } from '../../../../src/core/relay/serve-options.js';
import { type Relay, serveRelay } from '../../../../src/core/relay/serve-relay.js';
import type { ConnectSettings } from '../../../../src/core/session/connect/connect-settings.js';
import { connectWith } from '../../../../src/core/session/connect/connect-with.js';
import { establishSession } from '../../../../src/core/session/establish.js';
import type { MoqtSession } from '../../../../src/core/session/session.js';
import { quicTransport } from '../../../../src/core/transport/quic/index.js';
import { webtransportTransport } from '../../../../src/core/transport/webtransport/index.js';
import { webtransportH2Transport } from '../../../../src/core/transport/webtransport-h2/index.js';
import { toHex, utf8 } from '../../../../src/core/util/bytes.js';
import { systemClock } from '../../../../src/core/util/clock.js';
import { DRAFTS, type Draft, namespace, Recorder, trackName } from '../../../support/relay-world.js';
import { eventually, soon } from '../../../support/wait.js';

const TRACK = trackName('live/video');
const open: { relays: Relay[]; sessions: MoqtSession[] } = { relays: [], sessions: [] };

afterEach(async () => {
  await Promise.all(open.sessions.splice(0).map((session) => session.close()));
  await Promise.all(open.relays.splice(0).map((relay) => relay.close()));
});

async function serve(options: ServeRelayOptions = {}): Promise<{ relay: Relay; events: RelayEvent[] }> {
  const events: RelayEvent[] = [];
  const relay = await serveRelay({ port: 0, ...options, onEvent: (event) => events.push(event) });
  open.relays.push(relay);
  return { relay, events };
}

function connect(url: string, settings: ConnectSettings): Promise<MoqtSession> {
  const parts = {
    quic: async () => quicTransport,
    webtransport: async () => webtransportTransport,
    webtransportH2: async () => webtransportH2Transport,
    establish: establishSession,
    clock: systemClock,
    env: {},
  };
  return connectWith(parts, url, settings);
}

/** `h2` is https:// over HTTP/2. */
type Scheme = 'moqt' | 'https' | 'h2';

async function join(relay: Relay, scheme: Scheme, draft: Draft, settings: ConnectSettings = {}, path = '') {
  const isHttp2 = scheme === 'h2';
  const url = relay.urls.find((one) => one.startsWith(`${isHttp2 ? 'https' : scheme}:`)) as string;
  const session = await connect(`${url}${path}`, {
    drafts: [draft],
    transport: isHttp2 ? 'webtransport-h2' : 'auto',
    trust: { pins: [relay.certificate.sha256] },
    ...settings,
  });
  open.sessions.push(session);
  return session;
}

describe('a relay on a UDP port', () => {
  const matrix = DRAFTS.flatMap((draft) => (['moqt', 'https', 'h2'] as const).map((scheme) => ({ draft, scheme })));

  it.each(matrix)('carries a track from raw QUIC on draft 18 to $scheme on draft $draft', async ({ draft, scheme }) => {
    const { relay } = await serve();
    const payload = new Uint8Array(randomBytes(1_000_000));
    const publisher = await join(relay, 'moqt', '18');
    publisher.handlers = {
      onSubscribe(request) {
        const publication = request.accept();
        void (async () => {
          for (let group = 0n; group < 3n; group++) {
            const stream = await publication.openSubgroup({ group, subgroup: 0n, hasProperties: false });
            await stream.writeObject({ object: 0n }, payload);
            await stream.writeObject({ object: 1n }, utf8(`group ${group}`));
            stream.end();
          }
          await publication.done('TRACK_ENDED', '');
        })();
      },
    };
    await publisher.publishNamespace(namespace('live'));
    const subscriber = await join(relay, scheme, draft);
    const recorder = new Recorder(subscriber.profile);
    const subscription = await subscriber.subscribe(TRACK, {}, recorder);
    expect(await soon(subscription.ended, 'the end')).toMatchObject({
      kind: 'done',
      status: { name: 'TRACK_ENDED' },
      streamCount: 3n,
    });
    await recorder.untilEnded(3);
    const { objects } = recorder;
    for (const group of [0, 1, 2]) {
      expect(Buffer.compare(objects.get(`${group}.0`)?.payload as Uint8Array, payload)).toBe(0);
      expect(objects.get(`${group}.1`)?.payload).toEqual(utf8(`group ${group}`));
    }
  });

  it('tells its URLs, its drafts and the hash of the certificate it made', async () => {
    const { relay } = await serve({ drafts: ['18', '14'] });
    expect(relay.urls).toHaveLength(2);
    expect(relay.urls[0]).toMatch(/^moqt:\/\/127\.0\.0\.1:\d+\/$/);
    expect(relay.urls[1]).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/$/);
    expect(relay.drafts).toEqual(['18', '14']);
    expect(toHex(relay.certificate.sha256)).toMatch(/^[0-9a-f]{64}$/);
    expect(relay.certificate.generated).toBe(true);
    expect(relay.certificate).not.toHaveProperty('keyPem');
    const days = (relay.certificate.notAfter.getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(12.9);
    expect(days).toBeLessThanOrEqual(13);
  });

  it('serves only the transports it was told to', async () => {
    const { relay } = await serve({ transports: ['webtransport'] });
    expect(relay.urls).toEqual([expect.stringMatching(/^https:/)]);
    const port = new URL(relay.urls[0] as string).port;
    await expect(
      connect(`moqt://127.0.0.1:${port}`, { trust: { pins: [relay.certificate.sha256] } }),
    ).rejects.toMatchObject({ exitCode: EXIT.protocol });
    await join(relay, 'https', '18');
    expect(relay.transports).toEqual(['webtransport']);
  });

  it('gives TCP alone when that is all it was told to, on a port of its own choice', async () => {
    const { relay } = await serve({ transports: ['webtransport-h2'] });
    expect(relay.urls).toEqual([expect.stringMatching(/^https:/)]);
    await join(relay, 'h2', '18');
    await expect(join(relay, 'https', '18', { transport: 'webtransport' })).rejects.toMatchObject({
      code: 'MOQT_E_UNREACHABLE',
    });
    await eventually(() => relay.counters().sessionsOverWebtransportH2 === 1, 'the relay had its SETUP');
  });

  it('serves all of them on one port number by default, and counts the sessions of each', async () => {
    const { relay } = await serve();
    for (const scheme of ['moqt', 'https', 'h2', 'h2'] as const) await join(relay, scheme, '18');
    expect(new Set(relay.urls.map((url) => new URL(url).port)).size).toBe(1);
    expect(relay.transports).toEqual(['quic', 'webtransport', 'webtransport-h2']);
    // A client of draft 18 is ready before the relay has its SETUP.
    await eventually(() => relay.counters().sessionsOpened === 4, 'all had their seats');
    expect(relay.counters()).toMatchObject({
      sessionsOverQuic: 1,
      sessionsOverWebtransport: 1,
      sessionsOverWebtransportH2: 2,
    });
  });

  it('shares the cap on sessions between them', async () => {
    const { relay } = await serve({ policy: { maxSessions: 2 } });
    await join(relay, 'moqt', '18');
    await join(relay, 'h2', '18');
    for (const scheme of ['https', 'h2'] as const) {
      await expect(join(relay, scheme, '18')).rejects.toMatchObject({ wire: { space: 'http', code: 503n } });
    }
  });

  it('gives the hash of its certificate to http:// URLs', async () => {
    const { relay } = await serve();
    const url = (relay.urls[1] as string).replace('https:', 'http:');
    for (const path of ['certificate.sha256', 'fingerprint']) {
      const response = await fetch(`${url}${path}`);
      expect(response.status).toBe(200);
      expect((await response.text()).trim()).toBe(toHex(relay.certificate.sha256));
    }
    expect((await fetch(url)).status).toBe(404);
    open.sessions.push(await connect(url, {}));
  });

  it('sends GOAWAY when it drains, waits for those who leave, and frees its port', async () => {
    const { relay, events } = await serve();
    const goAways: string[] = [];
    const session = await join(relay, 'moqt', '18', {
      handlers: { onGoAway: ({ newSessionUri }) => goAways.push(newSessionUri) },
    });
    const drained = relay.drain('moqt://other.example/', 10_000);
    await eventually(() => goAways.length > 0, 'GOAWAY');
    expect(goAways).toEqual(['moqt://other.example/']);
    await expect(session.subscribe(TRACK, {}, new Recorder(session.profile))).rejects.toThrow();
    await session.close();
    await soon(drained, 'the relay to drain');
    expect(events).toContainEqual({ type: 'draining', sessions: 1 });
    await serve({ port: Number(new URL(relay.urls[0] as string).port) });
  });

  it('closes those who do not leave when the time to drain is over', async () => {
    const { relay } = await serve();
    const session = await join(relay, 'moqt', '18');
    await soon(relay.drain('', 50), 'the relay to drain');
    expect(await soon(session.closed, 'the session to be closed')).toMatchObject({ name: 'GOAWAY_TIMEOUT' });
  });

  it('listens on the loopback address of a name', async () => {
    const { relay } = await serve({ host: 'localhost' });
    expect(new URL(relay.urls[0] as string).hostname).toMatch(/^(127\.0\.0\.1|\[::1\])$/);
    await join(relay, 'moqt', '18');
  });

  it('refuses a name that does not exist', async () => {
    await expect(serve({ host: 'nowhere.invalid' })).rejects.toMatchObject({
      stage: 'dns',
      message: expect.stringContaining('nowhere.invalid'),
    });
  });

  it('refuses more sessions than it may have, and counts them', async () => {
    const { relay, events } = await serve({ policy: { maxSessions: 1 } });
    await join(relay, 'moqt', '18');
    for (const draft of DRAFTS) {
      await expect(join(relay, 'moqt', draft)).rejects.toMatchObject({
        code: 'MOQT_E_PROTOCOL',
        reason: 'setup.closed',
        message: expect.stringContaining('as many sessions as it takes'),
        exitCode: EXIT.protocol,
      });
      await expect(join(relay, 'https', draft)).rejects.toMatchObject({
        code: 'MOQT_E_REJECTED',
        hint: expect.stringContaining('try again later'),
        exitCode: EXIT.rejected,
      });
    }
    expect(relay.counters()).toMatchObject({ openSessions: 1, capMaxSessions: 6 });
    expect(events.filter(({ type }) => type === 'cap')).toHaveLength(1);
  });
});

describe('a relay with a token', () => {
  const setup = (token: string): ConnectSettings => ({
    setup: { authorizationTokens: [{ alias: 'use-value', tokenType: 0n, value: utf8(token) }] },
  });

  it.each(DRAFTS.flatMap((draft) => (['moqt', 'https', 'h2'] as const).map((scheme) => ({ draft, scheme }))))(
    'takes it from SETUP and refuses others with UNAUTHORIZED: $scheme, draft $draft',
    async ({ draft, scheme }) => {
      const { relay, events } = await serve({ authToken: 'secret' });
      await (await join(relay, scheme, draft, setup('secret'))).publishNamespace(namespace('live'));
      for (const settings of [setup('wrong'), {}]) {
        const refused = await join(relay, scheme, draft, settings).then(
          (session) => soon(session.closed, 'the session to be closed').then(({ name }) => name),
          (error: { exitCode: number }) => (error.exitCode === EXIT.unauthorized ? 'UNAUTHORIZED' : error),
        );
        expect(refused).toBe('UNAUTHORIZED');
      }
      expect(events.filter(({ type }) => type === 'session-refused')).toHaveLength(2);
      expect(JSON.stringify(events)).not.toContain('secret');
    },
  );

  it.each(DRAFTS)('refuses a request that carries another one, on draft %s', async (draft) => {
    const { relay } = await serve({ authToken: 'secret' });
    const session = await join(relay, 'moqt', draft, setup('secret'));
    const token = (value: string) => ({
      authorizationTokens: [{ alias: 'use-value', tokenType: 0n, value: utf8(value) } as const],
    });
    await expect(session.publishNamespace(namespace('a'), token('other'))).rejects.toMatchObject({
      rejection: { name: 'UNAUTHORIZED' },
    });
    await session.publishNamespace(namespace('a'), token('secret'));
  });

  it('takes it from a WebTransport request, and answers a wrong one there with 401', async () => {
    const { relay } = await serve({ authToken: 's3cret' });
    const header = (value: string): ConnectSettings => ({ network: { headers: [['authorization', value]] } });
    await (await join(relay, 'https', '18', header('Bearer s3cret'))).publishNamespace(namespace('live'));
    await (await join(relay, 'https', '18', {}, 'path?jwt=s3cret')).publishNamespace(namespace('live'));
    await expect(join(relay, 'https', '18', header('Bearer wrong'))).rejects.toMatchObject({
      exitCode: EXIT.unauthorized,
    });
    await expect(join(relay, 'https', '18', {}, '?token=wrong')).rejects.toMatchObject({ exitCode: EXIT.unauthorized });
    await (await join(relay, 'h2', '18', header('Bearer s3cret'))).publishNamespace(namespace('more'));
    await expect(join(relay, 'h2', '18', header('Bearer wrong'))).rejects.toMatchObject({
      exitCode: EXIT.unauthorized,
    });
  });
});

describe('a relay that cannot start', () => {
  it.each<[string, ServeRelayOptions, RegExp]>([
    ['another than a loopback address', { host: '0.0.0.0' }, /0\.0\.0\.0 can be reached by others/],
    ['a port out of range', { port: 65_536 }, /65536 is not a port/],
    ['a draft it does not speak', { drafts: ['13'] }, /draft "13" is not supported/],
    ['no drafts', { drafts: [] }, /no draft/],
    ['no transports', { transports: [] }, /no transport/],
    ['an empty token', { authToken: '' }, /token is empty/],
    ['a certificate without a key', { certPem: 'x' }, /belong together/],
  ])('names %s', async (_, options, message) => {
    const failure = await serve(options).catch((error) => error);
    expect(failure).toMatchObject({ code: 'MOQT_E_USAGE', exitCode: EXIT.usage });
    expect(failure.message).toMatch(message);
  });

  it('names a certificate that cannot be read', async () => {
    await expect(serve({ certPem: 'nonsense', keyPem: 'nonsense' })).rejects.toMatchObject({
      code: 'MOQT_E_LOCAL_IO',
      message: expect.stringMatching(/certificate/),
    });
  });

  it('names a port that is in use', async () => {
    const { relay } = await serve();
    const port = Number(new URL(relay.urls[0] as string).port);
    await expect(serve({ port })).rejects.toMatchObject({
      code: 'MOQT_E_LOCAL_IO',
      message: expect.stringContaining(String(port)),
    });
  });

  it('can be told to listen where others reach it', async () => {
    const { relay } = await serve({ host: '0.0.0.0', allowRemote: true });
    expect(relay.urls[0]).toContain('0.0.0.0');
  });
});
