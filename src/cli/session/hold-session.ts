import type { ConnectedSession } from '../../core/session/connect/connect-settings.js';
import { sessionEndedError } from '../../core/session/failure.js';

/**
 * Stays in a session until a signal or a time is up.
 * @throws MoqtError when the session ends first.
 */
export async function holdSession(
  session: ConnectedSession,
  options: { forMs: number | undefined; signal: AbortSignal },
): Promise<void> {
  const { forMs, signal } = options;
  if (signal.aborted) return;
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const over = new Promise<null>((resolve) => {
    onAbort = () => resolve(null);
    signal.addEventListener('abort', onAbort, { once: true });
    if (forMs !== undefined && forMs > 0) timer = setTimeout(() => resolve(null), forMs);
  });
  try {
    const close = await Promise.race([session.closed, over]);
    if (close === null) return;
    throw sessionEndedError(close, { stage: 'session', afterData: false, peer: session.connection.peer });
  } finally {
    clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
