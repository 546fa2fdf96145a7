import type { BytePipe } from '../../src/core/transport/webtransport-h2/index.js';
import { PipeError } from '../../src/core/transport/webtransport-h2/index.js';
import { deferred } from '../../src/core/util/deferred.js';

export interface PipeOptions {
  /** Largest piece that arrives at once; default: as it was written. */
  readonly chunkBytes?: number;
  /** Bytes under way from which on a write asks to wait. Default 64 KiB. */
  readonly highWaterBytes?: number;
  /** Delay of each piece in ms; default none, which is the next turn. */
  readonly latencyMs?: () => number;
}

/** One end of an in-memory byte stream with the behaviour of an HTTP/2 stream: late delivery, backpressure, end, reset. */
export class MemoryPipe implements BytePipe {
  peer!: MemoryPipe;
  readonly written: Uint8Array[] = [];
  sentBytes = 0;
  receivedBytes = 0;
  /** HTTP/2 code of a reset of ours. */
  destroyedWith: number | null = null;
  /** The peer reset or lost the connection. */
  readonly failed = deferred<PipeError>();
  readonly #options: Required<PipeOptions>;
  #underWay: (Uint8Array | 'end')[] = [];
  #queued = 0;
  #needDrain = false;
  #ended = false;
  #dead = false;
  #paused = false;
  #scheduled = false;
  #onData: (bytes: Uint8Array) => void = () => {};
  #onDrain: () => void = () => {};
  #onEnd: () => void = () => {};
  #onError: (error: PipeError) => void = () => {};

  constructor(options: PipeOptions) {
    this.#options = { chunkBytes: Number.POSITIVE_INFINITY, highWaterBytes: 64 * 1024, latencyMs: () => 0, ...options };
  }

  get queuedBytes(): number {
    return this.#queued;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended || this.#dead) return true;
    this.sentBytes += bytes.length;
    this.#queued += bytes.length;
    for (let at = 0; at < bytes.length; at += this.#options.chunkBytes) {
      this.#underWay.push(bytes.subarray(at, Math.min(bytes.length, at + this.#options.chunkBytes)));
    }
    this.#schedule();
    this.#needDrain = this.#queued >= this.#options.highWaterBytes;
    return !this.#needDrain;
  }

  onData(handler: (bytes: Uint8Array) => void): void {
    this.#onData = handler;
  }

  onDrain(handler: () => void): void {
    this.#onDrain = handler;
  }

  onEnd(handler: () => void): void {
    this.#onEnd = handler;
  }

  onError(handler: (error: PipeError) => void): void {
    this.#onError = handler;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.peer.#schedule();
  }

  end(): void {
    if (this.#ended || this.#dead) return;
    this.#ended = true;
    this.#underWay.push('end');
    this.#schedule();
  }

  destroy(code: number): void {
    if (this.#dead) return;
    this.#dead = true;
    this.destroyedWith = code;
    this.#underWay = [];
    setImmediate(() => this.peer.fail(new PipeError('reset', code, `reset with HTTP/2 code ${code}`)));
  }

  /** As if the network had. */
  fail(error: PipeError): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#underWay = [];
    this.failed.resolve(error);
    this.#onError(error);
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay.length === 0) return;
    this.#scheduled = true;
    const delay = this.#options.latencyMs();
    const deliver = (): void => {
      this.#scheduled = false;
      this.#deliver();
    };
    if (delay > 0) setTimeout(deliver, delay);
    else setImmediate(deliver);
  }

  #deliver(): void {
    const pieces = this.#underWay;
    this.#underWay = [];
    let taken = 0;
    while (taken < pieces.length && !this.peer.#paused && !this.peer.#dead) {
      const piece = pieces[taken++] as Uint8Array | 'end';
      if (piece === 'end') {
        this.peer.#onEnd();
        continue;
      }
      this.#queued -= piece.length;
      this.peer.receivedBytes += piece.length;
      this.peer.#onData(piece);
    }
    if (!this.peer.#dead) this.#underWay = [...pieces.slice(taken), ...this.#underWay];
    if (!this.peer.#paused) this.#schedule();
    if (this.#needDrain && this.#queued < this.#options.highWaterBytes && !this.#dead) {
      this.#needDrain = false;
      this.#onDrain();
    }
  }
}

export function pipePair(options: PipeOptions = {}): { client: MemoryPipe; server: MemoryPipe } {
  const client = new MemoryPipe(options);
  const server = new MemoryPipe(options);
  client.peer = server;
  server.peer = client;
  return { client, server };
}
