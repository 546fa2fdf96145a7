import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, run, shell, start, startRelay, type TestRelay } from '../support/moqt.js';

const folder = mkdtempSync(join(tmpdir(), 'moqt-exit-'));
let relay: TestRelay;
let secured: TestRelay;
beforeAll(async () => {
  relay = await startRelay();
  secured = await startRelay(['--auth-token', 'env:RELAY_TOKEN'], { env: { RELAY_TOKEN: 'opensesame' } });
});
afterAll(async () => {
  await relay.stop();
  await secured.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('exit 0', () => {
  it('connects, reports and leaves', async () => {
    const result = await run(['connect', relay.quic, '--json', ...relay.trust]);
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(result.stdout.toString())).toMatchObject({ draft: '18', transport: 'quic' });
  });
});

describe('exit 1: an assertion failed', () => {
  it('fewer objects than --expect-objects', async () => {
    const subscriber = start([
      'subscribe',
      relay.quic,
      'exit',
      'one',
      '--wait',
      '60s',
      '--expect-objects',
      '5',
      '--json',
      ...relay.trust,
    ]);
    await run(['publish', relay.quic, 'exit', 'one', ...relay.trust], { stdin: Buffer.from('hello') });
    const result = await subscriber.done;
    expect(result.code, result.stderr).toBe(1);
    expect(errorOf(result)).toMatchObject({ code: 'MOQT_E_CHECK' });
  });
});

describe('exit 2: usage, before a packet is sent', () => {
  it.each([
    ['an unknown flag', ['connect', 'moqt://127.0.0.1:9', '--nope'], 'there is no flag --nope'],
    ['an unknown command', ['conect', 'moqt://127.0.0.1:9'], 'did you mean connect'],
    ['a missing argument', ['publish', 'moqt://127.0.0.1:9', 'live'], 'missing argument: TRACK'],
    ['a duplicate flag', ['connect', 'moqt://127.0.0.1:9', '--servername', 'a', '--servername', 'b'], 'servername'],
    ['a misspelled flag', ['connect', 'moqt://127.0.0.1:9', '--insecur'], 'did you mean --insecure'],
    ['a word too many', ['relay', 'now'], 'unexpected argument: now'],
    ['two flags that exclude each other', ['announce', 'moqt://127.0.0.1:9', 'a', '--once', '--for', '1s'], '--once'],
    ['a flag that needs another', ['connect', 'moqt://127.0.0.1:9', '--for', '1s'], '--hold'],
    ['a word that is no choice', ['connect', 'moqt://127.0.0.1:9', '--transport', 'tcp'], 'webtransport'],
    ['an address to send from that is none', ['connect', 'moqt://127.0.0.1:9', '--bind', '300.1.1.1'], 'IP address'],
    ['an empty server name', ['connect', 'moqt://127.0.0.1:9', '--servername', ''], 'host name'],
    ['a format beside a framing', ['subscribe', 'moqt://127.0.0.1:9', 'a', 'x', '--format', 'x', '--jsonl'], '--jsonl'],
    ['a framing beside --jsonl', ['subscribe', 'moqt://127.0.0.1:9', 'a', 'x', '--frame', 'nul', '--jsonl'], 'jsonl'],
    ['something that is no JSON to encode', ['encode', 'nonsense'], 'a JSON object'],
    ['a URL without a host', ['connect', 'moqt://'], 'host'],
    ['an unknown scheme', ['connect', 'ftp://127.0.0.1'], 'moqt://'],
    ['port 0', ['connect', 'moqt://127.0.0.1:0'], '65535'],
    ['a port above 65535', ['connect', 'moqt://127.0.0.1:65536'], '65535'],
    ['user information in the URL', ['connect', 'moqt://me:secret@127.0.0.1'], '--auth-token'],
    ['a control character in the URL', ['connect', 'moqt://127.0.0.1/\u0007'], '%xx'],
    ['a negative duration', ['connect', 'moqt://127.0.0.1:9', '--connect-timeout=-5s'], 'ms s m h d'],
    ['a duration that overflows', ['connect', 'moqt://127.0.0.1:9', '--connect-timeout', '1e400'], 'ms s m h d'],
    ['a size that is not a number', ['publish', 'moqt://127.0.0.1:9', 'live', 'x', '--object-size', 'NaN'], 'KiB'],
    ['an unknown draft', ['connect', 'moqt://127.0.0.1:9', '--draft', '99'], '18'],
    ['a malformed pin', ['connect', 'moqt://127.0.0.1:9', '--cert-sha256', 'abc'], '64 hex digits'],
    [
      'a pin together with --insecure',
      ['connect', 'moqt://127.0.0.1:9', '--insecure', '--cert-sha256', 'a'.repeat(64)],
      'insecure',
    ],
    ['a literal token', ['connect', 'moqt://127.0.0.1:9', '--auth-token', 'secret'], 'env:NAME'],
    ['33 namespace fields', ['publish', 'moqt://127.0.0.1:9', Array(33).fill('a').join('/'), 'x'], 'at most 32'],
    ['a name of 5000 bytes', ['publish', 'moqt://127.0.0.1:9', 'live', 'x'.repeat(5000)], 'at most 4096'],
    ['a directory as input', ['publish', 'moqt://127.0.0.1:9', 'live', 'x', '/'], 'name files'],
    ['an unknown framing', ['publish', 'moqt://127.0.0.1:9', 'live', 'x', '--frame', 'csv'], 'lines'],
    ['an unknown format variable', ['subscribe', 'moqt://127.0.0.1:9', 'live', 'x', '-w', '%{nope}'], '%{time_dns}'],
    ['another address for the relay without permission', ['relay', '--listen', '0.0.0.0:0'], 'allow'],
  ])('%s', async (_what, args, expected) => {
    const result = await run([...args, '--json']);
    expect(result.code, result.stderr).toBe(2);
    const error = errorOf(result);
    expect(error.exitCode).toBe(2);
    expect(`${error.message} ${error.hint}`).toContain(expected);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });
});

describe('a value that is wrong', () => {
  it('is said without what the parser writes around it, and with the variable that it came from', async () => {
    const env = { MOQT_CONNECT_TIMEOUT: 'soon' };
    const error = errorOf(await run(['connect', 'moqt://127.0.0.1:9', '--json'], { env }));
    expect(error.message).toBe('environment MOQT_CONNECT_TIMEOUT: --connect-timeout does not accept "soon"');
  });

  it('in the configuration file is never ignored: a name that no command has is refused', async () => {
    const path = join(folder, 'config.json');
    for (const [text, expected] of [
      ['{"drat":"18"}', 'draft'],
      ['{"frame":"lines"}', '"publish": {"frame"'],
      ['{"commands":{"publsh":{}}}', 'publish'],
      ['{"commands":{"connect":{"hodl":true}}}', 'hold'],
      ['{"contexts":{"lab":{"insecur":true}}}', 'insecure'],
    ] as const) {
      writeFileSync(path, text);
      const result = await run(['connect', 'moqt://127.0.0.1:9', '--config', path, '--json']);
      expect(result.code, text).toBe(2);
      expect(errorOf(result).hint, text).toContain(expected);
    }
  });
});

describe('--show-config', () => {
  it('needs no arguments, names origins, and shows no token', async () => {
    const path = join(folder, 'shown.json');
    writeFileSync(path, '{"context":"lab","contexts":{"lab":{"draft":"14"}},"commands":{"publish":{"rate":5}}}');
    const env = { MOQT_AUTH_TOKEN: 'opensesame', MOQT_INSECURE: '1' };
    const result = await run(['publish', '--show-config', '--config', path, '--json'], { env });
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout.toString()).not.toContain('opensesame');
    const { config } = JSON.parse(result.stdout.toString()) as { config: { flag: string }[] };
    const row = (flag: string) => config.find((one) => one.flag === flag);
    expect(row('auth-token')).toMatchObject({ value: '(hidden)', origin: 'environment MOQT_AUTH_TOKEN' });
    expect(row('insecure')).toMatchObject({ value: true, origin: 'environment MOQT_INSECURE' });
    expect(row('draft')).toMatchObject({ value: ['14'], origin: 'context lab' });
    expect(row('rate')).toMatchObject({ value: '5', origin: `file ${path}` });
    expect(row('no-wait')).toMatchObject({ value: false, origin: 'default' });
  });
});

