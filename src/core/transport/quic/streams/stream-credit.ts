/**
 * Stream numbers of one type that we may use. QUIC's library counts a stream only from its first frame on, and this
 * counts from when it was handed out, so that opening costs no call into the library.
 */
export class StreamCredit {
  readonly #first: number;
  readonly #left: () => number;
  /** Streams handed out, and streams the library has heard of (those below the highest one included). */
  #taken = 0;
  #started = 0;
  #limit = 0;

  /** `first` is the lowest number of the type (RFC 9000 §2.1); `left` asks the library what the peer still allows. */
  constructor(first: number, left: () => number) {
    this.#first = first;
    this.#left = left;
  }

  /** The next stream number, or null while the peer allows no more. */
  take(): number | null {
    if (this.#taken >= this.#limit) {
      this.#limit = this.#started + this.#left();
      if (this.#taken >= this.#limit) return null;
    }
    const number = this.#first + 4 * this.#taken;
    this.#taken++;
    return number;
  }

  onStarted(number: number): void {
    const count = (number - this.#first) / 4 + 1;
    if (count > this.#started) this.#started = count;
  }
}
