import type { ConnectOptions } from '../../transport.js';
import type { QuicConnection } from '../connection.js';

/** A service that answers, and not in QUIC, has had its chance when nothing else came for so long, ms. */
const FOREIGN_MS = 1000;
/** What is kept of the first datagram that is not QUIC. */
const SAMPLE_BYTES = 64;

/** How far a handshake has got. */
export interface Progress {
  /** UDP datagrams that came back. */
  readonly datagrams: number;
  /** Packets among them that could be read. */
  readonly packets: number;
  /** Retry packets for us. */
  readonly retries: number;
  /** Datagrams that carry our connection ID under QUIC version 1, whether or not they could be read. */
  readonly quicLike: number;
  /** Handshake packets: the server had our Initial and took it. */
  readonly sawHandshake: boolean;
  /** Version Negotiation that changes nothing: it lists version 1 too, or came too late. */
  readonly sawVersions: boolean;
  /** The server's certificate has come. */
  readonly sawCertificate: boolean;
  /** The beginning of the first datagram that is not QUIC; `echo` when it is our own packet. */
  readonly foreign: { readonly bytes: Uint8Array; readonly echo: boolean } | null;
}

export const NO_PROGRESS: Progress = {
  datagrams: 0,
  packets: 0,
  retries: 0,
  quicLike: 0,
  sawHandshake: false,
  sawVersions: false,
  sawCertificate: false,
  foreign: null,
};

type Kind = 'initial' | 'handshake' | 'retry' | 'versions' | 'quic' | 'echo' | 'foreign';

/** Looks at what comes back while the handshake lasts, and tells an observer of the firsts. */
export class HandshakeWatch {
  /** Called when something answers that is evidently no QUIC server. */
  onForeign: (() => void) | null = null;
  #retries = 0;
  #quicLike = 0;
  #sawHandshake = false;
  #sawVersions = false;
  #foreign: Progress['foreign'] = null;
  #hasAnswer = false;
  #hasPacket = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly address: string,
    private readonly ourId: Uint8Array,
    private readonly observer: ConnectOptions['observer'],
  ) {}

  /** A datagram came, and has not been given to the library. */
  before(bytes: Uint8Array): void {
    if (!this.#hasAnswer) {
      this.#hasAnswer = true;
      this.observer?.({ kind: 'answer', address: this.address });
    }
    const kind = this.#kindOf(bytes);
    if (kind === 'foreign' || kind === 'echo') this.#onForeign(bytes, kind === 'echo');
    else this.#quicLike++;
    if (kind === 'handshake') this.#sawHandshake = true;
    if (kind === 'versions') this.#sawVersions = true;
    if (kind === 'retry') this.observer?.({ kind: 'retry', address: this.address, count: ++this.#retries });
  }

  /** The library has had it. */
  after(connection: QuicConnection): void {
    if (this.#hasPacket) return;
    // The library does not count a Retry among the packets that it received, though it has checked it.
    if (connection.native.stats().recv === 0 && this.#retries === 0) return;
    this.#hasPacket = true;
    this.observer?.({ kind: 'packet', address: this.address });
  }

  /** A Version Negotiation that ends the handshake is a valid packet too. */
  onVersions(versions: readonly number[]): void {
    this.observer?.({ kind: 'packet', address: this.address });
    this.observer?.({ kind: 'versions', address: this.address, versions });
  }

  /** Nobody watches any more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  progress(connection: QuicConnection): Progress {
    return {
      datagrams: connection.datagramsReceived,
      packets: connection.native.stats().recv,
      retries: this.#retries,
      quicLike: this.#quicLike,
      sawHandshake: this.#sawHandshake,
      sawVersions: this.#sawVersions,
      sawCertificate: (connection.native.peerCertChain()?.length ?? 0) > 0,
      foreign: this.#foreign,
    };
  }

  #onForeign(bytes: Uint8Array, echo: boolean): void {
    if (this.#foreign !== null || this.#quicLike > 0) return;
    this.#foreign = { bytes: bytes.slice(0, SAMPLE_BYTES), echo };
    this.#timer = setTimeout(() => {
      if (this.#quicLike === 0) this.onForeign?.();
    }, FOREIGN_MS);
  }

  /** By the invariants of QUIC (RFC 8999) and the types of version 1 (RFC 9000 §17.2). */
  #kindOf(bytes: Uint8Array): Kind {
    const first = bytes[0] as number;
    // Short headers, which nobody can read yet, and stateless resets.
    if ((first & 0x80) === 0)
      return (first & 0x40) !== 0 && bytes.length >= 21 && this.#isFor(bytes, 1) ? 'quic' : 'foreign';
    const isNegotiation = bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0 && bytes[4] === 0;
    if (isNegotiation && bytes[5] === this.ourId.length && this.#isFor(bytes, 6)) return 'versions';
    const isV1 = bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0 && bytes[4] === 1;
    if (!isV1 || (first & 0x40) === 0) return 'foreign';
    const length = bytes[5] as number;
    if (length !== this.ourId.length || !this.#isFor(bytes, 6)) return this.#isEcho(bytes, length) ? 'echo' : 'foreign';
    const type = (first >> 4) & 3;
    return type === 3 ? 'retry' : type === 2 ? 'handshake' : 'initial';
  }

  /** Our ID as the source: this is what we sent. */
  #isEcho(bytes: Uint8Array, destinationLength: number): boolean {
    return bytes[6 + destinationLength] === this.ourId.length && this.#isFor(bytes, 7 + destinationLength);
  }

  #isFor(bytes: Uint8Array, at: number): boolean {
    return this.ourId.every((byte, index) => bytes[at + index] === byte);
  }
}
