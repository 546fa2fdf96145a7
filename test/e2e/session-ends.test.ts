import { describe, expect, it } from 'vitest';
import { errorOf, run, start, startRelay } from '../support/moqt.js';

const URI = 'moqt://other.example/';

/** One of each kind; test/faults/session-ends.test.ts has every moment with every end. */
describe('the exit code when a session ends before data', () => {
  it.each([
    // A refusal is waited for as long as a peer needs that is not held up: behind that, it ends what is held.
    ['right after SETUP', ['connect', '--hold'], 'close:0x0@session', 7, 'setup.closed|session.closed'],
    ['instead of an answer', ['announce', 'live'], 'close:0x0@announce', 7, 'request.closed'],
    ['as the token is refused', ['subscribe', 'a', 'x'], 'close:UNAUTHORIZED@subscribe', 5, 'request.unauthorized'],
    [
      'by GOAWAY, waiting for a publisher',
      ['subscribe', 'a', 'x', '--wait', '60s'],
      `goaway:${URI}`,
      8,
      'session.goaway',
    ],
  ])('%s', async (_what, [name, ...args], fault, code, cause) => {
    const relay = await startRelay(['--fault', fault]);
    const result = await run([name as string, relay.quic, ...args, '--json', ...relay.trust]);
    await relay.stop();
    expect(result.code, result.stderr).toBe(code);
    expect(errorOf(result)).toMatchObject({ cause: expect.stringMatching(`^(${cause})$`), exitCode: code });
    if (code === 8) expect(errorOf(result).hint).toContain(URI);
  });

  it('the relay stands still: silence', async () => {
    const relay = await startRelay();
    const moqt = start(['announce', relay.quic, 'live', '--jsonl', '--idle-timeout', '2s', ...relay.trust]);
    await moqt.until((m) => m.stdout.includes('accepted'), 'the answer');
    // One that is gone has no socket either, which can be told from silence.
    relay.process.kill('SIGSTOP');
    const result = await moqt.done;
    relay.process.kill('SIGKILL');
    expect(result.code, result.stderr).toBe(6);
    expect(errorOf(result)).toMatchObject({ cause: 'session.idle' });
  });
});
