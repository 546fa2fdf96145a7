import type { Address } from '../../transport.js';

/** Where a packet goes on a socket that is not connected. */
export interface Destination {
  readonly host: string;
  readonly port: number;
}

/** A buffer that packets are written into and sent from; it may be used again once nothing of it is in flight. */
export interface Slab {
  readonly buffer: Buffer;
  inFlight: number;
}

export interface PacketHandlers {
  /** `bytes` may be changed, and is valid only during the call. */
  onPacket(bytes: Uint8Array, host: string, port: number): void;
  /** An error of the socket, such as ECONNREFUSED after an ICMP message or ENETUNREACH on sending. */
  onError(error: NodeJS.ErrnoException): void;
}

/** One UDP socket. Everything above it is the same whether packets go one by one or in batches. */
export interface PacketIo {
  readonly kind: 'dgram' | 'batched';
  /** Why batches were asked for but are not used; absent otherwise. */
  readonly fallbackReason?: string | undefined;
  readonly local: Address;
  /**
   * Sends `length` bytes of the slab from `offset` as packets of `segment` bytes each, the last one possibly shorter.
   * `to` is null on a connected socket. Errors arrive at `onError`.
   */
  send(slab: Slab, offset: number, length: number, segment: number, to: Destination | null): void;
  /** Resolves when everything handed to `send` has left the process. */
  drained(): Promise<void>;
  /** Whether the open socket keeps the process alive. */
  keepAlive(alive: boolean): void;
  close(): void;
}
