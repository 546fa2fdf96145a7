import { networkInterfaces } from 'node:os';
import { withoutZone } from '../../address.js';
import type { QuicConnection } from '../connection.js';
import { openPacketIo } from '../packets/open-io.js';
import type { Destination, PacketIo } from '../packets/packet-io.js';
import type { HandshakeWatch } from './handshake-watch.js';
import { readVersionNegotiation } from './version-negotiation.js';

/** Errors of sending that say that the local address or the route is gone. */
const LOST_PATH = new Set(['EADDRNOTAVAIL', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'EINVAL']);

/** A connected UDP socket with one connection on it: what arrives is for that connection, and ICMP errors reach us. */
export class ClientSocket {
  readonly connected = true;
  io!: PacketIo;
  /** The versions of a Version Negotiation packet that ended the handshake. */
  offeredVersions: readonly number[] | null = null;
  /** How often the connection has moved to another local address. */
  migrations = 0;
  #connection: QuicConnection | null = null;
  #ourId: Uint8Array | null = null;
  /** Null once the handshake is done. */
  #watch: HandshakeWatch | null = null;

  readonly #bind: Destination;
  readonly #remote: Destination;
  readonly #fewPackets: boolean;
  #moving = false;

  private constructor(bind: Destination, remote: Destination, fewPackets: boolean) {
    this.#bind = bind;
    this.#remote = remote;
    this.#fewPackets = fewPackets;
  }

  static async open(bind: Destination, remote: Destination, fewPackets = false): Promise<ClientSocket> {
    const socket = new ClientSocket(bind, remote, fewPackets);
    socket.io = await socket.#openIo(bind, remote);
    return socket;
  }

  #openIo(bind: Destination, remote: Destination): Promise<PacketIo> {
    const handlers = {
      onPacket: (bytes: Uint8Array, host: string, port: number) => this.#onPacket(bytes, host, port),
      onError: (error: Error) => this.#connection?.onSocketError(error),
    };
    return openPacketIo(bind, remote, handlers, this.#fewPackets);
  }

  attach(connection: QuicConnection, ourId: Uint8Array, watch: HandshakeWatch): void {
    this.#connection = connection;
    this.#ourId = ourId;
    this.#watch = watch;
  }

  #onPacket(bytes: Uint8Array, _host: string, _port: number): void {
    const connection = this.#connection;
    if (connection === null) return;
    const { host, port } = connection.remote;
    if (bytes.length === 0) {
      connection.datagramsReceived++;
      this.#watch?.before(bytes);
    } else if (this.#watch === null) connection.receive(bytes, host, port);
    else this.#onHandshakePacket(connection, this.#watch, bytes);
  }

  #onHandshakePacket(connection: QuicConnection, watch: HandshakeWatch, bytes: Uint8Array): void {
    if (connection.isEstablished) {
      watch.stop();
      this.#watch = null;
    } else {
      watch.before(bytes);
      if (this.#endsByVersion(connection, watch, bytes)) return;
    }
    const { host, port } = connection.remote;
    connection.receive(bytes, host, port);
    watch.after(connection);
  }

  /**
   * The library dies of any Version Negotiation that it can read, so it never sees one. Without effect: one that lists
   * our version, or one after a valid packet (RFC 9000 §6.2).
   */
  #endsByVersion(connection: QuicConnection, watch: HandshakeWatch, bytes: Uint8Array): boolean {
    const first = bytes[0] as number;
    const isNegotiation = (first & 0x80) !== 0 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0 && bytes[4] === 0;
    if (!isNegotiation) return false;
    connection.datagramsReceived++;
    const { native } = connection;
    const versions = readVersionNegotiation(bytes, this.#ourId as Uint8Array, native.destinationId());
    if (versions !== null && !versions.includes(1) && native.stats().recv === 0) {
      this.offeredVersions = versions;
      watch.onVersions(versions);
      connection.abandon(0, { by: 'local', isApplication: false, code: 0n, reason: 'no common QUIC version' });
    }
    return true;
  }

  /** Sending fails because the address or the route that the socket is bound to is gone. */
  onPathLost(connection: QuicConnection, error: NodeJS.ErrnoException): void {
    if (LOST_PATH.has(error.code ?? '')) this.#move(connection);
  }

  /** On some systems sending from an address that is gone succeeds and leads nowhere. */
  onSilence(connection: QuicConnection): void {
    const { host } = this.io.local;
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    if (!addresses.some((one) => one.address === withoutZone(host))) this.#move(connection);
  }

  /** A new socket, from whatever address the system now chooses, takes over (RFC 9000 §9.2). */
  #move(connection: QuicConnection): void {
    if (this.#moving || !connection.isOpen) return;
    // There may be no network to move to yet: the next error or probe timeout tries again, until the idle timeout.
    void this.migrate(connection).catch(() => {});
  }

  async migrate(connection: QuicConnection): Promise<void> {
    if (this.#moving) throw new Error('the connection is moving already');
    this.#moving = true;
    try {
      await this.#replace(connection);
    } finally {
      this.#moving = false;
    }
  }

  async #replace(connection: QuicConnection): Promise<void> {
    const io = await this.#openIo(this.#bind, this.#remote);
    try {
      if (!connection.isOpen) throw new Error('the connection is closed');
      connection.moveTo({ host: withoutZone(io.local.host), port: io.local.port });
    } catch (error) {
      io.close();
      throw error;
    }
    this.io.close();
    this.io = io;
    this.migrations++;
  }

  addConnectionId(): void {}

  removeConnectionId(): void {}

  released(): void {
    this.#watch?.stop();
    this.io.keepAlive(false);
    void this.io.drained().then(() => this.io.close());
  }

  close(): void {
    this.#watch?.stop();
    this.io.close();
  }
}
