import type { X509Certificate } from 'node:crypto';
import type { Clock } from '../../util/clock.js';
import type { Address, HttpInfo } from '../transport.js';
import type { DialectName } from './dialect.js';

/** What one side grants the other when a session begins: the values of its SETTINGS (draft §4.3). */
export interface InitialLimits {
  /** Bytes on all streams together. */
  readonly maxData: number;
  /** Bytes on each stream of a kind, whoever opened it. */
  readonly maxStreamDataUni: number;
  readonly maxStreamDataBidi: number;
  /** Streams that the other side may have open. */
  readonly maxStreamsUni: number;
  readonly maxStreamsBidi: number;
}

/** What the peer grants us. */
export interface PeerLimits extends InitialLimits {
  /** Bytes on our half of each bidirectional stream that the peer opens; default as on those that we open. */
  readonly maxStreamDataAnswers?: number;
}

/** What we grant. Buffered data never exceeds the windows, which grow as far as named here while readers keep up. */
export interface LocalLimits extends InitialLimits {
  /** Largest receive window of a stream in bytes; default and minimum is what it starts with. */
  readonly streamWindowCeiling?: number | undefined;
  /** Largest receive window of the session. */
  readonly sessionWindowCeiling?: number | undefined;
}

export interface CapsuleSessionOptions {
  readonly role: 'client' | 'server';
  readonly dialect: DialectName;
  /** WT-Protocol; empty when none was chosen. */
  readonly protocol: string;
  readonly http: HttpInfo;
  readonly remote: Address;
  readonly local: Address;
  /** The peer's chain, leaf first. */
  readonly certificates: readonly X509Certificate[];
  readonly localLimits: LocalLimits;
  readonly peerLimits: PeerLimits;
  readonly clock: Clock;
  /** Round trip time in ms, null before it has been measured: windows grow only when it is known. */
  readonly rtt: () => number | null;
  /** The smallest one so far, ms. */
  readonly minRtt?: (() => number | null) | undefined;
  /** Bytes on the wire so far. */
  readonly bytes: () => { readonly sent: number; readonly received: number };
  /**
   * Closes the HTTP/2 connection unless others use it; called once when the session is over, however it ended. Bounded by
   * its owner, and it may reject: the session has ended anyway.
   */
  readonly onRelease: () => Promise<void>;
}
