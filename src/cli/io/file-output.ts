import { write, writev } from 'node:fs';
import { MoqtError } from '../../core/errors/moqt-error.js';

/** Bytes held before `write` asks the caller to wait. */
const HIGH_WATER = 1 << 20;
/** iovec entries per call; the kernel takes 1024. */
const MAX_VECTORS = 512;

/**
 * Ordered writes to a file descriptor, for payload. Node's own stdout blocks the event loop on a full pipe, so that
 * neither a signal nor the network would be served while a reader is slow; and it ends a broken pipe with an event that a
 * wait for `drain` never sees. Here writes happen off the loop, in order, and every failure reaches the caller.
 */
export class FileOutput {
  #queue: Uint8Array[] = [];
  #queued = 0;
  #writing = false;
  #failure: Error | null = null;
  #waiters: { limit: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  /** Bytes that the operating system has taken. */
  written = 0;

  constructor(
    readonly fd: number,
    readonly name: string,
    /** Called once when the reader is gone (EPIPE). Later writes are dropped. */
    readonly onBrokenPipe: () => void,
  ) {}

  get broken(): boolean {
    return this.#failure !== null;
  }

  /** Takes ownership of `bytes`. A promise means: wait, the reader is slower than we are. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure) return this.#failure instanceof BrokenPipe ? undefined : Promise.reject(this.#failure);
    if (bytes.length === 0) return undefined;
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    this.#pump();
    return this.#queued > HIGH_WATER ? this.#wait(HIGH_WATER / 2) : undefined;
  }

  /** Resolves when everything was written, or nobody is left to read it. */
  flush(): Promise<void> {
    if (this.#failure) return this.#failure instanceof BrokenPipe ? Promise.resolve() : Promise.reject(this.#failure);
    return this.#queued === 0 ? Promise.resolve() : this.#wait(0);
  }

  #wait(limit: number): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.push({ limit, resolve, reject }));
  }

  #pump(): void {
    if (this.#writing || this.#queue.length === 0) return;
    this.#writing = true;
    const batch = this.#queue.slice(0, MAX_VECTORS);
    const done = (error: NodeJS.ErrnoException | null, count: number) => {
      this.#writing = false;
      if (error?.code === 'EAGAIN') {
        // A terminal or pipe that somebody made non-blocking; there is no readiness event for a plain descriptor.
        setTimeout(() => this.#pump(), 1);
        return;
      }
      if (error) return this.#fail(error);
      this.#taken(count);
      this.#pump();
    };
    if (batch.length === 1) write(this.fd, batch[0] as Uint8Array, done);
    else writev(this.fd, batch, done);
  }

  #taken(count: number): void {
    this.written += count;
    this.#queued -= count;
    let left = count;
    let whole = 0;
    while (whole < this.#queue.length && (this.#queue[whole] as Uint8Array).length <= left) {
      left -= (this.#queue[whole] as Uint8Array).length;
      whole++;
    }
    this.#queue.splice(0, whole);
    if (left > 0) this.#queue[0] = (this.#queue[0] as Uint8Array).subarray(left);
    const ready = this.#waiters.filter((waiter) => this.#queued <= waiter.limit);
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => this.#queued > waiter.limit);
    for (const waiter of ready) waiter.resolve();
  }

  #fail(error: NodeJS.ErrnoException): void {
    const broken = error.code === 'EPIPE' || error.code === 'ECONNRESET';
    this.#failure = broken ? new BrokenPipe() : outputError(this.name, this.written, error);
    this.#queue = [];
    this.#queued = 0;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (broken) waiter.resolve();
      else waiter.reject(this.#failure);
    }
    if (broken) this.onBrokenPipe();
  }
}

class BrokenPipe extends Error {}

function outputError(name: string, written: number, error: NodeJS.ErrnoException): MoqtError {
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  return new MoqtError(
    'MOQT_E_LOCAL_IO',
    `cannot write to ${name}: ${error.code ?? error.message} after ${written} bytes`,
    {
      stage: 'io',
      cause: full ? 'io.no-space' : 'io.write',
      hint: full ? 'free some space, or write elsewhere' : 'check the file and its permissions',
      origin: error,
    },
  );
}
