import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finished, run, shell, start, startRelay, type TestRelay } from '../support/moqt.js';

const folder = mkdtempSync(join(tmpdir(), 'moqt-pipes-'));
let relay: TestRelay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
});

let tracks = 0;

/** Publishes `input` and gives what a subscriber printed. */
async function through(
  input: Uint8Array,
  publishFlags: readonly string[],
  subscribeFlags: readonly string[],
): Promise<{ published: Finished; received: Finished }> {
  const name = ['pipes', `t${tracks++}`];
  const subscriber = start(['subscribe', relay.quic, ...name, '--wait', '60s', ...subscribeFlags, ...relay.trust]);
  const published = await run(['publish', relay.quic, ...name, ...publishFlags, ...relay.trust], { stdin: input });
  return { published, received: await subscriber.done };
}

describe('framings, stdin to stdout', () => {
  it.each([
    ['nothing at all', ''],
    ['no final newline', 'a\nb'],
    ['empty lines', '\n\nx\n\n'],
    ['NUL bytes', 'a\0b\nc\0\n'],
  ])('lines: %s', async (_what, text) => {
    const { published, received } = await through(Buffer.from(text), ['--frame', 'lines'], ['--frame', 'lines']);
    expect(published.code, published.stderr).toBe(0);
    expect(received.code, received.stderr).toBe(0);
    const expected = text === '' || text.endsWith('\n') ? text : `${text}\n`;
    expect(received.stdout.toString()).toBe(expected);
  });

  it.each(['nul', 'delim:\\r\\n', 'delim:\\x1e', 'u32be', 'varint'])('%s carries records both ways', async (frame) => {
    const lines = ['one', '', 'three', 'ünïcode', 'x'.repeat(70_000)];
    const { received: asJson } = await through(
      Buffer.from(`${lines.join('\n')}\n`),
      ['--frame', 'lines'],
      ['--frame', frame],
    );
    expect(asJson.code, asJson.stderr).toBe(0);
    const { received } = await through(asJson.stdout, ['--frame', frame], ['--frame', 'lines']);
    expect(received.code, received.stderr).toBe(0);
    expect(received.stdout.toString()).toBe(`${lines.join('\n')}\n`);
  });

  it('raw: bytes that are neither text nor aligned to anything', async () => {
    const bytes = randomBytes(1_234_567);
    const { received } = await through(bytes, ['--object-size', '1000B', '--group-every', '7'], []);
    expect(received.code, received.stderr).toBe(0);
    expect(received.stdout.equals(bytes)).toBe(true);
  });

  it.each(['subgroup', 'object', 'datagram'])('--forwarding %s delivers every record', async (forwarding) => {
    const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
    const { received } = await through(
      Buffer.from(`${lines.join('\n')}\n`),
      ['--frame', 'lines', '--forwarding', forwarding, '--rate', '500'],
      ['--frame', 'lines'],
    );
    expect(received.code, received.stderr).toBe(0);
    expect(received.stdout.toString()).toBe(`${lines.join('\n')}\n`);
  });

  it('files are published as if they had been concatenated, and --frame file makes each one object', async () => {
    const names = ['a', 'b', 'c'].map((name) => join(folder, name));
    for (const [i, name] of names.entries()) writeFileSync(name, Buffer.alloc(30_000, 65 + i));
    const whole = start(['subscribe', relay.quic, 'pipes', 'files', '--wait', '60s', ...relay.trust]);
    await run(['publish', relay.quic, 'pipes', 'files', ...names, ...relay.trust]);
    expect((await whole.done).stdout.equals(Buffer.concat(names.map((name) => readFileSync(name))))).toBe(true);
    const each = start(['subscribe', relay.quic, 'pipes', 'each', '--wait', '60s', '--frame', 'jsonl', ...relay.trust]);
    await run(['publish', relay.quic, 'pipes', 'each', ...names, '--frame', 'file', ...relay.trust]);
    const records = (await each.done).stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(
      records
        .filter((record) => record.kind === 'object' && record.status === 'normal')
        .map((record) => record.payload.length),
    ).toEqual([30_000, 30_000, 30_000]);
  });
});

/** What must survive a round trip: everything but where and when. */
function identity(text: string): unknown[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const { namespace: _n, track: _t, receivedAt: _r, ...rest } = JSON.parse(line);
      return rest;
    });
}

