import type { X509Certificate } from 'node:crypto';
import { deferred } from '../../util/deferred.js';
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
import { CreditedQueue } from './credited-queue.js';
import type { Link } from './link.js';
import { checkCode, MemoryRecvStream, MemorySendStream } from './memory-streams.js';

export interface MemorySessionOptions {
  readonly role: 'client' | 'server';
  readonly protocol: string;
  readonly remote: Address;
  readonly local: Address;
  /** Streams that the *peer* may have open towards us. */
  readonly maxIncomingUni: number;
  readonly maxIncomingBidi: number;
  /** Our receive windows, bytes. */
  readonly streamWindow: number;
  readonly connectionWindow: number;
  readonly chunkBytes: number;
  readonly maxDatagramSize: number | null;
  /** Datagrams under way or not yet taken by a handler, beyond which more are refused or dropped. */
  readonly datagramQueue: number;
  readonly dropDatagram: (bytes: Uint8Array) => boolean;
}

/** One end of a memory connection. */
export class MemorySession implements TransportSession {
  readonly kind = 'memory';
  readonly protocol: string;
  readonly remote: Address;
  readonly local: Address;
  readonly maxDatagramSize: number | null;
  readonly chunkBytes: number;
  /** Bytes that we may still send on all streams together. */
  connectionCredit = 0;

  readonly #options: MemorySessionOptions;
  readonly #link: Link;
  #peer!: MemorySession;
  readonly #closed = deferred<CloseInfo>();
  #closeError: SessionClosed | null = null;
  readonly #sending = new Map<bigint, MemorySendStream>();
  readonly #receiving = new Map<bigint, MemoryRecvStream>();
  /** Streams with bytes queued that only the connection window holds back, in the order they were blocked. */
  readonly #blocked = new Set<MemorySendStream>();
  readonly #uniQueue = new CreditedQueue<SendStream>(() => this.#newUni());
  readonly #bidiQueue = new CreditedQueue<BidiStream>(() => this.#newBidi());
  #nextUni: bigint;
  #nextBidi: bigint;
  readonly #incomingUni = new HeldDeliveries<RecvStream>(Number.POSITIVE_INFINITY);
  readonly #incomingBidi = new HeldDeliveries<BidiStream>(Number.POSITIVE_INFINITY);
  readonly #datagrams: HeldDeliveries<Uint8Array>;
  #datagramsUnderWay = 0;
  readonly #counts = { sentPackets: 0, receivedPackets: 0, sentBytes: 0, receivedBytes: 0, lostPackets: 0 };

  constructor(options: MemorySessionOptions, link: Link) {
    this.#options = options;
    this.#link = link;
    this.protocol = options.protocol;
    this.remote = options.remote;
    this.local = options.local;
    this.maxDatagramSize = options.maxDatagramSize;
    this.chunkBytes = options.chunkBytes;
    this.#datagrams = new HeldDeliveries(options.datagramQueue);
    // RFC 9000 §2.1: the two low bits are the initiator and the direction.
    const initiator = options.role === 'client' ? 0n : 1n;
    this.#nextBidi = initiator;
    this.#nextUni = initiator + 2n;
  }

  /** Both ends must know one another before either is used. */
  attach(peer: MemorySession): void {
    this.#peer = peer;
    this.connectionCredit = peer.#options.connectionWindow;
    this.#uniQueue.grant(peer.#options.maxIncomingUni);
    this.#bidiQueue.grant(peer.#options.maxIncomingBidi);
  }

  get closed(): Promise<CloseInfo> {
    return this.#closed.promise;
  }

  peerCertificates(): readonly X509Certificate[] {
    return [];
  }

