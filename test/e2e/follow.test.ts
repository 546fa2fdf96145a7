import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, run, start, startRelay, type TestRelay } from '../support/moqt.js';
import { againstRogue } from '../support/rogue-cli.js';
import { ALIAS, subgroupStream } from '../support/rogue-tracks.js';
import { RogueServer } from '../support/rogue-world.js';

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

  it('of a round trip is followed with both of its sides', async () => {
    const stay = await run(['probe', away.quic, '--roundtrip', '--json', ...trust]);
    expect(stay.code).toBe(8);
    expect(JSON.parse(stay.stdout.toString()).hint).toContain('--follow');
    for (const via of ['namespace', 'publish']) {
      const flags = ['--objects', '5', '--via', via, '--follow', '--json'];
      const { code, stdout, stderr } = await run(['probe', away.quic, '--roundtrip', ...flags, ...trust]);
      expect(code, stdout.toString() + stderr).toBe(0);
      const request = via === 'publish' ? 'PUBLISH' : 'PUBLISH_NAMESPACE';
      expect(JSON.parse(stdout.toString())).toMatchObject({
        ok: true,
        url: home.quic,
        roundtrip: { sent: 5, received: 5 },
        redirects: [{ request, from: away.quic, to: home.quic }],
      });
    }
  });

  it('of a round trip to another name is not, and says why', async () => {
    const renaming = await startRelay(['--fault', `redirect-request:subscribe:${home.quic}#other/y`]);
    const pins = `${renaming.trust[1]},${home.trust[1]}`;
    const args = ['probe', renaming.quic, '--roundtrip', '--follow', '--json', '--cert-sha256', pins];
    const { code, stdout } = await run(args);
    await renaming.stop();
    expect(code).toBe(8);
    const report = JSON.parse(stdout.toString());
    expect(report).toMatchObject({ cause: 'request.redirected', message: expect.stringContaining('name of its own') });
    expect(report.stages.find((stage: { name: string }) => stage.name === 'subscribe').message).toBe(report.message);
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

describe('a GOAWAY for one request that is established already (draft-18 §10.4)', () => {
  const GOAWAY = { type: 'GOAWAY', newSessionUri: 'moqt://elsewhere.example/?token=secret', timeout: 0n } as const;

  it.each([
    ['subscribe', ['live', 'x', '--follow']],
    ['probe', ['--subscribe', 'live/x', '--follow', '--json']],
  ] as const)('is said by %s, which stays', async (command, args) => {
    const server = await RogueServer.start();
    try {
      const { moqt, peer } = await againstRogue(server, '18', [command, ...args]);
      await peer.setup();
      const { stream, id } = await peer.nextRequest('SUBSCRIBE');
      stream.message({ type: 'SUBSCRIBE_OK', ...id, trackAlias: ALIAS, parameters: {} });
      stream.message(GOAWAY);
      await peer.sendUni(subgroupStream(peer.profile, { alias: ALIAS, group: 0n }, { id: 0n, payload: 'still here' }));
      const statusCode = peer.profile.codes('publish-done').code('TRACK_ENDED');
      stream.message({ type: 'PUBLISH_DONE', ...id, statusCode, streamCount: 1n, reason: '' });
      stream.end();
      const { code, stdout, stderr } = await moqt.done;
      expect(code, stderr).toBe(0);
      const told = command === 'probe' ? stdout.toString() : stderr;
      expect(told).toContain('asks to make SUBSCRIBE 0 anew to moqt://elsewhere.example/');
      expect(told).not.toContain('secret');
      if (command === 'probe') expect(JSON.parse(told).warnings).toMatchObject([{ cause: 'session.goaway' }]);
      else expect([stdout.toString(), stderr]).toEqual(['still here', expect.stringContaining('warning')]);
    } finally {
      await server.close();
    }
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
