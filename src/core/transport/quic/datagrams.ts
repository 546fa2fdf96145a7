import type { NativeConnection } from './native.js';
import type { PacketSize } from './packets/packet-size.js';

/** Larger than any datagram that can arrive. */
const BUFFER_BYTES = 65_536;

let buffer: Buffer | null = null;

/** DATAGRAM frames (RFC 9221) of one connection. */
export class Datagrams {
  readonly #native: NativeConnection;
  readonly #packetSize: PacketSize;
  readonly #touch: () => void;
  #handler: ((bytes: Uint8Array) => void) | null = null;

  constructor(native: NativeConnection, packetSize: PacketSize, touch: () => void) {
    this.#native = native;
    this.#packetSize = packetSize;
    this.#touch = touch;
  }

  /** Payload that fits now; null when the peer does not take datagrams. */
  get maxSize(): number | null {
    const atLargest = this.#native.dgramMaxWritableLen();
    if (atLargest === null) return null;
    // The library reckons with the largest packet that it may ever send, not with the one that passes now.
    const size = atLargest - (this.#native.maxSendUdpPayloadSize() - this.#packetSize.current);
    return Math.max(0, Math.min(atLargest, size));
  }

  send(bytes: Uint8Array): 'queued' | 'full' | 'too-large' {
    const max = this.maxSize;
    if (max === null || bytes.length > max) return 'too-large';
    if (this.#native.dgramSend(bytes) === null) return 'full';
    this.#touch();
    return 'queued';
  }

  /** Those that arrived earlier, up to the library's bound, are delivered too. */
  onReceived(handler: (bytes: Uint8Array) => void): void {
    if (this.#handler !== null) throw new Error('the handler for datagrams is set already');
    this.#handler = handler;
    queueMicrotask(() => this.ingest());
  }

  ingest(): void {
    if (this.#handler === null) return;
    buffer ??= Buffer.allocUnsafeSlow(BUFFER_BYTES);
    for (let length = this.#native.dgramRecv(buffer); length !== null; length = this.#native.dgramRecv(buffer)) {
      this.#handler(Buffer.from(buffer.subarray(0, length)));
    }
  }

  /** Packets have become smaller: queued datagrams that no longer fit would block those behind them for ever. */
  dropOversized(): void {
    const max = this.maxSize;
    if (max !== null) this.#native.dgramPurgeOutgoing((bytes) => bytes.length > max);
  }
}
