import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, shell, startRelay, type TestRelay } from '../support/moqt.js';

const DEAD = 'moqt://127.0.0.1:9/';
const TOTAL = 200;
let relay: TestRelay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
});

/** Every fifth is dead; the others are one relay by different paths, over both transports. */
function targets(): string[] {
  return Array.from({ length: TOTAL }, (_, i) => {
    if (i % 5 === 4) return `${DEAD}${i}`;
    return `${i % 2 === 0 ? relay.quic : relay.webtransport}${i}`;
  });
}

const isDead = (url: string): boolean => url.startsWith(DEAD);

describe(`probe of ${TOTAL} relays at once`, () => {
  it.each([
    ['as many as it does by itself', []],
    ['all of them', ['--concurrency', String(TOTAL)]],
  ])(
    'reports each in its place, and nothing else, with %s together',
    async (_, flags) => {
      const urls = targets();
      const args = ['probe', ...urls, ...relay.trust, '--connect-timeout', '20s', '--setup-timeout', '20s', '--jsonl'];
      const { code, stdout, stderr } = await run([...args, ...flags], { deadlineMs: 100_000 });
      expect(code, stderr).toBe(3);
      expect(stderr).toBe('');
      const reports = stdout
        .toString()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { url: string; ok: boolean; cause?: string });
      expect(reports.map(({ url }) => url)).toEqual(urls);
      expect(reports.map(({ ok, cause }) => (ok ? 'ok' : cause))).toEqual(
        urls.map((url) => (isDead(url) ? 'udp.refused' : 'ok')),
      );
    },
    110_000,
  );

  it('needs no more files for them than for a few', async () => {
    const list = targets()
      .map((url) => `'${url}'`)
      .join(' ');
    const command = `ulimit -n 128; moqt probe ${list} ${relay.trust.join(' ')} --connect-timeout 20s --setup-timeout 20s`;
    const { code, stdout, stderr } = await shell(command, { deadlineMs: 100_000 });
    expect(code, stderr).toBe(3);
    expect(stdout.toString().trim().split('\n').at(-1)).toBe(`${TOTAL * 0.8} of ${TOTAL} relays passed`);
  }, 110_000);

  it('is a line of totals under nagios, which names some, then a line each', async () => {
    const urls = targets();
    const args = ['probe', ...urls, ...relay.trust, '--connect-timeout', '20s', '--setup-timeout', '20s'];
    const { code, stdout, stderr } = await run([...args, '--format', 'nagios'], { deadlineMs: 100_000 });
    expect([code, stderr]).toEqual([2, '']);
    const [totals = '', ...lines] = stdout.toString().trim().split('\n');
    expect(totals).toMatch(new RegExp(`^CRITICAL ${TOTAL * 0.8} of ${TOTAL} relays are healthy Crit:`));
    expect(totals.split(' | ')[0]).toMatch(/ Crit:and 35 more$/);
    expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(
      urls.map((url) => `${isDead(url) ? 'CRITICAL' : 'OK'} ${url}`),
    );
  }, 110_000);
});

describe('the exit code of several failures', () => {
  it('is that of the one that matters most, and 2 under nagios', async () => {
    const untrusted = relay.quic;
    expect((await run(['probe', DEAD, untrusted])).code).toBe(4);
    expect((await run(['probe', DEAD, untrusted, 'moqt://'])).code).toBe(4);
    expect((await run(['probe', DEAD, 'moqt://'])).code).toBe(2);
    expect((await run(['probe', DEAD, untrusted, '--format', 'nagios'])).code).toBe(2);
  });
});