describe('help', () => {
  it.each([['-h'], ['publish', '-h'], ['publish', '--help']])('%s is answered with 0', async (...args) => {
    const result = await run(args);
    expect(result.code, result.stderr).toBe(0);
    if (args.length > 1) expect(result.stdout.toString()).toContain('publish URL NAMESPACE TRACK [FILE...] [FLAGS]');
  });
});

describe('exit 3: unreachable', () => {
  it('nothing listens', async () => {
    const socket = createSocket('udp4');
    const port = await new Promise<number>((resolve) =>
      socket.bind(0, '127.0.0.1', () => resolve(socket.address().port)),
    );
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    const result = await run(['connect', `moqt://127.0.0.1:${port}`, '--json', '--insecure']);
    expect(result.code, result.stderr).toBe(3);
    expect(errorOf(result)).toMatchObject({ code: 'MOQT_E_UNREACHABLE', cause: 'udp.refused' });
  });

  it('the name does not exist', async () => {
    const result = await run(['connect', 'moqt://nonexistent.invalid', '--json']);
    expect(result.code, result.stderr).toBe(3);
    expect(errorOf(result)).toMatchObject({ code: 'MOQT_E_DNS' });
  });
});

describe('exit 10: a place that cannot be', () => {
  it('a folder that can never be made', async () => {
    const result = await run(['subscribe', relay.quic, 'a', 'x', '--output-dir', '/proc/nope/deep', '--json']);
    expect(result, result.stderr).toMatchObject({ code: 10, signal: null });
    expect(errorOf(result)).toMatchObject({ cause: 'io.output-dir' });
  });
});

