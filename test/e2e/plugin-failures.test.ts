import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finished, run, start } from '../support/moqt.js';

/** Takes every packet and answers none. */
const silent = createSocket('udp4');
const folder = mkdtempSync(join(tmpdir(), 'moqt-plugin-'));
let url: string;
beforeAll(async () => {
  silent.bind(0, '127.0.0.1');
  await once(silent, 'listening');
  url = `moqt://127.0.0.1:${silent.address().port}`;
});
afterAll(async () => {
  await new Promise<void>((resolve) => silent.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

/** A process whose resolver behaves as `lookup` says. */
function withResolver(lookup: string): NodeJS.ProcessEnv {
  const code = `
    import dns from 'node:dns/promises';
    import { syncBuiltinESMExports } from 'node:module';
    dns.lookup = ${lookup};
    syncBuiltinESMExports();`;
  return { NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(code)}"` };
}
const NEVER_ANSWERS = withResolver('() => new Promise(() => {})');
const THROWS_ELSEWHERE = withResolver(
  '() => { setImmediate(() => { throw new Error("lost|it") }); return new Promise((go) => setTimeout(go, 20000)); }',
);
const REJECTS_ELSEWHERE = withResolver(
  '() => { Promise.reject(new Error("lost it")); return new Promise((go) => setTimeout(go, 20000)); }',
);

const COMMANDS: readonly [string, readonly string[]][] = [
  ['moqt probe', ['probe', '--format', 'nagios']],
  ['certs', ['certs', 'check']],
];

function expectUnknown({ code, stdout, stderr }: Finished, name: string, words: RegExp): void {
  expect(code, stderr).toBe(3);
  expect(stdout.toString()).toMatch(new RegExp(`^UNKNOWN ${name} [^\\n|]+\\n$`));
  expect(stdout.toString()).toMatch(words);
}

describe.each(COMMANDS)('%s as a plug-in: one line UNKNOWN and exit 3', (name, command) => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('on %s', async (signal) => {
    const heard = once(silent, 'message');
    const plugin = start([...command, url, '--connect-timeout', '20s']);
    await heard;
    plugin.kill(signal);
    expectUnknown(await plugin.done, name, new RegExp(`stopped by ${signal}`));
  });

  it('when --max-time is over', async () => {
    const result = await run([...command, url, '--connect-timeout', '20s', '--max-time', '300ms']);
    expectUnknown(result, name, /--max-time/);
    expect(result.stderr).toContain('[timeout.max-time]');
  });

  it('when nothing is left that could finish the work', async () => {
    const result = await run([...command, 'moqt://relay.invalid', '--connect-timeout', '0'], { env: NEVER_ANSWERS });
    expectUnknown(result, name, /nothing is left that could finish it/);
    expect(result.stderr).toContain('[bug]');
  });

  it.each([
    ['thrown', THROWS_ELSEWHERE],
    ['rejected', REJECTS_ELSEWHERE],
  ])('when an error that is %s reaches nobody', async (_, env) => {
    const result = await run([...command, 'moqt://relay.invalid', '--connect-timeout', '20s'], { env });
    expectUnknown(result, name, /unexpected Error: lost.it/);
    expect(result.stderr).toContain('[bug]');
  });

  it('for a mistake in the command line', async () => {
    expectUnknown(await run([...command, url, '--nope']), name, /--nope/);
    expectUnknown(await run([...command, url, '--config', '/nonexistent.json']), name, /nonexistent/);
  });

  it('but shows its configuration as others do', async () => {
    const { code, stdout } = await run([...command, '--show-config']);
    expect(code).toBe(0);
    expect(stdout.toString()).toMatch(/^connect-timeout +"?5s/m);
    expect(stdout.toString()).not.toContain('UNKNOWN');
  });
});

describe('probe as a plug-in', () => {
  it('is one wherever the format was chosen', async () => {
    const env = { MOQT_PROBE_FORMAT: 'nagios' };
    expectUnknown(await run(['probe', url, '--nope'], { env }), 'moqt probe', /--nope/);
    expectUnknown(await run(['probe', url, '--draft', '99'], { env }), 'moqt probe', /99/);
    const other = await run(['probe', url, '--nope', '--format', 'text'], { env });
    expect([other.code, other.stdout.toString()]).toEqual([2, '']);
    const config = join(folder, 'config.json');
    for (const settings of [
      { commands: { probe: { format: 'nagios' } } },
      { contexts: { checks: { format: 'nagios' } }, context: 'checks' },
    ]) {
      writeFileSync(config, JSON.stringify(settings));
      expectUnknown(await run(['probe', url, '--nope', '--config', config]), 'moqt probe', /--nope/);
      expectUnknown(await run(['probe', url, '--draft', '99', '--config', config]), 'moqt probe', /99/);
    }
  });

  it('says no word of a plug-in in another format, and ends with the code of the failure', async () => {
    for (const format of ['text', 'json', 'prometheus', 'junit', 'html']) {
      const args = ['probe', 'moqt://relay.invalid', '--connect-timeout', '0', '--format', format];
      const { code, stdout, stderr } = await run(args, { env: NEVER_ANSWERS });
      expect([code, stdout.toString()], format).toEqual([70, '']);
      expect(stderr).toContain('[bug]');
    }
  });
});

describe('a plug-in that is told twice to stop', () => {
  it('says so at once', async () => {
    // Both are there when it looks again, so that the second comes before the first has had any effect.
    const heard = once(silent, 'message');
    const plugin = start(['probe', '--format', 'nagios', url, '--connect-timeout', '20s']);
    await heard;
    plugin.child.kill('SIGSTOP');
    plugin.kill('SIGTERM');
    plugin.kill('SIGINT');
    plugin.child.kill('SIGCONT');
    const { code, stdout } = await plugin.done;
    expect([code, stdout.toString()]).toEqual([
      3,
      expect.stringMatching(/^UNKNOWN moqt probe stopped by SIG(TERM|INT)\n$/),
    ]);
  });
});
