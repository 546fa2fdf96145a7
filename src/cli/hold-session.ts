import { MoqtError } from '../core/errors/moqt-error.js';
import type { ConnectedSession } from '../core/session/connect-settings.js';
import { sessionEndedError } from '../core/session/failure.js';

/**
 * Stays in a session until a signal or a time is up.
 * @throws MoqtError when the peer ends it first, or asked us to go with GOAWAY and the deadline it gave has come.
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
    const peer = session.connection.peer;
    if (session.goAwayReceived) {
      const { newSessionUri } = session.goAwayReceived;
      throw new MoqtError('MOQT_E_CLOSED', `the peer sent GOAWAY and closed the session: ${close.name}`, {
        stage: 'session',
        cause: 'session.goaway',
        peer,
        hint: newSessionUri
          ? `it wants us at ${newSessionUri}`
          : 'connect again: the relay is restarting or moving its load',
      });
    }
    throw sessionEndedError(close, { stage: 'session', afterData: false, peer });
  } finally {
    clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
