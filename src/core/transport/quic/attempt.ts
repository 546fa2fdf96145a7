import { MoqtError } from '../../errors/moqt-error.js';
import { familyOf, hostPort, withoutZone } from '../address.js';
import type { RaceAttempt } from '../race.js';
import { socketError } from '../socket-error.js';
import type { ConnectOptions } from '../transport.js';
import { SessionClosed } from '../transport-errors.js';
import { ClientSocket } from './client-socket.js';
import type { ConfigFor } from './config.js';
import { QuicConnection } from './connection.js';
import { newConnectionId } from './connection-ids.js';
import { closedError, type Progress, versionError } from './handshake-error.js';
import type { HandshakeTrust } from './handshake-trust.js';
import { KeylogFile } from './keylog.js';
import type { Quiche } from './native.js';
import { PacketSize } from './packet-size.js';

export interface AttemptSetup {
  readonly quiche: Quiche;
  readonly config: ConfigFor;
  readonly trust: HandshakeTrust;
  readonly options: ConnectOptions;
  readonly maxIncomingUni: number;
  readonly maxIncomingBidi: number;
  readonly port: number;
}

/** One handshake with one address. */
export class Attempt implements RaceAttempt<QuicConnection> {
  readonly address: string;
  readonly #setup: AttemptSetup;
  #socket: ClientSocket | null = null;
  #connection: QuicConnection | null = null;
  #cancelled = false;

  constructor(setup: AttemptSetup, address: string) {
    this.#setup = setup;
    this.address = address;
  }

  /** What came back so far: UDP datagrams, and QUIC packets among them that made sense. */
  get progress(): Progress {
    const connection = this.#connection;
    if (connection === null) return { datagrams: 0, packets: 0 };
    return { datagrams: connection.datagramsReceived, packets: connection.native.stats().recv };
  }

  /** Resolves with a trusted connection; rejects with MoqtError. */
  async run(): Promise<QuicConnection> {
    try {
      const connection = await this.#start();
      await connection.established;
      return connection;
    } catch (error) {
      const explained = this.#explain(error);
      this.cancel();
      throw explained;
    }
  }

  async #start(): Promise<QuicConnection> {
    const { quiche, config, trust, options, port } = this.#setup;
    const bind = { host: options.bind ?? (familyOf(this.address) === 4 ? '0.0.0.0' : '::'), port: 0 };
    const socket = await ClientSocket.open(bind, { host: this.address, port });
    this.#socket = socket;
    if (this.#cancelled) {
      socket.close();
      throw new Error('cancelled');
    }
    const local = { host: withoutZone(socket.io.local.host), port: socket.io.local.port };
    const remote = { host: withoutZone(this.address), port };
    const id = newConnectionId();
    const native = quiche.Connection.connect(trust.sni, id, local, remote, config(this.address));
    const keylog = options.keylogFile === undefined ? null : new KeylogFile(options.keylogFile);
    if (keylog !== null) native.setKeylog(keylog.path);
    const connection = new QuicConnection(native, socket, {
      isServer: false,
      maxIncomingUni: this.#setup.maxIncomingUni,
      maxIncomingBidi: this.#setup.maxIncomingBidi,
      packetSize: new PacketSize(this.address),
      remote,
      local,
      judge: (one) => trust.judge(one),
    });
    this.#connection = connection;
    socket.attach(connection, id);
    keylog?.follow(connection);
    connection.touch();
    return connection;
  }

  #explain(error: unknown): MoqtError {
    if (error instanceof MoqtError) return error;
    const { trust, options, port } = this.#setup;
    const peer = hostPort(this.address, port);
    const versions = this.#socket?.offeredVersions ?? null;
    if (versions !== null) return versionError(versions, peer);
    if (error instanceof SessionClosed) {
      const { info } = error;
      const refusedByUs = info.by === 'local' && info.tlsAlert !== undefined && this.#connection !== null;
      if (refusedByUs && this.#connection !== null) return trust.explain(this.#connection.native);
      return closedError(info, options.alpn, peer);
    }
    return socketError('udp', error as NodeJS.ErrnoException, peer, options.bind);
  }

  /** Ends the attempt; the server is told, so that it does not keep a half-open connection. */
  cancel(): void {
    this.#cancelled = true;
    const connection = this.#connection;
    if (connection === null) this.#socket?.close();
    else connection.abandon(0, { by: 'local', isApplication: false, code: 0n, reason: 'cancelled' });
  }
}
