import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/core/util/redact.js';
import { forge } from '../support/forge.js';
import { loopbackCertificate } from '../support/loopback.js';
import { BIN, errorOf, run } from '../support/moqt.js';
import { againstRogue, shown } from '../support/rogue-cli.js';
import { DRAFTS, type RoguePeer } from '../support/rogue-peer.js';
import { ALIAS, subgroupStream } from '../support/rogue-tracks.js';
import { RogueServer } from '../support/rogue-world.js';
import { eventually } from '../support/wait.js';

const folder = mkdtempSync(join(tmpdir(), 'moqt-rogue-'));
let server: RogueServer;
let narrow: RogueServer;
beforeAll(async () => {
  server = await RogueServer.start();
  narrow = await RogueServer.start({ streamWindow: 16_384, connectionWindow: 65_536 });
});
afterAll(async () => {
  await server.close();
  await narrow.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Answers a request of 14, 16 or 18 with an error whose reason is any bytes. */
function refuse(
  peer: RoguePeer,
  request: { readonly id: { readonly requestId?: bigint } },
  code: number,
  reason: string | Uint8Array,
  type = 0x05,
): Uint8Array {
  const body = forge(peer.profile);
  if (request.id.requestId !== undefined) body.varint(request.id.requestId);
  body.varint(code);
  if (peer.profile.features.retryInterval) body.varint(0);
  return body.prefixed(reason).message(type);
}

describe('row 57: a publisher whose offer is not accepted', () => {
  const input = Buffer.from('precious bytes\n'.repeat(100));

  describe.each(DRAFTS)('draft %s', (draft) => {
    it.each(['namespace', 'publish'] as const)(
      'row 57: --via %s is refused: 8, and nothing is claimed',
      async (via) => {
        const { moqt, peer } = await againstRogue(server, draft, ['publish', 'live', 'x', '--via', via, '--json'], {
          stdin: input,
        });
        await peer.setup();
        const type = via === 'namespace' ? 'PUBLISH_NAMESPACE' : 'PUBLISH';
        const request = await peer.nextRequest(type);
        const errorType = draft === '14' ? (via === 'namespace' ? 0x08 : 0x1f) : 0x05;
        request.stream.bytes(refuse(peer, request, draft === '14' ? 4 : 0x20, 'not here', errorType));
        const result = await moqt.done;
        expect(result.code, result.stderr).toBe(8);
        expect(errorOf(result)).toMatchObject({ code: 'MOQT_E_REJECTED', exitCode: 8 });
        expect(errorOf(result).message).toMatch(/not here/);
        expect(claims(shown(result))).toEqual([]);
        expect(peer.data).toEqual([]);
      },
    );

    it.each(['namespace', 'publish'] as const)(
      'row 57: --via %s is never answered: 6, and nothing is claimed',
      async (via) => {
        const command = ['publish', 'live', 'x', '--via', via, '--request-timeout', '300ms', '--json'] as const;
        const { moqt, peer } = await againstRogue(server, draft, command, { stdin: input });
        await peer.setup();
        const result = await moqt.done;
        expect(result.code, result.stderr).toBe(6);
        expect(errorOf(result)).toMatchObject({ code: 'MOQT_E_TIMEOUT' });
        expect(claims(shown(result))).toEqual([]);
        expect(peer.data).toEqual([]);
      },
    );
  });

  it('row 57: UNAUTHORIZED is 5', async () => {
    const { moqt, peer } = await againstRogue(server, '18', ['publish', 'live', 'x', '--json'], { stdin: input });
    await peer.setup();
    const request = await peer.nextRequest('PUBLISH_NAMESPACE');
    request.stream.bytes(refuse(peer, request, 1, 'who are you'));
    expect((await moqt.done).code).toBe(5);
  });

  it('row 23: a peer that takes the offer and grants no credit: --max-time fires, 6', async () => {
    const command = ['publish', 'live', 'x', '--max-time', '1s', '--json'] as const;
    const { moqt, peer } = await againstRogue(narrow, '18', command, {
      stdin: Buffer.alloc(4_000_000),
      rogue: { deaf: true },
    });
    await peer.setup();
    const request = await peer.nextRequest('PUBLISH_NAMESPACE');
    request.stream.message({ type: 'REQUEST_OK', parameters: {} });
    const requestId = peer.requestId();
    const track = { namespace: [Buffer.from('live')], name: Buffer.from('x') };
    await peer.request({ type: 'SUBSCRIBE', requestId, track, parameters: {} });
    const result = await moqt.done;
    expect(result.code, result.stderr).toBe(6);
    expect(errorOf(result)).toMatchObject({ cause: 'timeout.max-time' });
  });

  it('row 24: it does not hold up the exit beyond the close deadline', async () => {
    const command = ['publish', 'live', 'x', '--close-timeout', '300ms', '--drain-timeout', '300ms'] as const;
    const { moqt, peer } = await againstRogue(narrow, '18', command, {
      stdin: Buffer.alloc(4_000_000),
      rogue: { deaf: true },
    });
    await peer.setup();
    (await peer.nextRequest('PUBLISH_NAMESPACE')).stream.message({ type: 'REQUEST_OK', parameters: {} });
    const track = { namespace: [Buffer.from('live')], name: Buffer.from('x') };
    await peer.request({ type: 'SUBSCRIBE', requestId: peer.requestId(), track, parameters: {} });
    await eventually(() => peer.unread.length > 0, 'a data stream');
    const started = performance.now();
    moqt.kill('SIGINT');
    const result = await moqt.done;
    expect(result.code).toBe(130);
    // Half of the idle timeout, which would end it otherwise.
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

/** Words that would say that something has arrived. */
function claims(output: string): string[] {
  return output.match(/\b(published|delivered|acknowledged)\b|"objects":\s*[1-9]/gi) ?? [];
}

describe('row 7: a reason of the greatest length', () => {
  it('row 7: is cut where it is printed', async () => {
    const { moqt, peer } = await againstRogue(server, '18', ['subscribe', 'live', 'x']);
    await peer.setup();
    const request = await peer.nextRequest('SUBSCRIBE');
    request.stream.bytes(refuse(peer, request, 0x10, 'r'.repeat(1024)));
    const result = await moqt.done;
    expect(result.code).toBe(8);
    expect(result.stderr.match(/r{20,}/)?.[0].length).toBeLessThanOrEqual(400);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
  });
});

const EVIL = 'a\u001b]0;owned\u0007\u001b[2J\r\nFAKE: line\u0000\u202e\u2066z';
/** The same with bytes that are no UTF-8. */
const EVIL_BYTES = Buffer.concat([Buffer.from(EVIL), Buffer.from([0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80])]);

/** Nothing that moves a cursor, breaks a line, hides or reorders text. */
function expectHarmless(text: string): void {
  for (const dangerous of ['\u001b]', '\u001b[2J', '\u0007', '\u0000', '\u202e', '\u2066']) {
    expect(text.includes(dangerous), JSON.stringify(text)).toBe(false);
  }
  expect(text).not.toMatch(/^FAKE/m);
}

describe('a prefix that is not accepted', () => {
  const command = ['connect', '--hold', '--prefix', 'live/room1', '--request-timeout', '300ms', '--json'] as const;

  it.each(DRAFTS)('draft %s: refused: 8, and the error names the prefix and the reason', async (draft) => {
    const { moqt, peer } = await againstRogue(server, draft, command);
    await peer.setup();
    const request = await peer.nextRequest('SUBSCRIBE_NAMESPACE');
    const errorType = draft === '14' ? 0x13 : 0x05;
    request.stream.bytes(refuse(peer, request, draft === '14' ? 4 : 0x30, EVIL_BYTES, errorType));
    const result = await moqt.done;
    expect(result.code, result.stderr).toBe(8);
    expect(errorOf(result)).toMatchObject({ code: 'MOQT_E_REJECTED', stage: 'subscribe' });
    expect(errorOf(result).message).toMatch(/--prefix \("live", "room1"\): SUBSCRIBE_NAMESPACE refused: .*: a/);
    expectHarmless(shown(result));
  });

  it('never answered: 6', async () => {
    const { moqt, peer } = await againstRogue(server, '18', command);
    await peer.setup();
    const result = await moqt.done;
    expect(result.code, result.stderr).toBe(6);
    expect(errorOf(result).message).toContain('no answer to SUBSCRIBE_NAMESPACE within 300 ms');
  });

  it('ended later: it is said, and the session is held on', async () => {
    const { moqt, peer } = await againstRogue(server, '18', ['connect', '--hold', '--prefix', 'live', '--jsonl']);
    await peer.setup();
    const request = await peer.nextRequest('SUBSCRIBE_NAMESPACE');
    request.stream.message({ type: 'REQUEST_OK', parameters: {} });
    request.stream.end();
    await moqt.until((m) => m.stdout.includes('{"event":"prefix-ended","prefix":["live"]}'), 'its end was shown');
    moqt.kill('SIGINT');
    expect((await moqt.done).code).toBe(130);
  });
});

describe('row 44: text from the peer', () => {
  const reasons: readonly [what: string, act: (peer: RoguePeer) => Promise<unknown>, command: string][] = [
    [
      'the reason of a refusal',
      async (peer) => {
        const request = await peer.nextRequest('SUBSCRIBE');
        request.stream.bytes(refuse(peer, request, 0x10, EVIL_BYTES));
      },
      'subscribe',
    ],
    [
      'the reason of PUBLISH_DONE',
      async (peer) => {
        const request = await peer.nextRequest('SUBSCRIBE');
        request.stream.message({ type: 'SUBSCRIBE_OK', ...request.id, trackAlias: ALIAS, parameters: {} });
        request.stream.bytes(forge(peer.profile).varint(0, 0).prefixed(EVIL_BYTES).message('PUBLISH_DONE'));
        request.stream.end();
      },
      'subscribe',
    ],
    [
      'the reason of a closed session',
      async (peer) => {
        await peer.nextRequest('SUBSCRIBE');
        await peer.transport.close(2n, EVIL, 500);
      },
      'subscribe',
    ],
    [
      'a session that is closed before SETUP',
      async (peer) => {
        await peer.transport.close(3n, EVIL, 500);
      },
      'connect',
    ],
    [
      'the refusal of a namespace',
      async (peer) => {
        const request = await peer.nextRequest('PUBLISH_NAMESPACE');
        request.stream.bytes(refuse(peer, request, 0x20, EVIL_BYTES));
      },
      'announce',
    ],
  ];

  const args = (command: string): string[] =>
    command === 'connect' ? [] : command === 'announce' ? ['live'] : ['live', 'x'];

  it.each(reasons)('row 44: %s is one harmless line, and valid JSON', async (_what, act, command) => {
    for (const output of [[], ['--json'], ['--debug', '-v']]) {
      const { moqt, peer } = await againstRogue(server, '18', [command, ...args(command), ...output]);
      if (!/before SETUP/.test(_what)) await peer.setup();
      await act(peer);
      const result = await moqt.done;
      expect(result.code, result.stderr).toBeGreaterThan(1);
      expect(result.code, result.stderr).not.toBe(70);
      expectHarmless(shown(result));
      const lines = result.stderr.trim().split('\n');
      if (output.length === 0)
        expect(
          lines.filter((line) => /a\\x1b/.test(line)),
          result.stderr,
        ).toHaveLength(1);
      if (output[0] === '--json') expect(errorOf(result).message).toMatch(/a/);
    }
  });

  it('row 44: what `connect --hold` shows of GOAWAY, namespaces and tracks, as text and as JSON', async () => {
    for (const output of ['-v', '--jsonl']) {
      const { moqt, peer } = await againstRogue(server, '18', ['connect', '--hold', '--for', '10s', output]);
      await peer.setup({ implementation: EVIL });
      const namespace = [EVIL_BYTES, Buffer.from('x')];
      const track = { namespace, name: EVIL_BYTES };
      const announced = await peer.request({
        type: 'PUBLISH_NAMESPACE',
        requestId: peer.requestId(),
        namespace,
        parameters: {},
      });
      const answered = await peer.request({ type: 'SUBSCRIBE', requestId: peer.requestId(), track, parameters: {} });
      await announced.next('REQUEST_OK');
      await answered.next('REQUEST_ERROR');
      peer.control.message({ type: 'GOAWAY', newSessionUri: `moqt://h/${EVIL}`, timeout: 0n, requestId: 0n });
      await moqt.until((m) => /goaway/i.test(m.stdout.toString() + m.stderr), 'GOAWAY was shown');
      moqt.kill('SIGINT');
      const result = await moqt.done;
      expectHarmless(shown(result));
      if (output !== '--jsonl') continue;
      for (const line of result.stdout.toString().trim().split('\n'))
        expect(() => JSON.parse(line), line).not.toThrow();
    }
  });

  it('row 44: on a terminal', async () => {
    const { sha256 } = await loopbackCertificate();
    const url = `moqt://127.0.0.1:${server.port}`;
    const trust = ['--cert-sha256', Buffer.from(sha256).toString('hex'), '--draft', '18'];
    const env = { ...process.env, TERM: 'xterm-256color', XDG_CONFIG_HOME: '/nonexistent' } as Record<string, string>;
    const pty = spawn(process.execPath, [BIN, 'subscribe', url, 'live', 'x', ...trust], { cols: 200, rows: 30, env });
    let text = '';
    pty.onData((data) => {
      text += data;
    });
    const ended = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
    const peer = await (await server.accept('18')).setup();
    const request = await peer.nextRequest('SUBSCRIBE');
    request.stream.bytes(refuse(peer, request, 0x10, EVIL_BYTES));
    expect(await ended).toBe(8);
    // The terminal's own line ends, colours and cursor are not the peer's.
    expectHarmless(text);
  });

  it('row 44: payload in jsonl is never raw', async () => {
    const { moqt, peer } = await againstRogue(server, '18', ['subscribe', 'live', 'x', '--frame', 'jsonl']);
    await peer.setup();
    const request = await peer.nextRequest('SUBSCRIBE');
    request.stream.message({ type: 'SUBSCRIBE_OK', trackAlias: ALIAS, parameters: {} });
    const payloads = [EVIL, EVIL_BYTES];
    const objects = payloads.map((payload, i) => ({ id: BigInt(i), payload }));
    await peer.sendUni(subgroupStream(peer.profile, { alias: ALIAS, group: 0n }, ...objects));
    request.stream.bytes(forge(peer.profile).varint(2, 1).prefixed('').message('PUBLISH_DONE'));
    request.stream.end();
    const result = await moqt.done;
    expect(result.code, result.stderr).toBe(0);
    const lines = result.stdout.toString().trim().split('\n');
    // JSON writes control characters as escapes; the rest of a payload is not ours to change.
    for (const line of lines) expect(line).not.toMatch(/\p{Cc}/u);
    const records = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'object');
    expect(records.map(({ payload, encoding }) => Buffer.from(payload, encoding))).toEqual(
      payloads.map((payload) => Buffer.from(payload)),
    );
  });
});

describe('row 43: secrets', () => {
  const TOKEN = 'hunter2Secret.partTwoOfIt.Zx9Qw8Er7';
  const IN_URL = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl';

  /** Every shape in which the peer, or we, could show a secret. */
  const shapes = [TOKEN, IN_URL].flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    Buffer.from(secret).toString('hex'),
    ...secret.split('.').filter((part) => part.length >= 8),
  ]);

  it('row 43: the shapes fit one reason, and are those that the redactor knows', () => {
    expect(shapes.join(' ').length).toBeLessThan(1000);
    const redact = createRedactor([TOKEN, IN_URL]);
    for (const shape of shapes) expect(redact(`x ${shape} y`)).not.toContain(shape);
  });

  it.each(['--json', '--jsonl', '--debug'])(
    'row 43: stay out of everything that %s prints, also when the peer sends them back in any shape',
    async (output) => {
      const command = ['subscribe', 'live', 'x', '-v', '--auth-token', 'env:T', output] as const;
      const options = { env: { T: TOKEN }, path: `/app?token=${IN_URL}` };
      const { moqt, peer } = await againstRogue(server, '18', command, options);
      await peer.setup();
      const request = await peer.nextRequest('SUBSCRIBE');
      request.stream.bytes(refuse(peer, request, 0x10, `bad token: ${shapes.join(' ')}`.slice(0, 1024)));
      const result = await moqt.done;
      expect(result.code, result.stderr).toBe(8);
      for (const secret of shapes) expect(shown(result)).not.toContain(secret);
      expect(shown(result)).toContain('bad token: ***');
    },
  );

  it('row 43: were really sent', async () => {
    const { moqt, peer } = await againstRogue(server, '18', ['connect', '--auth-token', 'env:T'], {
      env: { T: TOKEN },
      path: `/app?token=${IN_URL}`,
    });
    await peer.setup();
    await peer.peerSetup();
    const [setup] = peer.control.received;
    expect(setup).toMatchObject({ options: { path: `/app?token=${IN_URL}` } });
    expect(JSON.stringify(setup, (_, v) => (typeof v === 'bigint' ? `${v}` : v))).toContain(
      JSON.stringify(Object.fromEntries(new Uint8Array(Buffer.from(TOKEN)).entries())),
    );
    expect((await moqt.done).code).toBe(0);
  });

  it('row 43: a URL that is refused is not repeated with its secret', async () => {
    for (const url of [
      `moqt://user:${TOKEN}@127.0.0.1`,
      `ftp://h/?token=${IN_URL}`,
      `moqt://h:99999/?token=${IN_URL}`,
    ]) {
      const result = await run(['connect', url, '--json', '--debug']);
      expect(result.code, result.stderr).toBe(2);
      for (const secret of shapes) expect(shown(result)).not.toContain(secret);
    }
  });
});
