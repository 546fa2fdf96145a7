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
  cols = 120,
): { pty: IPty; done: Promise<{ code: number; text: string }>; text: () => string } {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(MOQT_|CI$|NO_COLOR$)/.test(name)),
  );
  const pty = spawn(process.execPath, [BIN, ...args], {
    cols,
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
  const deadline = Date.now() + 60_000;
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

/** What is left on the screen: as wide as the terminal, and as long as it takes. Fails on what it does not know. */
function screenOf(text: string, cols: number): string[] {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with ESC
  for (const [token] of text.matchAll(/\u001b\[[?\d;]*[a-zA-Z]|./gsu)) {
    if (token.startsWith('\u001b[')) {
      const count = Number.parseInt(token.slice(2), 10) || 1;
      if (token.endsWith('A')) row = Math.max(0, row - count);
      else if (token.endsWith('G')) column = count - 1;
      else if (token.endsWith('K')) rows[row]?.splice(column);
      else if (!/[mhl]$/.test(token)) throw new Error(`unknown sequence ${JSON.stringify(token)}`);
    } else if (token === '\r') column = 0;
    else if (token === '\n') row++;
    else {
      if (column === cols) [row, column] = [row + 1, 0];
      rows[row] ??= [];
      (rows[row] as string[])[column++] = token;
    }
    rows[row] ??= [];
  }
  return rows.map((cells) => Array.from(cells, (cell) => cell ?? ' ').join(''));
}

describe.each([40, 200])('on a terminal of %i columns', (cols) => {
  const reports: readonly (readonly [string, () => readonly string[]])[] = [
    ['of a relay that does not answer', () => ['moqt://127.0.0.1:9', '-v']],
    ['of a certificate that is not trusted', () => [relay.webtransport]],
    ['of what is well', () => [relay.quic, '-v', ...relay.trust]],
    ['of a round trip', () => [relay.quic, '--roundtrip', '--objects', '20', ...relay.trust]],
    ['of several', () => [relay.quic, 'moqt://127.0.0.1:9', ...relay.trust]],
    ['of all drafts and transports', () => ['--matrix', relay.quic, ...relay.trust]],
  ];

  it.each(reports)('a report %s is broken between words only', async (_, args) => {
    const plain = await onTerminal(['probe', ...args()], { NO_COLOR: '1' }, cols).done;
    expect(plain.text).not.toContain('\u001b');
    const coloured = await onTerminal(['probe', ...args()], {}, cols).done;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with ESC
    const bare = coloured.text.replace(/\u001b\[\d*m/g, '');
    expect(coloured.text).not.toBe(bare);
    expect(bare).not.toContain('\u001b');
    for (const text of [plain.text, bare]) {
      const lines = text.split('\r\n');
      // Only a word that is longer than the terminal leaves it, alone on its line.
      for (const line of lines.filter(({ length }) => length > cols)) expect(line.trim()).toMatch(/^\S{41,}$/);
      if (cols === 40) expect(lines.some((line) => line.length > 30)).toBe(true);
    }
  });

  it.each([{}, { NO_COLOR: '1' }])('progress leaves nothing behind (%j)', async (env) => {
    const track = ['tty', `gone-${cols}-${env.NO_COLOR ?? ''}`];
    const args = [
      'publish',
      relay.quic,
      ...track,
      '/dev/zero',
      '--rate',
      '50',
      '--object-size',
      '100B',
      ...relay.trust,
    ];
    const terminal = onTerminal(args, env, cols);
    const subscriber = start(['subscribe', relay.quic, ...track, '--wait', '15s', ...relay.trust]);
    await subscriber.until((m) => m.stdout.length > 2000, 'objects came');
    if (env.NO_COLOR === undefined) await until(() => /objects .*\/s/.test(terminal.text()));
    subscriber.kill('SIGINT');
    await subscriber.done;
    terminal.pty.write('\u0003');
    const { text } = await terminal.done;
    const screen = screenOf(text, cols).join('\n');
    expect(text.includes('\u001b')).toBe(env.NO_COLOR === undefined);
    expect(screen).toContain('waiting for a subscriber');
    expect(screen).toMatch(/moqt: published/);
    expect(screen).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]| {2}rtt /);
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
