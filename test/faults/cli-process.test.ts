import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, run, start, startRelay } from '../support/moqt.js';
import { RelayUnderTest } from '../support/rogue-world.js';

const folder = mkdtempSync(join(tmpdir(), 'moqt-process-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOWHERE = 'moqt://127.0.0.1:9';

describe('row 53: signals to a relay', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('row 53: %s: an end in order, %i', async (signal, code) => {
    const relay = await startRelay();
    const held = start(['connect', relay.quic, '--hold', '--jsonl', ...relay.trust]);
    await held.until((m) => m.stdout.length > 0, 'the session was reported');
    relay.process.kill(signal);
    // SIGTERM drains: the session is told to go, and goes.
    if (signal === 'SIGTERM') {
      await held.until((m) => m.stdout.includes('goaway'), 'GOAWAY');
      held.kill('SIGINT');
    }
    const [ended, left] = await Promise.all([relay.process.done, held.done]);
    expect(ended.code, ended.stderr).toBe(code);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
    expect(left.code).not.toBe(70);
  });

  it('row 53: a second signal cuts the drain short', async () => {
    const relay = await startRelay(['--drain-timeout', '60s']);
    const held = start(['connect', relay.quic, '--hold', '--jsonl', ...relay.trust]);
    await held.until((m) => m.stdout.length > 0, 'the session was reported');
    relay.process.kill('SIGTERM');
    await held.until((m) => m.stdout.includes('goaway'), 'GOAWAY');
    relay.process.kill('SIGTERM');
    expect((await relay.process.done).code).toBe(143);
    held.kill('SIGKILL');
    await held.done;
  });
});

describe('row 62: a relay that others could reach', () => {
  it.each(['0.0.0.0:0', '[::]:0'])('row 62: %s is refused, and says which flag allows it', async (listen) => {
    const result = await run(['relay', '--listen', listen, '--json']);
    expect(result.code, result.stderr).toBe(2);
    const { message, hint } = errorOf(result);
    expect(`${message} ${hint}`).toMatch(/--allow-remote/);
  });

  it('row 62: with the flag it is allowed', async () => {
    const relay = start(['relay', '--listen', '0.0.0.0:0', '--allow-remote', '--jsonl']);
    await relay.until((m) => m.stdout.includes('"listening"'), 'the relay listened');
    relay.kill('SIGINT');
    expect((await relay.done).code).toBe(130);
  });
});

describe('row 64: what a relay cannot have', () => {
  it('row 64: a port that is taken by something else: 10, and names it', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const result = await run(['relay', '--listen', `127.0.0.1:${port}`, '--json']);
    socket.close();
    expect(result.code, result.stderr).toBe(10);
    expect(errorOf(result).message).toContain(String(port));
  });

  it('row 64: an address that this machine does not have: 10, and names it', async () => {
    const result = await run(['relay', '--listen', '203.0.113.7:4443', '--allow-remote', '--json']);
    expect(result.code, result.stderr).toBe(10);
    expect(errorOf(result).message).toContain('203.0.113.7');
  });

  it('row 64: a key that cannot be read: 10, and names it', async () => {
    const directory = join(folder, 'a-folder');
    mkdirSync(directory);
    const cert = join(folder, 'cert.pem');
    writeFileSync(cert, 'x');
    for (const key of [directory, join(folder, 'absent')]) {
      const result = await run(['relay', '--listen', '127.0.0.1:0', '--cert', cert, '--key', key, '--json']);
      expect(result.code, result.stderr).toBe(10);
      expect(errorOf(result).message).toContain(key);
    }
  });
});

describe('row 65: flags that mean nothing', () => {
  const bad: readonly [flag: string, args: readonly string[]][] = [
    ['--nope', ['connect', NOWHERE, '--nope']],
    ['--connect-timeout', ['connect', NOWHERE, '--connect-timeout', 'NaN']],
    ['--connect-timeout', ['connect', NOWHERE, '--connect-timeout', '5']],
    ['--max-time', ['connect', NOWHERE, '--max-time', 'Infinity']],
    ['--max-time', ['connect', NOWHERE, '--max-time=-1s']],
    ['--idle-timeout', ['connect', NOWHERE, '--idle-timeout', '1e400ms']],
    ['--object-size', ['publish', NOWHERE, 'a', 'b', '--object-size', '1e400']],
    ['--object-size', ['publish', NOWHERE, 'a', 'b', '--object-size', '0']],
    ['--priority', ['publish', NOWHERE, 'a', 'b', '--priority', '256']],
    ['--priority', ['publish', NOWHERE, 'a', 'b', '--priority', '1.5']],
    ['--count', ['subscribe', NOWHERE, 'a', 'b', '--count', '0x10']],
    ['--rate', ['publish', NOWHERE, 'a', 'b', '--rate', '-3']],
    ['--rate', ['publish', NOWHERE, 'a', 'b', '--rate', '']],
    ['--group-every', ['publish', NOWHERE, 'a', 'b', '--group-every', '99999999999999999999']],
    ['--filter', ['subscribe', NOWHERE, 'a', 'b', '--filter', 'start:x']],
    ['--max-sessions', ['relay', '--listen', '127.0.0.1:0', '--max-sessions', '-1']],
    ['--listen', ['relay', '--listen', '127.0.0.1']],
    ['--listen', ['relay', '--listen', '127.0.0.1:70000']],
    ['--servername', ['connect', NOWHERE, '--servername', 'a', '--servername', 'b']],
    ['draft', ['connect', NOWHERE, '--draft', '18,18x']],
  ];

  it.each(bad)('row 65: %s in %j: 2, names the flag and what it takes', async (flag, args) => {
    const result = await run([...args, '--json'], { deadlineMs: 20_000 });
    expect(result.code, result.stderr).toBe(2);
    const { message, hint } = errorOf(result);
    expect(message, JSON.stringify(errorOf(result))).toContain(flag.replace(/^--nope$/, 'nope'));
    expect(hint).toBeTruthy();
  });

  it('row 65: the same from the environment names the variable', async () => {
    const result = await run(['connect', NOWHERE, '--json'], { env: { MOQT_CONNECT_TIMEOUT: 'NaN' } });
    expect(result.code, result.stderr).toBe(2);
    expect(`${errorOf(result).message} ${errorOf(result).hint}`).toMatch(/MOQT_CONNECT_TIMEOUT|connect-timeout/);
  });
});

