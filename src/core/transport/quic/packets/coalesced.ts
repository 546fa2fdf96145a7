const INITIAL = 0;
const HANDSHAKE = 2;
const RETRY = 3;
const VERSION_1 = 1;

interface LongPacket {
  readonly type: number;
  /** Where the next packet of the datagram begins. */
  readonly end: number;
}

/**
 * Whether the datagram holds a Handshake packet, also behind others (RFC 9000 §12.2). A client that has sent one has thrown
 * its Initial keys away (RFC 9001 §4.9.1).
 */
export function holdsHandshake(datagram: Uint8Array): boolean {
  for (let at = 0; at < datagram.length; ) {
    const packet = longPacketAt(datagram, at);
    if (packet === null) return false;
    if (packet.type === HANDSHAKE) return true;
    at = packet.end;
  }
  return false;
}

/**
 * The datagram without the Initial packets at its head, when there is something behind them: the library drops all that
 * follows a packet that it has no keys for any more, such as the CONNECTION_CLOSE that a server sends at every level.
 */
export function withoutInitials(datagram: Uint8Array): Uint8Array {
  let at = 0;
  for (let packet = longPacketAt(datagram, at); packet?.type === INITIAL; packet = longPacketAt(datagram, at)) {
    if (packet.end >= datagram.length) return datagram;
    at = packet.end;
  }
  return at === 0 ? datagram : datagram.subarray(at);
}

/** The packet of version 1 with a long header that begins at `at`; null for any other (RFC 9000 §17.2). */
function longPacketAt(bytes: Uint8Array, at: number): LongPacket | null {
  const first = bytes[at];
  if (first === undefined || (first & 0xc0) !== 0xc0) return null;
  const version = [1, 2, 3, 4].reduce((value, i) => value * 256 + (bytes[at + i] ?? 0), 0);
  const type = (first >> 4) & 3;
  if (version !== VERSION_1 || type === RETRY) return null;
  const scidAt = at + 6 + (bytes[at + 5] ?? 0);
  const bodyAt = scidAt + 1 + (bytes[scidAt] ?? 0);
  const token = type === INITIAL ? varintAt(bytes, bodyAt) : { value: 0, end: bodyAt };
  const length = varintAt(bytes, token.end + token.value);
  return { type, end: length.end + length.value };
}

/** RFC 9000 §16; beyond the end of the bytes there are zeros. */
function varintAt(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } {
  const first = bytes[at] ?? 0;
  const size = 1 << (first >> 6);
  let value = first & 0x3f;
  for (let i = 1; i < size; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return { value, end: at + size };
}
