import { MoqtError } from '../errors/moqt-error.js';
import type { SessionObserver } from '../session/observer.js';
import { isIpLiteral, isLoopback } from '../transport/address.js';
import { resolveHost } from '../transport/resolve-host.js';
import { escapeText } from '../util/escape.js';
import { PROFILES, profileByDraft } from '../wire/drafts/index.js';
import type { DraftProfile } from '../wire/profile.js';
import type { RelayEventHandler } from './events.js';
import type { RelayPolicy } from './policy.js';

/** Raw QUIC, WebTransport over HTTP/3, or over HTTP/2. */
export type RelayTransport = 'quic' | 'webtransport' | 'webtransport-h2';

export const RELAY_TRANSPORTS: readonly RelayTransport[] = ['quic', 'webtransport', 'webtransport-h2'];

/** Where a relay listens, what it speaks, whom it lets in. */
export interface ServeRelayOptions {
  /**
   * IP address to bind, or a name that has one; default 127.0.0.1, which is also what `localhost` is where it is both.
   * Another than a loopback address needs `allowRemote`.
   */
  readonly host?: string;
  /** Default 4443; 0 picks a free one. */
  readonly port?: number;
  readonly allowRemote?: boolean;
  /** PEM, both or none. Without them a certificate for localhost, 127.0.0.1, ::1 and `host` is made, valid 13 days. */
  readonly certPem?: string;
  readonly keyPem?: string;
  /** As users write them, the most preferred first; default all that are supported. */
  readonly drafts?: readonly string[];
  /** Default all: the first two on one UDP port, HTTP/2 on the TCP port of the same number. */
  readonly transports?: readonly RelayTransport[];
  /**
   * Whether a page for browsers is served over plain HTTP on the TCP port: it needs `webtransport` to connect by, and
   * `webtransport-h2` for the port. Unless `allowRemote`, to names of this machine only. Default false.
   */
  readonly web?: boolean;
  /** Sessions must show it. */
  readonly authToken?: string | Uint8Array;
  /** Ways to misbehave on purpose, such as `drop:1%` or `silent-setup`, for tests of clients; see `--fault help`. */
  readonly faults?: readonly string[];
  /** What chance the faults have; default 1. The same seed gives the same misfortunes. */
  readonly faultSeed?: number;
  readonly policy?: Partial<RelayPolicy>;
  /** Streams of each kind that one peer may have open at a time; default 1000. */
  readonly maxStreams?: number;
  /** ms; default 5000. */
  readonly setupTimeoutMs?: number;
  /** ms; default 30 000. */
  readonly idleTimeoutMs?: number;
  /** ms; default 2000. */
  readonly closeTimeoutMs?: number;
  readonly congestionControl?: 'cubic' | 'bbr' | 'reno';
  /** File that TLS secrets are appended to (NSS key log format). */
  readonly keylogFile?: string;
  /** Gives each session that is accepted an observer, before its SETUP: for traces. */
  readonly observe?: () => SessionObserver;
  /** What it throws is counted (`hookErrors`) and costs no session. */
  readonly onEvent?: RelayEventHandler;
}

export interface CheckedOptions {
  /** IP address. */
  readonly host: string;
  readonly port: number;
  readonly profiles: readonly DraftProfile[];
  /** In the order of RELAY_TRANSPORTS. */
  readonly transports: readonly RelayTransport[];
}

const DEFAULT_HOST = '127.0.0.1';
/** For the name server, when the host is a name. */
const RESOLVE_MS = 5000;

/** The addresses of a name, best first. */
type Resolve = (host: string) => Promise<readonly string[]>;

/**
 * Everything that can be wrong is found before a socket is opened. Rejects with MOQT_E_USAGE, and MOQT_E_DNS or
 * MOQT_E_TIMEOUT for a host name.
 */
export async function checkOptions(options: ServeRelayOptions, resolve: Resolve = askDns): Promise<CheckedOptions> {
  const { host: name = DEFAULT_HOST, port = 4443, transports = RELAY_TRANSPORTS } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    refuse('relay.port', `${port} is not a port number`, 'expected 0 to 65535');
  if ((options.certPem === undefined) !== (options.keyPem === undefined)) {
    refuse('relay.certificate', 'a certificate and its key belong together', 'give both or none');
  }
  if (options.authToken !== undefined && options.authToken.length === 0) {
    refuse('relay.token', 'the token is empty', 'an empty token would let everybody in');
  }
  if (transports.length === 0)
    refuse('relay.transports', 'no transport to serve', 'expected some of quic, webtransport and webtransport-h2');
  if (options.web === true && !(transports.includes('webtransport') && transports.includes('webtransport-h2'))) {
    refuse(
      'relay.web',
      `a page cannot be served with the transports ${transports.join(', ')} only`,
      'it comes over the TCP port of webtransport-h2 and connects by webtransport, so serve both',
    );
  }
  const profiles = profilesFor(options.drafts);
  const host = isIpLiteral(name) ? name : choose(await resolve(name));
  if (!isLoopback(host) && options.allowRemote !== true) {
    const shown = name === host ? host : `${escapeText(name, { maxLength: 100 })} (${host})`;
    refuse(
      'relay.remote',
      `${shown} can be reached by others, and this is a relay for development`,
      'allow it with --allow-remote (allowRemote), and set a token',
    );
  }
  return {
    host,
    port,
    profiles,
    transports: RELAY_TRANSPORTS.filter((one) => transports.includes(one)),
  };
}

function askDns(host: string): Promise<readonly string[]> {
  return resolveHost({ host, port: 0 }, {}, RESOLVE_MS);
}

function choose(addresses: readonly string[]): string {
  return addresses.includes(DEFAULT_HOST) ? DEFAULT_HOST : (addresses[0] as string);
}

function profilesFor(drafts: readonly string[] | undefined): readonly DraftProfile[] {
  if (drafts === undefined) return PROFILES;
  const profiles = drafts.map((draft) => {
    const profile = profileByDraft(draft);
    if (profile !== undefined) return profile;
    const known = PROFILES.map((one) => one.draft).join(', ');
    return refuse(
      'relay.draft',
      `draft "${escapeText(draft, { maxLength: 20 })}" is not supported`,
      `expected some of ${known}`,
    );
  });
  if (profiles.length === 0) refuse('relay.draft', 'no draft to serve', 'give at least one');
  return [...new Set(profiles)];
}

function refuse(cause: string, message: string, hint: string): never {
  throw new MoqtError('MOQT_E_USAGE', message, { stage: 'config', cause, hint });
}
