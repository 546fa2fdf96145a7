import { MoqtError } from '../../errors/moqt-error.js';
import { type MoqtUrl, parseMoqtUrl } from '../../url/parse-url.js';
import { escapeText } from '../../util/escape.js';
import { PROFILES, profileByDraft } from '../../wire/drafts/index.js';
import type { DraftProfile } from '../../wire/profile.js';
import {
  type ConnectSettings,
  type ConnectTimeouts,
  DEFAULT_TIMEOUTS,
  type TransportChoice,
} from './connect-settings.js';

type PlannedTransport = Exclude<TransportChoice, 'auto'>;

/** What the settings come down to, checked: everything that can be known before the first packet. */
export interface ConnectPlan {
  readonly url: MoqtUrl;
  /** `host:port`. */
  readonly peer: string;
  readonly transport: PlannedTransport;
  /** WebTransport over HTTP/2 is tried when UDP does not get through. */
  readonly fallback: boolean;
  readonly profiles: readonly DraftProfile[];
  /** ALPNs on raw QUIC, `WT-Available-Protocols` on WebTransport. */
  readonly protocols: readonly string[];
  readonly timeouts: ConnectTimeouts;
}

export function planConnection(url: string | MoqtUrl, settings: ConnectSettings): ConnectPlan {
  const parsed = typeof url === 'string' ? parseMoqtUrl(url) : url;
  const transport = chooseTransport(parsed, settings);
  const profiles = chooseProfiles(settings.drafts);
  return {
    url: parsed,
    peer: parsed.host.includes(':') ? `[${parsed.host}]:${parsed.port}` : `${parsed.host}:${parsed.port}`,
    transport,
    fallback: transport === 'webtransport' && (settings.transport ?? 'auto') === 'auto',
    profiles,
    protocols: protocolsOf(profiles, transport),
    timeouts: { ...DEFAULT_TIMEOUTS, ...settings.timeouts },
  };
}

function chooseTransport(url: MoqtUrl, { transport = 'auto' }: ConnectSettings): PlannedTransport {
  if (transport !== 'auto') return transport;
  return url.scheme === 'moqt' ? 'quic' : 'webtransport';
}

/** The profiles of drafts named by number, in this order; all that are supported unless named. Throws MOQT_E_USAGE. */
export function chooseProfiles(drafts: readonly string[] | undefined): readonly DraftProfile[] {
  if (drafts === undefined) return PROFILES;
  const supported = PROFILES.map(({ draft }) => draft).join(', ');
  const refuse = (problem: string): never => {
    throw new MoqtError('MOQT_E_USAGE', `${problem}: expected one or more of ${supported}`, {
      stage: 'config',
      cause: 'draft.unknown',
    });
  };
  if (drafts.length === 0) refuse('no draft is offered');
  return drafts.map((draft, index) => {
    if (drafts.indexOf(draft) !== index) refuse(`draft ${escapeText(draft)} is named twice`);
    return profileByDraft(draft) ?? refuse(`draft "${escapeText(draft, { maxLength: 40 })}" is not supported`);
  });
}

function protocolsOf(profiles: readonly DraftProfile[], transport: PlannedTransport): string[] {
  if (transport === 'quic') return profiles.map(({ alpn }) => alpn);
  return profiles.map(({ webtransportProtocol }) => webtransportProtocol).filter((protocol) => protocol !== null);
}
