import { type Deferred, deferred } from '../../util/deferred.js';
import { settlesWithin } from '../../util/timeout.js';
import { applicationCode } from '../application-code.js';
import type { Address, CloseInfo } from '../transport.js';
import { SessionClosed } from '../transport-errors.js';
import { BAD_CERTIFICATE, readCloseInfo } from './close-codes.js';
import { ConnectionIds } from './connection-ids.js';
import type { ConnectionOwner, ConnectionSettings } from './connection-owner.js';
import { Datagrams } from './datagrams.js';
import type { EarlyDataOffer } from './early-data-offer.js';
import { LONGEST_DELAY_MS, LossTimer } from './loss-timer.js';
import { errorText, type HostPort, type NativeConnection, type RecvInfo } from './native.js';
import { OrderlyClose } from './orderly-close.js';
import { holdsHandshake, withoutInitials } from './packets/coalesced.js';
import { FrameScan } from './packets/frame-scan.js';
import type { Destination } from './packets/packet-io.js';
import { PacketNumbers } from './packets/packet-numbers.js';
import type { PacketSize } from './packets/packet-size.js';
import { packetWriter } from './packets/packet-writer.js';
import { RttMeter } from './rtt-meter.js';
import { type Pumped, scheduler } from './scheduler.js';
import { StreamTable } from './streams/stream-table.js';

/** Packets sent in one turn, so that a large window does not keep acknowledgements and other connections waiting. */
const BURST_PACKETS = 128;
/** Bytes of a connection that may wait in memory for readers. */
const MAX_UNREAD_BYTES = 256 << 20;
/** RFC 9002 §6.2.2, before the first sample. */
const INITIAL_RTT_MS = 333;
/** How long ICMP refusals must go on without a packet from the peer to end an established connection. */
const REFUSED_MS = 1000;
/** Probe timeouts in a row without an answer after which the path is taken to swallow large packets. */
const TIMEOUTS_BEFORE_FALLBACK = 3;

/** One QUIC connection: the pump between the library's state machine, a socket, and the application's streams. */
export class QuicConnection implements Pumped {
  readonly native: NativeConnection;
  readonly streams: StreamTable;
  readonly datagrams: Datagrams;
  readonly rtt = new RttMeter();
  readonly packetSize: PacketSize;
  readonly isServer: boolean;
  /** Resolves when the handshake is done and the peer trusted; rejects with the judgement's error or SessionClosed. */
  readonly established: Promise<void>;
  readonly closed: Promise<CloseInfo>;
  closeInfo: CloseInfo | null = null;
  /** UDP datagrams that arrived for this connection, whatever they held. */
  datagramsReceived = 0;
  /** What the library said about the last packet that it could not use. */
  lastReceiveError: string | null = null;
  remote: Destination;
  /** Set when the connection resumes a session. */
  earlyData: EarlyDataOffer | null = null;

