import type { Http2Stream } from 'node:http2';
import { http2CodeName } from '../../errors/codes/http2-codes.js';
import type { Http2Link } from './http2-link.js';
import { type BytePipe, PipeError } from './pipe.js';

/** Bytes that may wait for HTTP/2 before writers are asked to wait. */
const MAX_WAITING_BYTES = 256 << 10;

/** The CONNECT stream of an HTTP/2 connection, behind its headers. */
export class Http2Pipe implements BytePipe {
  readonly #stream: Http2Stream;
  readonly #link: Http2Link;
  #ended = false;
  #destroyed = false;

  constructor(stream: Http2Stream, link: Http2Link) {
    this.#stream = stream;
    this.#link = link;
    // 'close' tells the same, and also of resets that are no error to Node.
    stream.on('error', () => {});
  }

  get queuedBytes(): number {
    return this.#stream.writableLength;
  }

  write(bytes: Uint8Array): boolean {
    const stream = this.#stream;
    if (this.#ended || this.#destroyed || stream.destroyed) return true;
    return stream.write(bytes) || stream.writableLength < MAX_WAITING_BYTES;
  }

  onData(handler: (bytes: Uint8Array) => void): void {
    this.#stream.on('data', handler);
  }

  onDrain(handler: () => void): void {
    this.#stream.on('drain', handler);
  }

  onEnd(handler: () => void): void {
    this.#stream.once('end', handler);
  }

  onError(handler: (error: PipeError) => void): void {
    const report = (): void => {
      const failure = this.#failure();
      if (failure !== null) handler(failure);
    };
    // The connection may have gone before the pipe was made.
    if (this.#stream.closed && this.#stream.destroyed) setImmediate(report);
    else this.#stream.once('close', report);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  end(): void {
    if (this.#ended || this.#destroyed) return;
    this.#ended = true;
    this.#stream.end();
  }

  destroy(code: number): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    if (!this.#stream.closed) this.#stream.close(code);
  }

  #failure(): PipeError | null {
    const stream = this.#stream;
    if (this.#destroyed || (this.#ended && stream.readableEnded)) return null;
    const { failure, error, goawayCode } = this.#link;
    if (failure === 'idle')
      return new PipeError('idle', null, 'nothing came within the idle timeout', { cause: error });
    if (failure !== null) {
      const why =
        error === null ? 'the connection was closed' : `the connection failed: ${error.code ?? error.message}`;
      return new PipeError('connection', goawayCode, why, { cause: error });
    }
    const code = stream.rstCode ?? 0;
    return new PipeError('reset', code, `the CONNECT stream was reset: ${http2CodeName(code)}`);
  }
}
