import { OpenQueue } from '../open-queue.js';
import type { BidiStream, RecvStream, SendStream } from '../transport.js';
import type { StreamKind } from './capsule-decoder.js';
import { CAPSULE, CapsuleError, encodeVarintCapsule, MAX_STREAM_HEAD, writeStreamHead } from './capsules.js';
import type { Dialect } from './dialect.js';
import { ReceiveWindow, type WindowTuning } from './flow-control.js';
import type { Outbox } from './outbox.js';
import { CapsuleRecvStream, type RecvHost } from './recv-stream.js';
import { CapsuleSendStream, type SendHost } from './send-stream.js';
import type { LocalLimits, PeerLimits } from './session-options.js';
import { IncomingCredit, OutgoingCredit } from './stream-credit.js';

export interface StreamTableOptions {
  readonly role: 'client' | 'server';
  readonly dialect: Dialect;
  readonly localLimits: LocalLimits;
  readonly peerLimits: PeerLimits;
  readonly tuning: WindowTuning;
  readonly outbox: Outbox;
  readonly onUni: (stream: RecvStream) => void;
  readonly onBidi: (stream: BidiStream) => void;
}

/** The streams of a session, and what the capsules about them mean (draft §6.2–6.10, states as in RFC 9000 §3). */
export class StreamTable implements SendHost, RecvHost {
  readonly uniQueue: OpenQueue<SendStream>;
  readonly bidiQueue: OpenQueue<BidiStream>;

  readonly #options: StreamTableOptions;
  readonly #dialect: Dialect;
  readonly #outbox: Outbox;
  readonly #ourBit: number;
  readonly #window: ReceiveWindow;
  readonly #sending = new Map<number, CapsuleSendStream>();
  readonly #receiving = new Map<number, CapsuleRecvStream>();
  readonly #outgoing: Readonly<Record<StreamKind, OutgoingCredit>>;
  readonly #incoming: Readonly<Record<StreamKind, IncomingCredit>>;
  #ended = false;