  readonly #owner: ConnectionOwner<QuicConnection>;
  readonly #settings: ConnectionSettings;
  readonly #timer: LossTimer;
  readonly #ids: ConnectionIds;
  readonly #numbers = new PacketNumbers();
  readonly #frames = new FrameScan({
    onStopSending: (stream, code) => this.streams.sends.onStopSending(stream, code),
    onStreamData: (stream, end) => this.streams.recvs.onStreamData(stream, end),
    onAck: (largest, delay, covers) => {
      this.rtt.onAck(largest, delay, performance.now());
      this.streams.sends.onAck(largest, covers);
      this.packetSize.onAck(covers);
      this.earlyData?.onAck(largest, covers);
    },
  });
  readonly #established: Deferred<void> = deferred();
  readonly #closed: Deferred<CloseInfo> = deferred();
  #isEstablished = false;
  #initialKeysGone = false;
  #recvInfo: RecvInfo;
  #local: HostPort;
  #severalPaths = false;
  #ingestDue = false;
  #flushDue = false;
  #timeouts = 0;
  #closing: OrderlyClose | null = null;
  #keepAlive: NodeJS.Timeout | null = null;
  #refusedSince: number | null = null;

  constructor(native: NativeConnection, owner: ConnectionOwner<QuicConnection>, settings: ConnectionSettings) {
    this.native = native;
    this.#owner = owner;
    this.#settings = settings;
    this.isServer = settings.isServer;
    this.packetSize = settings.packetSize;
    this.remote = settings.remote;
    this.#local = settings.local;
    this.#recvInfo = { from: { ...settings.remote }, to: settings.local };
    this.streams = new StreamTable(native, { ...settings, touch: () => this.touch(), ping: () => this.ping() });
    this.datagrams = new Datagrams(native, settings.packetSize, () => this.touch());
    settings.packetSize.onShrink = () => this.datagrams.dropOversized();
    this.#timer = new LossTimer(native, () => this.#onTimeout());
    this.#ids = new ConnectionIds(native, {
      add: (id) => owner.addConnectionId(id, this),
      remove: (id) => owner.removeConnectionId(id),
    });
    this.established = this.#established.promise;
    this.established.catch(() => {});
    this.closed = this.#closed.promise;
  }

  get isOpen(): boolean {
    return this.closeInfo === null;
  }

  get isEstablished(): boolean {
    return this.#isEstablished;
  }

  get localAddress(): Address {
    return this.#owner.io.local;
  }

  get packetKind(): 'dgram' | 'batched' {
    return this.#owner.io.kind;
  }

  get fallbackReason(): string | undefined {
    return this.#owner.io.fallbackReason;
  }

  /** Has a flush happen in this turn. */
  touch(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    scheduler.flushSoon(this);
  }

  ping(): void {
    this.native.sendAckEliciting();
    this.touch();
  }

  receive(datagram: Uint8Array, host: string, port: number): void {
    if (this.closeInfo !== null) return;
    this.datagramsReceived++;
    const bytes = this.#initialKeysGone ? withoutInitials(datagram) : datagram;
    const info = this.#recvInfo;
    if (info.from.port !== port || info.from.host !== host) this.#onOtherAddress(host, port);
    try {
      if (this.#isEstablished) this.#frames.before(bytes);
      this.native.recv(bytes, this.#recvInfo);
      this.#refusedSince = null;
      if (this.#isEstablished) this.#frames.scan(bytes);
    } catch (error) {
      this.lastReceiveError = errorText(error);
    }
    this.#timeouts = 0;
    this.#ingestSoon();
    this.touch();
  }

  #onOtherAddress(host: string, port: number): void {
    this.#recvInfo = { from: { host, port }, to: this.#local };
    if (this.#isEstablished) this.#severalPaths = true;
  }

  #ingestSoon(): void {
    if (this.#ingestDue) return;
    this.#ingestDue = true;
    scheduler.ingestSoon(this);
  }

  ingest(): void {
    this.#ingestDue = false;
    if (this.closeInfo !== null) return;
    try {
      if (!this.#isEstablished && this.native.isEstablished()) this.#onEstablished();
      if (this.#isEstablished) {
        if (this.#severalPaths) this.#takePathEvents();
        this.streams.ingest();
        this.datagrams.ingest();
        this.#checkUnread();
      }
      this.#checkEnd();
    } catch (error) {
      this.#abort(error);
    }
  }

  flush(): void {
    this.#flushDue = false;
    if (this.closeInfo !== null) return;
    try {
      if (this.#isEstablished) this.streams.sends.pump();
      this.#sendPackets();
      this.#timer.arm();
      this.#closing?.onFlushed();
    } catch (error) {
      this.#abort(error);
    }
  }

  #onEstablished(): void {
    const refusal = this.#settings.judge(this.native);
    if (refusal !== null) {
      this.#established.reject(refusal);
      this.abandon(BAD_CERTIFICATE, {
        by: 'local',
        isApplication: false,
        code: BigInt(BAD_CERTIFICATE),
        reason: refusal.message,
        tlsAlert: 'bad_certificate',
      });
      return;
    }
    this.#isEstablished = true;
    this.packetSize.onEstablished(this.native.maxSendUdpPayloadSize());
    this.rtt.ackDelayExponent = this.native.stats().peerAckDelayExponent;
    this.#ids.issueSpares();
    this.#established.resolve();
  }

  #sendPackets(): void {
    const { native, packetSize, rtt } = this;
    const { sends } = this.streams;
    const owner = this.#owner;
    const now = performance.now();
    let sent = 0;
    for (; sent < BURST_PACKETS; sent++) {
      const slot = packetWriter.slot(packetSize.offer(now));
      const packet = native.send(slot);
      if (packet === null) break;
      const length = packet[0];
      if (!this.isServer && !this.#initialKeysGone) this.#initialKeysGone = holdsHandshake(slot.subarray(0, length));
      const number = this.#numbers.onSent(slot, length);
      sends.onPacket(number, length);
      if (number >= 0) {
        rtt.onSent(number, now);
        packetSize.onSent(number, length, now, rtt.smoothedMs ?? INITIAL_RTT_MS);
      }
      const to = owner.connected ? null : this.#severalPaths ? packet[1].to : this.remote;
      packetWriter.commit(length, owner.io, to);
    }
    packetWriter.flush();
    const isAll = sent < BURST_PACKETS;
    if (!isAll) this.touch();
    sends.onSent(this.#numbers.next - 1, isAll);
  }

  /** The connection's window does not bound what may wait unread, see config.ts; this does. */
  #checkUnread(): void {
    if (this.streams.recvs.unreadBytes <= MAX_UNREAD_BYTES) return;
    const reason = `more than ${MAX_UNREAD_BYTES >> 20} MiB have arrived that nobody reads`;
    this.abandon(1, { by: 'local', isApplication: false, code: 1n, reason });
  }

  #takePathEvents(): void {
    let changed = false;
    while (this.native.pathEventNext() != null) changed = true;
    if (!changed) return;
    const active = this.native.pathStats().find((path) => path.active);
    if (active !== undefined && this.isServer) this.remote = active.peerHost;
    this.#ids.replaceRetired();
  }

  #onTimeout(): void {
    if (this.closeInfo !== null) return;
    if (++this.#timeouts === TIMEOUTS_BEFORE_FALLBACK) this.packetSize.onBlackHole();
    if (this.#timeouts > 1 && this.#isEstablished) this.#owner.onSilence?.(this);
    this.streams.sends.onTimeout();
    this.#ingestSoon();
    this.touch();
  }

  /** Sends a PING every `ms`, which keeps the idle timeout and the mappings of NATs away. 0 sends none. */
  startKeepAlive(ms: number): void {
    if (ms <= 0 || this.#keepAlive !== null) return;
    this.#keepAlive = setInterval(() => this.ping(), Math.min(ms, LONGEST_DELAY_MS));
    this.#keepAlive.unref();
  }

  #checkEnd(): void {
    if (this.#closing !== null && this.native.peerError() === null && !this.native.isClosed()) return;
    const info = readCloseInfo(this.native);
    if (info === null) return;
    // A local error is told to the peer before we forget the connection.
    if (info.by === 'local') this.#sendPackets();
    this.#finish(info);
  }

  /**
   * Ends the connection with an application code. What streams have been ended with is handed over first, as far as the
   * peer allows within `deadlineMs`.
   */
  close(code: bigint, reason: string, deadlineMs: number): Promise<void> {
    const number = applicationCode(code);
    if (this.closeInfo !== null) return Promise.resolve();
    this.#closing ??= new OrderlyClose({
      native: this.native,
      isOpen: () => this.isOpen,
      deliverEnds: (ms) => this.deliverEnds(ms),
      flush: () => this.flush(),
      failStreams: (error) => this.streams.fail(error),
      finish: (info) => this.#finish(info),
      drained: () => this.#owner.io.drained(),
    });
    return this.#closing.run(number, reason, deadlineMs);
  }

  /** Waits until what streams were ended with has been delivered, as far as the peer allows within `deadlineMs`. */
  async deliverEnds(deadlineMs: number): Promise<void> {
    const ends = this.streams.sends.undeliveredEnds().map((stream) => stream.delivered());
    if (ends.length > 0) await settlesWithin(Promise.race([Promise.allSettled(ends), this.closed]), deadlineMs);
  }

  /** Ends the connection at once with a QUIC code: for refusals and failures before or beside the application. */
  abandon(code: number, info: CloseInfo): void {
    if (this.closeInfo !== null) return;
    try {
      // The rest of a handshake goes first: the peer needs it to read the packet with the close.
      this.#sendPackets();
      this.native.close(false, code, Buffer.alloc(0));
      this.#sendPackets();
    } catch {
      // The peer will find out by its own timers.
    }
    this.#finish(info);
  }

  /** An error of the socket. */
  onSocketError(error: NodeJS.ErrnoException): void {
    if (this.closeInfo !== null) return;
    const { code } = error;
    if (code === 'EMSGSIZE' && this.packetSize.onTooLarge()) {
      this.touch();
    } else if (code === 'ENOBUFS' || code === 'ENOMEM' || code === 'EAGAIN') {
      // A packet less: loss recovery sends its content again.
    } else if (!this.#isEstablished) {
      this.#established.reject(error);
    } else if (code === 'ECONNREFUSED') {
      this.#onRefused();
    } else {
      this.#owner.onPathLost?.(this, error);
    }
  }

  /** ICMP says that nobody listens there. It can be a passing fault or forged, so a second of silence must come with it. */
  #onRefused(): void {
    const now = performance.now();
    this.#refusedSince ??= now;
    if (now - this.#refusedSince < REFUSED_MS) return;
    this.#finish({ by: 'error', isApplication: false, code: 0n, reason: 'nobody listens at the peer any more' });
  }

  /** Moves to another local port. Rejects when this side cannot: a server, or a peer that gave no spare IDs. */
  async migrate(): Promise<void> {
    if (this.#owner.migrate === undefined) throw new Error('only a client moves');
    await this.#owner.migrate(this);
  }

  /** The client's socket has been replaced: go on from its address (RFC 9000 §9). Throws when the peer gave no spare IDs. */
  moveTo(local: HostPort): void {
    this.native.migrateSource(local);
    this.#local = local;
    this.#recvInfo = { from: this.#recvInfo.from, to: local };
    this.touch();
  }

  #abort(error: unknown): void {
    this.abandon(1, { by: 'error', isApplication: false, code: 1n, reason: errorText(error) });
  }

  #finish(info: CloseInfo): void {
    if (this.closeInfo !== null) return;
    this.closeInfo = info;
    const error = new SessionClosed(info);
    this.streams.fail(error);
    this.#timer.cancel();
    if (this.#keepAlive !== null) clearInterval(this.#keepAlive);
    this.#established.reject(error);
    this.#closing?.onClosed();
    this.#closed.resolve(info);
    this.#ids.release();
    this.#owner.released(this);
  }
}