describe('exit 4: TLS', () => {
  it('an untrusted certificate', async () => {
    const result = await run(['connect', relay.quic, '--json']);
    expect(result.code, result.stderr).toBe(4);
    expect(errorOf(result)).toMatchObject({ code: 'MOQT_E_TLS' });
  });

  it.each(['quic', 'webtransport'] as const)('a pin that does not match, over %s', async (transport) => {
    const result = await run(['connect', relay.url(transport), '--cert-sha256', 'ab'.repeat(32), '--json']);
    expect(result.code, result.stderr).toBe(4);
    expect(errorOf(result)).toMatchObject({ cause: 'tls.pin-mismatch' });
  });

  it('an empty file of roots', async () => {
    const empty = join(folder, 'empty.pem');
    writeFileSync(empty, '');
    const result = await run(['connect', relay.quic, '--ca', empty, '--json']);
    expect(result.code, result.stderr).toBe(4);
  });
});

describe('exit 5: not authorised', () => {
  it.each(['quic', 'webtransport'] as const)('no token, over %s', async (transport) => {
    // It asks for something: a relay that is held up behind its SETUP refuses in the end all the same.
    const result = await run(['announce', secured.url(transport), 'exit', '--once', '--json', ...secured.trust]);
    expect(result.code, result.stderr).toBe(5);
    expect(errorOf(result)).toMatchObject({ code: 'MOQT_E_UNAUTHORIZED' });
  });

  it('a wrong token is refused, the right one is let in, and neither is ever printed', async () => {
    const args = ['announce', secured.quic, 'exit', '--once', '--debug', '--auth-token', 'env:T', ...secured.trust];
    const wrong = await run(args, { env: { T: 'letmein-please' } });
    expect(wrong.code, wrong.stderr).toBe(5);
    expect(wrong.stderr + wrong.stdout).not.toContain('letmein-please');
    const right = await run(['connect', secured.quic, '-v', '--debug', ...secured.trust], {
      env: { MOQT_AUTH_TOKEN: 'opensesame' },
    });
    expect(right.code, right.stderr).toBe(0);
    expect(right.stderr + right.stdout).not.toContain('opensesame');
  });
});

describe('exit 6: timeout', () => {
  it('a silent server', async () => {
    const socket = createSocket('udp4');
    const port = await new Promise<number>((resolve) =>
      socket.bind(0, '127.0.0.1', () => resolve(socket.address().port)),
    );
    const result = await run([
      'connect',
      `moqt://127.0.0.1:${port}`,
      '--json',
      '--insecure',
      '--connect-timeout',
      '500ms',
    ]);
    socket.close();
    expect(result.code, result.stderr).toBe(6);
    expect(errorOf(result)).toMatchObject({ cause: 'udp.no-answer' });
  });

  it('--max-time', async () => {
    const result = await run([
      'subscribe',
      relay.quic,
      'exit',
      'never',
      '--wait',
      '--max-time',
      '500ms',
      '--json',
      ...relay.trust,
    ]);
    expect(result.code, result.stderr).toBe(6);
    expect(errorOf(result)).toMatchObject({ cause: 'timeout.max-time' });
  });
});

describe('exit 8: nobody came', () => {
  it.each(['18', '16'])('--wait that is over, with the last answer, on draft %s', async (draft) => {
    const result = await run([
      ...['subscribe', relay.quic, 'exit', 'nobody', '--wait', '300ms', '--draft', draft, '--json'],
      ...relay.trust,
    ]);
    expect(result.code, result.stderr).toBe(8);
  });
});

describe('exit 7: protocol', () => {
  it('no common draft, naming what was offered', async () => {
    const old = await startRelay(['--draft', '14']);
    const result = await run(['connect', old.quic, '--draft', '18', '--json', ...old.trust]);
    await old.stop();
    expect(result.code, result.stderr).toBe(7);
    expect(errorOf(result)).toMatchObject({ code: 'MOQT_E_VERSION', message: expect.stringContaining('moqt-18') });
  });
});

