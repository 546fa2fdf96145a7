import { MoqtError } from '../../errors/moqt-error.js';
import type { TransportSession } from '../../transport/transport.js';
import type { SetupOptions } from '../../wire/messages/parameters.js';
import type { DraftProfile } from '../../wire/profile.js';
import { initialGrant } from '../requests/credit.js';
import type { SessionOptions } from '../session.js';
import { DEFAULT_LIMITS, type SessionCore } from '../session-core.js';

/** What the transport's handshake left open about the draft. */
export interface Negotiation {
  /** The draft that SETUP is written in. */
  readonly profile: DraftProfile;
  /** All drafts that are offered inside SETUP, the best first; empty where the transport has decided. */
  readonly inBand: readonly DraftProfile[];
  /** Set when the peer's choice of protocol was not by the book. */
  readonly quirk?: string;
}

/**
 * The draft that the transport's protocol names (draft-18 §3.1), or those to be offered in SETUP (draft-14 §9.3.1). A
 * WebTransport session without a protocol is one of draft 14, or of the only draft that we offer: some relays answer so.
 * Throws MOQT_E_VERSION when nothing fits.
 */
export function negotiate(transport: TransportSession, profiles: readonly DraftProfile[]): Negotiation {
  const { protocol, kind } = transport;
  const inBand = profiles.filter(({ features }) => features.inBandVersions);
  const named = profiles.find((profile) => profile.alpn === protocol || profile.webtransportProtocol === protocol);
  if (named !== undefined) {
    return { profile: named, inBand: named.features.inBandVersions ? inBand : [] };
  }
  if (protocol === '' && kind.startsWith('webtransport')) {
    const [only] = profiles;
    if (profiles.length === 1 && only !== undefined && !only.features.inBandVersions) {
      return { profile: only, inBand: [], quirk: `the peer named no protocol, so draft ${only.draft} is assumed` };
    }
    const [first] = inBand;
    if (first !== undefined) return { profile: first, inBand };
  }
  const offered = profiles.map(({ draft }) => draft).join(', ');
  throw new MoqtError(
    'MOQT_E_VERSION',
    `the transport agreed on ${protocol === '' ? 'no protocol' : `'${protocol}'`}, which is none of the drafts ${offered}`,
    { stage: 'setup', cause: 'setup.version' },
  );
}

/** Our SETUP options: what the caller wants, and what is always said (MAX_REQUEST_ID to 16). */
export function ownSetup(transport: TransportSession, profile: DraftProfile, options: SessionOptions): SetupOptions {
  const { path, authority, ...rest } = options.setup ?? {};
  // WebTransport has both in its CONNECT, and forbids them here (draft-18 §10.3.1).
  const place = transport.kind.startsWith('webtransport') ? {} : { path, authority };
  if (profile.features.requests !== 'muxed-control') return { ...place, ...rest };
  const maxRequests = options.limits?.maxRequests ?? DEFAULT_LIMITS.maxRequests;
  return { ...place, ...rest, maxRequestId: initialGrant(maxRequests) };
}

/** Closes the session when the peer's SETUP says what it must not; false then. */
export function checkPeerSetup(core: SessionCore, options: SetupOptions): boolean {
  const overWebTransport = core.transport.kind.startsWith('webtransport');
  const allowed = core.role === 'server' && !overWebTransport;
  const who = core.role === 'client' ? 'a server' : 'a WebTransport client';
  if (options.path !== undefined && !allowed) core.fail('INVALID_PATH', `${who} sent PATH in SETUP`);
  else if (options.authority !== undefined && !allowed)
    core.fail('INVALID_AUTHORITY', `${who} sent AUTHORITY in SETUP`);
  return core.ending === null;
}

/** Which of the client's versions this server takes: its own preference decides. */
export function selectVersion(
  offered: readonly bigint[] | undefined,
  ours: readonly DraftProfile[],
): DraftProfile | undefined {
  return ours.find(({ versionCode }) => offered?.includes(versionCode));
}
