import type { X509Certificate } from 'node:crypto';
import { readChain } from '../../certs/chain.js';
import { toAddress } from '../address.js';
import type {
  Address,
  BidiStream,
  CloseInfo,
  EarlyDataTrial,
  RecvStream,
  SendStream,
  SessionStats,
  TransportSession,
} from '../transport.js';
import type { QuicConnection } from './connection.js';
import { readStats } from './stats.js';

/** How long close() may take when the caller says nothing, ms. */
const DEFAULT_CLOSE_DEADLINE_MS = 2000;

async function onlyClients(): Promise<never> {
  throw new Error('only a client resumes sessions');
}

/** A QUIC connection as the layers above see it. */
export class QuicSession implements TransportSession {
  readonly kind = 'quic';
  readonly protocol: string;
  readonly closed: Promise<CloseInfo>;
  readonly #connection: QuicConnection;
  readonly #local: () => Address;
  readonly #tryEarlyData: () => Promise<EarlyDataTrial>;
  #certificates: readonly X509Certificate[] | null = null;

  constructor(
    connection: QuicConnection,
    local: () => Address,
    tryEarlyData: () => Promise<EarlyDataTrial> = onlyClients,
  ) {
    this.#connection = connection;
    this.#local = local;
    this.#tryEarlyData = tryEarlyData;
    this.protocol = Buffer.from(connection.native.applicationProto()).toString('latin1');
    this.closed = connection.closed;
  }

  get remote(): Address {
    return toAddress(this.#connection.remote.host, this.#connection.remote.port);
  }

  get local(): Address {
    return this.#local();
  }

  get maxDatagramSize(): number | null {
    return this.#connection.datagrams.maxSize;
  }

  peerCertificates(): readonly X509Certificate[] {
    this.#certificates ??= readChain(this.#connection.native.peerCertChain() ?? []);
    return this.#certificates;
  }

  openUni(options?: { signal?: AbortSignal }): Promise<SendStream> {
    return this.#connection.streams.openUni(options?.signal);
  }

  openBidi(options?: { signal?: AbortSignal }): Promise<BidiStream> {
    return this.#connection.streams.openBidi(options?.signal);
  }

  tryOpenUni(): SendStream | null {
    return this.#connection.streams.tryOpenUni();
  }

  onIncomingUni(handler: (stream: RecvStream) => void): void {
    this.#connection.streams.onIncomingUni(handler);
  }

  onIncomingBidi(handler: (stream: BidiStream) => void): void {
    this.#connection.streams.onIncomingBidi(handler);
  }

  onDatagram(handler: (bytes: Uint8Array) => void): void {
    this.#connection.datagrams.onReceived(handler);
  }

  /** Raw QUIC has no way to announce a drain. */
  onDrain(_handler: () => void): void {}

  sendDatagram(bytes: Uint8Array): 'queued' | 'full' | 'too-large' {
    if (!this.#connection.isOpen) return 'full';
    return this.#connection.datagrams.send(bytes);
  }

  stats(): SessionStats {
    return readStats(this.#connection);
  }

  finishEnds(deadlineMs: number): Promise<void> {
    return this.#connection.deliverEnds(deadlineMs);
  }

  tryEarlyData(): Promise<EarlyDataTrial> {
    return this.#tryEarlyData();
  }

  migrate(): Promise<void> {
    return this.#connection.migrate();
  }

  abort(code: number): void {
    this.#connection.abandon(code, { by: 'local', isApplication: false, code: BigInt(code), reason: '' });
  }

  async close(code: bigint, reason: string, deadlineMs: number = DEFAULT_CLOSE_DEADLINE_MS): Promise<void> {
    await this.#connection.close(code, reason, deadlineMs);
  }
}
