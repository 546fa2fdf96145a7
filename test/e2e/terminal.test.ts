import { type IPty, spawn } from '@lydell/node-pty';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, run, start, startRelay, type TestRelay } from '../support/moqt.js';

let relay: TestRelay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
});

/** Runs moqt on a real pseudo-terminal. */
function onTerminal(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { pty: IPty; done: Promise<{ code: number; text: string }>; text: () => string } {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(MOQT_|CI$|NO_COLOR$)/.test(name)),
  );
  const pty = spawn(process.execPath, [BIN, ...args], {
    cols: 120,
    rows: 30,
    env: { ...clean, TERM: 'xterm-256color', XDG_CONFIG_HOME: '/nonexistent', ...env } as Record<string, string>,
  });
  let text = '';
  pty.onData((data) => {
    text += data;
  });
  const done = new Promise<{ code: number; text: string }>((resolve) => {
    pty.onExit(({ exitCode }) => resolve({ code: exitCode, text }));
  });
  return { pty, done, text: () => text };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the terminal did not show it');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('on a terminal', () => {
  it('binary payload is refused with a hint', async () => {
    const terminal = onTerminal(['subscribe', relay.quic, 'tty', 'binary', '--wait', '60s', ...relay.trust]);
    await run(['publish', relay.quic, 'tty', 'binary', ...relay.trust], {
      stdin: Buffer.from([0, 1, 2, 255, 27, 91, 50, 74]),
    });
    const { code, text } = await terminal.done;
    expect(code).not.toBe(0);
    expect(text).toMatch(/hexdump/);
    expect(text).not.toContain('\u001b[2J');
  });

  it('text payload is shown', async () => {
    const terminal = onTerminal(['subscribe', relay.quic, 'tty', 'text', '--wait', '60s', ...relay.trust]);
    await run(['publish', relay.quic, 'tty', 'text', ...relay.trust], { stdin: Buffer.from('plain words\n') });
    const { code, text } = await terminal.done;
    expect(code, text).toBe(0);
    expect(text).toContain('plain words');
  });

  it('publish says that it reads from the terminal', async () => {
    const terminal = onTerminal(['publish', relay.quic, 'tty', 'typed', ...relay.trust]);
    await until(() => /stdin|terminal/i.test(terminal.text()));
    terminal.pty.write('\u0003');
    expect((await terminal.done).code).toBe(130);
  });

  it('errors are coloured there, and not where NO_COLOR or a pipe says so', async () => {
    const red = '\u001b[31m';
    expect((await onTerminal(['connect', 'nonsense']).done).text).toContain(red);
    expect((await onTerminal(['connect', 'nonsense'], { NO_COLOR: '1' }).done).text).not.toContain(red);
    expect((await run(['connect', 'nonsense'], { env: { NO_COLOR: '' } })).stderr).not.toContain(red);
  });

  it('a progress line is drawn there and nowhere else', async () => {
    const terminal = onTerminal([
      'publish',
      relay.quic,
      'tty',
      'progress',
      '/dev/zero',
      '--rate',
      '50',
      ...relay.trust,
    ]);
    const subscriber = start(['subscribe', relay.quic, 'tty', 'progress', '--wait', '60s', ...relay.trust]);
    await until(() => /objects .*\/s/.test(terminal.text()));
    terminal.pty.write('\u0003');
    expect((await terminal.done).code).toBe(130);
    const received = await subscriber.done;
    expect(received.stderr).not.toMatch(/objects .*\/s/);
  });
});

describe('text that a peer sent', () => {
  it('never reaches the terminal unescaped', async () => {
    const evil = 'a\u001b]0;owned\u0007\r\nb\u202e';
    const terminal = onTerminal(['connect', relay.quic, '--hold', '--for', '3s', ...relay.trust]);
    const result = await run(['subscribe', relay.quic, 'tty', encodeURIComponent(evil), '-v', ...relay.trust]);
    const { text } = await terminal.done;
    for (const output of [text, result.stderr]) {
      expect(output).not.toContain('\u001b]0;');
      expect(output).not.toContain('\u202e');
    }
  });
});
