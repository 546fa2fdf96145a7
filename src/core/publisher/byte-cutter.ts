import { concatBytes } from '../util/bytes.js';

/**
 * Cuts a byte stream into pieces of exactly `size` bytes, whatever the chunks it comes in; only the last one is shorter.
 * A piece that lies within one chunk is a view of it: chunks must not be changed afterwards.
 */
export class ByteCutter {
  readonly #size: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Bytes that wait for more. */
  get pendingBytes(): number {
    return this.#length;
  }

  push(chunk: Uint8Array, emit: (piece: Uint8Array) => void): void {
    let offset = 0;
    if (this.#length > 0) {
      offset = Math.min(this.#size - this.#length, chunk.length);
      this.#parts.push(chunk.subarray(0, offset));
      this.#length += offset;
      if (this.#length < this.#size) return;
      this.flush(emit);
    }
    // A Buffer's own views take twice as long to make.
    const { buffer, byteOffset } = chunk;
    for (; chunk.length - offset >= this.#size; offset += this.#size) {
      emit(new Uint8Array(buffer, byteOffset + offset, this.#size));
    }
    if (offset < chunk.length) {
      this.#parts.push(chunk.subarray(offset));
      this.#length = chunk.length - offset;
    }
  }

  /** What is pending, as a piece of its own. */
  flush(emit: (piece: Uint8Array) => void): void {
    if (this.#length === 0) return;
    const piece = concatBytes(this.#parts);
    this.#parts = [];
    this.#length = 0;
    emit(piece);
  }
}
