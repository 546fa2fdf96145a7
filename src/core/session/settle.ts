import type { MoqtError } from '../errors/moqt-error.js';
import type { MoqtUrl } from '../url/parse-url.js';
import { withSignal } from '../util/timeout.js';
import type { ConnectedSession } from './connect-settings.js';
import { sessionEndedError } from './failure.js';
import type { SessionCloseInfo } from './session.js';
import { closedDuringSetup } from './setup-error.js';

/** What a peer may take to refuse a SETUP, beside the time on the way, ms. */
const THINKING_MS = 20;
/** What the peer may say right behind its SETUP, however long that took to come: GOAWAY, a close. */
const LAST_WORDS_MS = { native: 10, muxed: 5 };

/**
 * From 17 on both sides send SETUP without waiting: a peer that refuses ours says so after its own has come, a round trip after
 * ours was sent. Waits for that. Before 17 the answer is the consent, and only what comes right behind it is waited for. `url` is what was asked for. Rejects with MoqtError when
 * the session ends meanwhile, and with the reason of the signal.
 */
export async function settle(
  session: ConnectedSession,
  url: Pick<MoqtUrl, 'path' | 'authority'>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const close = await endWithin(session, signal);
  if (close !== null) throw endedUnasked(close, session, url);
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

async function endWithin(session: ConnectedSession, signal: AbortSignal | undefined): Promise<SessionCloseInfo | null> {
  const isNative = session.profile.features.requests === 'native-bidi';
  const { rttMs } = session.transport.stats();
  const roundTrip = rttMs ?? 0;
  const refusal = THINKING_MS + 1.25 * roundTrip - session.setupMs;
  const waitMs = isNative ? Math.max(LAST_WORDS_MS.native, refusal) : LAST_WORDS_MS.muxed;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), waitMs);
  });
  try {
    return await withSignal(Promise.race([session.closed, over]), signal);
  } finally {
    clearTimeout(timer);
  }
}
