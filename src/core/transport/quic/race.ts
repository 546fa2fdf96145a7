import { raceAddresses } from '../race.js';
import { Attempt, type AttemptSetup } from './attempt.js';
import type { QuicConnection } from './connection.js';
import { type Progress, timeoutError } from './handshake-error.js';

export interface HandshakeRaceOptions {
  /** Addresses in the order to try them. */
  readonly addresses: readonly string[];
  /** What is left of the connect deadline, ms; 0 is none. */
  readonly ms: number;
  /** The whole connect deadline, for the message. */
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
  readonly peer: string;
}

/** Happy Eyeballs over QUIC handshakes: the first to be established and trusted wins. */
export async function raceHandshakes(setup: AttemptSetup, options: HandshakeRaceOptions): Promise<QuicConnection> {
  const { addresses, ms, signal, limitMs, peer } = options;
  return raceAddresses<QuicConnection, Attempt>({
    addresses,
    ms,
    signal,
    start: (address) => new Attempt(setup, address),
    // A server that answered will not answer differently on its other addresses; one that did not may.
    isLocalTo: (error) => error.stage === 'udp',
    timeoutError(attempts) {
      const tried = attempts.map((attempt) => attempt.address);
      return timeoutError(limitMs, furthest(attempts), tried, peer);
    },
  });
}

function furthest(attempts: readonly Attempt[]): Progress {
  return attempts
    .map((attempt) => attempt.progress)
    .reduce((a, b) => (b.packets > a.packets || b.datagrams > a.datagrams ? b : a), { datagrams: 0, packets: 0 });
}
