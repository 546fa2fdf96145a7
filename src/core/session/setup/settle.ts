import type { MoqtError } from '../../errors/moqt-error.js';
import type { MoqtUrl } from '../../url/parse-url.js';
import { withSignal } from '../../util/timeout.js';
import { afterTurn } from '../../util/turn.js';
import type { ConnectedSession } from '../connect/connect-settings.js';
import { sessionEndedError } from '../failure.js';
import { CONTROL_STREAM_LOST } from '../requests/control-stream.js';
import type { MoqtSession, SessionCloseInfo } from '../session.js';
import { closedDuringSetup } from './setup-error.js';

/** What the peer may say right behind its SETUP, however long that took to come: GOAWAY, a close. */
const LAST_WORDS_MS = { native: 10, muxed: 5 };
/** Beyond a round trip, for what the smoothed time does not know of. */
const JITTER = 1.25;
/** What a peer may take at least to refuse a SETUP that lacks something, ms. */
const MIN_THINKING_MS = 20;
/** The same where it has a token to check: a signature, or a question to another service. */
const MIN_CHECKING_MS = 50;
/** A peer that is slower than this is not waited for any longer. */
const MAX_THINKING_MS = 100;

export interface SetupTimes {
  /** From the first packet to the established connection. */
  readonly handshakeMs: number;
  /** From there to the peer's SETUP. */
  readonly setupMs: number;
  readonly rttMs: number | null;
  /** Whether to allow for a token that the peer checks before it decides. */
  readonly mayCheckToken: boolean;
}

/**
 * How long a refusal of our SETUP may still be under way once the peer's SETUP is here, ms. It comes a round trip after ours
 * was sent, and the peer's thinking later: at least twice what handshake or SETUP took beyond a round trip, which tells how
 * busy the peer, the way and this machine are.
 */
export function refusalWaitMs(times: SetupTimes): number {
  const { handshakeMs, setupMs, mayCheckToken } = times;
  const rttMs = times.rttMs ?? 0;
  const least = mayCheckToken ? MIN_CHECKING_MS : MIN_THINKING_MS;
  const slownessMs = Math.max(handshakeMs, setupMs) - rttMs;
  const thinkingMs = Math.min(Math.max(least, 2 * slownessMs), MAX_THINKING_MS);
  return Math.max(0, JITTER * rttMs + thinkingMs - setupMs);
}

/**
 * From 17 on both sides send SETUP without waiting: a peer that refuses ours says so after its own has come. Waits for that.
 * Before 17 the answer is the consent, and only what comes right behind it is waited for. `url` is what was asked for.
 * Rejects with MoqtError when the session ends meanwhile, and with the reason of the signal.
 */
export async function settle(
  session: ConnectedSession,
  url: Pick<MoqtUrl, 'path' | 'authority'>,
  signal: AbortSignal | undefined,
  { handshakeMs = 0, mayCheckToken = false }: Partial<Pick<SetupTimes, 'handshakeMs' | 'mayCheckToken'>> = {},
): Promise<void> {
  const isNative = session.profile.features.requests === 'native-bidi';
  const { rttMs } = session.transport.stats();
  const refusal = refusalWaitMs({ handshakeMs, mayCheckToken, setupMs: session.setupMs, rttMs });
  const waitMs = isNative ? Math.max(LAST_WORDS_MS.native, refusal) : LAST_WORDS_MS.muxed;
  const close = await withSignal(endWithin(session, waitMs), signal);
  if (close !== null) throw endedUnasked(close, session, url);
}

/** Whether a session is about to end: its control stream is lost, and the close that may say why is still waited for. */
export function endsSoon(session: MoqtSession): boolean {
  return (session.counters()[CONTROL_STREAM_LOST] ?? 0) > 0;
}

/**
 * Resolves when the packets that this machine has already taken in were read. Where the process was busy, timers are due
 * before them: a verdict must not pass over what the peer said in time.
 */
export function pendingRead(): Promise<void> {
  // The first turn reads the packets, the second has done what they brought.
  return new Promise((resolve) => afterTurn(() => afterTurn(resolve)));
}

/** Why a session ended while nothing was asked of the peer. */
export function endedUnasked(
  close: SessionCloseInfo,
  session: ConnectedSession,
  { path, authority }: Pick<MoqtUrl, 'path' | 'authority'>,
): MoqtError {
  const { peer, draft, protocol } = session.connection;
  // Before 17 the peer's SETUP is its consent to ours: what comes then is another matter.
  const mayRefuse = session.profile.features.requests === 'native-bidi' || close.tlsAlert !== undefined;
  return mayRefuse && close.by !== 'local' && close.goAway === undefined
    ? closedDuringSetup(close, { draft, protocol, path, authority, peer })
    : sessionEndedError(close, { stage: 'session', afterData: false, peer });
}

async function endWithin(session: ConnectedSession, waitMs: number): Promise<SessionCloseInfo | null> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<null>((resolve) => {
    timer = setTimeout(() => void pendingRead().then(() => resolve(null)), waitMs);
  });
  try {
    const close = await Promise.race([session.closed, over]);
    return close === null && endsSoon(session) ? await session.closed : close;
  } finally {
    clearTimeout(timer);
  }
}
