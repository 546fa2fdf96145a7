import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, run, start, startRelay, type TestRelay } from '../support/moqt.js';

let relay: TestRelay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
});

const lines = (stdout: Buffer) =>
  stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe.each(['14', '16', '18'])('connect --hold --prefix on draft %s', (draft) => {
  it('shows namespaces below the prefix come and go', async () => {
    const there = start(['announce', relay.quic, `hold${draft}/early`, `else${draft}/early`, ...relay.trust]);
    await there.until((m) => m.stdout.includes(`else${draft}`), 'both were announced');
    const held = start([
      'connect',
      relay.quic,
      '--hold',
      '--prefix',
      `hold${draft},other${draft}`,
      '--jsonl',
      '--draft',
      draft,
      ...relay.trust,
    ]);
    await held.until((m) => m.stdout.includes('early'), 'what is there already was told');
    await run(['announce', relay.webtransport, `hold${draft}/late`, '--once', ...relay.trust]);
    await held.until((m) => m.stdout.includes('"namespace-done"'), 'the namespace went');
    held.kill('SIGINT');
    const result = await held.done;
    there.kill('SIGINT');
    await there.done;
    const prefix = [`hold${draft}`];
    const events = lines(result.stdout).slice(1);
    // 16 and 18 answer on two streams, which may overtake each other; below one prefix the order is the relay's.
    expect(events).toContainEqual({ event: 'prefix-accepted', prefix: [`other${draft}`] });
    expect(events.filter((event) => (event.prefix as string[])[0] !== `other${draft}`)).toEqual([
      { event: 'prefix-accepted', prefix },
      { event: 'namespace', prefix, namespace: [`hold${draft}`, 'early'] },
      { event: 'namespace', prefix, namespace: [`hold${draft}`, 'late'] },
      { event: 'namespace-done', prefix, namespace: [`hold${draft}`, 'late'] },
    ]);
    expect(result.code, result.stderr).toBe(130);
  });
});

describe('connect --hold --prefix /', () => {
  it.each(['16', '18'])('draft %s: tells of every namespace', async (draft) => {
    const there = start(['announce', relay.quic, `all${draft}`, ...relay.trust]);
    await there.until((m) => m.stdout.includes('accepted'), 'it was announced');
    const held = start(['connect', relay.quic, '--hold', '--prefix', '/', '--draft', draft, ...relay.trust]);
    await held.until((m) => m.stdout.includes(`peer has namespace ("all${draft}")`), 'it was told');
    expect(held.stdout.toString()).toContain('peer tells of all namespaces');
    held.kill('SIGINT');
    there.kill('SIGINT');
    await Promise.all([held.done, there.done]);
  });

  it('draft 14 has no such prefix, and the error says so', async () => {
    const args = ['connect', relay.quic, '--hold', '--prefix', '/', '--draft', '14', '--json', ...relay.trust];
    const result = await run(args);
    expect(result.code, result.stderr).toBe(2);
    const error = errorOf(result);
    expect(error).toMatchObject({ code: 'MOQT_E_ENCODE', stage: 'subscribe' });
    expect(error.message).toContain('draft 14');
    expect(error.hint).toContain('--prefix');
  });
});

describe('a wrong --prefix is found before a packet is sent', () => {
  it.each([
    ['without --hold', ['--prefix', 'a'], '--hold'],
    ['an empty field', ['--hold', '--prefix', 'a//b'], 'field 2 is empty'],
    ['one within another', ['--hold', '--prefix', 'a,b,a/b'], 'it is within a'],
    ['twice the same', ['--hold', '--prefix', 'a', '--prefix', 'a'], 'it is within a'],
    ['everything and more', ['--hold', '--prefix', '/,a'], 'it is within /'],
  ])('%s', async (_what, flags, says) => {
    const result = await run(['connect', 'moqt://127.0.0.1:9', ...flags, '--json']);
    expect(result.code, result.stderr).toBe(2);
    const { message, hint } = errorOf(result);
    expect(`${message} ${hint}`).toContain(says);
  });
});
