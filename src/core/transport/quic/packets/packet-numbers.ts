/** The type bits of a long header (RFC 9000 §17.2.3). */
const ZERO_RTT = 0x10;

/**
 * Counts our 1-RTT packets, whose numbers QUIC's library encrypts: it starts at 0 and never skips one; those of 0-RTT share
 * them. A datagram of the handshake can hold several packets behind one another (RFC 9000 §12.2), a 1-RTT one only as the last.
 */
export class PacketNumbers {
  #next = 0;

  get next(): number {
    return this.#next;
  }

  /** The number of the datagram's 1-RTT packet, or -1 when it has none. */
  onSent(datagram: Uint8Array, length: number): number {
    let at = 0;
    while (at < length) {
      const first = datagram[at] as number;
      if (first === 0) return -1; // padding behind the packets
      if ((first & 0x80) === 0) return this.#next++;
      if ((first & 0x30) === ZERO_RTT) this.#next++;
      at = endOfLongPacket(datagram, at);
    }
    return -1;
  }
}

/** RFC 9000 §17.2: type, version, both connection IDs, in an Initial the token, then the length of the rest. */
function endOfLongPacket(bytes: Uint8Array, start: number): number {
  const isInitial = ((bytes[start] as number) & 0x30) === 0;
  let at = start + 5;
  at += 1 + (bytes[at] as number);
  at += 1 + (bytes[at] as number);
  if (isInitial) {
    const [length, next] = varintAt(bytes, at);
    at = next + length;
  }
  const [length, next] = varintAt(bytes, at);
  return next + length;
}

function varintAt(bytes: Uint8Array, at: number): [value: number, next: number] {
  const length = 1 << ((bytes[at] as number) >> 6);
  let value = (bytes[at] as number) & 0x3f;
  for (let i = 1; i < length; i++) value = value * 256 + (bytes[at + i] as number);
  return [value, at + length];
}
