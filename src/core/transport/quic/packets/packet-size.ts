import { familyOf, isLoopback } from '../../address.js';

/** Every QUIC path carries this (RFC 9000 §14). */
export const BASE_PACKET_SIZE = 1200;
/** An Ethernet frame less the headers of IP and UDP. */
const ETHERNET_V4 = 1472;
const ETHERNET_V6 = 1452;
/** Loopback interfaces take 64 KiB; the library writes no packets above 16 383 bytes. */
const LOOPBACK = 16_000;
/** Failed attempts to raise the size after which it stays, and large packets lost in a row after which it falls. */
const MAX_ATTEMPTS = 3;

/** The largest packet that we would ever send to this address. */
export function largestPacketTo(host: string): number {
  if (isLoopback(host)) return LOOPBACK;
  return familyOf(host) === 4 ? ETHERNET_V4 : ETHERNET_V6;
}

/** Waits this many probe timeouts for the acknowledgement of a trial (RFC 8899 leaves the number to us). */
const TRIAL_TIMEOUTS = 3;

/**
 * How large packets may be. See docs/adr: 1200 bytes until the handshake is done; on loopback the interface's size from
 * then on; elsewhere one full-size packet at a time as a trial, and the larger size once a trial was acknowledged.
 */
export class PacketSize {
  readonly #loopback: boolean;
  #largest: number;
  #current = BASE_PACKET_SIZE;
  #established = false;
  #trial: { packet: number; until: number } | null = null;
  #witness: { packet: number; until: number } | null = null;
  /** Witnesses whose time is over; after a fallback, every large packet that was the reason for it. */
  #missing: number[] = [];
  #newestLarge: number | null = null;
  #hasFallenBack = false;
  #attempts = 0;
  #nextTrialAt = 0;
  /** Called when packets have become smaller. */
  onShrink: (() => void) | null = null;

  constructor(host: string) {
    this.#loopback = isLoopback(host);
    this.#largest = largestPacketTo(host);
  }

  get current(): number {
    return this.#current;
  }

  /** `allowed` is what our configuration and the peer's transport parameter permit. */
  onEstablished(allowed: number): void {
    this.#established = true;
    this.#largest = Math.min(this.#largest, allowed);
    if (this.#loopback) this.#current = Math.max(BASE_PACKET_SIZE, this.#largest);
  }

  /** The buffer to offer for the next packet. */
  offer(now: number): number {
    return this.#mayTry(now) ? this.#largest : this.#current;
  }

  #mayTry(now: number): boolean {
    if (!this.#established || this.#current >= this.#largest || this.#attempts >= MAX_ATTEMPTS) return false;
    if (this.#trial === null) return now >= this.#nextTrialAt;
    if (now < this.#trial.until) return false;
    this.#trial = null;
    this.#attempts++;
    // Congestion loses packets too: wait before the next trial, longer every time.
    this.#nextTrialAt = now + 1000 * 4 ** this.#attempts;
    return false;
  }

  onSent(packet: number, length: number, now: number, rttMs: number): void {
    if (length <= BASE_PACKET_SIZE) return;
    this.#newestLarge = packet;
    // RFC 9002 §6.2.1, with the acknowledgement delay that peers may use.
    const until = now + TRIAL_TIMEOUTS * (3 * rttMs + 25);
    if (length > this.#current) this.#trial ??= { packet, until };
    else this.#watch(packet, now, until);
  }

  /**
   * One large packet at a time bears witness that they arrive. If three in a row are never acknowledged, they do not,
   * however well small packets pass beside them.
   */
  #watch(packet: number, now: number, until: number): void {
    if (this.#witness !== null && now < this.#witness.until) return;
    if (this.#witness !== null) this.#missing.push(this.#witness.packet);
    if (this.#missing.length >= MAX_ATTEMPTS) this.#fallBack();
    else this.#witness = { packet, until };
  }

  onAck(covers: (packet: number) => boolean): void {
    if (this.#witness !== null && covers(this.#witness.packet)) {
      this.#witness = null;
      this.#missing = [];
    } else if (this.#missing.some(covers)) {
      // It was late, not lost: the peer stood still for a while, as a process on a busy machine does.
      this.#missing = [];
      if (this.#hasFallenBack) this.#current = this.#largest;
      this.#hasFallenBack = false;
    }
    if (this.#trial === null || !covers(this.#trial.packet)) return;
    this.#trial = null;
    this.#current = this.#largest;
  }

  /** Nothing comes back any more: packets above the base size may vanish on the way. */
  onBlackHole(): void {
    if (this.#witness !== null) this.#missing.push(this.#witness.packet);
    if (this.#newestLarge !== null) this.#missing.push(this.#newestLarge);
    this.#fallBack();
  }

  /** The system refuses the size (EMSGSIZE). False when it cannot be made smaller. */
  onTooLarge(): boolean {
    this.#missing = [];
    this.#hasFallenBack = false;
    return this.#shrink();
  }

  /** Small packets from now on, unless one of the large ones turns out to have arrived. */
  #fallBack(): void {
    if (this.#current === BASE_PACKET_SIZE) return;
    this.#hasFallenBack = true;
    this.#shrink();
  }

  #shrink(): boolean {
    const hadTrial = this.#trial !== null;
    this.#trial = null;
    this.#witness = null;
    this.#attempts = MAX_ATTEMPTS;
    if (this.#current === BASE_PACKET_SIZE) return hadTrial;
    this.#current = BASE_PACKET_SIZE;
    this.onShrink?.();
    return true;
  }
}
