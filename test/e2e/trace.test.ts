import { execFileSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finished, run, start, startRelay, type TestRelay } from '../support/moqt.js';

let relay: TestRelay;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'moqt-trace-'));
  relay = await startRelay(['--trace', join(folder, 'relay.moqtrace')]);
});
afterAll(async () => {
  await relay.stop();
  rmSync(folder, { recursive: true });
});

const DEADLINE = { timeout: 60_000, interval: 50 };
const TOKEN = 'a-token-that-nobody-may-see';
const file = (name: string) => join(folder, name);

type Line = Record<string, unknown>;
const lines = ({ stdout, stderr, code }: Finished): Line[] => {
  expect(code, stderr).toBe(0);
  return stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
};
const show = async (name: string, ...flags: string[]) =>
  lines(await run(['trace', 'show', file(name), '--jsonl', ...flags]));
const convert = async (from: string, to: string) => {
  const result = await run(['trace', 'convert', file(from), '-o', file(to)]);
  expect(result.code, result.stderr).toBe(0);
};

/** Three lines from a publisher to a subscriber, both traced; gives what the subscriber wrote. */
async function transfer(
  draft: string,
  publisherTrace: string,
  subscriberTrace: string,
  flags: string[],
): Promise<string> {
  const track = [`trace${draft}`, subscriberTrace];
  const env = { TRACE_TOKEN: TOKEN };
  const common = [
    '--draft',
    draft,
    '--frame',
    'lines',
    '--auth-token',
    'env:TRACE_TOKEN',
    '--auth-in',
    'both',
    ...relay.trust,
  ];
  const own = ['--priority', '77', '--trace', file(publisherTrace)];
  const publisher = start(['publish', relay.quic, ...track, ...common, ...own], {
    stdin: Buffer.from('one\ntwo\nthree\n'),
    env,
  });
  const subscriber = await run(
    ['subscribe', relay.webtransport, ...track, '--wait', ...common, '--trace', file(subscriberTrace), ...flags],
    { env },
  );
  const published = await publisher.done;
  expect([published.code, subscriber.code], published.stderr + subscriber.stderr).toEqual([0, 0]);
  return subscriber.stdout.toString();
}

describe.each(['14', '16', '18'])('--trace on draft %s', (draft) => {
  const [pub, sub] = [`pub${draft}.qlog`, `sub${draft}.moqtrace`];

  it('writes both ends down without changing what arrives', async () => {
    expect(await transfer(draft, pub, sub, ['--trace-payload'])).toBe('one\ntwo\nthree\n');
    const [header, ...events] = await show(sub);
    expect(header).toMatchObject({ protocol: `moq-transport-${draft}`, perspective: 'client', detail: 'headers+data' });
    const messages = events.filter(({ kind }) => kind === 'control-message');
    const names = messages.map(({ d, msg }) => `${d} ${(msg as Line).message_type}`);
    expect(names).toEqual(expect.arrayContaining(['0 subscribe', '1 subscribe_ok', '1 publish_done']));
    // Every message has its stream and its bytes.
    expect(messages.filter(({ sid, raw }) => typeof sid !== 'string' || typeof raw !== 'string')).toEqual([]);
    const payloads = events.filter(({ kind }) => kind === 'object-payload').map(({ pl }) => String(pl));
    expect(payloads.map((hex) => Buffer.from(hex, 'hex').toString())).toEqual(['one', 'two', 'three']);
    const streams = events.filter(({ kind }) => kind === 'stream-opened');
    expect(streams[0]).toMatchObject({ d: 1, st: 0, g: '0', sg: '0', hdr: expect.stringMatching(/^[0-9a-f]+$/) });
    expect(events.filter(({ kind }) => kind === 'stream-closed')).toHaveLength(streams.length);
    const labels = new Set(events.filter(({ kind }) => kind === 'annotation').map(({ label }) => label));
    expect(labels).toEqual(new Set(['stage', 'metrics']));
    expect(events.map(({ n }) => n)).toEqual(events.map((_, i) => i));
  });

  it('has the same objects at both ends', async () => {
    const result = await run(['trace', 'diff', file(pub), file(sub), '--json']);
    const { tracks } = JSON.parse(result.stdout.toString());
    expect(tracks).toHaveLength(1);
    expect(tracks[0]).toMatchObject({
      track: `trace${draft} ${sub}`,
      onlyFirstCount: 0,
      onlySecondCount: 0,
      changed: 0,
      reordered: 0,
    });
  });

  it('says of every object the priority that its stream has on the wire', async () => {
    for (const name of [pub, sub]) {
      const priorities = (await show(name)).flatMap(({ kind, pp }) => (kind === 'object-header' ? [pp] : []));
      expect(new Set(priorities), name).toEqual(new Set([77]));
    }
  });

  it('converts there and back to the same bytes', async () => {
    await convert(sub, `there${draft}.qlog`);
    await convert(`there${draft}.qlog`, `back${draft}.moqtrace`);
    expect(readFileSync(file(`back${draft}.moqtrace`)).equals(readFileSync(file(sub)))).toBe(true);
    await convert(pub, `there${draft}.moqtrace`);
    await convert(`there${draft}.moqtrace`, `back${draft}.mlog`);
    expect(readFileSync(file(`back${draft}.mlog`), 'utf8')).toBe(readFileSync(file(pub), 'utf8'));
  });

  it('holds no token, neither as text nor as hex', () => {
    const hex = Buffer.from(TOKEN).toString('hex');
    for (const name of [pub, sub, `there${draft}.qlog`]) {
      const content = readFileSync(file(name));
      expect([content.includes(TOKEN), content.includes(hex)], name).toEqual([false, false]);
      expect(content.includes('authorization_token'), name).toBe(true);
    }
  });
});

