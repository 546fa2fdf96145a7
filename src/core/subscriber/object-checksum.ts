import { crc32 } from '../util/crc32.js';

/**
 * How much of each object is summed: checking every byte of everything that comes once would cost the receiver a tenth of
 * its time, and two publishers that disagree about an object do so from its beginning.
 */
const SUMMED_BYTES = 2048;

/** Tells a repeated object from one that has its place and is another: the length, and a CRC-32 of the first 2 KiB. */
export class ObjectChecksum {
  #crc = 0;
  #length = 0;

  static of(payload: Uint8Array): number {
    const checksum = new ObjectChecksum();
    checksum.begin();
    checksum.add(payload);
    return checksum.value;
  }

  begin(): void {
    this.#crc = 0;
    this.#length = 0;
  }

  /** The next bytes of the payload, in order. */
  add(bytes: Uint8Array): void {
    const room = SUMMED_BYTES - this.#length;
    if (bytes.length > 0 && room > 0)
      this.#crc = crc32(bytes.length > room ? bytes.subarray(0, room) : bytes, this.#crc);
    this.#length += bytes.length;
  }

  /** One integer for both, below 2^53: the length counts modulo 2 MiB. */
  get value(): number {
    return (this.#length % 2 ** 21) * 2 ** 32 + (this.#crc >>> 0);
  }
}
