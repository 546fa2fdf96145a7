import { readChain } from '../../../certs/chain.js';
import { MoqtError } from '../../../errors/moqt-error.js';
import { deferred } from '../../../util/deferred.js';
import { familyOf, hostPort, withoutZone } from '../../address.js';
import type { RaceAttempt } from '../../race.js';
import { socketError } from '../../socket-error.js';
import type { ConnectOptions } from '../../transport.js';
import { SessionClosed } from '../../transport-errors.js';
import type { ConfigFor } from '../config.js';
import { QuicConnection } from '../connection.js';
import { newConnectionId } from '../connection-ids.js';
import { EarlyDataOffer } from '../early-data-offer.js';
import { KeylogFile } from '../keylog.js';
import type { NativeConnection, Quiche } from '../native.js';
import { PacketSize } from '../packets/packet-size.js';
import { ClientSocket } from './client-socket.js';
import { closedError, notQuicError, timeoutError, versionError } from './handshake-error.js';
import type { HandshakeTrust } from './handshake-trust.js';
import { HandshakeWatch, NO_PROGRESS, type Progress } from './handshake-watch.js';

export interface AttemptSetup {
  readonly quiche: Quiche;
  readonly config: ConfigFor;
  readonly trust: HandshakeTrust;
  readonly options: ConnectOptions;
  readonly maxIncomingUni: number;
  readonly maxIncomingBidi: number;
  readonly port: number;
  /** Of a session before, to resume it and to try 0-RTT; what it holds is the library's. */
  readonly ticket?: Uint8Array | undefined;
}

/** What our TLS library tells the peer when it does not take its certificate (RFC 8446 §6.2). */
const CERTIFICATE_ALERTS: ReadonlySet<string> = new Set([
  'bad_certificate',
  'unsupported_certificate',
  'certificate_revoked',
  'certificate_expired',
  'certificate_unknown',
  'unknown_ca',
]);

/** One handshake with one address. */
export class Attempt implements RaceAttempt<QuicConnection> {
  readonly address: string;
  readonly #setup: AttemptSetup;
  /** Rejects when what answers is evidently no QUIC server. */
  readonly #foreign = deferred<never>();
  #socket: ClientSocket | null = null;
  #connection: QuicConnection | null = null;
  #watch: HandshakeWatch | null = null;
  #cancelled = false;

  constructor(setup: AttemptSetup, address: string) {
    this.#setup = setup;
    this.address = address;
    this.#foreign.promise.catch(() => {});
  }

  /** What came back so far: UDP datagrams, and QUIC packets among them that made sense. */
  get progress(): Progress {
    const connection = this.#connection;
    return connection === null || this.#watch === null ? NO_PROGRESS : this.#watch.progress(connection);
  }

  /** Resolves with a trusted connection; rejects with MoqtError. */
  async run(): Promise<QuicConnection> {
    try {
      const connection = await this.#start();
      await Promise.race([connection.established, this.#foreign.promise]);
      this.#watch?.stop();
      const protocol = Buffer.from(connection.native.applicationProto()).toString('latin1');
      const maxUdpPayload = connection.native.stats().peerMaxUdpPayloadSize;
      this.#setup.options.observer?.({ kind: 'established', address: this.address, protocol, maxUdpPayload });
      return connection;
    } catch (error) {
      const explained = this.#explain(error);
      this.cancel();
      throw explained;
    }
  }

  async #start(): Promise<QuicConnection> {
    const { quiche, config, trust, options, port } = this.#setup;
    const { observer } = options;
    const bind = { host: options.bind ?? (familyOf(this.address) === 4 ? '0.0.0.0' : '::'), port: 0 };
    const socket = await ClientSocket.open(bind, { host: this.address, port }, options.fewPackets);
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
      judge: (one) => {
        this.#showCertificates(one);
        return trust.judge(one);
      },
    });
    this.#connection = connection;
    const watch = new HandshakeWatch(this.address, id, observer);
    watch.onForeign = () =>
      this.#foreign.reject(notQuicError(watch.progress(connection), hostPort(this.address, port)));
    this.#watch = watch;
    socket.attach(connection, id, watch);
    observer?.({ kind: 'attempt', address: this.address });
    keylog?.follow(connection);
    connection.touch();
    if (this.#setup.ticket !== undefined) connection.earlyData = new EarlyDataOffer(connection, this.#setup.ticket);
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
      if (this.#connection !== null && info.by === 'local' && info.tlsAlert !== undefined) {
        const refused = this.#explainRefusal(this.#connection.native, info.tlsAlert, trust);
        if (refused !== null) return refused;
      }
      if (info.by === 'idle') return timeoutError(options.idleTimeoutMs, this.progress, [], peer);
      return closedError(info, options.alpn, peer);
    }
    return socketError('udp', error as NodeJS.ErrnoException, peer, options.bind);
  }

  /** Our own alert: what is wrong with the certificates comes first, whatever the library says of them. */
  #explainRefusal(native: NativeConnection, alert: string, trust: HandshakeTrust): MoqtError | null {
    this.#showCertificates(native);
    return CERTIFICATE_ALERTS.has(alert) ? trust.explain(native) : trust.fault(native);
  }

  #showCertificates(native: NativeConnection): void {
    const { observer } = this.#setup.options;
    const chain = readChain(native.peerCertChain() ?? []);
    if (chain.length > 0) observer?.({ kind: 'certificates', address: this.address, chain });
  }

  /** Ends the attempt; the server is told, so that it does not keep a half-open connection. */
  cancel(): void {
    this.#cancelled = true;
    const connection = this.#connection;
    if (connection === null) this.#socket?.close();
    else connection.abandon(0, { by: 'local', isApplication: false, code: 0n, reason: 'cancelled' });
  }
}
