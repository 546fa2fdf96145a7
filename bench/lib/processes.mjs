// The processes of a run: started, listened to line by line, and always ended.
import { spawn } from 'node:child_process';
import { worker } from './build.mjs';

const running = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** What every process of the bench gets: Node's own start-up must not depend on the shell. */
function environment(extra = {}) {
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env;
  return { ...env, ...extra };
}

/** Starts a program and collects what it prints. */
export function start(command, args, { env = {}, stdio = ['pipe', 'pipe', 'pipe'], cwd } = {}) {
  const child = spawn(command, args, { stdio, env: environment(env), cwd });
  running.add(child);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name]?.setEncoding('utf8').on('data', (text) => {
      output[name] += text;
    });
  }
  const done = new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: 127, signal: null, error }));
    child.on('close', (code, signal) => resolve({ code, signal }));
  }).finally(() => running.delete(child));
  return { child, output, done };
}

/** One process of bench/workers: `event(name)` resolves with the details of its next event of that name. */
export function startWorker(role, options = {}, { nodeArgs = [], env = {} } = {}) {
  const started = start(process.execPath, [...nodeArgs, worker, role, JSON.stringify(options)], { env });
  const { child, output, done } = started;
  const seen = [];
  const waiting = [];
  let rest = '';
  const take = () => {
    for (let i = 0; i < waiting.length; i++) {
      const at = seen.findIndex((one) => one.event === waiting[i].name);
      if (at !== -1) waiting.splice(i--, 1)[0].resolve(seen.splice(at, 1)[0]);
    }
  };
  child.stdout.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.startsWith('{')) seen.push(JSON.parse(line));
    take();
  });
  let ended = null;
  void done.then(({ code, signal }) => {
    ended = new Error(`${role} ended (${signal ?? code}): ${output.stderr.slice(-600)}`);
    for (const { reject } of waiting.splice(0)) reject(ended);
  });
  return {
    ...started,
    event(name, ms = 60_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${role}: no "${name}" within ${ms} ms`)), ms);
        const settle = (settler) => (value) => {
          clearTimeout(timer);
          settler(value);
        };
        waiting.push({ name, resolve: settle(resolve), reject: settle(reject) });
        take();
        if (ended !== null) for (const { reject: fail } of waiting.splice(0)) fail(ended);
      });
    },
    /** Asks it to end, and sees that it does. */
    async stop() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
      await done;
      clearTimeout(timer);
    },
  };
}

/** Ends a foreign program: politely, then not. */
export async function end({ child, done }) {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
  await done;
  clearTimeout(timer);
}
