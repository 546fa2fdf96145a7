import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExposition } from '../support/exposition.js';
import { run, start, startRelay, type TestRelay } from '../support/moqt.js';
import { parseXml } from '../support/xml.js';

const folder = mkdtempSync(join(tmpdir(), 'moqt-probe-outputs-'));
const DEAD = 'moqt://127.0.0.1:9';
let relay: TestRelay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('probe --format', () => {
  it('nagios ends with 0, 1, 2 and 3, a line each on stdout', async () => {
    const nagios = (...args: string[]) => run(['probe', ...args, '--format', 'nagios']);
    const good = await nagios(relay.quic, ...relay.trust);
    expect([good.code, good.stdout.toString()]).toEqual([
      0,
      expect.stringMatching(/^OK moqt:\S+ .*\| time=\d+\.\d{4}s/),
    ]);
    const slow = await nagios(relay.quic, ...relay.trust, '--connect-warning', '1ms', '--connect-critical', '1m');
    expect([slow.code, slow.stdout.toString()]).toEqual([
      1,
      expect.stringMatching(/^WARNING .*connect=\S+s;0\.0010;60\.0000/),
    ]);
    const dead = await nagios(DEAD);
    expect([dead.code, dead.stdout.toString()]).toEqual([2, expect.stringMatching(/^CRITICAL .*Crit:udp\.refused/)]);
    for (const wrong of [['--nope'], ['moqt://'], [DEAD, '--draft', '99'], ['-f', join(folder, 'absent.json')], []]) {
      const result = await nagios(...wrong);
      expect([result.code, result.stdout.toString()], wrong.join(' ')).toEqual([3, expect.stringMatching(/^UNKNOWN /)]);
    }
  });

  it('prometheus and junit are well-formed for several relays, and the exit code is that of the one that failed', async () => {
    const two = ['probe', relay.quic, DEAD, ...relay.trust, '--format'];
    const prometheus = await run([...two, 'prometheus']);
    expect(prometheus.code).toBe(3);
    const success = parseExposition(prometheus.stdout.toString()).get('moqt_probe_success');
    expect(success?.samples.map(({ value }) => value)).toEqual([1, 0]);
    const path = join(folder, 'probe.xml');
    expect((await run([...two, 'junit', '-o', path])).stdout.toString()).toBe('');
    expect(parseXml(readFileSync(path, 'utf8').trimEnd()).attributes.failures).toBe('1');
  });

  it('html writes one page with the verdicts', async () => {
    const result = await run(['probe', relay.quic, DEAD, ...relay.trust, '--format', 'html']);
    expect(result.stdout.toString()).toContain('1 of 2 relays are healthy');
    expect(result.stdout.toString()).toContain('udp.refused');
  });
});

describe('probe of many relays', () => {
  it('takes a list, whose entries trust in their own way and are named in errors', async () => {
    const path = join(folder, 'relays.json');
    writeFileSync(path, JSON.stringify([{ url: relay.quic, name: 'lab', insecure: true }, { url: DEAD }]));
    const good = await run(['probe', '-f', path, '--json']);
    expect(JSON.parse(good.stdout.toString())).toMatchObject({
      schema: 'moqt-probe-list/1',
      reports: [{ name: 'lab', ok: true }, { cause: 'udp.refused' }],
    });
    writeFileSync(path, JSON.stringify([{ url: relay.quic, name: 'lab', certSha256: 'zz' }]));
    const bad = await run(['probe', '-f', path]);
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('entry 1 ("lab")')]);
  });

  it('repeats until --for or --count, and tells a line once', async () => {
    const result = await run(['probe', DEAD, '--interval', '100ms', '--for', '1s']);
    expect(result.code).toBe(3);
    expect(result.stdout.toString().trim().split('\n')).toHaveLength(1);
    const lines = await run(['probe', DEAD, '--interval', '100ms', '--count', '3', '--jsonl']);
    expect(lines.stdout.toString().trim().split('\n')).toHaveLength(3);
  });

  it('refuses what does not go together, before it sends anything', async () => {
    for (const args of [
      ['--format', 'junit', '--json'],
      ['-o', 'x'],
      ['--for', '1s'],
      ['--format', 'html', '--interval', '1s'],
      ['--serve', 'x'],
    ]) {
      expect((await run(['probe', DEAD, ...args])).code, args.join(' ')).toBe(2);
    }
  });

  it('serves metrics until a signal', async () => {
    const exporter = start(['probe', relay.quic, DEAD, ...relay.trust, '--serve', '0', '--interval', '200ms']);
    await exporter.until((m) => m.stdout.includes('/metrics'), 'it listens');
    const url = /http:\S+/.exec(exporter.stdout.toString())?.[0] as string;
    const successes = async () =>
      parseExposition(await (await fetch(url)).text())
        .get('moqt_probe_success')
        ?.samples.map(({ value }) => value);
    await expect.poll(successes, { timeout: 60_000, interval: 50 }).toEqual([1, 0]);
    exporter.child.kill('SIGTERM');
    expect((await exporter.done).code).toBe(143);
  });
});
