import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { errorOf, run, shell, start, startRelay, type TestRelay } from '../support/moqt.js';
import { randomBytes } from '../support/random.js';

const folder = mkdtempSync(join(tmpdir(), 'moqt-files-'));
let relay: TestRelay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Publishes `input` for a subscriber that waits with these arguments; how both ended. */
async function through(name: string, input: Uint8Array, subscribe: readonly string[], publish: readonly string[] = []) {
  const target = [relay.quic, 'files', name];
  const subscriber = start(['subscribe', ...target, '--wait', '15s', ...subscribe, ...relay.trust]);
  const published = await run(['publish', ...target, ...publish, ...relay.trust], { stdin: input });
  return { published, received: await subscriber.done };
}

describe('row 46: names that a peer or a user chose', () => {
  it.each(['..', '/etc/passwd', 'con', 'a%00b'])(
    'row 46: --output-dir with the track %s makes files inside the folder, named by numbers',
    async (name) => {
      const dir = join(folder, `out-${encodeURIComponent(name)}`);
      const { received } = await through(name, Buffer.from('one\ntwo\n'), ['--output-dir', dir], ['--frame', 'lines']);
      expect(received.code, received.stderr).toBe(0);
      const files = readdirSync(dir).sort();
      expect(files).toHaveLength(2);
      for (const file of files) expect(file).toMatch(/^\d+(-\d+)+(\.[a-z]+)?$/);
      expect(files.map((file) => readFileSync(join(dir, file), 'utf8'))).toEqual(['one', 'two']);
    },
  );
});

describe('row 47: where output must not go', () => {
  const existing = join(folder, 'existing');
  beforeAll(() => writeFileSync(existing, 'precious'));

  it('row 47: -o follows no link, neither to a file nor to nothing', async () => {
    const [toFile, toNothing] = [join(folder, 'link'), join(folder, 'dangling')];
    symlinkSync(existing, toFile);
    symlinkSync(join(folder, 'not-there'), toNothing);
    for (const path of [toFile, toNothing]) {
      const result = await run(['subscribe', relay.quic, 'files', 'x', '-o', path, '--json', ...relay.trust]);
      expect(result.code, result.stderr).toBe(10);
      expect(errorOf(result).message).toContain(path);
    }
    expect(readFileSync(existing, 'utf8')).toBe('precious');
    expect(existsSync(join(folder, 'not-there'))).toBe(false);
  });

  it('row 47: -o does not open a FIFO that nobody reads', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const result = await run(['subscribe', relay.quic, 'files', 'x', '-o', fifo, '--json', ...relay.trust]);
    expect(result.code, result.stderr).toBe(10);
  });

  it('row 47: --output-dir overwrites nothing, and follows no link inside the folder', async () => {
    const names = await namesOfTwo();
    for (const kind of ['file', 'link'] as const) {
      const dir = join(folder, `taken-${kind}`);
      mkdirSync(dir);
      const target = join(dir, names[1] as string);
      if (kind === 'file') writeFileSync(target, 'mine');
      else symlinkSync(existing, target);
      const input = Buffer.from('one\ntwo\n');
      const { received } = await through(`taken-${kind}`, input, ['--output-dir', dir, '--json'], ['--frame', 'lines']);
      expect(received.code, received.stderr).toBe(10);
      expect(readFileSync(target, 'utf8')).toBe(kind === 'file' ? 'mine' : 'precious');
    }
  });

  /** What two objects are called. */
  async function namesOfTwo(): Promise<string[]> {
    const dir = join(folder, 'two');
    await through('two', Buffer.from('one\ntwo\n'), ['--output-dir', dir], ['--frame', 'lines']);
    return readdirSync(dir).sort();
  }
});

