import { parsePin } from '../../certs/pins.js';
import { MoqtError } from '../../errors/moqt-error.js';
import type { W3cWebTransport } from '../../transport/w3c/index.js';
import { type MoqtUrl, parseMoqtUrl } from '../../url/parse-url.js';
import { escapeText } from '../../util/escape.js';
import type { MoqtSession } from '../session.js';
import { chooseProfiles } from './connect-plan.js';
import { overWebTransport, type WebTransportSettings } from './over-webtransport.js';

/** The constructor of the W3C interface. */
export type W3cConstructor = new (url: string, options?: W3cConnectOptions) => W3cWebTransport;

/** WebTransportOptions, as far as they are used here. */
export interface W3cConnectOptions {
  readonly serverCertificateHashes?: { readonly algorithm: 'sha-256'; readonly value: Uint8Array }[];
  readonly protocols?: string[];
  readonly congestionControl?: 'default' | 'throughput' | 'low-latency';
  readonly requireUnreliable?: boolean;
}

/** How connect() opens a session; everything has a default. */
export interface WebConnectSettings extends Omit<WebTransportSettings, 'role' | 'peer' | 'protocol'> {
  /**
   * SHA-256 of acceptable certificates, as bytes, hex or base64, instead of the runtime's roots. Browsers want such
   * certificates to be ECDSA and valid for at most 14 days.
   */
  readonly serverCertificateHashes?: readonly (string | Uint8Array)[] | undefined;
  readonly congestionControl?: W3cConnectOptions['congestionControl'] | undefined;
  /** Refuses WebTransport over HTTP/2, where the runtime has it. */
  readonly requireUnreliable?: boolean | undefined;
  /** Default: the runtime's, `globalThis.WebTransport`. */
  readonly WebTransport?: W3cConstructor | undefined;
}

/**
 * Opens a MoQT session with the runtime's own WebTransport: `https://host[:port]/path`. Offers the protocols of the drafts.
 *
 * Rejects as overWebTransport does, with MOQT_E_URL for a URL that is not https, and with MOQT_E_UNSUPPORTED where there is
 * no WebTransport.
 */
export async function connect(url: string | URL, settings: WebConnectSettings = {}): Promise<MoqtSession> {
  settings.signal?.throwIfAborted();
  const parsed = parseMoqtUrl(String(url));
  if (parsed.scheme !== 'https') {
    throw new MoqtError('MOQT_E_URL', `bad URL ${parsed.redacted}: WebTransport needs https://`, {
      stage: 'config',
      cause: 'url.invalid',
    });
  }
  const { WebTransport = (globalThis as { WebTransport?: W3cConstructor }).WebTransport } = settings;
  if (WebTransport === undefined) {
    throw new MoqtError('MOQT_E_UNSUPPORTED', 'this runtime has no WebTransport', {
      stage: 'config',
      cause: 'transport.unsupported',
      hint: 'browsers have it in secure contexts only: https:// or localhost',
    });
  }
  const wt = open(WebTransport, parsed, String(url), settings);
  return overWebTransport(wt, { ...settings, peer: parsed.authority });
}

function open(
  WebTransport: W3cConstructor,
  parsed: MoqtUrl,
  url: string,
  { drafts, serverCertificateHashes: pins = [], congestionControl, requireUnreliable }: WebConnectSettings,
): W3cWebTransport {
  const protocols = chooseProfiles(drafts)
    .map(({ webtransportProtocol }) => webtransportProtocol)
    .filter((protocol) => protocol !== null);
  const hashes = pins.map((pin) => ({
    algorithm: 'sha-256' as const,
    value: typeof pin === 'string' ? parsePin(pin) : pin,
  }));
  // What is not asked for is not mentioned: implementations differ in what they know.
  const options: W3cConnectOptions = {
    ...(protocols.length === 0 ? {} : { protocols }),
    ...(hashes.length === 0 ? {} : { serverCertificateHashes: hashes }),
    ...(congestionControl === undefined ? {} : { congestionControl }),
    ...(requireUnreliable === undefined ? {} : { requireUnreliable }),
  };
  try {
    // A fragment is ours, and not allowed there.
    return new WebTransport(url.replace(/#.*$/s, ''), options);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new MoqtError('MOQT_E_USAGE', `no WebTransport to ${parsed.redacted}: ${escapeText(words)}`, {
      stage: 'webtransport',
      cause: 'webtransport.refused',
      origin: error,
    });
  }
}
