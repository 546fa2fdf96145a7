import type { ByteQueue } from './byte-queue.js';
import { writeStreamHead } from './capsules.js';

const BATCH_BYTES = 64 << 10;
/** From here on the batch's own buffer is handed over; below, a copy of its size, so that a few bytes do not hold 64 KiB. */
const HAND_OVER_BYTES = BATCH_BYTES / 2;

/** Capsules that go to HTTP/2 in one write. */
export class OutBatch {
  #buffer: Uint8Array | null = null;
  #length = 0;

  get room(): number {
    return BATCH_BYTES - this.#length;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** The caller has looked at `room`. */
  append(capsule: Uint8Array): void {
    this.#space().set(capsule, this.#length);
    this.#length += capsule.length;
  }

  /** A stream capsule with the first `length` bytes of `queue`; the caller has looked at `room`. */
  appendStream(id: number, queue: ByteQueue, length: number, fin: boolean): void {
    const buffer = this.#space();
    const at = writeStreamHead(buffer, this.#length, id, length, fin);
    queue.copyTo(buffer, at, length);
    this.#length = at + length;
  }

  /** What was collected; the batch is empty afterwards. */
  take(): Uint8Array {
    const buffer = this.#space();
    const bytes = buffer.subarray(0, this.#length);
    this.#length = 0;
    if (bytes.length < HAND_OVER_BYTES) return new Uint8Array(bytes);
    this.#buffer = null;
    return bytes;
  }

  #space(): Uint8Array {
    // Not from Node's pool, and not zeroed: every byte that is handed over has been written.
    this.#buffer ??= Buffer.allocUnsafeSlow(BATCH_BYTES);
    return this.#buffer;
  }
}
