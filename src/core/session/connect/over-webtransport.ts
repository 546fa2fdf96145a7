import { MoqtError } from '../../errors/moqt-error.js';
import type { TransportSession } from '../../transport/transport.js';
import { SessionClosed } from '../../transport/transport-errors.js';
import { type W3cWebTransport, wrapWebTransport } from '../../transport/w3c/index.js';
import { VERSION } from '../../util/version.js';
import type { SetupOptions } from '../../wire/messages/parameters.js';
import type { DraftProfile } from '../../wire/profile.js';
import { establishSession } from '../establish.js';
import type { MoqtSession, SessionHandlers, SessionLimits, SessionOptions } from '../session.js';
import { chooseDraft } from '../setup/choose-draft.js';
import { closedBeforeSetup } from '../setup/early-close.js';
import { chooseProfiles } from './connect-plan.js';
import { type ConnectTimeouts, type ConnectWarning, DEFAULT_TIMEOUTS } from './connect-settings.js';

/** How a session over someone else's WebTransport is opened; everything has a default. */
export interface WebTransportSettings {
  /**
   * Drafts by number, the most preferred first; default: all that are supported. The object must have been opened with
   * their `protocols` ("moqt-18", "moqt-16"; draft 14 has none). Which one it is, its `protocol` says, where there is one.
   */
  readonly drafts?: readonly string[] | undefined;
  /** What the server chose, where the object has no `protocol` but it is known. */
  readonly protocol?: string | undefined;
  /** Default `client`; `server` for what a WebTransport server has accepted. */
  readonly role?: 'client' | 'server' | undefined;
  /** ms; 0 is none. `connectMs` is the time until the object is ready. */
  readonly timeouts?: Partial<Omit<ConnectTimeouts, 'idleMs'>> | undefined;
  /** Added to what SETUP carries anyway: tokens, the token cache. */
  readonly setup?: SetupOptions | undefined;
  readonly handlers?: SessionHandlers | undefined;
  readonly limits?: Partial<SessionLimits> | undefined;
  /** Sees every control message, both ways, with its raw bytes: for traces. */
  readonly onControlMessage?: SessionOptions['onControlMessage'];
  /** Told what a person should know of how the session came about. */
  readonly onWarning?: ((warning: ConnectWarning) => void) | undefined;
  /** How the peer is called in errors, for example its URL without secrets. */
  readonly peer?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a MoQT session over any object with the W3C WebTransport interface: a browser's, Deno's, that of
 * `@fails-components/webtransport`. Takes the object over: it is closed with the session, and when none comes about.
 *
 * Without a `protocol` it is the only draft that is offered, with a warning; else draft 14, which negotiates inside SETUP.
 *
 * Rejects with MoqtError: MOQT_E_USAGE, then MOQT_E_UNREACHABLE when the object does not become ready (it says no more),
 * MOQT_E_VERSION, MOQT_E_PROTOCOL, MOQT_E_UNAUTHORIZED, MOQT_E_TIMEOUT; or with the reason of the signal.
 */
export async function overWebTransport(wt: W3cWebTransport, settings: WebTransportSettings = {}): Promise<MoqtSession> {
  const { role = 'client', peer = 'the peer', protocol, signal } = settings;
  const profiles = chooseProfiles(settings.drafts);
  const timeouts = { ...DEFAULT_TIMEOUTS, ...settings.timeouts };
  const transport = await wrapWebTransport(wt, {
    role,
    protocol,
    peer: settings.peer,
    connectTimeoutMs: timeouts.connectMs,
    signal,
  });
  let profile = profiles[0] as DraftProfile;
  try {
    const offered = role === 'server' ? profiles : [decideDraft(transport, profiles, peer, settings)];
    profile = offered[0] as DraftProfile;
    return await establishSession(role, transport, { ...sessionOptions(settings, timeouts), profiles: offered });
  } catch (error) {
    const isVersion = error instanceof MoqtError && error.code === 'MOQT_E_VERSION';
    const code = profile.codes('session').code(isVersion ? 'VERSION_NEGOTIATION_FAILED' : 'NO_ERROR');
    await transport.close(code, '', timeouts.closeMs);
    throw error instanceof SessionClosed ? closedBeforeSetup(error, profile, transport, peer) : error;
  }
}

function decideDraft(
  transport: TransportSession,
  profiles: readonly DraftProfile[],
  peer: string,
  { onWarning }: WebTransportSettings,
): DraftProfile {
  const { profile, warning } = chooseDraft({ profiles, transport: 'webtransport', peer }, transport.protocol);
  if (warning !== null) onWarning?.(warning);
  return profile;
}

function sessionOptions(
  { setup, handlers, limits, onControlMessage, signal }: WebTransportSettings,
  { setupMs, requestMs, closeMs }: ConnectTimeouts,
): Omit<SessionOptions, 'profiles'> {
  return {
    setup: { implementation: `moqt/${VERSION}`, ...setup },
    timeouts: { setupMs, requestMs, closeMs },
    ...(handlers === undefined ? {} : { handlers }),
    ...(limits === undefined ? {} : { limits }),
    ...(onControlMessage === undefined ? {} : { onControlMessage }),
    ...(signal === undefined ? {} : { signal }),
  };
}
