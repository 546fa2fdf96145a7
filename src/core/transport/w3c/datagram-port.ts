import { HeldDeliveries } from '../held-deliveries.js';
import type { W3cDatagrams, W3cWriter } from './w3c-types.js';

/** Datagrams held until a handler is set. */
const MAX_HELD = 256;
/** Datagrams handed to the implementation that it has not taken yet. */
const MAX_QUEUED = 256;

/** The datagrams of a W3C session, both ways, with bounded queues. */
export class DatagramPort {
  /** Payload bytes. */
  readonly onReceived: (bytes: number) => void;
  readonly #datagrams: W3cDatagrams;
  readonly #incoming = new HeldDeliveries<Uint8Array>(MAX_HELD);
  #writer: W3cWriter | null = null;
  #queued = 0;

  constructor(datagrams: W3cDatagrams, onReceived: (bytes: number) => void) {
    this.#datagrams = datagrams;
    this.onReceived = onReceived;
    void this.#receive();
  }

  /** Null where there are no datagrams. */
  get maxSize(): number | null {
    const { maxDatagramSize } = this.#datagrams;
    return typeof maxDatagramSize === 'number' && maxDatagramSize > 0 ? maxDatagramSize : null;
  }

  onDatagram(handler: (bytes: Uint8Array) => void): void {
    this.#incoming.setHandler(handler);
  }

  send(bytes: Uint8Array): 'queued' | 'full' | 'too-large' {
    const max = this.maxSize;
    if (max === null || bytes.length > max) return 'too-large';
    if (this.#queued >= MAX_QUEUED) return 'full';
    try {
      this.#writer ??= this.#open();
    } catch {
      return 'full';
    }
    this.#queued++;
    // A datagram that is not sent is one that is lost.
    this.#writer
      .write(bytes)
      .catch(() => {})
      .finally(() => this.#queued--);
    return 'queued';
  }

  #open(): W3cWriter {
    const writable = this.#datagrams.createWritable?.() ?? this.#datagrams.writable;
    if (writable === undefined) throw new TypeError('datagrams cannot be written');
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    return writer;
  }

  async #receive(): Promise<void> {
    try {
      const reader = this.#datagrams.readable.getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        if (next.value === undefined) continue;
        this.onReceived(next.value.length);
        this.#incoming.deliver(next.value);
      }
    } catch {
      // The session is over, and says so itself.
    }
  }
}