  constructor(options: StreamTableOptions) {
    const { role, dialect, localLimits, peerLimits } = options;
    this.#options = options;
    this.#dialect = dialect;
    this.#outbox = options.outbox;
    const ours = role === 'client' ? dialect.clientBit : 1 - dialect.clientBit;
    const theirs = 1 - ours;
    this.#ourBit = ours;
    this.#window = new ReceiveWindow(localLimits.maxData, localLimits.sessionWindowCeiling, options.tuning);
    this.#outgoing = {
      bidi: new OutgoingCredit(ours, peerLimits.maxStreamsBidi),
      uni: new OutgoingCredit(ours + 2, peerLimits.maxStreamsUni),
    };
    this.#incoming = {
      bidi: new IncomingCredit('bidi', theirs, localLimits.maxStreamsBidi),
      uni: new IncomingCredit('uni', theirs + 2, localLimits.maxStreamsUni),
    };
    this.uniQueue = new OpenQueue<SendStream>(() => this.#openUni());
    this.bidiQueue = new OpenQueue<BidiStream>(() => this.#openBidi());
  }

  /** Streams whose end was asked for and has not gone out yet. */
  get ending(): CapsuleSendStream[] {
    return [...this.#sending.values()].filter((stream) => stream.isEnding);
  }

  onStream(id: number, bytes: Uint8Array, fin: boolean): void {
    const stream = this.#receiver(id);
    if (!this.#window.receive(bytes.length)) {
      throw flowError(`the peer sent ${this.#window.received} bytes where MAX_DATA allows ${this.#window.limit}`);
    }
    if (stream === null || stream.ended) {
      this.#requireLax(`stream ${id}: data behind its end`);
      this.#sessionConsumed(bytes.length);
      return;
    }
    if (!stream.window.receive(bytes.length)) {
      const { received, limit } = stream.window;
      throw flowError(`the peer sent ${received} bytes on stream ${id} where MAX_STREAM_DATA allows ${limit}`);
    }
    stream.onData(bytes);
    if (fin) stream.onFin();
  }

  onReset(id: number, code: bigint, reliableSize: number | null): void {
    const stream = this.#receiver(id);
    if (stream === null || stream.ended) {
      this.#requireLax(`stream ${id}: reset behind its end`);
      return;
    }
    const { received } = stream.window;
    if (this.#dialect.strictStates && reliableSize !== null && reliableSize !== received) {
      const message = `stream ${id}: reset with reliable size ${reliableSize} after ${received} bytes`;
      throw new CapsuleError('PROTOCOL_ERROR', message);
    }
    stream.onReset(code, reliableSize !== null && reliableSize >= received);
  }

  onStopSending(id: number, code: bigint): void {
    const stream = this.#sender(id, 'STOP_SENDING');
    if (stream === undefined) return;
    if (this.#dialect.strictStates) this.#sendReset(stream, code);
    stream.onStopped(code);
  }

  onMaxStreamData(id: number, limit: number): void {
    const stream = this.#sender(id, 'MAX_STREAM_DATA');
    if (stream?.raise(limit)) this.#outbox.add(stream);
  }

  onMaxStreams(kind: StreamKind, limit: number): void {
    if (!this.#outgoing[kind].raise(limit)) return;
    if (kind === 'uni') this.uniQueue.advance();
    else this.bidiQueue.advance();
  }

  onStreamsBlocked(): void {
    this.#replenish('uni', true);
    this.#replenish('bidi', true);
  }

  /** `keep`: what has arrived can still be read. */
  end(error: Error, keep: boolean): void {
    this.#ended = true;
    this.uniQueue.fail(error);
    this.bidiQueue.fail(error);
    for (const stream of [...this.#sending.values()]) stream.onSessionClosed(error);
    for (const stream of [...this.#receiving.values()]) stream.onSessionClosed(error, keep);
    this.#sending.clear();
    this.#receiving.clear();
  }

  schedule(stream: CapsuleSendStream): void {
    this.#outbox.add(stream);
  }

  sendNow(): void {
    this.#outbox.sendNow();
  }

  moved(stream: CapsuleSendStream): void {
    this.#outbox.moved(stream);
  }

  resetStream(stream: CapsuleSendStream, code: bigint): void {
    this.#sendReset(stream, code);
  }

  streamBlocked(stream: CapsuleSendStream, limit: number): void {
    this.#outbox.control(encodeVarintCapsule(CAPSULE.STREAM_DATA_BLOCKED, stream.number, limit));
  }

  sendFinished(stream: CapsuleSendStream): void {
    this.#outbox.remove(stream);
    if (this.#sending.delete(stream.number)) this.#releaseCredit(stream.number);
  }

  consumed(stream: CapsuleRecvStream, bytes: number): void {
    if (this.#ended) return;
    this.#sessionConsumed(bytes);
    const limit = stream.window.consume(bytes);
    if (limit === null || !stream.wantsMore) return;
    this.#outbox.control(encodeVarintCapsule(CAPSULE.MAX_STREAM_DATA, stream.number, limit));
  }

  stopSending(stream: CapsuleRecvStream, code: bigint): void {
    if (this.#ended) return;
    const answer = this.#sending.get(stream.number);
    if (answer !== undefined) this.#start(answer);
    this.#outbox.control(encodeVarintCapsule(CAPSULE.STOP_SENDING, stream.number, Number(code)));
    if (!this.#dialect.strictStates) this.recvFinished(stream);
  }

  recvFinished(stream: CapsuleRecvStream): void {
    if (this.#receiving.delete(stream.number)) this.#releaseCredit(stream.number);
  }

  #openUni(): SendStream | null {
    const id = this.#takeId('uni');
    return id === null ? null : this.#newSender(id, this.#options.peerLimits.maxStreamDataUni, false);
  }

  #openBidi(): BidiStream | null {
    const number = this.#takeId('bidi');
    if (number === null) return null;
    const recv = this.#newReceiver(number, this.#options.localLimits.maxStreamDataBidi);
    const send = this.#newSender(number, this.#options.peerLimits.maxStreamDataBidi, false);
    return { id: send.id, send, recv };
  }

  #takeId(kind: StreamKind): number | null {
    if (this.#ended) return null;
    const credit = this.#outgoing[kind];
    const id = credit.take();
    if (id !== null) return id;
    const limit = credit.takeBlockedAt();
    if (limit !== null) this.#outbox.control(encodeVarintCapsule(this.#dialect.streamsBlocked[kind], limit));
    return null;
  }

  #newSender(number: number, limit: number, started: boolean): CapsuleSendStream {
    const stream = new CapsuleSendStream(this, number, limit, started, this.#dialect.wholeCapsuleBytes);
    this.#sending.set(number, stream);
    return stream;
  }

  #newReceiver(number: number, window: number): CapsuleRecvStream {
    const { streamWindowCeiling } = this.#options.localLimits;
    const receiving = new ReceiveWindow(window, streamWindowCeiling, this.#options.tuning);
    const stream = new CapsuleRecvStream(this, number, receiving);
    this.#receiving.set(number, stream);
    return stream;
  }

  #isOurs(id: number): boolean {
    return id % 2 === this.#ourBit;
  }

  /** The receiving half that a capsule is about, begun by it if need be; null when that half is over. */
  #receiver(id: number): CapsuleRecvStream | null {
    const known = this.#receiving.get(id);
    if (known !== undefined) return known;
    if (this.#isOurs(id)) {
      this.#requireOpened(id, 'data');
      if (kindOf(id) === 'uni') throw new CapsuleError('PROTOCOL_ERROR', `stream ${id}: data on a stream of ours`);
      return null;
    }
    this.#begin(id);
    return this.#receiving.get(id) ?? null;
  }

  /** The sending half that a capsule is about, or undefined when that half is over: such capsules cross its end. */
  #sender(id: number, capsule: string): CapsuleSendStream | undefined {
    if (this.#isOurs(id)) {
      this.#requireOpened(id, capsule);
    } else {
      if (kindOf(id) === 'uni') {
        this.#requireLax(`stream ${id}: ${capsule} from the side that sends`, 'PROTOCOL_ERROR');
        return undefined;
      }
      if (!this.#sending.has(id)) this.#begin(id);
    }
    return this.#sending.get(id);
  }

  /** A stream of the peer's begins with the first capsule about it. */
  #begin(id: number): void {
    const kind = kindOf(id);
    if (!this.#incoming[kind].begins(id)) return;
    const { localLimits, peerLimits } = this.#options;
    if (kind === 'uni') {
      this.#options.onUni(this.#newReceiver(id, localLimits.maxStreamDataUni));
      return;
    }
    const recv = this.#newReceiver(id, localLimits.maxStreamDataBidi);
    const send = this.#newSender(id, peerLimits.maxStreamDataAnswers ?? peerLimits.maxStreamDataBidi, true);
    this.#options.onBidi({ id: send.id, send, recv });
  }

  #requireOpened(id: number, capsule: string): void {
    if (this.#outgoing[kindOf(id)].hasTaken(id)) return;
    throw new CapsuleError('PROTOCOL_ERROR', `stream ${id}: ${capsule} for a stream that we have not opened`);
  }

  #requireLax(what: string, code: 'STREAM_CLOSED' | 'PROTOCOL_ERROR' = 'STREAM_CLOSED'): void {
    if (this.#dialect.strictStates) throw new CapsuleError(code, what);
  }

  /** A peer has to know a stream before it can be told that it ends. */
  #start(stream: CapsuleSendStream): void {
    if (stream.started) return;
    stream.started = true;
    const head = new Uint8Array(MAX_STREAM_HEAD);
    this.#outbox.control(head.subarray(0, writeStreamHead(head, 0, stream.number, 0, false)));
  }

  #sendReset(stream: CapsuleSendStream, code: bigint): void {
    this.#start(stream);
    // A code of the peer's that is echoed may have 62 bits.
    const value = code <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(code) : code;
    const size = this.#dialect.reliableSize ? [stream.window.sent] : [];
    this.#outbox.control(encodeVarintCapsule(CAPSULE.RESET_STREAM, stream.number, value, ...size));
  }

  #sessionConsumed(bytes: number): void {
    const limit = this.#window.consume(bytes);
    if (limit !== null) this.#outbox.control(encodeVarintCapsule(CAPSULE.MAX_DATA, limit));
  }

  /** A stream of the peer's that is over in every direction makes room for another. */
  #releaseCredit(id: number): void {
    if (this.#ended || this.#isOurs(id) || this.#receiving.has(id) || this.#sending.has(id)) return;
    const kind = kindOf(id);
    this.#incoming[kind].finish();
    this.#replenish(kind, false);
  }

  #replenish(kind: StreamKind, eager: boolean): void {
    const limit = this.#incoming[kind].due(eager);
    if (limit === null) return;
    const type = kind === 'uni' ? CAPSULE.MAX_STREAMS_UNI : CAPSULE.MAX_STREAMS_BIDI;
    this.#outbox.control(encodeVarintCapsule(type, limit));
  }
}

function kindOf(id: number): StreamKind {
  return id % 4 >= 2 ? 'uni' : 'bidi';
}

function flowError(message: string): CapsuleError {
  return new CapsuleError('FLOW_CONTROL_ERROR', message);
}
