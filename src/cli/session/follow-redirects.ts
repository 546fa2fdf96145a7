import { Flags } from '@oclif/core';
import { hopText, type RedirectHop, RedirectTrail, type RequestPlace } from '../../core/session/connect/redirects.js';
import { type PreparedConnection, SECRET_HEADERS } from './connect-settings.js';

/** The flags of the commands that make requests. Environment: `MOQT_<COMMAND>_<FLAG>`. */
export const followFlags = {
  follow: Flags.boolean({
    helpGroup: 'CONNECTION',
    description: 'go where a REDIRECT sends the request, at most 5 times; tokens stay behind at another host',
  }),
  'follow-auth': Flags.boolean({
    helpGroup: 'CONNECTION',
    description: 'with --follow: the token and credentials in headers go to other hosts, too',
    dependsOn: ['follow'],
  }),
};

export interface FollowFlags {
  readonly follow: boolean;
  readonly 'follow-auth': boolean;
}

/** Where hops are told. */
interface HopVoice {
  note(line: string): void;
  warning(line: string, kind?: string): void;
}

/** One attempt: where, with what, and the redirects that led there. */
export interface Attempt {
  readonly place: RequestPlace;
  readonly connection: PreparedConnection;
  readonly hops: readonly RedirectHop[];
}

/**
 * Makes a request, and with --follow makes it again where the peer says that it belongs. Trust is as the flags say at every
 * place; credentials go to the host and port of the first URL only, unless --follow-auth sends them on. Rejects as `attempt`
 * does, and with MOQT_E_REJECTED for redirects that cannot be followed.
 */
export async function followRedirects<T>(
  voice: HopVoice,
  flags: FollowFlags,
  first: { readonly place: RequestPlace; readonly connection: PreparedConnection },
  attempt: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  if (!flags.follow) return attempt({ ...first, hops: [] });
  const trail = new RedirectTrail(first.place);
  let { connection } = first;
  for (;;) {
    try {
      return await attempt({ place: trail.place, connection, hops: trail.hops });
    } catch (error) {
      const next = trail.next(error);
      if (next === null) throw error;
      connection = connectionAt(voice, flags, first.connection, next.hop);
    }
  }
}

/** Tells of the hop, and gives what may be sent there. */
export function connectionAt(
  voice: HopVoice,
  flags: FollowFlags,
  given: PreparedConnection,
  hop: RedirectHop,
): PreparedConnection {
  voice.note(hopText(hop));
  if (!hop.otherOrigin || flags['follow-auth']) return given;
  const kept = withoutCredentials(given);
  if (kept === null) return given;
  voice.warning(`credentials are not sent to ${hop.to}: --follow-auth sends them`, 'redirect-credentials');
  return kept;
}

/** Null when there are none to leave out. */
function withoutCredentials({ settings, requestTokens }: PreparedConnection): PreparedConnection | null {
  const { setup, network, ...rest } = settings;
  const headers = network?.headers?.filter(([name]) => !SECRET_HEADERS.has(name));
  const hadSetup = (setup?.authorizationTokens?.length ?? 0) > 0;
  const hadHeader = headers?.length !== network?.headers?.length;
  if (!hadSetup && !hadHeader && requestTokens.length === 0) return null;
  const { authorizationTokens: _left, ...otherSetup } = setup ?? {};
  return { settings: { ...rest, setup: otherSetup, network: { ...network, headers } }, requestTokens: [] };
}

/** The hops as they stand in a document; nothing when there were none. */
export function redirectsField(hops: readonly RedirectHop[]): { redirects?: readonly RedirectHop[] } {
  return hops.length === 0 ? {} : { redirects: hops };
}