describe('row 48: storage that gives out', () => {
  it('row 48: a file size limit: 10, and how much was written', async () => {
    const out = join(folder, 'limited');
    const target = `${relay.quic} files limited`;
    // 64 blocks of 1024 bytes.
    const limited = shell(
      `ulimit -f 64; moqt subscribe ${target} --wait 15s -o ${out} --json ${relay.trust.join(' ')}`,
    );
    await run(['publish', relay.quic, 'files', 'limited', ...relay.trust], { stdin: Buffer.alloc(300_000) });
    const result = await limited;
    expect(result.code, result.stderr).toBe(10);
    const stated = Number(/after (\d+) bytes/.exec(errorOf(result).message)?.[1]);
    expect(stated).toBe(statSync(out).size);
    expect(stated).toBeLessThanOrEqual(64 * 1024);
  });

  it('row 48: a full file system: 10, and how much was written', async (context) => {
    const mount = join(folder, 'tmpfs');
    mkdirSync(mount);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'none', mount], { stdio: 'pipe' });
    } catch (error) {
      process.stderr.write(`SKIPPED: no tmpfs can be mounted here: ${String(error).split('\n')[0]}\n`);
      context.skip();
    }
    try {
      const out = join(mount, 'out');
      const { received } = await through('tmpfs', Buffer.alloc(400_000), ['-o', out, '--json']);
      expect(received.code, received.stderr).toBe(10);
      expect(errorOf(received)).toMatchObject({ cause: 'io.no-space' });
      expect(Number(/after (\d+) bytes/.exec(errorOf(received).message)?.[1])).toBe(statSync(out).size);
    } finally {
      execFileSync('umount', [mount]);
    }
  });

  it('row 48: a place that cannot be written: 10, before anything is received', async () => {
    for (const path of ['/proc/moqt-cannot-be-here', join(folder, 'no/such/folder/out')]) {
      const result = await run(['subscribe', relay.quic, 'files', 'x', '-o', path, '--json', ...relay.trust]);
      expect(result.code, result.stderr).toBe(10);
    }
  });

  it('row 48: a relay whose log has nowhere to go keeps serving', async () => {
    const port = await freePort();
    const full = openSync('/dev/full', 'w');
    const deaf = start(['relay', '--listen', `127.0.0.1:${port}`, '--jsonl'], { stdout: full, deadlineMs: 60_000 });
    closeSync(full);
    const url = `moqt://127.0.0.1:${port}`;
    // It cannot say that it listens.
    for (let tries = 0; (await run(['connect', url, '--insecure'])).code !== 0; tries++) {
      expect(deaf.child.exitCode, deaf.stderr).toBeNull();
      expect(tries).toBeLessThan(200);
    }
    const target = [url, 'files', 'served', '--insecure'];
    const subscriber = start(['subscribe', ...target, '--wait', '15s']);
    const published = await run(['publish', ...target], { stdin: Buffer.from('still here') });
    expect(published.code, published.stderr).toBe(0);
    expect((await subscriber.done).stdout.toString()).toBe('still here');
    expect(deaf.child.exitCode).toBeNull();
    deaf.kill('SIGTERM');
    expect((await deaf.done).stderr).not.toMatch(/\n\s+at /);
  });
});

describe('row 49: stdout that is closed', () => {
  it('row 49: from the start, or by a reader that leaves: an end in order, without a stack', async () => {
    const trust = relay.trust.join(' ');
    for (const script of [
      `set +o pipefail; moqt connect ${relay.quic} ${trust} | true; exit \${PIPESTATUS[0]}`,
      `set +o pipefail; moqt decode --draft 18 --kind control 1500 | true; exit 0`,
    ]) {
      const result = await shell(script);
      expect(result.code, result.stderr).toBe(0);
      expect(result.stderr).not.toMatch(/\n\s+at |EPIPE/);
    }
    const closed = await shell(`moqt connect ${relay.quic} ${trust} >&-`);
    expect([0, 10]).toContain(closed.code);
    expect(closed.stderr).not.toMatch(/\n\s+at /);
  });
});