describe('row 67: a relay whose owner is faulty', () => {
  it('row 67: a hook that throws on every event costs nobody a session, and is counted', async () => {
    const isolated = await RelayUnderTest.start(
      {},
      {
        onEvent: () => {
          throw new Error('a hook of the owner');
        },
      },
    );
    for (const draft of ['14', '16', '18'] as const) {
      const peer = await isolated.establishedRogue(draft);
      peer.control.end();
      expect(await peer.closeName()).toBe('PROTOCOL_VIOLATION');
      // Refused before it has a session.
      const early = await isolated.rogue(draft);
      early.control.bytes(Uint8Array.of(0x3f, 0, 0));
      expect(await early.closeName()).toBe('PROTOCOL_VIOLATION');
    }
    await isolated.isolates();
    expect(isolated.counter('hookErrors')).toBeGreaterThan(6);
    await isolated.close();
  });
});

describe('row 67: defects and a missing addon', () => {
  let broken: string;
  let faulty: string;
  beforeAll(() => {
    broken = join(folder, 'no-addon.cjs');
    writeFileSync(
      broken,
      `process.dlopen = (module, filename) => { throw Object.assign(new Error("/lib/libc.so.6: version 'GLIBC_2.38' not found (required by " + filename + ')'), { code: 'ERR_DLOPEN_FAILED' }); };\n`,
    );
    faulty = join(folder, 'faulty.cjs');
    // Not before the program has prepared itself for it.
    writeFileSync(
      faulty,
      `const timer = setInterval(() => {
        if (process.listenerCount('unhandledRejection') === 0) return;
        clearInterval(timer);
        Promise.reject(new Error('nobody\\u001b]0;x\\u0007 handles this'));
      }, 1);\n`,
    );
  });

  it.each([
    ['connect', ['connect', NOWHERE, '--insecure']],
    ['relay', ['relay', '--listen', '127.0.0.1:0']],
  ])('row 67: %s without its addon: 70, and names platform and libc', async (_name, args) => {
    const env = { NODE_OPTIONS: `--require ${broken}` };
    const plain = await run(args, { env });
    expect(plain.code, plain.stderr).toBe(70);
    expect(plain.stderr).toMatch(new RegExp(`${process.platform}-${process.arch}.*(glibc|musl)`));
    expect(plain.stderr).not.toMatch(/\n\s+at /);
    const json = await run([...args, '--json'], { env });
    expect(errorOf(json)).toMatchObject({ exitCode: 70, cause: 'quic.no-addon' });
  });

  it('row 67: what needs no addon works without it', async () => {
    const env = { NODE_OPTIONS: `--require ${broken}` };
    const result = await run(['decode', '--draft', '18', '--kind', 'control', '100003000000'], { env });
    expect(result.stderr).not.toMatch(/addon|GLIBC/);
    expect((await run(['--version'], { env })).code).toBe(0);
  });

  it('row 67: a rejection that nobody handles: 70, one line, and the stack only with --debug', async () => {
    const env = { NODE_OPTIONS: `--require ${faulty}` };
    const plain = await run(['connect', NOWHERE, '--insecure', '--connect-timeout', '5s'], { env });
    expect(plain.code, plain.stderr).toBe(70);
    expect(plain.stderr).toMatch(/nobody\\x1b/);
    expect(
      plain.stderr
        .trim()
        .split('\n')
        .filter((line) => !/warning/.test(line)),
    ).toHaveLength(1);
    const debug = await run(['connect', NOWHERE, '--insecure', '--debug'], { env });
    expect(debug.code).toBe(70);
    expect(debug.stderr).toMatch(/\n\s+at /);
  });
});
