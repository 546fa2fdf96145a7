import type { X509Certificate } from 'node:crypto';
import { systemClock } from '../../util/clock.js';
import { deferred } from '../../util/deferred.js';
import { settlesWithin } from '../../util/timeout.js';
import { HeldDeliveries } from '../held-deliveries.js';
import type {
  Address,
  BidiStream,
  CloseInfo,
  RecvStream,
  SendStream,
  SessionStats,
  TransportSession,
} from '../transport.js';
import { SessionClosed } from '../transport-errors.js';
import { shownStreamCode } from '../webtransport/stream-codes.js';
import { DatagramPort } from './datagram-port.js';
import { W3cRecvStream } from './recv-stream.js';
import { W3cSendStream } from './send-stream.js';
import { checkCode } from './stream-errors.js';
import { StreamOpener } from './stream-opener.js';
import type { Abandonable, StreamOwner } from './stream-owner.js';
import type { W3cBidirectionalStream, W3cReadable, W3cReader, W3cStats, W3cWebTransport } from './w3c-types.js';

const DEFAULT_CLOSE_MS = 2000;
/** Streams often fail before the session says that it is over. */
const SESSION_GONE_GRACE_MS = 1000;
/** As long as the close capsule lets a reason be (draft-ietf-webtrans-http3, "Session Termination"). */
const MAX_REASON_BYTES = 1024;
/** As long as Deno is given to send what it took, from the last byte on. */
const DENO_FLUSH_MS = 1000;
/** There is no telling where the peer is. */
const NOWHERE: Address = { host: '', port: 0, family: 4 };

export interface W3cSessionOptions {
  readonly role: 'client' | 'server';
  readonly protocol: string;
  readonly remote?: Address | undefined;
}

/**
 * A session over an object with the W3C WebTransport interface. The interface knows no stream ids, so streams are numbered as
 * they come, each side for itself; no certificates, no addresses; and no stream that opens without waiting.
 */
export class W3cSession implements TransportSession, StreamOwner {
  readonly kind = 'webtransport';
  readonly protocol: string;
  readonly remote: Address;
  readonly local: Address = NOWHERE;
  readonly closed: Promise<CloseInfo>;
  readonly openStreams = new Set<Abandonable>();
  readonly ending = new Set<Promise<unknown>>();
  readonly #wt: W3cWebTransport;
  readonly #datagrams: DatagramPort;
  readonly #unis: StreamOpener<SendStream>;
  readonly #bidis: StreamOpener<BidiStream>;
  readonly #incomingUni: W3cReader<W3cReadable<Uint8Array>>;
  readonly #incomingBidi: W3cReader<W3cBidirectionalStream>;
  readonly #drains = new HeldDeliveries<void>(1);
  readonly #closed = deferred<CloseInfo>();
  readonly #over = deferred();
  readonly #nextIds: Record<'ours' | 'theirs', { uni: bigint; bidi: bigint }>;
  #endError: SessionClosed | null = null;
  #closing: Promise<void> | null = null;
  #sentBytes = 0;
  #lastSentAt = Number.NEGATIVE_INFINITY;
  #receivedBytes = 0;
  #stats: W3cStats = {};
  #statsAsked = false;

  /** Throws TypeError when something else reads the object's streams. */
  constructor(wt: W3cWebTransport, options: W3cSessionOptions) {
    this.#wt = wt;
    this.protocol = options.protocol;
    this.remote = options.remote ?? NOWHERE;
    this.closed = this.#closed.promise;
    // As on QUIC: the two low bits are the initiator and the direction (RFC 9000 §2.1).
    const [ours, theirs] = options.role === 'client' ? [0n, 1n] : [1n, 0n];
    this.#nextIds = { ours: { uni: ours + 2n, bidi: ours }, theirs: { uni: theirs + 2n, bidi: theirs } };
    this.#incomingUni = wt.incomingUnidirectionalStreams.getReader();
    this.#incomingBidi = wt.incomingBidirectionalStreams.getReader();
    this.#datagrams = new DatagramPort(wt.datagrams, (bytes) => this.received(bytes));
    const explain = (error: Error): Promise<Error> => this.explain(error);
    const wait = { waitUntilAvailable: true };
    this.#unis = new StreamOpener(
      async () => new W3cSendStream(this.#nextId('ours', 'uni'), await wt.createUnidirectionalStream(wait), this),
      explain,
    );
    this.#bidis = new StreamOpener(async () => this.#bidi('ours', await wt.createBidirectionalStream(wait)), explain);
    wt.closed.then(
      (info) => this.#end({ by: 'peer', isApplication: true, code: closeCode(info), reason: info?.reason ?? '' }),
      (error: unknown) => this.#end({ by: 'error', isApplication: false, code: 0n, reason: messageOf(error) }),
    );
    wt.draining?.then(
      () => this.#drains.deliver(),
      () => {},
    );
  }

  get endError(): SessionClosed | null {
    return this.#endError;
  }

  get maxDatagramSize(): number | null {
    return this.#datagrams.maxSize;
  }

  peerCertificates(): readonly X509Certificate[] {
    return [];
  }

  async openUni(options?: { signal?: AbortSignal }): Promise<SendStream> {
    return this.#unis.open(options?.signal);
  }

  async openBidi(options?: { signal?: AbortSignal }): Promise<BidiStream> {
    return this.#bidis.open(options?.signal);
  }

  tryOpenUni(): SendStream | null {
    return this.#endError === null ? this.#unis.tryOpen() : null;
  }

