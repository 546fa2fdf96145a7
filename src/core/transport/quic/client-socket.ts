import type { QuicConnection } from './connection.js';
import { openPacketIo } from './open-io.js';
import type { Destination, PacketIo } from './packet-io.js';
import { readVersionNegotiation } from './version-negotiation.js';

/** A connected UDP socket with one connection on it: what arrives is for that connection, and ICMP errors reach us. */
export class ClientSocket {
  readonly connected = true;
  io!: PacketIo;
  /** The versions of a Version Negotiation packet that ended the handshake. */
  offeredVersions: readonly number[] | null = null;
  #connection: QuicConnection | null = null;
  #ourId: Uint8Array | null = null;

  static async open(bind: Destination, remote: Destination): Promise<ClientSocket> {
    const socket = new ClientSocket();
    socket.io = await socket.#openIo(bind, remote);
    return socket;
  }

  #openIo(bind: Destination, remote: Destination): Promise<PacketIo> {
    return openPacketIo(bind, remote, {
      onPacket: (bytes, host, port) => this.#onPacket(bytes, host, port),
      onError: (error) => this.#connection?.onSocketError(error),
    });
  }

  attach(connection: QuicConnection, ourId: Uint8Array): void {
    this.#connection = connection;
    this.#ourId = ourId;
  }

  #onPacket(bytes: Uint8Array, _host: string, _port: number): void {
    const connection = this.#connection;
    if (connection === null || bytes.length === 0) return;
    if (!connection.isEstablished && this.#endsByVersion(connection, bytes)) return;
    const { host, port } = connection.remote;
    connection.receive(bytes, host, port);
  }

  /**
   * The library dies of any Version Negotiation that it can read, so it never sees one. Without effect: one that lists
   * our version, or one after a valid packet (RFC 9000 §6.2).
   */
  #endsByVersion(connection: QuicConnection, bytes: Uint8Array): boolean {
    const first = bytes[0] as number;
    const isNegotiation = (first & 0x80) !== 0 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0 && bytes[4] === 0;
    if (!isNegotiation) return false;
    connection.datagramsReceived++;
    const { native } = connection;
    const versions = readVersionNegotiation(bytes, this.#ourId as Uint8Array, native.destinationId());
    if (versions !== null && !versions.includes(1) && native.stats().recv === 0) {
      this.offeredVersions = versions;
      connection.abandon(0, { by: 'local', isApplication: false, code: 0n, reason: 'no common QUIC version' });
    }
    return true;
  }

  addConnectionId(): void {}

  removeConnectionId(): void {}

  released(): void {
    this.io.keepAlive(false);
    void this.io.drained().then(() => this.io.close());
  }

  close(): void {
    this.io.close();
  }
}