  async openUni(options?: { signal?: AbortSignal }): Promise<SendStream> {
    if (this.#closeError !== null) throw this.#closeError;
    return this.#uniQueue.open(options?.signal);
  }

  async openBidi(options?: { signal?: AbortSignal }): Promise<BidiStream> {
    if (this.#closeError !== null) throw this.#closeError;
    return this.#bidiQueue.open(options?.signal);
  }

  tryOpenUni(): SendStream | null {
    return this.#closeError !== null ? null : this.#uniQueue.tryOpen();
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

  onDrain(_handler: () => void): void {}

  sendDatagram(bytes: Uint8Array): 'queued' | 'full' | 'too-large' {
    if (this.maxDatagramSize === null || bytes.length > this.maxDatagramSize) return 'too-large';
    if (this.#closeError !== null || this.#datagramsUnderWay >= this.#options.datagramQueue) return 'full';
    this.#counts.sentPackets++;
    this.#counts.sentBytes += bytes.length;
    // A dark link loses datagrams, whereas it only delays streams.
    if (this.#link.paused || this.#options.dropDatagram(bytes)) {
      this.#counts.lostPackets++;
      return 'queued';
    }
    const copy = bytes.slice();
    this.#datagramsUnderWay++;
    this.#link.send(null, () => {
      this.#datagramsUnderWay--;
      this.#peer.#deliverDatagram(copy);
    });
    return 'queued';
  }

  stats(): SessionStats {
    return { rttMs: null, minRttMs: null, congestionWindow: null, retransmittedPackets: 0, ...this.#counts };
  }

  async close(code: bigint, reason: string, _deadlineMs?: number): Promise<void> {
    checkCode(code);
    if (this.#closeError !== null) return;
    const close = { isApplication: true, code, reason };
    this.frame(null, (peer) => peer.#terminate({ ...close, by: 'peer' }));
    this.#terminate({ ...close, by: 'local' });
  }

  /** Ends this side without a word to the other. */
  kill(by: 'idle' | 'error', reason: string): void {
    this.#terminate({ by, isApplication: false, code: 0n, reason });
  }

  // What follows is for the streams and the other end, not for users of the interface.

  /** Sends a frame of `bytes` payload; `deliver` runs at the peer unless it has closed by then. */
  frame(streamId: bigint | null, deliver: (peer: MemorySession) => void, bytes = 0): void {
    if (this.#closeError !== null) return;
    this.#counts.sentPackets++;
    this.#counts.sentBytes += bytes;
    const peer = this.#peer;
    this.#link.send(streamId, () => {
      if (peer.#closeError !== null) return;
      peer.#counts.receivedPackets++;
      peer.#counts.receivedBytes += bytes;
      deliver(peer);
    });
  }

  flush(stream: MemorySendStream): void {
    if (stream.pump()) this.#blocked.add(stream);
    else this.#blocked.delete(stream);
  }

  deliverData(id: bigint, bytes: Uint8Array): void {
    const stream = this.#receiver(id);
    if (stream === null) this.consumed(id, bytes.length);
    else stream.push(bytes);
  }

  deliverFin(id: bigint): void {
    const stream = this.#receiver(id);
    this.frame(id, (peer) => peer.#sending.get(id)?.acknowledgeFin());
    stream?.onFin();
  }

  deliverReset(id: bigint, code: bigint): void {
    this.#receiver(id)?.onReset(code);
  }

  deliverStop(id: bigint, code: bigint): void {
    this.#sending.get(id)?.onStop(code);
  }

  /** The reader took (or discarded) bytes: both windows move on. */
  consumed(id: bigint, bytes: number): void {
    this.frame(id, (peer) => peer.#sending.get(id)?.grant(bytes));
    this.frame(null, (peer) => peer.#grantConnection(bytes));
  }

  recvDone(id: bigint): void {
    this.#receiving.delete(id);
    this.#releaseCredit(id);
  }

  sendDone(stream: MemorySendStream): void {
    this.#blocked.delete(stream);
    this.#releaseCredit(stream.id);
  }

  forgetSend(id: bigint): void {
    this.#sending.delete(id);
  }

  /** A stream of the peer's that is over in every direction makes room for another. */
  #releaseCredit(id: bigint): void {
    if (this.#isOurs(id) || this.#receiving.has(id)) return;
    const isUni = (id & 2n) !== 0n;
    if (!isUni && !(this.#sending.get(id)?.finished ?? true)) return;
    if (!this.#openIncoming.delete(id)) return;
    this.frame(null, (peer) => (isUni ? peer.#uniQueue : peer.#bidiQueue).grant(1));
  }

  readonly #openIncoming = new Set<bigint>();
  #highestIncoming: { uni: bigint; bidi: bigint } = { uni: -1n, bidi: -1n };
  /** Streams below the highest seen whose first frame has been overtaken by a later stream's. */
  readonly #overtaken = new Set<bigint>();

  #receiver(id: bigint): MemoryRecvStream | null {
    const known = this.#receiving.get(id);
    if (known !== undefined) return known;
    if (this.#isOurs(id) || !this.#isNew(id)) return null;
    const recv = new MemoryRecvStream(this, id);
    this.#receiving.set(id, recv);
    this.#openIncoming.add(id);
    if ((id & 2n) !== 0n) {
      this.#incomingUni.deliver(recv);
    } else {
      const send = new MemorySendStream(this, id, this.#peer.#options.streamWindow, true);
      this.#sending.set(id, send);
      this.#incomingBidi.deliver({ id, send, recv });
    }
    return recv;
  }

  /** True the first time that a frame of this stream arrives; IDs of one type are used without gaps. */
  #isNew(id: bigint): boolean {
    const type = (id & 2n) !== 0n ? 'uni' : 'bidi';
    const highest = this.#highestIncoming[type];
    if (id <= highest) return this.#overtaken.delete(id);
    const first = highest < 0n ? id & 3n : highest + 4n;
    for (let skipped = first; skipped < id; skipped += 4n) this.#overtaken.add(skipped);
    this.#highestIncoming[type] = id;
    return true;
  }

  #isOurs(id: bigint): boolean {
    return (id & 1n) === (this.#options.role === 'client' ? 0n : 1n);
  }

  #newUni(): SendStream {
    const id = this.#nextUni;
    this.#nextUni += 4n;
    const stream = new MemorySendStream(this, id, this.#peer.#options.streamWindow, false);
    this.#sending.set(id, stream);
    return stream;
  }

  #newBidi(): BidiStream {
    const id = this.#nextBidi;
    this.#nextBidi += 4n;
    const send = new MemorySendStream(this, id, this.#peer.#options.streamWindow, true);
    const recv = new MemoryRecvStream(this, id);
    this.#sending.set(id, send);
    this.#receiving.set(id, recv);
    return { id, send, recv };
  }

  #grantConnection(bytes: number): void {
    this.connectionCredit += bytes;
    for (const stream of [...this.#blocked]) {
      if (this.connectionCredit <= 0) break;
      // Back to the end of the line, so that one long stream does not starve the others.
      this.#blocked.delete(stream);
      this.flush(stream);
    }
  }

  #deliverDatagram(bytes: Uint8Array): void {
    if (this.#closeError !== null) return;
    this.#counts.receivedPackets++;
    this.#counts.receivedBytes += bytes.length;
    if (!this.#datagrams.deliver(bytes)) this.#counts.lostPackets++;
  }

  #terminate(info: CloseInfo): void {
    if (this.#closeError !== null) return;
    const error = new SessionClosed(info);
    this.#closeError = error;
    this.#uniQueue.fail(error);
    this.#bidiQueue.fail(error);
    for (const stream of [...this.#sending.values()]) stream.onSessionClosed(error);
    for (const stream of [...this.#receiving.values()]) stream.onSessionClosed(error);
    this.#sending.clear();
    this.#receiving.clear();
    this.#blocked.clear();
    this.#closed.resolve(info);
  }
}
