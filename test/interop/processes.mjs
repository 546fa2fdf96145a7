// Child processes of the interop suite: started, watched, and always ended.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';

export const moqt = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const running = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A UDP port that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** Starts a program. `output()` is what it printed so far, `done` resolves with {code, signal, stdout, stderr}. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, {
    stdio: [options.stdin ?? 'ignore', options.stdout ?? 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
  });
  running.add(child);
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name]?.setEncoding('utf8').on('data', (text) => {
      // A chatty relay must not fill our memory; its last words are what counts.
      texts[name] = (texts[name] + text).slice(-65_536);
    });
  }
  const done = new Promise((resolve) => {
    child.on('error', (error) => {
      running.delete(child);
      resolve({ code: 127, signal: null, ...texts, stderr: String(error) });
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal, ...texts });
    });
  });
  return { child, done, output: () => texts.stdout + texts.stderr };
}

/** Runs a program to its end, or kills it after `ms`. */
export async function finish(process, ms) {
  const timer = setTimeout(() => process.child.kill('SIGKILL'), ms);
  const result = await process.done;
  clearTimeout(timer);
  return result;
}

/** Ends a program: politely, then not. */
export async function end(process) {
  if (process.child.exitCode !== null || process.child.signalCode !== null) return process.done;
  process.child.kill('SIGTERM');
  const timer = setTimeout(() => process.child.kill('SIGKILL'), 3_000);
  const result = await process.done;
  clearTimeout(timer);
  return result;
}

/** Runs moqt to its end. */
export function runMoqt(args, { ms = 60_000, ...options } = {}) {
  return finish(start(process.execPath, [moqt, ...args], options), ms);
}

/** Waits until `condition()` is true; rejects with `what` after `ms`. */
export async function until(condition, what, ms) {
  const deadline = Date.now() + ms;
  for (;;) {
    if (await condition()) return;
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
