import type { Address, ListenOptions } from '../../transport.js';
import { CONNECTION_REFUSED } from '../close-codes.js';
import type { ConfigFor } from '../config.js';
import { QuicConnection } from '../connection.js';
import { CONNECTION_ID_BYTES, newConnectionId } from '../connection-ids.js';
import type { ConnectionOwner } from '../connection-owner.js';
import { KeylogFile } from '../keylog.js';
import type { HostPort, Quiche } from '../native.js';
import { openFilteredIo } from '../packets/filtered-io.js';
import { openPacketIo } from '../packets/open-io.js';
import type { PacketIo } from '../packets/packet-io.js';
import { PacketSize } from '../packets/packet-size.js';
import { RecentIds } from './recent-ids.js';
import { refusalPacket } from './refusal-packet.js';
import { RetryTokens } from './retry-token.js';

/** Shorter datagrams cannot begin a connection (RFC 9000 §14.1). */
const MIN_INITIAL_BYTES = 1200;
/** A handshake that takes longer is dropped, ms. */
const HANDSHAKE_DEADLINE_MS = 10_000;
const TYPE_INITIAL = 0;

export interface ServerLimits {
  readonly maxIncomingUni: number;
  readonly maxIncomingBidi: number;
  readonly maxConnections: number;
  readonly retryAbove: number;
}

export interface ServerSetup {
  readonly quiche: Quiche;
  readonly config: ConfigFor;
  readonly options: ListenOptions;
  readonly limits: ServerLimits;
  readonly onEstablished: (connection: QuicConnection) => void;
}

