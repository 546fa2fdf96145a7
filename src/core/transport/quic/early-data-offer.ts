import type { NativeConnection } from './native.js';

/** RFC 9002 §6.1.1: a packet is lost when one that was sent so much later is acknowledged. */
const PACKET_THRESHOLD = 3;

/** What an offer of 0-RTT needs of its connection. */
interface EarlyDataHost {
  readonly native: NativeConnection;
  /** Sends something that is acknowledged. */
  ping(): void;
  flush(): void;
}

/** The packet of 0-RTT of a connection that resumes a session. */
export class EarlyDataOffer {
  readonly #native: NativeConnection;
  /** It has gone out. */
  readonly made: boolean;
  #accepted = false;

  /**
   * Resumes the session of `ticket`, and where that allows 0-RTT sends a PING that way, which asks nothing of the application
   * and does no harm when it is sent again by somebody else. To be called before anything is sent.
   */
  constructor(host: EarlyDataHost, ticket: Uint8Array) {
    this.#native = host.native;
    host.native.setSession(ticket);
    // The keys of 0-RTT exist once the ClientHello does.
    host.flush();
    this.made = host.native.isInEarlyData();
    if (!this.made) return;
    host.ping();
    host.flush();
  }

  /** The peer has acknowledged it. */
  get accepted(): boolean {
    return this.#accepted;
  }

  /**
   * The packet was the first of its number space. Its acknowledgement may have come beside the handshake, where nobody looks
   * for it; but if it had not, those of later packets would have had it declared lost (RFC 9002 §6.1.1).
   */
  onAck(largest: number, covers: (packet: number) => boolean): void {
    if (!this.made || this.#accepted) return;
    this.#accepted = covers(0) || (largest > PACKET_THRESHOLD && this.#native.stats().lost === 0);
  }
}
