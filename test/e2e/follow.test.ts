import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, run, start, startRelay, type TestRelay } from '../support/moqt.js';

/** `--follow` on draft 18, the first with REDIRECT: one relay that sends everything elsewhere, and the one it names. */
let home: TestRelay;
let away: TestRelay;
let locked: TestRelay;
const trust: string[] = [];
beforeAll(async () => {
  home = await startRelay();
  away = await startRelay(['--fault', `redirect-request:${home.quic}`]);
  locked = await startRelay(['--auth-token', 'env:T'], { env: { T: 'opensesame' } });
  const pins = [home, away, locked].map((relay) => relay.trust[1]);
  trust.push('--cert-sha256', pins.join(','));
});
afterAll(() => Promise.all([home, away, locked].map((relay) => relay.stop())));

describe('a redirect', () => {
  it('is a failure that names the place without --follow, and the hint names the flag', async () => {
    const result = await run(['subscribe', away.quic, 'follow', 'x', '--json', ...trust]);
    expect(result.code, result.stderr).toBe(8);
    expect(errorOf(result)).toMatchObject({ cause: 'request.redirected', hint: expect.stringContaining('--follow') });
  });

  it('is followed by publish and subscribe, said on stderr and in JSON, and loses no byte of stdin', async () => {
    const subscriber = start(['subscribe', home.quic, 'follow', 'x', '--wait', '60s', ...trust]);
    const published = await run(['publish', away.quic, 'follow', 'x', '--follow', '--json', ...trust], {
      stdin: Buffer.from('every byte of it'),
    });
    expect(published.code, published.stderr).toBe(0);
    const { url, redirects } = JSON.parse(published.stdout.toString());
    expect(url).toBe(home.quic);
    expect(redirects).toEqual([
      { request: 'PUBLISH_NAMESPACE', from: away.quic, to: home.quic, track: null, otherOrigin: true },
    ]);
    expect((await subscriber.done).stdout.toString()).toBe('every byte of it');
  });

  it('is followed by announce and probe', async () => {
    const announced = await run(['announce', away.quic, 'follow/a', '--once', '--follow', ...trust]);
    expect(announced.code, announced.stderr).toBe(0);
    expect(announced.stderr).toContain(`PUBLISH_NAMESPACE is redirected to ${home.quic}`);
    const probed = await run(['probe', away.quic, '--announce', 'follow/a', '--follow', '--json', ...trust]);
    expect(probed.code, probed.stdout.toString()).toBe(0);
    expect(JSON.parse(probed.stdout.toString())).toMatchObject({
      ok: true,
      url: home.quic,
      redirects: [{ request: 'PUBLISH_NAMESPACE', from: away.quic, to: home.quic }],
    });
  });

  it('in a circle is an error that shows the way', async () => {
    const circle = await startRelay(['--fault', 'redirect-request:subscribe:#other/y']);
    const flags = ['--cert-sha256', circle.trust[1] as string, '--follow'];
    const result = await run(['subscribe', circle.quic, 'follow', 'x', '--json', ...flags]);
    const probed = await run(['probe', circle.quic, '--subscribe', 'follow/x', '--json', ...flags]);
    await circle.stop();
    expect(result.code, result.stderr).toBe(8);
    expect(errorOf(result)).toMatchObject({ cause: 'request.redirected' });
    expect(errorOf(result).message).toContain('in a circle');
    expect(probed.code).toBe(8);
    expect(JSON.parse(probed.stdout.toString()).message).toContain('in a circle');
  });
});

describe('a token', () => {
  it('stays behind at another host, which is said, and goes along with --follow-auth', async () => {
    const gate = await startRelay(['--auth-token', 'env:T', '--fault', `redirect-request:${locked.quic}`], {
      env: { T: 'opensesame' },
    });
    const pins = ['--cert-sha256', `${gate.trust[1]},${locked.trust[1]}`];
    const target = ['announce', gate.quic, 'follow/t', '--once', '--follow', ...pins];
    const env = { MOQT_AUTH_TOKEN: 'opensesame' };
    const without = await run([...target, '--json'], { env });
    const told = await run([...target, '--follow-auth'], { env });
    await gate.stop();
    expect(without.code, without.stderr).toBe(5);
    expect(without.stderr).toContain('redirect-credentials');
    expect(told.code, told.stderr).toBe(0);
    expect(without.stderr + told.stderr).not.toContain('opensesame');
  });

  it('several namespaces cannot be followed at once', async () => {
    const result = await run(['announce', home.quic, 'a', 'b', '--follow', '--json', ...trust]);
    expect(result.code, result.stderr).toBe(2);
  });
});
