import { type FileHandle, open } from 'node:fs/promises';
import { MoqtError } from '../errors/moqt-error.js';

/** Where the bytes of a trace go. */
export interface TraceOutput {
  /** Queues `bytes`; never waits, never throws. */
  write(bytes: Uint8Array): void;
  /** Bytes queued and not yet written. */
  readonly queuedBytes: number;
  /** Why nothing is written any more; null as long as all is well. */
  readonly failure: Error | null;
  /** Writes what is queued and lets go of the file. */
  close(): Promise<void>;
}

/** Small events are written together, at the latest after so long: what a killed program loses. */
const FLUSH_MS = 100;
const BATCH_BYTES = 256 * 1024;

/** Creates or empties a file for a trace. Rejects with MOQT_E_LOCAL_IO when it cannot be written. */
export async function openTraceOutput(path: string): Promise<TraceOutput> {
  try {
    return new FileTraceOutput(await open(path, 'w', 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new MoqtError('MOQT_E_LOCAL_IO', `cannot write the trace ${path}: ${code ?? (error as Error).message}`, {
      stage: 'config',
      cause: 'io.trace',
      hint: 'check --trace and QLOGDIR, and the permissions of the folder',
      origin: error,
    });
  }
}

class FileTraceOutput implements TraceOutput {
  failure: Error | null = null;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly file: FileHandle) {}

  get queuedBytes(): number {
    return this.#queued;
  }

  write(bytes: Uint8Array): void {
    if (this.failure !== null || bytes.length === 0) return;
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    if (this.#queued >= BATCH_BYTES) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS).unref();
  }

  async close(): Promise<void> {
    for (this.#flush(); this.#writing !== null; this.#flush()) await this.#writing;
    await this.file.close().catch((error: Error) => {
      this.failure ??= error;
    });
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#writing !== null || this.#queue.length === 0) return;
    this.#writing = this.#drain().finally(() => {
      this.#writing = null;
    });
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const batch = Buffer.concat(this.#queue);
        this.#queue = [];
        for (let at = 0; at < batch.length; ) at += (await this.file.write(batch, at)).bytesWritten;
        this.#queued -= batch.length;
      }
    } catch (error) {
      this.failure = error as Error;
      this.#queue = [];
      this.#queued = 0;
    }
  }
}
