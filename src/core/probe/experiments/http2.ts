import { MoqtError } from '../../errors/moqt-error.js';
import { connect } from '../../session/connect/connect.js';
import type { ConnectSettings } from '../../session/connect/connect-settings.js';
import type { MoqtUrl } from '../../url/parse-url.js';

/** Null when a session comes about with WebTransport over HTTP/2, else why not. */
export async function overHttp2(url: MoqtUrl, settings: ConnectSettings, limitMs: number): Promise<string | null> {
  try {
    const session = await connect(url, {
      ...settings,
      transport: 'webtransport-h2',
      timeouts: { ...settings.timeouts, connectMs: limitMs, setupMs: limitMs, closeMs: Math.min(limitMs, 100) },
    });
    await session.close();
    return null;
  } catch (error) {
    if (!(error instanceof MoqtError)) throw error;
    return error.message;
  }
}
