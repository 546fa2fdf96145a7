const BLOCK_BYTES = 4 << 20;

/** The same pseudo-random bytes in every process, so that what arrives can be compared with what was sent. */
export function contentBlock(): Buffer {
  const words = new Uint32Array(BLOCK_BYTES / 4);
  let state = 0x9e3779b9;
  for (let i = 0; i < words.length; i++) {
    // xorshift32 (Marsaglia 2003)
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return Buffer.from(words.buffer);
}

/** The block over and over, `total` bytes of it, in chunks of at most `size` that are views. */
export function* chunksOf(block: Buffer, total: number, size: number): Generator<Buffer> {
  for (let at = 0; at < total; ) {
    const from = at % block.length;
    const length = Math.min(size, block.length - from, total - at);
    yield block.subarray(from, from + length);
    at += length;
  }
}

/**
 * Compares every byte that arrives with what was sent. That is stronger than a digest, and at the speed of memcmp it
 * does not hide what is measured.
 */
export class ContentCheck {
  readonly #block = contentBlock();
  bytes = 0;
  isSame = true;

  push(chunk: Uint8Array): void {
    const { length } = this.#block;
    for (let done = 0; done < chunk.length; ) {
      const from = (this.bytes + done) % length;
      const count = Math.min(chunk.length - done, length - from);
      if (this.#block.compare(chunk, done, done + count, from, from + count) !== 0) this.isSame = false;
      done += count;
    }
    this.bytes += chunk.length;
  }
}
