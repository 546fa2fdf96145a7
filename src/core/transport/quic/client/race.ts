import type { MoqtError } from '../../../errors/moqt-error.js';
import { raceAddresses } from '../../race.js';
import type { QuicConnection } from '../connection.js';
import { Attempt, type AttemptSetup } from './attempt.js';
import { timeoutError } from './handshake-error.js';
import { NO_PROGRESS, type Progress } from './handshake-watch.js';

export interface HandshakeRaceOptions {
  /** Addresses in the order to try them. */
  readonly addresses: readonly string[];
  /** What is left of the connect deadline, ms; 0 is none. */
  readonly ms: number;
  /** The whole connect deadline, for the message. */
  readonly limitMs: number;
  /** Gives up when nothing at all has come back for so long, ms; undefined: goes on until the deadline. */
  readonly silenceMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly peer: string;
}

/** Happy Eyeballs over QUIC handshakes: the first to be established and trusted wins. */
export async function raceHandshakes(setup: AttemptSetup, options: HandshakeRaceOptions): Promise<QuicConnection> {
  const { addresses, ms, signal, limitMs, silenceMs, peer } = options;
  const errorAfter = (waitedMs: number, attempts: readonly Attempt[]): MoqtError => {
    const tried = attempts.map((attempt) => attempt.address);
    return timeoutError(waitedMs, furthest(attempts), tried, peer);
  };
  return raceAddresses<QuicConnection, Attempt>({
    addresses,
    ms,
    signal,
    start: (address) => new Attempt(setup, address),
    // A server that answered will not answer differently on its other addresses; one that did not may.
    isLocalTo: (error) => error.stage === 'udp',
    timeoutError: (attempts) => errorAfter(limitMs, attempts),
    silence:
      silenceMs === undefined
        ? undefined
        : {
            ms: silenceMs,
            error: (attempts) => (furthest(attempts).datagrams > 0 ? null : errorAfter(silenceMs, attempts)),
          },
  });
}

/** The attempt that got furthest: by packets, then Retry, then whatever came back. */
function furthest(attempts: readonly Attempt[]): Progress {
  const rank = (one: Progress): number => one.packets * 1e6 + one.quicLike * 1e3 + one.datagrams;
  return attempts.map(({ progress }) => progress).reduce((a, b) => (rank(b) > rank(a) ? b : a), NO_PROGRESS);
}
