import { settlesWithin, withSignal } from '../../util/timeout.js';
import { VersionPinger } from './version-pinger.js';

/** Every QUIC path carries this (RFC 9000 §14). */
export const BASE_SIZE = 1200;
const ATTEMPTS = 3;
/** A server may be slower with one packet than with another, ms. */
const MIN_PATIENCE_MS = 25;
const MAX_PATIENCE_MS = 300;

export interface FullSizeOptions {
  readonly address: string;
  readonly port: number;
  readonly bind: string | undefined;
  /** UDP payload bytes of the large packet. */
  readonly size: number;
  /** For the first answer to a small packet, ms; once there is one, the comparison may go on for up to a second. */
  readonly limitMs: number;
  /** Ends the comparison at once. */
  readonly signal: AbortSignal;
}

/**
 * Whether packets of full size reach the server, beside those of 1200 bytes; `unknown` when it answers neither. A large packet
 * counts as lost only when three in a row were not answered and small ones were. Keeps the process alive until it is over:
 * whoever waits for it may have nothing else that does, once the session is gone. Rejects only with the signal's reason, and
 * when no socket can be had.
 */
export async function fullSizePacket(options: FullSizeOptions): Promise<'passes' | 'vanishes' | 'unknown'> {
  const { address, port, bind, size, limitMs, signal } = options;
  const pinger = await VersionPinger.open(address, port, bind);
  const isAnswered = async (ping: Promise<unknown>, ms: number): Promise<boolean> => {
    const settled = await settlesWithin(withSignal(ping, signal), ms);
    signal.throwIfAborted();
    return settled;
  };
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const sentAt = performance.now();
      const large = pinger.ping(size);
      const limit = attempt === 0 ? limitMs : MAX_PATIENCE_MS;
      if (!(await isAnswered(pinger.ping(BASE_SIZE), limit))) return 'unknown';
      const patience = Math.max(MIN_PATIENCE_MS, 2 * (performance.now() - sentAt));
      if (await isAnswered(large, Math.min(patience, MAX_PATIENCE_MS))) return 'passes';
    }
    return 'vanishes';
  } finally {
    pinger.close();
  }
}