describe('the trace of a relay', () => {
  it('is one file in which every event but those of no session names its session', async () => {
    const own = await startRelay(['--trace', file('own.moqtrace')]);
    for (const url of [own.quic, own.webtransport]) {
      expect((await run(['connect', url, ...own.trust])).code).toBe(0);
    }
    await own.stop();
    const [header, ...events] = await show('own.moqtrace');
    expect(header).toMatchObject({ perspective: 'server' });
    expect(new Set(events.map(({ p }) => p))).toEqual(new Set(['1', '2']));
    const kinds = (await show('own.moqtrace', '--peer', '2')).map(({ kind }) => kind);
    expect(kinds[1]).toBe('peer-connected');
    expect(kinds.at(-1)).toBe('peer-disconnected');
  });
});

describe('--trace', () => {
  it('writes down why there was no session', async () => {
    const result = await run(['connect', 'moqt://127.0.0.1:9', '--insecure', '--trace', file('refused.qlog')]);
    expect(result.code).toBe(3);
    const events = await show('refused.qlog');
    expect(events.at(-2)).toMatchObject({ kind: 'error', reason: expect.stringContaining('nothing listens') });
    expect(events.at(-1)).toMatchObject({ kind: 'state-change', to: 'failed' });
  });

  it.each([
    ['a name without a known suffix', 'trace.txt', 2],
    ['a folder that is not there', 'none/t.moqtrace', 10],
  ])('refuses %s before a packet is sent', async (_, name, code) => {
    const result = await run(['connect', relay.quic, ...relay.trust, '--trace', file(name)]);
    expect(result.code, result.stderr).toBe(code);
    expect(result.stdout.length).toBe(0);
  });

  it('leaves it to the command how a bad URL is told', async () => {
    const traced = await run(['probe', 'foo://x', '--json', '--trace', file('bad-url.moqtrace')]);
    const plain = await run(['probe', 'foo://x', '--json']);
    const report = ({ stdout }: Finished) => JSON.parse(stdout.toString()) as { verdict?: unknown };
    expect([traced.code, traced.stderr]).toEqual([plain.code, plain.stderr]);
    expect(report(traced).verdict).toEqual(report(plain).verdict);
    expect(readdirSync(folder)).not.toContain('bad-url.moqtrace');
  });

  it('changes nothing but a warning when the disk is full', async () => {
    symlinkSync('/dev/full', file('full.moqtrace'));
    const result = await run(['connect', relay.quic, ...relay.trust, '--trace', file('full.moqtrace')]);
    expect([result.code, result.stdout.length > 0]).toEqual([0, true]);
    expect(result.stderr).toContain('is not whole: ENOSPC');
  });

  it('writes into a pipe, and refuses one that nobody reads', async () => {
    execFileSync('mkfifo', [file('pipe.moqtrace')]);
    const unread = await run(['connect', relay.quic, ...relay.trust, '--trace', file('pipe.moqtrace')]);
    expect([unread.code, unread.stderr]).toEqual([10, expect.stringContaining('a pipe that nobody reads')]);
    const reader = createReadStream(file('pipe.moqtrace'));
    const chunks: Buffer[] = [];
    const read = new Promise<void>((resolve) =>
      reader.on('data', (c) => chunks.push(c as Buffer)).on('close', () => resolve()),
    );
    // Opening for writing fails until the reader is there.
    await expect
      .poll(
        async () => (await run(['connect', relay.quic, ...relay.trust, '--trace', file('pipe.moqtrace')])).code,
        DEADLINE,
      )
      .toBe(0);
    await read;
    writeFileSync(file('piped.moqtrace'), Buffer.concat(chunks));
    expect((await show('piped.moqtrace')).at(-1)).toMatchObject({ kind: 'state-change', to: 'closed' });
  });

  it('of a killed program is read up to the last moment but one', async () => {
    const held = start(['connect', relay.quic, ...relay.trust, '--hold', '--trace', file('killed.moqtrace')]);
    await held.until((m) => m.stdout.length > 0, 'the session was reported');
    const kinds = async () => (await show('killed.moqtrace')).map(({ kind }) => kind);
    // What has happened is in the file soon, while the program runs.
    await expect.poll(kinds, DEADLINE).toContain('control-message');
    held.child.kill('SIGKILL');
    await held.done;
    expect(await kinds()).toContain('control-message');
  });

  it('of an interrupted program ends in order', async () => {
    const held = start(['connect', relay.quic, ...relay.trust, '--hold', '--trace', file('interrupted.moqtrace')]);
    await held.until((m) => m.stdout.length > 0, 'the session was reported');
    held.child.kill('SIGINT');
    expect((await held.done).code).toBe(130);
    expect((await show('interrupted.moqtrace')).at(-1)).toMatchObject({ kind: 'state-change', to: 'closed' });
  });

  it('QLOGDIR gets a qlog file of every run', async () => {
    const logs = file('qlogs');
    expect((await run(['connect', relay.quic, ...relay.trust], { env: { QLOGDIR: logs } })).code).toBe(0);
    const names = readdirSync(logs);
    expect(names).toHaveLength(1);
    expect((await show(join('qlogs', names[0] as string)))[0]).toMatchObject({
      perspective: 'client',
      protocol: 'moq-transport-18',
    });
  });
});

