const SLAB_BYTES = 128 << 10;
const READ_BYTES = 64 << 10;
/** Chunks below this are copied out, so that a small one does not keep a whole slab alive. */
const COPY_BELOW_BYTES = 2 << 10;

/**
 * The buffer that QUIC copies stream data into. Large chunks are handed to the reader as they are, without another copy;
 * the slab moves on behind them, and its memory is freed with the last chunk.
 */
class RecvSlab {
  #buffer: Buffer | null = null;
  #offset = 0;

  /** Space for one read; valid until the next call. */
  reserve(): Uint8Array {
    if (this.#buffer === null || SLAB_BYTES - this.#offset < READ_BYTES) {
      this.#buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#offset = 0;
    }
    return this.#buffer.subarray(this.#offset, this.#offset + READ_BYTES);
  }

  /** The first `length` bytes that were just read, owned by the caller from now on. */
  take(length: number): Uint8Array {
    const bytes = (this.#buffer as Buffer).subarray(this.#offset, this.#offset + length);
    if (length < COPY_BELOW_BYTES) return Buffer.from(bytes);
    this.#offset += length;
    return bytes;
  }
}

export const recvSlab = new RecvSlab();
