import type { HostPort, NativeConnection } from './native.js';
import type { Destination, PacketIo } from './packets/packet-io.js';
import type { PacketSize } from './packets/packet-size.js';

/** What a connection needs of the endpoint that owns its socket; `C` is the connection. */
export interface ConnectionOwner<C> {
  readonly io: PacketIo;
  /** The socket is connected: packets carry no destination. */
  readonly connected: boolean;
  addConnectionId(id: Uint8Array, connection: C): void;
  removeConnectionId(id: Uint8Array): void;
  /** The connection is over and its last packets are with the socket. */
  released(connection: C): void;
  /** The socket's own address or route is gone: a client tries another. */
  onPathLost?(connection: C, error: NodeJS.ErrnoException): void;
  /** Goes on from another socket at the application's wish: rejects when it cannot. */
  migrate?(connection: C): Promise<void>;
  /** Nothing has come back for several probe timeouts. */
  onSilence?(connection: C): void;
}

export interface ConnectionSettings {
  readonly isServer: boolean;
  readonly maxIncomingUni: number;
  readonly maxIncomingBidi: number;
  readonly packetSize: PacketSize;
  readonly remote: Destination;
  /** As QUIC knows it. */
  readonly local: HostPort;
  /** Decides on the peer's certificate once the handshake is done: null accepts, else the error the handshake fails with. */
  readonly judge: (native: NativeConnection) => Error | null;
}
