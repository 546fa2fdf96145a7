import type { X509Certificate } from 'node:crypto';
import type { Timer } from '../../util/clock.js';
import { deferred } from '../../util/deferred.js';
import { settlesWithin } from '../../util/timeout.js';
import { HeldDeliveries } from '../held-deliveries.js';
import type {
  Address,
  BidiStream,
  CloseInfo,
  HttpInfo,
  RecvStream,
  SendStream,
  SessionStats,
  TransportSession,
} from '../transport.js';
import { SessionClosed } from '../transport-errors.js';
import { checkApplicationCode } from '../webtransport/stream-codes.js';
import { CapsuleDecoder, type CapsuleHandler } from './capsule-decoder.js';
import { CAPSULE, CapsuleError, encodeCapsule, encodeClose, HTTP2_CODE } from './capsules.js';
import { DIALECTS, type DialectName } from './dialect.js';
import { Outbox } from './outbox.js';
import type { BytePipe, PipeError } from './pipe.js';
import type { CapsuleSessionOptions } from './session-options.js';
import { StreamTable } from './stream-table.js';

/** Payload of a datagram: TCP sets no limit, and this is what the other implementation takes. */
export const MAX_DATAGRAM_BYTES = 16 << 10;
/** Datagrams held until a handler is set. */
const MAX_HELD_DATAGRAMS = 256;
const DEFAULT_CLOSE_MS = 2000;
/** What a close keeps of its deadline for the answer to the capsule. */
const CLOSE_GRACE_MS = 100;

/** How long a bare end waits for the reset that may be right behind it. */
const END_GRACE_MS = 100;

const EMPTY = new Uint8Array(0);

/** A WebTransport session in the capsules of an HTTP/2 CONNECT stream (draft-ietf-webtrans-http2). */
export class CapsuleSession implements TransportSession {
  readonly kind = 'webtransport-h2';
  readonly protocol: string;
  readonly remote: Address;
  readonly local: Address;
  readonly http: HttpInfo;
  readonly dialect: DialectName;

  readonly #pipe: BytePipe;
  readonly #options: CapsuleSessionOptions;
  readonly #decoder: CapsuleDecoder;
  readonly #outbox: Outbox;
  readonly #streams: StreamTable;
  readonly #incomingUni = new HeldDeliveries<RecvStream>(Number.POSITIVE_INFINITY);
  readonly #incomingBidi = new HeldDeliveries<BidiStream>(Number.POSITIVE_INFINITY);
  readonly #datagrams = new HeldDeliveries<Uint8Array>(MAX_HELD_DATAGRAMS);
  readonly #drains = new HeldDeliveries<void>(1);
  readonly #closed = deferred<CloseInfo>();
  /** Nothing more comes from the peer. */
  readonly #pipeDone = deferred();
  #endError: SessionClosed | null = null;
  #closing: Promise<void> | null = null;
  #released: Promise<void> | null = null;
  /** Runs between the bare end of the peer's direction and what follows from it. */
  #grace: Timer | null = null;
  #inputEnded = false;
  #drainCame = false;
  #reads = 0;
  #droppedDatagrams = 0;

