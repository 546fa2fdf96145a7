import type { X509Certificate } from 'node:crypto';
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
import { SessionClosed, StreamReset } from '../transport-errors.js';
import { CapsuleDecoder, encodeCloseCapsule, encodeDrainCapsule, textAmongCapsules, truncateUtf8 } from './capsules.js';
import { FRAME, UNI_STREAM } from './h3/frames.js';
import type { H3Connection, SessionPort } from './h3/h3-connection.js';
import { H3Error } from './h3/h3-error.js';
import type { RequestReader } from './h3/request-reader.js';
import { encodeVarints } from './h3/varint.js';
import { fitsApplicationCode, NO_ERROR, SESSION_GONE, sessionCloseInfo, wrapCode } from './stream-codes.js';
import { type OwnedStream, type StreamOwner, WebTransportRecvStream, WebTransportSendStream } from './streams.js';

/** Datagrams held until a handler is set. */
const MAX_HELD_DATAGRAMS = 256;
const DEFAULT_CLOSE_MS = 2000;
/** CONNECTION_CLOSE often carries what a CONNECT stream's bare FIN or reset does not say, and comes right behind it. */
const CLOSE_GRACE_MS = 100;
/** How long a stream whose end announces the session's waits for that. */
const SESSION_GONE_GRACE_MS = 1000;
/** CONNECTION_CLOSE has to fit one packet. */
const MAX_QUIC_REASON_BYTES = 512;

export interface WebTransportSessionInit {
  readonly protocol: string;
  readonly http: HttpInfo;
  /** Whether the peer takes HTTP datagrams. */
  readonly datagrams: boolean;
}

/** A WebTransport session on an HTTP/3 connection (draft-ietf-webtrans-http3). */
export class WebTransportSession implements TransportSession, SessionPort, StreamOwner {
  readonly kind = 'webtransport';
  readonly protocol: string;
  readonly http: HttpInfo;
  readonly openStreams = new Set<OwnedStream>();

  readonly #h3: H3Connection;
  readonly #quic: TransportSession;
  readonly #connect: BidiStream;
  readonly #id: number;
  readonly #uniPrefix: Uint8Array;
  readonly #bidiPrefix: Uint8Array;
  readonly #quarterId: Uint8Array;
  readonly #datagrams: boolean;
  readonly #incomingUni = new HeldDeliveries<RecvStream>(Number.POSITIVE_INFINITY);
  readonly #incomingBidi = new HeldDeliveries<BidiStream>(Number.POSITIVE_INFINITY);
  readonly #incomingDatagrams = new HeldDeliveries<Uint8Array>(MAX_HELD_DATAGRAMS);
  readonly #drains = new HeldDeliveries<void>(1);
  readonly #closed = deferred<CloseInfo>();
  /** The session is over, though the connection may still be closing. */
  readonly #ended = deferred();
  /** Nothing more comes on the CONNECT stream. */
  readonly #connectDone = deferred();
  #endError: SessionClosed | null = null;
  #closing: Promise<void> | null = null;
  #drained = false;

