import type { ConnectedSession } from '../session/connect-settings.js';
import type { SessionCloseInfo } from '../session/session.js';
import { withSignal } from '../util/timeout.js';

/** What a peer may take to refuse a SETUP, beside the time on the way, ms. */
const THINKING_MS = 20;

/**
 * From 17 on both sides send SETUP without waiting: a peer that refuses ours says so after its own has come, a round trip after
 * ours was sent. Waits for that, and gives how the session ended; null when it goes on. Before 17 the answer is the consent.
 */
export async function settle(
  session: ConnectedSession,
  signal: AbortSignal | undefined,
): Promise<SessionCloseInfo | null> {
  const isNative = session.profile.features.requests === 'native-bidi';
  const { rttMs } = session.transport.stats();
  const roundTrip = rttMs ?? 0;
  const waitMs = isNative ? Math.max(0, THINKING_MS + 1.25 * roundTrip - session.setupMs) : 0;
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
