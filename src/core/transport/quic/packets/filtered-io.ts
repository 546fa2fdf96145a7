import type { Address, PacketFilter } from '../../transport.js';
import { openPacketIo } from './open-io.js';
import type { Destination, PacketHandlers, PacketIo, Slab } from './packet-io.js';

/** Opens a UDP socket as `openPacketIo` does, with a filter between it and the connections. */
export function openFilteredIo(filter: PacketFilter): typeof openPacketIo {
  return async (bind, connectTo, handlers) => {
    const opened: { io: FilteredIo | null } = { io: null };
    const inner = await openPacketIo(bind, connectTo, {
      onPacket: (bytes, host, port) => opened.io?.receive(bytes, host, port),
      onError: (error) => handlers.onError(error),
    });
    opened.io = new FilteredIo(inner, filter, handlers);
    return opened.io;
  };
}

class FilteredIo implements PacketIo {
  #closed = false;

  constructor(
    private readonly inner: PacketIo,
    private readonly filter: PacketFilter,
    private readonly handlers: PacketHandlers,
  ) {}

  get kind(): 'dgram' | 'batched' {
    return this.inner.kind;
  }

  get local(): Address {
    return this.inner.local;
  }

  receive(bytes: Uint8Array, host: string, port: number): void {
    // The filter may keep a packet for later, and the socket's buffer is used again at once.
    this.filter.incoming(
      Buffer.from(bytes),
      (packet) => {
        if (!this.#closed) this.handlers.onPacket(packet, host, port);
      },
      (packet) => this.#send(packet, { host, port }),
    );
  }

  send(slab: Slab, offset: number, length: number, segment: number, to: Destination | null): void {
    for (let at = offset; at < offset + length; at += segment) {
      const packet = Buffer.from(slab.buffer.subarray(at, Math.min(at + segment, offset + length)));
      this.filter.outgoing(packet, (passed) => this.#send(passed, to));
    }
  }

  drained(): Promise<void> {
    return this.inner.drained();
  }

  keepAlive(alive: boolean): void {
    this.inner.keepAlive(alive);
  }

  close(): void {
    this.#closed = true;
    this.inner.close();
  }

  #send(packet: Uint8Array, to: Destination | null): void {
    if (this.#closed || packet.length === 0) return;
    // Outside of Node's pool: the buffer must not move while the system reads it.
    const buffer = Buffer.allocUnsafeSlow(Math.max(packet.length, 128));
    buffer.set(packet);
    this.inner.send({ buffer, inFlight: 0 }, 0, packet.length, packet.length, to);
  }
}