  /** The CONNECT has been answered with 2xx; `reader` stands behind the headers. */
  constructor(h3: H3Connection, connect: BidiStream, reader: RequestReader, init: WebTransportSessionInit) {
    this.#h3 = h3;
    this.#quic = h3.quic;
    this.#connect = connect;
    this.#id = Number(connect.id);
    this.#uniPrefix = encodeVarints(UNI_STREAM.WEBTRANSPORT, this.#id);
    this.#bidiPrefix = encodeVarints(FRAME.WT_STREAM, this.#id);
    this.#quarterId = encodeVarints(this.#id / 4);
    this.#datagrams = init.datagrams;
    this.protocol = init.protocol;
    this.http = init.http;
    h3.addSession(this.#id, this);
    void this.#readConnectStream(reader).finally(() => this.#connectDone.resolve());
  }

  get remote(): Address {
    return this.#quic.remote;
  }

  get local(): Address {
    return this.#quic.local;
  }

  get closed(): Promise<CloseInfo> {
    return this.#closed.promise;
  }

  get endError(): SessionClosed | null {
    return this.#endError;
  }

  endsSoon(): Promise<boolean> {
    return settlesWithin(this.#ended.promise, SESSION_GONE_GRACE_MS, { background: true });
  }

  peerCertificates(): readonly X509Certificate[] {
    return this.#quic.peerCertificates();
  }

  stats(): SessionStats {
    return this.#quic.stats();
  }

  async openUni(options?: { signal?: AbortSignal }): Promise<SendStream> {
    return this.#sender(await this.#opened(() => this.#quic.openUni(options)), this.#uniPrefix);
  }

  tryOpenUni(): SendStream | null {
    if (this.#endError !== null) return null;
    const inner = this.#quic.tryOpenUni();
    return inner === null ? null : new WebTransportSendStream(inner, this, this.#uniPrefix);
  }

  async openBidi(options?: { signal?: AbortSignal }): Promise<BidiStream> {
    const inner = await this.#opened(() => this.#quic.openBidi(options));
    const send = this.#sender(inner.send, this.#bidiPrefix);
    return { id: inner.id, send, recv: new WebTransportRecvStream(inner.recv, this, null) };
  }

  /** Opens a stream of the connection; what fails because the session ended says so. */
  async #opened<T>(open: () => Promise<T>): Promise<T> {
    if (this.#endError !== null) throw this.#endError;
    try {
      return await open();
    } catch (error) {
      if (error instanceof SessionClosed) {
        await this.endsSoon();
        throw this.#endError ?? error;
      }
      throw error;
    }
  }

  /** The session may have ended while the stream was waiting for credit. */
  #sender(inner: SendStream, prefix: Uint8Array): WebTransportSendStream {
    if (this.#endError === null) return new WebTransportSendStream(inner, this, prefix);
    inner.reset(SESSION_GONE);
    throw this.#endError;
  }

  onIncomingUni(handler: (stream: RecvStream) => void): void {
    this.#incomingUni.setHandler(handler);
  }

  onIncomingBidi(handler: (stream: BidiStream) => void): void {
    this.#incomingBidi.setHandler(handler);
  }

  onDatagram(handler: (bytes: Uint8Array) => void): void {
    this.#incomingDatagrams.setHandler(handler);
  }

  onDrain(handler: () => void): void {
    this.#drains.setHandler(handler);
  }

  get maxDatagramSize(): number | null {
    const whole = this.#datagrams ? this.#quic.maxDatagramSize : null;
    return whole === null ? null : Math.max(0, whole - this.#quarterId.length);
  }

  /** Of the connection underneath. */
  get migrate(): TransportSession['migrate'] {
    return this.#quic.migrate?.bind(this.#quic);
  }

  /** Of the connection underneath. */
  get tryEarlyData(): TransportSession['tryEarlyData'] {
    return this.#quic.tryEarlyData?.bind(this.#quic);
  }

  sendDatagram(bytes: Uint8Array): 'queued' | 'full' | 'too-large' {
    const max = this.maxDatagramSize;
    if (max === null || bytes.length > max) return 'too-large';
    if (this.#endError !== null) return 'full';
    const datagram = new Uint8Array(this.#quarterId.length + bytes.length);
    datagram.set(this.#quarterId);
    datagram.set(bytes, this.#quarterId.length);
    return this.#quic.sendDatagram(datagram);
  }

  drain(): void {
    if (this.#endError === null) this.#connect.send.write(encodeDrainCapsule())?.catch(() => {});
  }

  acceptUni(stream: RecvStream, rest: Uint8Array | null): void {
    this.#incomingUni.deliver(new WebTransportRecvStream(stream, this, rest));
  }

  acceptBidi(stream: BidiStream, rest: Uint8Array | null): void {
    const recv = new WebTransportRecvStream(stream.recv, this, rest);
    this.#incomingBidi.deliver({ id: stream.id, send: new WebTransportSendStream(stream.send, this, null), recv });
  }

  acceptDatagram(bytes: Uint8Array): boolean {
    return this.#incomingDatagrams.deliver(bytes);
  }

  drained(): void {
    if (this.#drained) return;
    this.#drained = true;
    this.#drains.deliver();
  }

  connectionClosed(info: CloseInfo): void {
    this.#endByPeer(info);
  }

  /**
   * Sends the close capsule, waits for the peer to end the CONNECT stream, and closes the QUIC connection with the wrapped
   * code unless it carries other sessions: some peers heed only the one, some only the other. Rejects with RangeError when
   * `code` has more than 32 bits.
   */
  async close(code: bigint, reason: string, deadlineMs = DEFAULT_CLOSE_MS): Promise<void> {
    if (!fitsApplicationCode(code)) throw new RangeError(`WebTransport codes have 32 bits: ${code}`);
    this.#closing ??= this.#endError === null ? this.#closeLocally(code, reason, deadlineMs) : this.#letGo(deadlineMs);
    return this.#closing;
  }

  async #closeLocally(code: bigint, reason: string, deadlineMs: number): Promise<void> {
    const started = performance.now();
    const left = (): number => Math.max(0, deadlineMs - (performance.now() - started));
    // Behind the capsule a peer reads no stream any more.
    await this.#quic.finishEnds?.(Math.max(0, deadlineMs - CLOSE_GRACE_MS));
    if (this.#endError !== null) return this.#letGo(left());
    const info: CloseInfo = { by: 'local', isApplication: true, code, reason };
    this.#connect.send.write(encodeCloseCapsule(code, reason))?.catch(() => {});
    this.#end(info);
    // The answer takes one round trip; a peer that ignores the capsule is not waited for much longer.
    const rtt = this.#quic.stats().rttMs ?? 0;
    await settlesWithin(this.#connectDone.promise, Math.min(left(), Math.max(CLOSE_GRACE_MS, 3 * rtt)), {
      background: true,
    });
    if (this.#h3.sessionCount === 0) {
      const quicReason = new TextDecoder().decode(truncateUtf8(reason, MAX_QUIC_REASON_BYTES));
      await this.#quic.close(wrapCode(code), quicReason, left());
    }
    this.#closed.resolve(info);
  }

  async #letGo(deadlineMs: number): Promise<void> {
    if (this.#h3.sessionCount === 0) await this.#quic.close(NO_ERROR, '', deadlineMs);
  }

  async #readConnectStream(reader: RequestReader): Promise<void> {
    const capsules = new CapsuleDecoder();
    let strayText: string | undefined;
    try {
      for (let event = await reader.next(); event !== null; event = await reader.next()) {
        if (event.kind !== 'part') throw new H3Error('H3_FRAME_UNEXPECTED', 'HEADERS inside a session');
        // Nothing may follow the close, whichever way it went.
        if (this.#endError?.info.by === 'peer')
          throw new H3Error('H3_MESSAGE_ERROR', 'data behind the close', 'stream');
        if (capsules.atBoundary) strayText = textAmongCapsules(event.bytes) ?? strayText;
        for (const capsule of capsules.push(event.bytes)) {
          if (capsule.type === 'drain') this.drained();
          else this.#endByPeer({ by: 'peer', isApplication: true, code: capsule.code, reason: capsule.reason });
        }
      }
      if (!capsules.atBoundary) throw new H3Error('H3_MESSAGE_ERROR', 'the session ends inside a capsule', 'stream');
      // FIN alone means code 0 and no reason.
      await this.#endUnlessConnectionSaysMore({ by: 'peer', isApplication: true, code: 0n, reason: '' });
    } catch (error) {
      await this.#onConnectStreamError(error, strayText);
    }
  }

  async #onConnectStreamError(error: unknown, strayText: string | undefined): Promise<void> {
    if (error instanceof H3Error && error.scope === 'stream') {
      this.#connect.recv.stop(error.code);
      this.#connect.send.reset(error.code);
      const stray = strayText === undefined ? '' : `: it carries the text "${strayText}" where only capsules belong`;
      this.#endByPeer({
        by: 'local',
        isApplication: false,
        code: error.code,
        reason: `${error.message}${stray}`,
        ...(strayText !== undefined && { strayText }),
      });
    } else if (error instanceof H3Error) {
      this.#h3.fail(error);
    } else if (error instanceof StreamReset) {
      const info = { by: 'peer', isApplication: true, code: error.code, reason: '' } as const;
      await this.#endUnlessConnectionSaysMore(sessionCloseInfo(info));
    } else if (!(error instanceof SessionClosed)) {
      this.#h3.fail(new H3Error('H3_INTERNAL_ERROR', 'internal error'));
    }
    // SessionClosed: the connection tells the session itself.
  }

  async #endUnlessConnectionSaysMore(info: CloseInfo): Promise<void> {
    if (this.#endError === null) await settlesWithin(this.#quic.closed, CLOSE_GRACE_MS, { background: true });
    this.#endByPeer(info);
  }

  #endByPeer(info: CloseInfo): void {
    if (this.#endError !== null) return;
    this.#end(info);
    this.#closed.resolve(info);
    if (this.#h3.role === 'client') void this.#closeUsedConnection();
  }

  /** A client's connection serves one session. The server may close it first: it is the one that had something to say. */
  async #closeUsedConnection(): Promise<void> {
    await settlesWithin(this.#quic.closed, CLOSE_GRACE_MS, { background: true });
    await this.#quic.close(NO_ERROR, '').catch(() => {});
  }

  /** The end of everything in the session; `closed` resolves separately. */
  #end(info: CloseInfo): void {
    this.#endError = new SessionClosed(info);
    this.#h3.removeSession(this.#id);
    this.#connect.send.end();
    // As on raw QUIC, what a peer sent before it closed can still be read, until the connection has gone too.
    const keepReading = info.by === 'peer' && this.#h3.sessionCount === 0;
    for (const stream of this.openStreams) if (!(keepReading && stream.direction === 'receive')) stream.abandon();
    this.openStreams.clear();
    this.#ended.resolve();
  }
}
