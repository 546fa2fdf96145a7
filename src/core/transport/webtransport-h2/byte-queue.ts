const EMPTY = new Uint8Array(0);

/** Chunks that wait to be sent. They belong to the writer, who has promised not to change them. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #head = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** Moves the first `length` bytes into `target` at `at`. */
  copyTo(target: Uint8Array, at: number, length: number): void {
    let offset = at;
    const end = at + length;
    while (offset < end) {
      const chunk = this.#chunks[this.#head] as Uint8Array;
      const piece = chunk.length <= end - offset ? chunk : chunk.subarray(0, end - offset);
      target.set(piece, offset);
      offset += piece.length;
      if (piece === chunk) this.#chunks[this.#head++] = EMPTY;
      else this.#chunks[this.#head] = chunk.subarray(piece.length);
    }
    this.#bytes -= length;
    if (this.#bytes === 0) this.clear();
    else if (this.#head > 1024) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}

/** Arriving chunks below this are copied together, so that a peer's small capsules cost little more than their bytes. */
const SMALL_BYTES = 1024;
const BLOCK_BYTES = 4096;
/** A chunk is copied out of a buffer that is this many times larger, so that it does not keep all of that alive. */
const WASTE_FACTOR = 4;

/** What has arrived and nobody has read yet: at most a receive window. */
export class ArrivedBytes {
  #chunks: Uint8Array[] = [];
  #head = 0;
  #bytes = 0;
  /** The unused end of the block that the last chunk lies in. */
  #spare: Uint8Array = EMPTY;

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (chunk.length < SMALL_BYTES) this.#pushSmall(chunk);
    else {
      this.#spare = EMPTY;
      const wasteful = chunk.buffer.byteLength > WASTE_FACTOR * chunk.length;
      this.#chunks.push(wasteful ? new Uint8Array(chunk) : chunk);
    }
  }

  /** The oldest chunk, or null. */
  take(): Uint8Array | null {
    const chunk = this.#chunks[this.#head];
    if (chunk === undefined) return null;
    this.#chunks[this.#head++] = EMPTY;
    this.#bytes -= chunk.length;
    if (this.#head === this.#chunks.length) {
      this.#chunks = [];
      this.#head = 0;
      // What follows must not grow a chunk that its reader owns by now.
      this.#spare = EMPTY;
    }
    return chunk;
  }

  /** Forgets everything; returns how many bytes that were. */
  clear(): number {
    const bytes = this.#bytes;
    this.#chunks = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#spare = EMPTY;
    return bytes;
  }

  #pushSmall(chunk: Uint8Array): void {
    if (this.#spare.length < chunk.length) {
      // The first block is small: most streams that carry little are read at once.
      const size = this.#spare.buffer.byteLength === 0 ? Math.max(64, 2 * chunk.length) : BLOCK_BYTES;
      this.#spare = new Uint8Array(size);
      this.#chunks.push(this.#spare.subarray(0, 0));
    }
    const last = this.#chunks[this.#chunks.length - 1] as Uint8Array;
    this.#spare.set(chunk);
    this.#spare = this.#spare.subarray(chunk.length);
    this.#chunks[this.#chunks.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + chunk.length);
  }
}