describe('jsonl', () => {
  const records = [
    {
      v: 1,
      kind: 'object',
      group: '0',
      subgroup: '0',
      object: '0',
      priority: 128,
      forwarding: 'subgroup',
      status: 'normal',
      properties: [],
      encoding: 'utf8',
      payload: 'text',
    },
    {
      v: 1,
      kind: 'object',
      group: '0',
      subgroup: '0',
      object: '1',
      priority: 128,
      forwarding: 'subgroup',
      status: 'normal',
      properties: [],
      encoding: 'base64',
      payload: Buffer.from([0, 255, 128, 10]).toString('base64'),
    },
    {
      v: 1,
      kind: 'object',
      group: '0',
      subgroup: '0',
      object: '2',
      priority: 128,
      forwarding: 'subgroup',
      status: 'normal',
      properties: [{ type: '0x3c', value: '0' }],
      encoding: 'utf8',
      payload: '',
    },
    {
      v: 1,
      kind: 'object',
      group: '3',
      subgroup: '0',
      object: '0',
      priority: 7,
      forwarding: 'subgroup',
      status: 'normal',
      properties: [{ type: '0x3c', value: '2' }],
      encoding: 'utf8',
      payload: 'after a gap of two groups',
    },
    {
      v: 1,
      kind: 'object',
      group: '3',
      subgroup: '0',
      object: '5',
      priority: 7,
      forwarding: 'subgroup',
      status: 'normal',
      properties: [{ type: '0x3e', value: '4' }],
      encoding: 'utf8',
      payload: 'after a gap of four objects',
    },
    {
      v: 1,
      kind: 'object',
      group: '3',
      subgroup: '0',
      object: '6',
      priority: 7,
      forwarding: 'subgroup',
      status: 'end-of-track',
      properties: [],
      encoding: 'utf8',
      payload: '',
    },
  ];
  const input = Buffer.from(`${records.map((record) => JSON.stringify(record)).join('\n')}\n`);

  it('subscribe emits what publish was given: IDs, priority, properties, status and payload', async () => {
    const { published, received } = await through(input, ['--frame', 'jsonl'], ['--frame', 'jsonl']);
    expect(published.code, published.stderr).toBe(0);
    expect(received.code, received.stderr).toBe(0);
    const objects = identity(received.stdout.toString()).filter(
      (record) => (record as { kind: string }).kind === 'object',
    );
    expect(objects).toEqual(records);
  });

  it('subscribe | publish is the identity', async () => {
    const trust = relay.trust.join(' ');
    const first = shell(
      `moqt subscribe ${relay.quic} pipes id1 --wait 60s --frame jsonl ${trust} | tee ${folder}/first | moqt publish ${relay.quic} pipes id2 --frame jsonl ${trust}`,
    );
    const second = start([
      'subscribe',
      relay.quic,
      'pipes',
      'id2',
      '--wait',
      '60s',
      '--frame',
      'jsonl',
      ...relay.trust,
    ]);
    await run(['publish', relay.quic, 'pipes', 'id1', '--frame', 'jsonl', ...relay.trust], { stdin: input });
    const [copied, received] = await Promise.all([first, second.done]);
    expect(copied.code, copied.stderr).toBe(0);
    expect(received.code, received.stderr).toBe(0);
    expect(identity(received.stdout.toString())).toEqual(identity(readFileSync(join(folder, 'first'), 'utf8')));
  });

  it('names the line and the field of a record that it cannot take', async () => {
    const bad = Buffer.from(`${JSON.stringify(records[0])}\n{"v":1,"kind":"object","group":"x"}\n`);
    const subscriber = start(['subscribe', relay.quic, 'pipes', 'bad', '--wait', '60s', ...relay.trust]);
    const result = await run(['publish', relay.quic, 'pipes', 'bad', '--frame', 'jsonl', ...relay.trust], {
      stdin: bad,
    });
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(/line 2/);
    expect(result.stderr).toMatch(/"forwarding" is missing/);
    await subscriber.done;
  });
});

describe('what publish makes of its input', () => {
  it('a missing last newline is added for the subscriber, and said', async () => {
    const receiver = start([
      'subscribe',
      relay.quic,
      'pipes',
      'last',
      '--wait',
      '60s',
      '--frame',
      'lines',
      ...relay.trust,
    ]);
    const args = ['publish', relay.quic, 'pipes', 'last', '--frame', 'lines', ...relay.trust];
    const sent = await run(args, { stdin: Buffer.from('a\nb') });
    expect((await receiver.done).stdout.toString()).toBe('a\nb\n');
    expect(sent.stderr).toContain('no delimiter');
  });

  it('a template is filled in when its object is due, not before', async () => {
    const format = ['--frame', 'lines', '--wait', '60s'];
    const receiver = start(['subscribe', relay.quic, 'pipes', 'due', ...format, ...relay.trust]);
    const args = ['publish', relay.quic, 'pipes', 'due', '--body', '{{UnixNano}}', '-n', '3', '--interval', '300ms'];
    const sent = await run([...args, ...relay.trust]);
    expect(sent.code, sent.stderr).toBe(0);
    const times = (await receiver.done).stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => Number(BigInt(line) / 1_000_000n));
    expect(times).toHaveLength(3);
    // A timer counts from the beginning of the turn in which it was set, so that it can fire a little early.
    for (const i of [1, 2]) expect((times[i] as number) - (times[0] as number)).toBeGreaterThan(300 * i - 100);
  });
});