describe('exit 8: rejected', () => {
  it.each(['14', '16', '18'])('a track that nobody publishes, on draft %s', async (draft) => {
    const result = await run([
      'subscribe',
      relay.quic,
      'nonexistent',
      'track',
      '--draft',
      draft,
      '--json',
      ...relay.trust,
    ]);
    expect(result.code, result.stderr).toBe(8);
    expect(errorOf(result).message).toMatch(/DOES_NOT_EXIST/);
  });
});

describe('exit 9: incomplete', () => {
  it('the publisher is killed', async () => {
    const subscriber = start(['subscribe', relay.quic, 'exit', 'killed', '--wait', '60s', '--json', ...relay.trust]);
    const publisher = start(['publish', relay.quic, 'exit', 'killed', '--idle-timeout', '2s', ...relay.trust], {
      stdin: 'pipe',
    });
    publisher.child.stdin?.write(Buffer.alloc(100_000, 'x'));
    await subscriber.until((m) => m.stdout.length > 0, 'the first bytes arrived');
    publisher.kill('SIGKILL');
    const result = await subscriber.done;
    expect(result.code, result.stderr).toBe(9);
  });

  it('a record that ends in the middle is not published', async () => {
    const subscriber = start(['subscribe', relay.quic, 'exit', 'cut', '--wait', '60s', ...relay.trust]);
    const result = await run(['publish', relay.quic, 'exit', 'cut', '--frame', 'u32be', '--json', ...relay.trust], {
      stdin: Buffer.from([0, 0, 0, 1, 0x41, 0, 0, 0, 9, 0x42]),
    });
    expect(result.code, result.stderr).toBe(9);
    expect((await subscriber.done).stdout.toString()).toBe('A');
  });
});

describe('exit 10: local I/O', () => {
  it('an input that does not exist', async () => {
    const result = await run(['publish', relay.quic, 'exit', 'io', join(folder, 'absent'), '--json', ...relay.trust]);
    expect(result.code, result.stderr).toBe(10);
  });

  it('a full device, saying how much was written', async () => {
    const subscriber = shell(
      `moqt subscribe ${relay.quic} exit full --wait 60s --json ${relay.trust.join(' ')} > /dev/full`,
    );
    await run(['publish', relay.quic, 'exit', 'full', ...relay.trust], { stdin: Buffer.alloc(50_000) });
    const result = await subscriber;
    expect(result.code, result.stderr).toBe(10);
    expect(errorOf(result)).toMatchObject({ cause: 'io.no-space', message: expect.stringMatching(/after \d+ bytes/) });
  });

  it('a file that exists is not overwritten', async () => {
    const existing = join(folder, 'existing');
    writeFileSync(existing, 'precious');
    const result = await run(['subscribe', relay.quic, 'exit', 'x', '-o', existing, '--json', ...relay.trust]);
    expect(result.code, result.stderr).toBe(10);
  });

  it('a port in use, named', async () => {
    const { port } = new URL(relay.webtransport);
    const result = await run(['relay', '--listen', `127.0.0.1:${port}`, '--json']);
    expect(result.code, result.stderr).toBe(10);
    expect(errorOf(result).message).toContain(port);
  });

  it('a certificate that cannot be read', async () => {
    const result = await run([
      'relay',
      '--listen',
      '127.0.0.1:0',
      '--cert',
      '/nonexistent',
      '--key',
      '/nonexistent',
      '--json',
    ]);
    expect(result.code, result.stderr).toBe(10);
  });
});

describe('signals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends a subscriber in order with %i', async (signal, code) => {
    const subscriber = start(['subscribe', relay.quic, 'exit', `signal-${signal}`, '--wait', '-v', ...relay.trust]);
    const publisher = start(['publish', relay.quic, 'exit', `signal-${signal}`, ...relay.trust], { stdin: 'pipe' });
    publisher.child.stdin?.write('x'.repeat(40_000));
    await subscriber.until((m) => m.stdout.length > 0, 'the first bytes arrived');
    subscriber.kill(signal);
    expect((await subscriber.done).code).toBe(code);
    publisher.kill('SIGINT');
    expect((await publisher.done).code).toBe(130);
  });

  it('a second signal ends at once', async () => {
    const drained = await startRelay(['--drain-timeout', '60s']);
    const client = start(['connect', drained.quic, '--hold', '--idle-timeout', '60s', ...drained.trust]);
    await client.until((m) => m.stdout.length > 0, 'the session was reported');
    // It does not leave, however long it is asked to.
    client.kill('SIGSTOP');
    drained.process.kill('SIGTERM');
    await drained.process.until((m) => m.stdout.includes('"draining"'), 'the relay drained');
    const since = performance.now();
    drained.process.kill('SIGINT');
    const result = await drained.process.done;
    client.kill('SIGKILL');
    expect(result.code).toBe(130);
    expect(performance.now() - since).toBeLessThan(20_000);
  });
});
