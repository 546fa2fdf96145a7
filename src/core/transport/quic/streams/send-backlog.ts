/** What a packet holds beside stream data, at the least: header, tag, and the frame's own header. */
const LEAST_OVERHEAD = 28;

/**
 * What QUIC's library has taken and not sent, as far as one can tell from outside: it takes as much as the congestion window
 * has room for at that moment, whatever it holds back already, and tells neither. Never too high for long; too low by some
 * bytes a packet.
 */
export class SendBacklog {
  #bytes = 0;

  /** In bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The library has taken so much more, or found so much lost that it will send again. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  onPacket(length: number): void {
    this.#bytes = Math.max(0, this.#bytes - Math.max(0, length - LEAST_OVERHEAD));
  }

  /** Everything was acknowledged, and the library had nothing to send. */
  clear(): void {
    this.#bytes = 0;
  }
}