/** The UDP socket of a listener: sorts packets to connections, and begins new ones. */
export class ServerEndpoint implements ConnectionOwner<QuicConnection> {
  readonly connected = false;
  io!: PacketIo;
  readonly #setup: ServerSetup;
  /** By the connection IDs that we chose, and by the ones that clients made up for their first packets. */
  readonly #byId = new Map<string, QuicConnection>();
  readonly #firstIds = new Map<QuicConnection, string>();
  readonly #connections = new Set<QuicConnection>();
  readonly #halfOpen = new Set<QuicConnection>();
  readonly #tokens = new RetryTokens();
  readonly #ended = new RecentIds();
  readonly #reply = Buffer.alloc(2048);
  #accepting = true;
  #local!: HostPort;
  readonly #counts = {
    accepted: 0,
    established: 0,
    refusedByLimit: 0,
    retriesSent: 0,
    badTokens: 0,
    versionNegotiations: 0,
    handshakesFailed: 0,
    packetsDropped: 0,
    beginErrors: 0,
    handlerErrors: 0,
  };

  constructor(setup: ServerSetup) {
    this.#setup = setup;
  }

  async open(): Promise<void> {
    const { host, port, packetFilter } = this.#setup.options;
    const open = packetFilter === undefined ? openPacketIo : openFilteredIo(packetFilter);
    this.io = await open({ host, port }, null, {
      onPacket: (bytes, fromHost, fromPort) => this.#onPacket(bytes, fromHost, fromPort),
      // Errors of an unconnected socket concern single packets: QUIC's own recovery deals with the loss.
      onError: () => {
        this.#counts.packetsDropped++;
      },
    });
    this.#local = { host: this.io.local.host, port: this.io.local.port };
  }

  get address(): Address {
    return this.io.local;
  }

  get connections(): Iterable<QuicConnection> {
    return this.#connections;
  }

  counters(): Readonly<Record<string, number>> {
    return { open: this.#connections.size, halfOpen: this.#halfOpen.size, ...this.#counts };
  }

  #onPacket(bytes: Uint8Array, host: string, port: number): void {
    const connection = this.#find(bytes);
    if (connection !== undefined) {
      connection.receive(bytes, host, port);
      return;
    }
    try {
      if (!this.#begin(bytes, host, port)) this.#counts.packetsDropped++;
    } catch {
      // Whatever a stranger's packet sets off in the library ends with that packet.
      this.#counts.packetsDropped++;
      this.#counts.beginErrors++;
    }
  }

  #find(bytes: Uint8Array): QuicConnection | undefined {
    const first = bytes[0];
    if (first === undefined) return undefined;
    if ((first & 0x80) === 0) {
      if (bytes.length <= CONNECTION_ID_BYTES) return undefined;
      return this.#byId.get(key(bytes, 1, CONNECTION_ID_BYTES));
    }
    const length = bytes[5];
    if (length === undefined || length > 20 || bytes.length < 6 + length) return undefined;
    return this.#byId.get(key(bytes, 6, length));
  }

  /** A packet of no connection that we know. False when there is nothing to be done about it. */
  #begin(bytes: Uint8Array, host: string, port: number): boolean {
    if (!this.#accepting || bytes.length < MIN_INITIAL_BYTES || ((bytes[0] as number) & 0x80) === 0) return false;
    const { quiche, limits } = this.#setup;
    let header: ReturnType<Quiche['Header']['fromSlice']>;
    try {
      header = quiche.Header.fromSlice(bytes, CONNECTION_ID_BYTES);
    } catch {
      // Not QUIC: the caller counts it.
      return false;
    }
    if (!quiche.versionIsSupported(header.version)) return this.#negotiateVersion(header, host, port);
    // RFC 9000 §7.2: a client's first destination ID has at least 8 bytes.
    if (header.ty !== TYPE_INITIAL || header.dcid.length < 8) return false;

    if (this.#ended.has(key(header.dcid, 0, header.dcid.length))) return false;

    if (this.#connections.size >= limits.maxConnections) return this.#refuse(header, host, port);

    const address = `${host}:${port}`;
    const token = header.token ?? new Uint8Array(0);
    const originalId = token.length > 0 ? this.#tokens.open(token, header.dcid, address) : null;
    if (originalId === null && this.#halfOpen.size >= limits.retryAbove) {
      // A client that shows a bad token has had its Retry, and would ignore another.
      if (token.length > 0) this.#counts.badTokens++;
      else this.#retry(header, address, host, port);
      return token.length === 0;
    }
    this.#accept(header.dcid, originalId, bytes, host, port);
    return true;
  }

  #negotiateVersion(header: { scid: Uint8Array; dcid: Uint8Array }, host: string, port: number): boolean {
    const length = this.#setup.quiche.negotiateVersion(header.scid, header.dcid, this.#reply);
    this.#counts.versionNegotiations++;
    this.#sendReply(length, host, port);
    return true;
  }

  #retry(
    header: { scid: Uint8Array; dcid: Uint8Array; version: number },
    address: string,
    host: string,
    port: number,
  ): void {
    const newId = newConnectionId();
    const token = this.#tokens.issue(header.dcid, newId, address);
    const length = this.#setup.quiche.retry(header.scid, header.dcid, newId, token, header.version, this.#reply);
    this.#counts.retriesSent++;
    this.#sendReply(length, host, port);
  }

  #sendReply(length: number, host: string, port: number): void {
    this.#send(this.#reply.subarray(0, length), host, port);
  }

  #send(packet: Uint8Array, host: string, port: number): void {
    // The socket may hold the buffer until it is writable, so each reply has its own; and it must never move in memory.
    const buffer = Buffer.allocUnsafeSlow(Math.max(packet.length, 128));
    buffer.set(packet);
    this.io.send({ buffer, inFlight: 0 }, 0, packet.length, packet.length, { host, port });
  }

  #accept(dcid: Uint8Array, originalId: Uint8Array | null, bytes: Uint8Array, host: string, port: number): void {
    const { quiche, config, options, limits } = this.#setup;
    // After a Retry the client addresses us by the ID that the Retry gave it.
    const id = originalId === null ? newConnectionId() : Buffer.from(dcid);
    const native = quiche.Connection.accept(id, originalId, this.#local, { host, port }, config(host));
    const keylog = options.keylogFile === undefined ? null : new KeylogFile(options.keylogFile);
    if (keylog !== null) native.setKeylog(keylog.path);
    const connection = new QuicConnection(native, this, {
      isServer: true,
      maxIncomingUni: limits.maxIncomingUni,
      maxIncomingBidi: limits.maxIncomingBidi,
      packetSize: new PacketSize(host),
      remote: { host, port },
      local: this.#local,
      judge: () => null,
    });
    keylog?.follow(connection);
    this.#counts.accepted++;
    this.#connections.add(connection);
    this.#halfOpen.add(connection);
    this.addConnectionId(id, connection);
    const firstId = key(dcid, 0, dcid.length);
    this.#byId.set(firstId, connection);
    this.#firstIds.set(connection, firstId);
    this.#watchHandshake(connection, id);
    connection.receive(bytes, host, port);
  }

  #refuse(header: { scid: Uint8Array; dcid: Uint8Array }, host: string, port: number): boolean {
    this.#counts.refusedByLimit++;
    const packet = refusalPacket({
      dcid: header.dcid,
      scid: header.scid,
      code: CONNECTION_REFUSED,
      reason: 'too many connections',
    });
    this.#send(packet, host, port);
    return true;
  }

  #watchHandshake(connection: QuicConnection, id: Uint8Array): void {
    const deadline = setTimeout(() => {
      connection.abandon(0, { by: 'local', isApplication: false, code: 0n, reason: 'handshake deadline' });
    }, HANDSHAKE_DEADLINE_MS).unref();
    const settle = (): void => {
      clearTimeout(deadline);
      this.#halfOpen.delete(connection);
    };
    connection.established.then(
      () => {
        settle();
        this.#counts.established++;
        this.#hand(connection);
      },
      () => {
        settle();
        this.#counts.handshakesFailed++;
      },
    );
    void connection.closed.then(() => this.removeConnectionId(id));
  }

  #hand(connection: QuicConnection): void {
    try {
      this.#setup.onEstablished(connection);
    } catch {
      // The application has broken its contract: this session ends, the others go on.
      this.#counts.handlerErrors++;
      connection.abandon(1, { by: 'error', isApplication: false, code: 1n, reason: 'internal error' });
    }
  }

  addConnectionId(id: Uint8Array, connection: QuicConnection): void {
    this.#byId.set(key(id, 0, id.length), connection);
  }

  removeConnectionId(id: Uint8Array): void {
    this.#byId.delete(key(id, 0, id.length));
  }

  released(connection: QuicConnection): void {
    this.#connections.delete(connection);
    this.#halfOpen.delete(connection);
    const firstId = this.#firstIds.get(connection);
    if (firstId !== undefined) {
      this.#byId.delete(firstId);
      this.#ended.add(firstId);
    }
    this.#firstIds.delete(connection);
    void this.#closeWhenUnused();
  }

  /** No new connections; the socket closes with the last one that is open. Resolves once it has, or others live on. */
  async stopAccepting(): Promise<void> {
    this.#accepting = false;
    for (const connection of this.#halfOpen) {
      const code = BigInt(CONNECTION_REFUSED);
      connection.abandon(CONNECTION_REFUSED, { by: 'local', isApplication: false, code, reason: 'shutting down' });
    }
    await this.#closeWhenUnused();
  }

  async #closeWhenUnused(): Promise<void> {
    if (this.#accepting || this.#connections.size > 0) return;
    await this.io.drained();
    this.io.close();
  }
}

function key(bytes: Uint8Array, offset: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, length).toString('latin1');
}