describe('row 51: stdin of every kind', () => {
  it.each(['raw', 'lines', 'u32be', 'jsonl'])('row 51: empty, framed as %s: a track without objects', async (frame) => {
    const { published, received } = await through(`empty-${frame}`, new Uint8Array(0), ['--json'], ['--frame', frame]);
    expect(published.code, published.stderr).toBe(0);
    expect(received.code, received.stderr).toBe(0);
    expect(received.stdout).toHaveLength(0);
  });

  it('row 51: a directory: 2, and says what it is', async () => {
    const result = await shell(`moqt publish ${relay.quic} files dir ${relay.trust.join(' ')} --json < /`);
    expect(result.code, result.stderr).toBe(2);
    expect(errorOf(result).message).toMatch(/directory/);
  });

  it('row 51: closed: an end of its own, not a crash', async () => {
    const result = await shell(`moqt publish ${relay.quic} files closed --no-wait ${relay.trust.join(' ')} --json <&-`);
    expect([0, 2, 10], result.stderr).toContain(result.code);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it('row 51: NUL bytes and a line without an end are payload', async () => {
    const { received } = await through('nul', Buffer.from('a\0b\nlast'), ['--frame', 'lines'], ['--frame', 'lines']);
    expect(received.stdout.toString()).toBe('a\0b\nlast\n');
  });
});

describe('row 51: a line of 1 GB', () => {
  /** The most memory that it has had resident, in MiB; 0 when it has ended. */
  function residentPeak(pid: number): number {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  }

  it('row 51: is refused with a clear error, in bounded memory', { timeout: 60_000 }, async () => {
    const subscriber = start(['subscribe', relay.quic, 'files', 'line', '--wait', '30s', ...relay.trust]);
    const args = ['publish', relay.quic, 'files', 'line', '--frame', 'lines', '--json', ...relay.trust];
    const publisher = start(args, { stdin: 'pipe', deadlineMs: 50_000 });
    const stdin = publisher.child.stdin as Writable;
    // It may end before it has read everything.
    stdin.on('error', () => {});
    const block = Buffer.alloc(1 << 20, 'x');
    let peak = 0;
    for (let written = 0; written < 1 << 30 && publisher.child.exitCode === null; written += block.length) {
      const room = stdin.write(block);
      if (!room) await Promise.race([once(stdin, 'drain'), publisher.done]).catch(() => {});
      if (publisher.child.exitCode === null) peak = Math.max(peak, residentPeak(publisher.child.pid as number));
    }
    stdin.end();
    const result = await publisher.done;
    expect(result.code, result.stderr).toBe(2);
    expect(errorOf(result).message).toMatch(/record|line/);
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(600);
    subscriber.kill('SIGKILL');
    await subscriber.done;
  });
});

describe('row 52: a file that changes while it is read', () => {
  it.each(['shrinks', 'grows'])('row 52: %s: 9, and says so', async (how) => {
    const file = join(folder, how);
    writeFileSync(file, randomBytes(2_000_000, 52));
    const target = [relay.quic, 'files', how];
    const subscriber = start(['subscribe', ...target, '--wait', '15s', ...relay.trust]);
    const publisher = start(['publish', ...target, file, '--rate', '40', '--json', ...relay.trust]);
    await subscriber.until((m) => m.stdout.length > 0, 'the first bytes arrived');
    if (how === 'shrinks') truncateSync(file, 1000);
    else writeFileSync(file, 'more', { flag: 'a' });
    const result = await publisher.done;
    expect(result.code, result.stderr).toBe(9);
    expect(errorOf(result)).toMatchObject({ cause: 'io.file-changed' });
    expect((await subscriber.done).code).not.toBe(0);
  });
});

describe('row 54: kill −9 of a publisher', () => {
  it('row 54: its name can be used again, and the next subscriber gets the next publisher', async () => {
    const target = [relay.quic, 'files', 'again'];
    const subscriber = start(['subscribe', ...target, '--wait', '15s', ...relay.trust]);
    const first = start(['publish', ...target, '--idle-timeout', '2s', ...relay.trust], { stdin: 'pipe' });
    first.child.stdin?.write(Buffer.alloc(50_000, 'x'));
    await subscriber.until((m) => m.stdout.length > 0, 'the first bytes arrived');
    first.kill('SIGKILL');
    expect((await subscriber.done).code).toBe(9);
    const { published, received } = await through('again', Buffer.from('second'), []);
    expect(published.code, published.stderr).toBe(0);
    expect(received.code, received.stderr).toBe(0);
    expect(received.stdout.toString()).toBe('second');
  });
});

describe('row 58: the last object, then exit', () => {
  it.each(['14', '18'])('row 58: draft %s: a slow reader still gets every byte', async (draft) => {
    const bytes = randomBytes(3_000_000, 58);
    const target = [relay.quic, 'files', `slow${draft}`, '--draft', draft, ...relay.trust];
    const subscriber = start(['subscribe', ...target, '--wait', '15s'], { stdout: 'hold' });
    const publisher = start(['publish', ...target], { stdin: bytes });
    const chunks: Buffer[] = [];
    const stdout = subscriber.child.stdout as Readable;
    const reading = (async () => {
      for await (const chunk of stdout) {
        chunks.push(chunk as Buffer);
        // Slower than the network, by turns of the event loop.
        for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const [published, received] = await Promise.all([publisher.done, subscriber.done, reading]);
    expect(published.code, published.stderr).toBe(0);
    expect(received.code, received.stderr).toBe(0);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });
});