describe('a damaged trace', () => {
  it('is shown as far as it goes: 0 with a warning for a cut, 9 for damage', async () => {
    await run(['connect', relay.quic, ...relay.trust, '--trace', file('whole.moqtrace')]);
    const whole = readFileSync(file('whole.moqtrace'));
    const count = (await show('whole.moqtrace')).length;
    writeFileSync(file('cut.moqtrace'), whole.subarray(0, whole.length - 3));
    const cut = await run(['trace', 'show', file('cut.moqtrace'), '--jsonl']);
    expect(lines(cut)).toHaveLength(count - 1);
    expect(cut.stderr).toContain('ends within an event');
    writeFileSync(file('bad.moqtrace'), Buffer.concat([whole, Buffer.from([0x1c])]));
    const bad = await run(['trace', 'stats', file('bad.moqtrace'), '--json']);
    expect(bad.code).toBe(9);
    expect(JSON.parse(bad.stdout.toString())).toMatchObject({
      events: count - 1,
      notes: [{ kind: 'corrupt', atByte: whole.length }],
    });
  });

  it.each([
    ['is no trace', 'text', 9],
    ['is empty', '', 9],
  ])('a file that %s ends with %s', async (_, content, code) => {
    writeFileSync(file('odd'), content);
    expect((await run(['trace', 'show', file('odd')])).code).toBe(code);
  });

  it('a file that is not there is exit 10, and one is never written over itself', async () => {
    expect((await run(['trace', 'show', file('nothing')])).code).toBe(10);
    expect((await run(['trace', 'convert', file('whole.moqtrace'), '-o', file('whole.moqtrace')])).code).toBe(2);
  });
});
