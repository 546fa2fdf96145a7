/**
 * How much of each object is summed: checking every byte of everything that comes once would cost the receiver a tenth of
 * its time, and two publishers that disagree about an object do so from its beginning.
 */
const SUMMED_BYTES = 2048;
/** A word of four bytes for each of four lanes: the lanes do not wait for one another. */
const ROUND_BYTES = 16;
/** A prime near 2^32 divided by the golden ratio, as multiplicative hashing likes it. */
const FACTOR = 0x9e3779b1;

/**
 * Tells a repeated object from one that has its place and is another: the length, and a sum of the first 2 KiB. Two payloads
 * that differ in a single word of those never have the same sum, others with a chance of 2^-32. It guards against mistakes,
 * not against somebody who looks for collisions.
 */
export class ObjectChecksum {
  readonly #lanes = new Int32Array(4);
  /** The bytes that do not fill a word yet. */
  #word = 0;
  #length = 0;

  static of(payload: Uint8Array): number {
    const checksum = new ObjectChecksum();
    checksum.add(payload);
    return checksum.value;
  }

  begin(): void {
    this.#lanes.fill(0);
    this.#word = 0;
    this.#length = 0;
  }

  /** The next bytes of the payload, in order. However they are cut, the sum is the same. */
  add(bytes: Uint8Array): void {
    const end = Math.min(bytes.length, SUMMED_BYTES - this.#length);
    let at = 0;
    while (at < end && (this.#length + at) % ROUND_BYTES !== 0) at = this.#addByte(bytes, at);
    if (end - at >= ROUND_BYTES) at = this.#addRounds(bytes, at, end);
    while (at < end) at = this.#addByte(bytes, at);
    this.#length += bytes.length;
  }

  /** One integer for both, below 2^53: the length counts modulo 2 MiB. */
  get value(): number {
    let sum = this.#word;
    for (let lane = 0; lane < 4; lane++) sum = mix(sum, this.#lanes[lane] as number);
    return (this.#length % 2 ** 21) * 2 ** 32 + (sum >>> 0);
  }

  #addByte(bytes: Uint8Array, at: number): number {
    const position = this.#length + at;
    this.#word |= (bytes[at] as number) << ((position % 4) * 8);
    if (position % 4 === 3) {
      const lane = (position % ROUND_BYTES) >> 2;
      this.#lanes[lane] = mix(this.#lanes[lane] as number, this.#word);
      this.#word = 0;
    }
    return at + 1;
  }

  /** Whole rounds, as many as there are before `end`. */
  #addRounds(bytes: Uint8Array, start: number, end: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const lanes = this.#lanes;
    let a = lanes[0] as number;
    let b = lanes[1] as number;
    let c = lanes[2] as number;
    let d = lanes[3] as number;
    let at = start;
    for (; at + ROUND_BYTES <= end; at += ROUND_BYTES) {
      a = mix(a, view.getInt32(at, true));
      b = mix(b, view.getInt32(at + 4, true));
      c = mix(c, view.getInt32(at + 8, true));
      d = mix(d, view.getInt32(at + 12, true));
    }
    lanes[0] = a;
    lanes[1] = b;
    lanes[2] = c;
    lanes[3] = d;
    return at;
  }
}

/** Another sum for every other word, and for every other sum before. */
function mix(sum: number, word: number): number {
  return Math.imul(((sum << 13) | (sum >>> 19)) ^ word, FACTOR);
}