  constructor(pipe: BytePipe, options: CapsuleSessionOptions) {
    const dialect = DIALECTS[options.dialect];
    this.#pipe = pipe;
    this.#options = options;
    this.protocol = options.protocol;
    this.remote = options.remote;
    this.local = options.local;
    this.dialect = dialect.name;
    this.http = { ...options.http, dialect: dialect.name };
    this.#decoder = new CapsuleDecoder(this.#capsules());
    this.#outbox = new Outbox(pipe, options.peerLimits.maxData);
    this.#streams = new StreamTable({
      role: options.role,
      dialect,
      localLimits: options.localLimits,
      peerLimits: options.peerLimits,
      tuning: { clock: options.clock, rtt: options.rtt },
      outbox: this.#outbox,
      onUni: (stream) => void this.#incomingUni.deliver(stream),
      onBidi: (stream) => void this.#incomingBidi.deliver(stream),
    });
    pipe.onData((bytes) => this.#onData(bytes));
    pipe.onEnd(() => this.#onPipeEnd());
    pipe.onError((error) => this.#onPipeError(error));
  }

  get closed(): Promise<CloseInfo> {
    return this.#closed.promise;
  }

  peerCertificates(): readonly X509Certificate[] {
    return this.#options.certificates;
  }

  async openUni(options?: { signal?: AbortSignal }): Promise<SendStream> {
    if (this.#endError !== null) throw this.#endError;
    return this.#streams.uniQueue.open(options?.signal);
  }

  async openBidi(options?: { signal?: AbortSignal }): Promise<BidiStream> {
    if (this.#endError !== null) throw this.#endError;
    return this.#streams.bidiQueue.open(options?.signal);
  }

  tryOpenUni(): SendStream | null {
    return this.#endError !== null ? null : this.#streams.uniQueue.tryOpen();
  }

  onIncomingUni(handler: (stream: RecvStream) => void): void {
    this.#incomingUni.setHandler(handler);
  }

  onIncomingBidi(handler: (stream: BidiStream) => void): void {
    this.#incomingBidi.setHandler(handler);
  }

  onDatagram(handler: (bytes: Uint8Array) => void): void {
    this.#datagrams.setHandler(handler);
  }

  onDrain(handler: () => void): void {
    this.#drains.setHandler(handler);
  }

  get maxDatagramSize(): number {
    return MAX_DATAGRAM_BYTES;
  }

  sendDatagram(bytes: Uint8Array): 'queued' | 'full' | 'too-large' {
    if (bytes.length > MAX_DATAGRAM_BYTES) return 'too-large';
    if (this.#endError !== null) return 'full';
    return this.#outbox.datagram(encodeCapsule(CAPSULE.DATAGRAM, bytes)) ? 'queued' : 'full';
  }

  /** TCP shows no packets: what is counted are the pieces that HTTP/2 took and gave. */
  stats(): SessionStats {
    const { sent, received } = this.#options.bytes();
    return {
      rttMs: this.#options.rtt(),
      minRttMs: this.#options.minRtt?.() ?? null,
      lostPackets: 0,
      sentPackets: this.#outbox.writes,
      receivedPackets: this.#reads,
      sentBytes: sent,
      receivedBytes: received,
      congestionWindow: null,
      retransmittedPackets: 0,
      droppedDatagrams: this.#droppedDatagrams,
    };
  }

  drain(): void {
    if (this.#endError === null) this.#outbox.control(encodeCapsule(CAPSULE.DRAIN_SESSION, EMPTY));
  }

  /** The peer wants to finish up: it sent a DRAIN capsule, or GOAWAY on the connection (draft §6.13). */
  drained(): void {
    if (this.#drainCame || this.#endError !== null) return;
    this.#drainCame = true;
    this.#drains.deliver();
  }

  async finishEnds(deadlineMs: number): Promise<void> {
    const deliveries = this.#streams.ending.map((stream) => stream.delivered());
    if (deliveries.length === 0) return;
    await this.#settlesWithin(Promise.allSettled(deliveries), deadlineMs);
  }

  /**
   * Sends the close capsule behind what streams were ended with, and waits for the peer to end the CONNECT stream. Rejects
   * with RangeError when `code` has more than 32 bits.
   */
  async close(code: bigint, reason: string, deadlineMs = DEFAULT_CLOSE_MS): Promise<void> {
    checkApplicationCode(code);
    this.#closing ??= this.#endError === null ? this.#closeLocally(code, reason, deadlineMs) : this.#letGo(deadlineMs);
    return this.#closing;
  }

  async #closeLocally(code: bigint, reason: string, deadlineMs: number): Promise<void> {
    const { clock } = this.#options;
    const started = clock.now();
    const left = (): number => Math.max(0, deadlineMs - (clock.now() - started));
    await this.finishEnds(Math.max(0, deadlineMs - CLOSE_GRACE_MS));
    if (this.#endError !== null) return this.#letGo(left());
    this.#outbox.finish(encodeClose(code, reason));
    this.#pipe.end();
    const info: CloseInfo = { by: 'local', isApplication: true, code, reason };
    this.#end(info);
    // A peer answers once it has read everything before the capsule, too.
    const answered = await this.#settlesWithin(this.#pipeDone.promise, left());
    if (!answered) this.#pipe.destroy(HTTP2_CODE.CANCEL);
    await this.#letGo(left());
    this.#closed.resolve(info);
  }

  #settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
    return settlesWithin(promise, ms, { background: true, clock: this.#options.clock });
  }

  async #letGo(deadlineMs: number): Promise<void> {
    await this.#settlesWithin(this.#release(), deadlineMs);
  }

  #release(): Promise<void> {
    this.#released ??= this.#options.onRelease().catch(() => {});
    return this.#released;
  }

  #capsules(): CapsuleHandler {
    return {
      onStream: (id, bytes, fin) => this.#streams.onStream(id, bytes, fin),
      onReset: (id, code, reliableSize) => this.#streams.onReset(id, code, reliableSize),
      onStopSending: (id, code) => this.#streams.onStopSending(id, code),
      onMaxData: (limit) => this.#outbox.raise(limit),
      onMaxStreamData: (id, limit) => this.#streams.onMaxStreamData(id, limit),
      onMaxStreams: (kind, limit) => this.#streams.onMaxStreams(kind, limit),
      onStreamsBlocked: () => this.#streams.onStreamsBlocked(),
      onDatagram: (bytes) => {
        // A copy: what is held must not keep the whole buffer alive that it came in.
        if (!this.#datagrams.deliver(new Uint8Array(bytes))) this.#droppedDatagrams++;
      },
      onDatagramTooLarge: () => {
        this.#droppedDatagrams++;
      },
      onClose: (code, reason) => this.#endByPeer({ by: 'peer', isApplication: true, code, reason }),
      onDrain: () => this.drained(),
    };
  }

  #onData(bytes: Uint8Array): void {
    this.#reads++;
    if (this.#endError !== null) return;
    try {
      this.#decoder.push(bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  #onPipeEnd(): void {
    // An HTTP/2 stack may end its direction on the way to a reset (Node's does), and the reset says more.
    this.#inputEnded = true;
    if (this.#endError !== null) this.#pipeDone.resolve();
    else this.#grace = this.#options.clock.after(END_GRACE_MS, () => this.#onBareEnd(), { background: true });
  }

  #onBareEnd(): void {
    this.#pipeDone.resolve();
    if (!this.#decoder.atBoundary) {
      this.#fail(new CapsuleError('PROTOCOL_ERROR', 'the session ends inside a capsule'));
      return;
    }
    // The end alone means code 0 and no reason (draft §6.12).
    this.#endByPeer({ by: 'peer', isApplication: true, code: 0n, reason: '' });
  }

  #onPipeError(error: PipeError): void {
    this.#pipeDone.resolve();
    const by = error.failure === 'idle' ? 'idle' : error.code === null ? 'error' : 'peer';
    this.#endByPeer({ by, isApplication: false, code: BigInt(error.code ?? 0), reason: error.message });
  }

  /** The peer broke a rule, or we did: the CONNECT stream is reset, as the draft asks (§3.5). */
  #fail(error: unknown): void {
    if (this.#endError !== null) return;
    const known = error instanceof CapsuleError;
    const code = known ? error.code : HTTP2_CODE.INTERNAL_ERROR;
    const message = error instanceof Error ? error.message : String(error);
    this.#pipe.destroy(code);
    this.#over({
      by: known ? 'local' : 'error',
      isApplication: false,
      code: BigInt(code),
      reason: known ? message : `internal error: ${message}`,
    });
  }

  #endByPeer(info: CloseInfo): void {
    if (this.#endError !== null) return;
    // Whoever receives a close ends the stream, too (draft §6.12).
    this.#pipe.end();
    this.#over(info);
  }

  #over(info: CloseInfo): void {
    this.#end(info);
    this.#closed.resolve(info);
    void this.#release();
  }

  /** The end of everything in the session; `closed` resolves separately. */
  #end(info: CloseInfo): void {
    const error = new SessionClosed(info);
    this.#endError = error;
    this.#grace?.cancel();
    if (this.#inputEnded) this.#pipeDone.resolve();
    this.#decoder.stop();
    this.#outbox.stop();
    // As on raw QUIC, what came before the end can still be read, unless it was us who ended.
    this.#streams.end(error, info.by !== 'local');
  }
}
