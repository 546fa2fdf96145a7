import { afterAll, describe, expect, it } from 'vitest';
import { quicTransport } from '../../src/core/transport/quic/index.js';
import { profileByDraft } from '../../src/core/wire/drafts/index.js';
import { run, startRelay, type TestRelay } from '../support/moqt.js';
import { DRAFTS, type Draft, RoguePeer } from '../support/rogue-peer.js';
import { eventually } from '../support/wait.js';

/* What the built relay writes when its peers send text that was made to be written. */

const running: TestRelay[] = [];
afterAll(async () => {
  for (const relay of running) await relay.stop();
});

async function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<TestRelay> {
  const relay = await startRelay(args, { env });
  running.push(relay);
  return relay;
}

async function rogueAt(relay: TestRelay, draft: Draft): Promise<RoguePeer> {
  const { port } = new URL(relay.webtransport);
  const alpn = [profileByDraft(draft)?.alpn as string];
  const transport = await quicTransport.connect(
    { host: '127.0.0.1', port: Number(port), path: '' },
    { alpn, verify: { kind: 'none' }, connectTimeoutMs: 5000, idleTimeoutMs: 30_000 },
  );
  return new RoguePeer(draft, 'client', transport).opened();
}

function written(relay: TestRelay): string {
  return relay.process.stdout.toString('latin1') + relay.process.stderr;
}

const EVIL = 'a\u001b]0;owned\u0007\u001b[2J\r\nFAKE: line\u0000\u202e\u2066z';
const EVIL_BYTES = Buffer.concat([Buffer.from(EVIL), Buffer.from([0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80])]);

describe('row 44: text from a peer in the log of the relay', () => {
  it.each(DRAFTS)('row 44: draft %s: names and reasons are harmless lines of valid JSON', async (draft) => {
    const relay = await start(['-v']);
    const peer = await rogueAt(relay, draft);
    await peer.setup({ implementation: EVIL });
    await peer.peerSetup();
    const namespace = [EVIL_BYTES, Buffer.from('x')];
    const announced = await peer.request({
      type: 'PUBLISH_NAMESPACE',
      requestId: peer.requestId(),
      namespace,
      parameters: {},
    });
    await announced.next('REQUEST_OK');
    await peer.transport.close(3n, EVIL, 500);
    await eventually(() => /session-closed/.test(written(relay)), 'the end of the session in the log');
    const text = written(relay);
    // Line ends are the log's own.
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(Buffer.from(text, 'latin1').toString()).not.toMatch(/[\u202e\u2066]/);
    const lines = relay.process.stdout.toString().trim().split('\n');
    const events = lines.map((line) => JSON.parse(line) as { event: string; reason?: string });
    expect(events.map(({ event }) => event)).toContain('namespace-published');
    expect(events.find(({ event }) => event === 'session-closed')?.reason).toMatch(/FAKE/);
  });

  it('row 44: as text it is one line each', async () => {
    const { start: startText } = await import('../support/moqt.js');
    const relay = startText(['relay', '--listen', '127.0.0.1:0', '-v'], { deadlineMs: 60_000 });
    await relay.until((m) => m.stdout.includes('certificate'), 'the relay listened');
    const url = /https:\/\/\S+/.exec(relay.stdout.toString())?.[0] as string;
    const peer = await rogueAt({ webtransport: url } as TestRelay, '18');
    await peer.setup({ implementation: EVIL });
    await peer.peerSetup();
    await peer.transport.close(3n, EVIL, 500);
    await relay.until((m) => /closed by/.test(m.stdout.toString()), 'the end of the session in the log');
    relay.kill('SIGINT');
    const { stdout, stderr } = await relay.done;
    const text = stdout.toString() + stderr;
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e\u2066]/u);
    expect(text).not.toMatch(/^FAKE/m);
  });
});

describe('row 43: tokens in the log of the relay', () => {
  const TOKEN = 'hunter2Secret.partTwoOfIt.Zx9Qw8Er7';
  const WRONG = 'wrongSecretOfTheClient.Ab3Cd4Ef5';
  const shapes = (secret: string) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    Buffer.from(secret).toString('hex'),
    ...secret.split('.').filter((part) => part.length >= 8),
  ];

  it('row 43: neither its own nor what a client shows is ever written, right or wrong, in SETUP or in a URL', async () => {
    const relay = await start(['-v', '--debug', '--auth-token', 'env:T'], { T: TOKEN });
    const ends: (number | null)[] = [];
    for (const secret of [TOKEN, WRONG]) {
      for (const url of [relay.quic, relay.webtransport]) {
        const flags = ['--auth-token', 'env:T', ...relay.trust];
        ends.push((await run(['connect', url, ...flags], { env: { T: secret } })).code);
      }
      const inUrl = `${relay.webtransport}?token=${encodeURIComponent(secret)}`;
      ends.push((await run(['connect', inUrl, ...relay.trust])).code);
    }
    expect(ends).toEqual([0, 0, 0, 5, 5, 5]);
    await eventually(() => (written(relay).match(/session-refused/g) ?? []).length >= 3, 'three refusals');
    for (const shape of [...shapes(TOKEN), ...shapes(WRONG)]) expect(written(relay)).not.toContain(shape);
  });

  it('row 43: its own is hidden where a peer sends it back, in any shape', async () => {
    const relay = await start(['-v', '--auth-token', 'env:T'], { T: TOKEN });
    const authorizationTokens = [{ alias: 'use-value' as const, tokenType: 0n, value: Buffer.from(TOKEN) }];
    for (const shape of shapes(TOKEN)) {
      const peer = await rogueAt(relay, '18');
      await peer.setup({ authorizationTokens, implementation: `x ${shape}` });
      await peer.peerSetup();
      const namespace = [Buffer.from(shape)];
      const requestId = peer.requestId();
      const asked = await peer.request({ type: 'PUBLISH_NAMESPACE', requestId, namespace, parameters: {} });
      await asked.next('REQUEST_OK');
      await peer.transport.close(3n, `why ${shape}`, 500);
    }
    const closed = () => (written(relay).match(/session-closed/g) ?? []).length;
    await eventually(() => closed() >= shapes(TOKEN).length, 'the ends of all sessions');
    for (const shape of shapes(TOKEN)) expect(written(relay)).not.toContain(shape);
  });
});
