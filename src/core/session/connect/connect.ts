import type { MoqtUrl } from '../../url/parse-url.js';
import { systemClock } from '../../util/clock.js';
import { establishSession } from '../establish.js';
import type { ConnectedSession, ConnectSettings } from './connect-settings.js';
import { connectWith } from './connect-with.js';

/**
 * Opens a MoQT session: checks URL and settings, decides transport, drafts and trust, connects, exchanges SETUP. How it came
 * about is in the session's `connection`.
 *
 * Rejects with MoqtError: MOQT_E_URL, MOQT_E_USAGE, MOQT_E_UNSUPPORTED and MOQT_E_LOCAL_IO before a packet is sent; then
 * MOQT_E_DNS, MOQT_E_UNREACHABLE, MOQT_E_TLS (also before, for roots that cannot be used), MOQT_E_UNAUTHORIZED,
 * MOQT_E_REJECTED, MOQT_E_VERSION, MOQT_E_PROTOCOL, MOQT_E_TIMEOUT; or with the reason of the signal. Nothing stays open then.
 */
export async function connect(url: string | MoqtUrl, settings: ConnectSettings = {}): Promise<ConnectedSession> {
  return connectWith(
    {
      // Loaded only now: the QUIC library is a native addon.
      quic: async () => (await import('../../transport/quic/client/connect.js')).quicTransport,
      webtransport: async () => (await import('../../transport/webtransport/index.js')).webtransportTransport,
      webtransportH2: async () => (await import('../../transport/webtransport-h2/index.js')).webtransportH2Transport,
      establish: establishSession,
      clock: systemClock,
      // The global: importing node:process opens stdin, stdout and stderr.
      env: process.env,
    },
    url,
    settings,
  );
}
