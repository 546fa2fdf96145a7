import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeAll, startServer } from '../../../../support/quic-pair.js';
import { soon } from '../../../../support/wait.js';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
// Inside the project, so that the child finds its packages.
const directory = `${root}dist/test-${process.pid}`;
const script = `${directory}/client.mjs`;

const source = `
import { quicTransport } from './src/core/transport/quic/index.js';
const session = await quicTransport.connect(
  { host: '127.0.0.1', port: Number(process.argv[2]), path: '' },
  { alpn: ['moqt-18'], verify: { kind: 'none' }, connectTimeoutMs: 5000, idleTimeoutMs: 30000 },
);
console.log('connected');
process.stdin.once('data', async () => {
  process.stdin.unref();
  await session.close(3n, 'done');
  console.log('closed');
});
if (process.argv[3] === 'alone') process.stdin.unref();
`;

beforeAll(async () => {
  mkdirSync(directory, { recursive: true });
  await build({
    stdin: { contents: source, resolveDir: root, loader: 'ts' },
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['@matrixai/quic', 'koffi', '@peculiar/x509'],
    logLevel: 'error',
  });
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));
afterEach(closeAll);

interface Child {
  readonly output: () => string;
  readonly exit: Promise<number | null>;
  write(text: string): void;
  kill(): void;
}

function run(port: number, ...rest: string[]): Child {
  const child = spawn(process.execPath, [script, String(port), ...rest], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  return {
    output: () => output,
    exit: new Promise((resolve) => child.once('exit', resolve)),
    write: (text) => child.stdin.write(text),
    kill: () => child.kill('SIGKILL'),
  };
}

describe('the process of a client', () => {
  it('ends by itself once its session is closed', async () => {
    const { port, next } = await startServer();
    const child = run(port);
    const server = await next();
    child.write('go\n');
    expect(await server.closed).toMatchObject({ by: 'peer', code: 3n, reason: 'done' });
    expect(await soon(child.exit, 'the exit of the client')).toBe(0);
    expect(child.output()).toBe('connected\nclosed\n');
  });

  it('stays while its session is open, and ends when the server closes it', async () => {
    const { port, next } = await startServer();
    const child = run(port, 'alone');
    const server = await next();
    const early = await Promise.race([child.exit, new Promise((resolve) => setTimeout(() => resolve('alive'), 300))]);
    expect(early).toBe('alive');
    await server.close(0n, 'enough');
    expect(await soon(child.exit, 'the exit of the client')).toBe(0);
  });

  it('is missed by the server within the idle timeout when it is killed', async () => {
    const { port, next } = await startServer({ idleTimeoutMs: 500 });
    const child = run(port);
    const server = await next();
    child.kill();
    expect(await soon(server.closed, 'the end of the session')).toMatchObject({ by: 'idle' });
  });
});
