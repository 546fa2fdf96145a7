/** Send times kept: an acknowledgement that comes later than this many packets gives no sample. */
const REMEMBERED = 1024;

/**
 * Round-trip times of one connection (RFC 9002 §5), from the acknowledgements themselves: QUIC's library knows them only
 * in whole milliseconds, which says nothing on a LAN.
 */
export class RttMeter {
  readonly #sentAt = new Float64Array(REMEMBERED);
  #largestSent = -1;
  #largestAcked = -1;
  #smoothed: number | null = null;
  #min: number | null = null;
  /** The peer counts its delay in units of 2^exponent µs. */
  ackDelayExponent = 3;

  /** ms; null before the first sample. */
  get smoothedMs(): number | null {
    return this.#smoothed;
  }

  get minMs(): number | null {
    return this.#min;
  }

  onSent(packet: number, now: number): void {
    this.#sentAt[packet % REMEMBERED] = now;
    this.#largestSent = packet;
  }

  onAck(largest: number, delay: number, now: number): void {
    if (largest <= this.#largestAcked || largest > this.#largestSent) return;
    this.#largestAcked = largest;
    if (this.#largestSent - largest >= REMEMBERED) return;
    const sample = now - (this.#sentAt[largest % REMEMBERED] as number);
    if (this.#min === null || sample < this.#min) this.#min = sample;
    const held = (delay * 2 ** this.ackDelayExponent) / 1000;
    const adjusted = sample - held >= this.#min ? sample - held : sample;
    this.#smoothed = this.#smoothed === null ? adjusted : this.#smoothed + (adjusted - this.#smoothed) / 8;
  }
}
