import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { MoqtError } from '../errors/moqt-error.js';

/** Where the bytes of a trace go. */
export interface TraceOutput {
  /** Queues a copy of `bytes`; never waits, never throws. */
  write(bytes: Uint8Array): void;
  /**
   * A buffer with room for `count` bytes from `filled` on, to be written in place; `advance` queues them. A count must be far below
   * BATCH_BYTES.
   */
  reserve(count: number): Uint8Array;
  /** Where the free part of the buffer begins. */
  readonly filled: number;
  /** What was written into the reserved buffer ends here. */
  advance(to: number): void;
  /** Bytes queued and not yet written. */
  readonly queuedBytes: number;
  /** Why nothing is written any more; null as long as all is well. */
  readonly failure: Error | null;
  /** Resolves when what is queued has been written, or never will be. */
  flush(): Promise<void>;
  /** Writes what is queued and lets go of the file. */
  close(): Promise<void>;
}

/** Small events are written together, at the latest after so long: what a killed program loses. */
const FLUSH_MS = 100;
const BATCH_BYTES = 256 * 1024;

/** A pipe that nobody reads is given up after so long. */
const STALLED_MS = 2000;
const RETRY_MS = 10;

/** Without O_NONBLOCK the opening of a FIFO waits, and no signal ends it, until somebody reads. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK;

/** Creates or empties a file for a trace. Rejects with MOQT_E_LOCAL_IO when it cannot be written. */
export async function openTraceOutput(path: string): Promise<TraceOutput> {
  try {
    return new FileTraceOutput(await open(path, FLAGS, 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENXIO' ? 'it is a pipe that nobody reads' : (code ?? (error as Error).message);
    throw new MoqtError('MOQT_E_LOCAL_IO', `cannot write the trace ${path}: ${why}`, {
      stage: 'config',
      cause: 'io.trace',
      hint: 'check the name (--trace, QLOGDIR, -o) and the permissions of its folder',
      origin: error,
    });
  }
}

class FileTraceOutput implements TraceOutput {
  failure: Error | null = null;
  /** Filled up to `filled`; whole ones wait in the queue. */
  #batch: Uint8Array = new Uint8Array(BATCH_BYTES);
  /** One that has been written, to be filled again. */
  #spare: Uint8Array | null = null;
  filled = 0;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly file: FileHandle) {}

  get queuedBytes(): number {
    return this.#queued + this.filled;
  }

  write(bytes: Uint8Array): void {
    if (this.failure !== null) return;
    if (this.filled + bytes.length > this.#batch.length) this.#enqueue();
    if (bytes.length > this.#batch.length) {
      this.#queue.push(bytes.slice());
      this.#queued += bytes.length;
      this.#start();
      return;
    }
    this.#batch.set(bytes, this.filled);
    this.filled += bytes.length;
    this.#timer ??= setTimeout(() => this.#enqueue(), FLUSH_MS).unref();
  }

  reserve(count: number): Uint8Array {
    if (this.filled + count > this.#batch.length) this.#enqueue();
    return this.#batch;
  }

  advance(to: number): void {
    // After a failure the buffer is a place for what nobody wants.
    if (this.failure !== null) return;
    this.filled = to;
    this.#timer ??= setTimeout(() => this.#enqueue(), FLUSH_MS).unref();
  }

  async flush(): Promise<void> {
    for (this.#enqueue(); this.#writing !== null; this.#enqueue()) await this.#writing;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.file.close().catch((error: Error) => {
      this.failure ??= error;
    });
  }

  #enqueue(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.filled > 0) {
      this.#queue.push(this.#batch.subarray(0, this.filled));
      this.#queued += this.filled;
      this.#batch = this.#spare ?? new Uint8Array(BATCH_BYTES);
      this.#spare = null;
      this.filled = 0;
    }
    this.#start();
  }

  #start(): void {
    if (this.#writing !== null || this.#queue.length === 0) return;
    this.#writing = this.#drain().finally(() => {
      this.#writing = null;
    });
  }

  async #drain(): Promise<void> {
    try {
      for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
        for (let at = 0; at < batch.length; ) at += await this.#write(batch.subarray(at));
        this.#queued -= batch.length;
        if (batch.buffer.byteLength === BATCH_BYTES) this.#spare = new Uint8Array(batch.buffer);
      }
    } catch (error) {
      this.failure = error as Error;
      this.#queue = [];
      this.#queued = 0;
      this.filled = 0;
    }
  }

  /** How many of the bytes were written: a pipe takes no more than its reader does. */
  async #write(bytes: Uint8Array): Promise<number> {
    const start = performance.now();
    for (;;) {
      try {
        return (await this.file.write(bytes)).bytesWritten;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        if (performance.now() - start > STALLED_MS) throw new Error('its reader takes nothing', { cause: error });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
