import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { withFree } from './free-port.js';

export const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** Instead of the roots of this machine, of which there are a hundred and a half: parsing those takes 80 ms of CPU. */
const ROOTS = fileURLToPath(new URL('../fixtures/roots/signs-nothing.pem', import.meta.url));

/** Environment variables of the person who runs the tests must not change what moqt does in them. */
function cleanEnv(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MOQT_')));
  return { ...env, XDG_CONFIG_HOME: '/nonexistent', NO_COLOR: '1', SSL_CERT_FILE: ROOTS, ...extra };
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: 'ignore' | 'pipe' | number | Uint8Array;
  /** A file descriptor to use as stdout; 'hold' leaves the pipe unread. */
  readonly stdout?: number | 'hold';
  readonly cwd?: string;
  /** Killed after this many ms; the tests then see signal SIGKILL. */
  readonly deadlineMs?: number;
}

/** A running moqt. */
export class Moqt {
  readonly child: ChildProcess;
  readonly done: Promise<Finished>;
  #stdout: Buffer[] = [];
  #stderr = '';
  #listeners = new Set<() => void>();

  constructor(command: string, args: readonly string[], options: RunOptions = {}) {
    const { stdin = 'ignore', stdout } = options;
    const bytes = stdin instanceof Uint8Array ? stdin : null;
    this.child = spawn(command, args, {
      env: cleanEnv(options.env),
      cwd: options.cwd,
      stdio: [
        bytes ? 'pipe' : (stdin as 'ignore' | 'pipe' | number),
        typeof stdout === 'number' ? stdout : 'pipe',
        'pipe',
      ],
    });
    running.add(this.child);
    if (bytes) {
      this.child.stdin?.on('error', () => {});
      this.child.stdin?.end(bytes);
    }
    if (stdout === undefined) {
      (this.child.stdout as Readable).on('data', (chunk: Buffer) => {
        this.#stdout.push(chunk);
        this.#wake();
      });
    }
    (this.child.stderr as Readable).setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#wake();
    });
    const timer = setTimeout(() => this.child.kill('SIGKILL'), options.deadlineMs ?? 90_000);
    this.done = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) => {
        clearTimeout(timer);
        running.delete(this.child);
        resolve({ code, signal, stdout: this.stdout, stderr: this.#stderr });
        this.#wake();
      });
    });
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Waits until `condition` holds for the output so far; rejects when the process ends or 60 s pass before. */
  async until(condition: (moqt: Moqt) => boolean, what: string): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!condition(this)) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(
          `ended with ${this.child.exitCode ?? this.child.signalCode} before ${what}\n${this.stdout}\n${this.#stderr}`,
        );
      }
      if (Date.now() > deadline) throw new Error(`${what} did not happen\n${this.stdout}\n${this.#stderr}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#listeners.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      this.#listeners.clear();
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts `moqt …`. */
export function start(args: readonly string[], options?: RunOptions): Moqt {
  return new Moqt(process.execPath, [BIN, ...args], options);
}

/** Runs `moqt …` to its end. */
export function run(args: readonly string[], options?: RunOptions): Promise<Finished> {
  return start(args, options).done;
}

/** Runs a shell pipeline in which `moqt` is the built binary. */
export function shell(script: string, options?: RunOptions): Promise<Finished> {
  const define = `moqt() { "${process.execPath}" "${BIN}" "$@"; }; set -o pipefail;`;
  return new Moqt('bash', ['-c', `${define} ${script}`], options).done;
}

export interface TestRelay {
  readonly process: Moqt;
  readonly quic: string;
  readonly webtransport: string;
  /** Flags that make a client trust it. */
  readonly trust: readonly string[];
  url(transport: 'quic' | 'webtransport' | 'webtransport-h2'): string;
  readonly port: number;
  stop(): Promise<Finished>;
}

/** Starts the embedded relay on a free port and waits until it accepts. It serves a whole file, however slow the machine. */
export async function startRelay(args: readonly string[] = [], options: RunOptions = {}): Promise<TestRelay> {
  const relay = start(['relay', '--listen', '127.0.0.1:0', '--jsonl', ...args], { deadlineMs: 900_000, ...options });
  await relay.until((m) => m.stdout.includes('"listening"'), 'the relay listened');
  const line = relay.stdout
    .toString()
    .split('\n')
    .find((text) => text.includes('"listening"')) as string;
  const { urls, certificate } = JSON.parse(line) as { urls: string[]; certificate: { sha256: string } };
  const find = (scheme: string) => urls.find((url) => url.startsWith(scheme)) as string;
  return {
    process: relay,
    quic: find('moqt:'),
    webtransport: find('https:'),
    trust: ['--cert-sha256', certificate.sha256],
    port: Number(new URL(urls[0] as string).port),
    url: (transport) => find(transport === 'quic' ? 'moqt:' : 'https:'),
    stop: () => {
      relay.kill('SIGTERM');
      return relay.done;
    },
  };
}

/** The same on UDP alone, with nobody on its port's TCP. */
export function startRelayWithoutTcp(): Promise<TestRelay> {
  return withFree(
    'tcp',
    () => startRelay(['--transport', 'quic,webtransport']),
    (relay) => relay.stop(),
  );
}

export function sha256OfFile(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    createReadStream(path)
      .on('data', (chunk) => hash.update(chunk))
      .on('error', reject)
      .on('end', () => resolve(hash.digest('hex')));
  });
}

/** The error document on stderr of a command that ran with --json. */
export function errorOf(result: Finished): {
  code: string;
  stage: string;
  cause: string | null;
  message: string;
  hint: string | null;
  exitCode: number;
  peer: string | null;
} {
  const line = result.stderr
    .trim()
    .split('\n')
    .findLast((text) => text.startsWith('{"error"'));
  if (!line) throw new Error(`no error document in: ${result.stderr}`);
  return JSON.parse(line).error;
}