describe('readers and files', () => {
  it('head closes the pipe: an orderly end with 0 and nothing on stderr', async () => {
    const trust = relay.trust.join(' ');
    const reader = shell(
      `set +o pipefail; moqt subscribe ${relay.quic} pipes head --wait 60s --frame lines ${trust} > >(head -1); echo "exit $?"`,
    );
    const endless = start(['publish', relay.quic, 'pipes', 'head', '--frame', 'lines', ...relay.trust], {
      stdin: 'pipe',
    });
    endless.child.stdin?.on('error', () => {});
    const timer = setInterval(() => endless.child.stdin?.write('line\n'.repeat(500)), 5);
    const result = await reader;
    clearInterval(timer);
    endless.kill('SIGKILL');
    expect(result.stdout.toString()).toBe('line\nexit 0\n');
    expect(result.stderr).not.toMatch(/EPIPE|\n\s+at /);
  });

  it('-o writes a file, and refuses one that exists', async () => {
    const out = join(folder, 'o');
    const subscriber = start(['subscribe', relay.quic, 'pipes', 'o', '--wait', '60s', '-o', out, ...relay.trust]);
    await run(['publish', relay.quic, 'pipes', 'o', ...relay.trust], { stdin: Buffer.from('payload') });
    expect((await subscriber.done).code).toBe(0);
    expect(readFileSync(out, 'utf8')).toBe('payload');
  });

  it('--output-dir makes one file an object, from numbers, and follows no link', async () => {
    const dir = join(folder, 'objects');
    const subscriber = start([
      'subscribe',
      relay.quic,
      'pipes',
      '../../escape',
      '--wait',
      '60s',
      '--output-dir',
      dir,
      ...relay.trust,
    ]);
    await run(['publish', relay.quic, 'pipes', '../../escape', '--frame', 'lines', ...relay.trust], {
      stdin: Buffer.from('one\ntwo\n'),
    });
    const result = await subscriber.done;
    expect(result.code, result.stderr).toBe(0);
    const files = readdirSync(dir).sort();
    expect(files).toHaveLength(2);
    expect(files.map((name) => readFileSync(join(dir, name), 'utf8'))).toEqual(['one', 'two']);
    const trap = join(folder, 'trap');
    symlinkSync('/tmp', trap);
    const refused = await run(['subscribe', relay.quic, 'pipes', 'x', '--output-dir', trap, ...relay.trust]);
    expect(refused.code, refused.stderr).toBe(10);
  });

  it('a 64 MiB line is one object that is refused with a clear error, in bounded memory', async () => {
    const subscriber = start(['subscribe', relay.quic, 'pipes', 'line', '--wait', '60s', ...relay.trust]);
    const result = await shell(
      `head -c 200M /dev/zero | moqt publish ${relay.quic} pipes line --frame lines ${relay.trust.join(' ')}`,
    );
    expect(result.code, result.stderr).not.toBe(0);
    expect(result.stderr).toMatch(/record|line|object/i);
    subscriber.kill('SIGKILL');
    await subscriber.done;
  });
});

describe('reports', () => {
  it('--write-out is printed, also on failure', async () => {
    const { received } = await through(Buffer.from('abc'), [], ['-w', 'ok %{size} %{objects}\\n']);
    expect(received.stderr).toMatch(/^ok 3 \d+$/m);
    const failed = await run(['subscribe', relay.quic, 'nobody', 'here', '-w', 'dns %{time_dns}\\n', ...relay.trust]);
    expect(failed.code).toBe(8);
    expect(failed.stderr).toMatch(/^dns [\d.]+$/m);
  });

  it('--sha256 passes for the right digest and fails for another', async () => {
    const right = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    const good = await through(Buffer.from('hello'), [], ['--sha256', right]);
    expect(good.received.code, good.received.stderr).toBe(0);
    const bad = await through(Buffer.from('hullo'), [], ['--sha256', right]);
    expect(bad.received.code).toBe(1);
  });

  it('--count ends after so many objects', async () => {
    const { received } = await through(
      Buffer.from('a\nb\nc\nd\n'),
      ['--frame', 'lines'],
      ['--frame', 'lines', '--count', '2'],
    );
    expect(received).toMatchObject({ code: 0 });
    expect(received.stdout.toString()).toBe('a\nb\n');
  });
});