  onIncomingUni(handler: (stream: RecvStream) => void): void {
    void this.#accept(this.#incomingUni, (readable) =>
      handler(new W3cRecvStream(this.#nextId('theirs', 'uni'), readable, this)),
    );
  }

  onIncomingBidi(handler: (stream: BidiStream) => void): void {
    void this.#accept(this.#incomingBidi, (stream) => handler(this.#bidi('theirs', stream)));
  }

  onDatagram(handler: (bytes: Uint8Array) => void): void {
    this.#datagrams.onDatagram(handler);
  }

  onDrain(handler: () => void): void {
    this.#drains.setHandler(handler);
  }

  sendDatagram(bytes: Uint8Array): 'queued' | 'full' | 'too-large' {
    if (this.#endError !== null) return 'full';
    const outcome = this.#datagrams.send(bytes);
    if (outcome === 'queued') this.#sentBytes += bytes.length;
    return outcome;
  }

  /** Bytes are those of the application; the rest is what the implementation said when it was last asked. */
  stats(): SessionStats {
    this.#askForStats();
    const { smoothedRtt, minRtt, packetsSent, packetsReceived, packetsLost } = this.#stats;
    return {
      rttMs: figure(smoothedRtt) || null,
      minRttMs: figure(minRtt) || null,
      lostPackets: figure(packetsLost),
      sentPackets: figure(packetsSent),
      receivedPackets: figure(packetsReceived),
      sentBytes: this.#sentBytes,
      receivedBytes: this.#receivedBytes,
      congestionWindow: null,
      retransmittedPackets: 0,
    };
  }

  async finishEnds(deadlineMs: number): Promise<void> {
    if (this.ending.size > 0) await settlesWithin(Promise.allSettled([...this.ending]), deadlineMs);
  }

  /** Rejects with RangeError when `code` has more than 32 bits. */
  async close(code: bigint, reason: string, deadlineMs = DEFAULT_CLOSE_MS): Promise<void> {
    checkCode(code);
    this.#closing ??= this.#closeLocally(code, reason, deadlineMs);
    return this.#closing;
  }

  async explain(otherwise: Error): Promise<Error> {
    if (this.#endError === null) await settlesWithin(this.#over.promise, SESSION_GONE_GRACE_MS, { background: true });
    return this.#endError ?? otherwise;
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes;
    this.#lastSentAt = systemClock.now();
  }

  received(bytes: number): void {
    this.#receivedBytes += bytes;
  }

  async #closeLocally(code: bigint, reason: string, deadlineMs: number): Promise<void> {
    const startedAt = systemClock.now();
    // The interface discards what is queued when it closes.
    await this.finishEnds(deadlineMs / 2);
    await this.#flush(deadlineMs / 2);
    if (this.#endError !== null) return;
    const left = Math.max(0, deadlineMs - (systemClock.now() - startedAt));
    this.#end({ by: 'local', isApplication: true, code, reason }, async () => {
      try {
        this.#wt.close({ closeCode: Number(code), reason: cut(reason) });
      } catch {
        // It is closed already, in a way that it has not told yet.
      }
      await settlesWithin(this.#wt.closed, left, { background: true });
    });
    await this.closed;
  }

  /**
   * Deno 2.9 calls a stream closed when it has taken the bytes, sends the end of it some time later (denoland/deno#36822), and
   * drops what it has not sent when the session closes. It does not tell how much that is.
   */
  async #flush(deadlineMs: number): Promise<void> {
    const quietAt = this.#lastSentAt + DENO_FLUSH_MS;
    const wait = Math.min(deadlineMs, quietAt - systemClock.now());
    if ('Deno' in globalThis && wait > 0) await settlesWithin(this.#over.promise, wait);
  }

  async #accept<T>(reader: W3cReader<T>, handler: (stream: T) => void): Promise<void> {
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        if (next.value !== undefined && this.#endError === null) handler(next.value);
      }
    } catch {
      // The session is over, and says so itself.
    }
  }

  #bidi(side: 'ours' | 'theirs', { readable, writable }: W3cBidirectionalStream): BidiStream {
    const id = this.#nextId(side, 'bidi');
    return { id, send: new W3cSendStream(id, writable, this), recv: new W3cRecvStream(id, readable, this) };
  }

  #nextId(side: 'ours' | 'theirs', type: 'uni' | 'bidi'): bigint {
    const ids = this.#nextIds[side];
    const id = ids[type];
    ids[type] += 4n;
    return id;
  }

  #end(info: CloseInfo, letGo: () => Promise<void> = async () => {}): void {
    if (this.#endError !== null) return;
    const error = new SessionClosed(info);
    this.#endError = error;
    this.#over.resolve();
    this.#unis.end(error);
    this.#bidis.end(error);
    const released = letGo();
    for (const stream of [...this.openStreams]) stream.abandon(error);
    this.openStreams.clear();
    this.ending.clear();
    void released.then(() => this.#closed.resolve(info));
  }

  #askForStats(): void {
    if (this.#statsAsked || this.#endError !== null) return;
    this.#statsAsked = true;
    // Some throw instead of rejecting, some lack it.
    Promise.resolve()
      .then(() => this.#wt.getStats?.())
      .then(
        (stats) => {
          this.#stats = stats ?? {};
          this.#statsAsked = false;
        },
        () => {},
      );
  }
}

/** Deno 2.9 shows the code of CONNECTION_CLOSE as it was on the wire: wrapped. */
function closeCode(info: { readonly closeCode?: number | undefined } | undefined): bigint {
  const code = info?.closeCode;
  return typeof code === 'number' && Number.isSafeInteger(code) && code >= 0 ? shownStreamCode(BigInt(code)) : 0n;
}

function figure(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

/** At most so many bytes of UTF-8, without half a character at the end. */
function cut(reason: string): string {
  return reason.slice(0, new TextEncoder().encodeInto(reason, new Uint8Array(MAX_REASON_BYTES)).read);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
