import type { TransportSession } from '../transport/transport.js';
import { systemClock } from '../util/clock.js';
import { withSignal } from '../util/timeout.js';
import type { MoqtSession, SessionOptions } from './session.js';
import { SessionCore } from './session-core.js';
import { Establishment } from './setup/establishment.js';
import { type Negotiation, negotiate } from './setup/setup.js';

/**
 * Exchanges SETUP over an open transport session. Rejects with MOQT_E_VERSION (no common draft), MOQT_E_TIMEOUT,
 * MOQT_E_PROTOCOL, MOQT_E_UNAUTHORIZED or the signal's reason; the transport is closed then.
 */
export async function establishSession(
  role: 'client' | 'server',
  transport: TransportSession,
  options: SessionOptions,
): Promise<MoqtSession> {
  const clock = options.clock ?? systemClock;
  const startedAt = clock.now();
  let negotiation: Negotiation;
  try {
    negotiation = negotiate(transport, options.profiles);
  } catch (error) {
    await new SessionCore(role, transport, options, null).close('VERSION_NEGOTIATION_FAILED', 'no common draft');
    throw error;
  }
  const core = new SessionCore(role, transport, options, negotiation.profile);
  if (negotiation.quirk !== undefined) core.notice('quirk:no-subprotocol', negotiation.quirk);
  const establishment = new Establishment(core, options, negotiation);
  const timer =
    options.timeouts.setupMs > 0
      ? core.clock.after(options.timeouts.setupMs, () => void establishment.timedOut(options.timeouts.setupMs))
      : null;
  try {
    establishment.begin();
    const peerSetup = await withSignal(establishment.peerSetup, options.signal);
    return establishment.finish(peerSetup, clock.now() - startedAt);
  } catch (error) {
    await core.close('INTERNAL_ERROR', 'the session could not be established');
    throw error;
  } finally {
    timer?.cancel();
  }
}
