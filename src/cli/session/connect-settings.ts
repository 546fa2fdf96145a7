import { isIP } from 'node:net';
import { parsePin } from '../../core/certs/pins.js';
import { MoqtError } from '../../core/errors/moqt-error.js';
import type {
  ConnectSettings,
  NetworkSettings,
  TransportChoice,
  TrustSettings,
} from '../../core/session/connect/connect-settings.js';
import type { AuthorizationToken } from '../../core/wire/messages/parameters.js';
import { hideSecrets } from '../command/secrets.js';
import { badFlag } from '../flags/kinds.js';
import { asAuthorizationToken, readAuthToken } from './auth-token.js';

/** Their values are credentials, whole and in parts. */
export const SECRET_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** The values of the flags of every command that connects. */
export interface ConnectionFlags {
  readonly draft?: readonly string[] | undefined;
  readonly transport: TransportChoice;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly bind?: string | undefined;
  readonly resolve?: readonly string[] | undefined;
  readonly 'keep-alive'?: number | undefined;
  readonly 'congestion-control': 'cubic' | 'bbr' | 'reno';
  readonly header?: readonly string[] | undefined;
  readonly ca?: string | undefined;
  readonly 'cert-sha256'?: readonly string[] | undefined;
  readonly insecure: boolean;
  readonly servername?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly 'auth-token'?: string | undefined;
  readonly 'auth-token-type': number;
  readonly 'auth-in': 'setup' | 'request' | 'both';
  readonly 'connect-timeout': number;
  readonly 'setup-timeout': number;
  readonly 'request-timeout': number;
  readonly 'idle-timeout': number;
  readonly 'close-timeout': number;
}

/** What the flags say about a connection, and the token for its requests. */
export interface PreparedConnection {
  readonly settings: ConnectSettings;
  /** Goes with every request when --auth-in says so; empty otherwise. */
  readonly requestTokens: readonly AuthorizationToken[];
}

/** Checks the connection flags and reads what they name. Nothing has been sent when this throws. */
export async function prepareConnection(
  flags: ConnectionFlags,
  options: { stdinTaken: boolean },
): Promise<PreparedConnection> {
  const place = placeSettings(flags);
  const trust = trustSettings(flags);
  const secret = await readAuthToken({ source: flags['auth-token'], env: process.env, stdinTaken: options.stdinTaken });
  const tokens = secret ? [asAuthorizationToken(secret, flags['auth-token-type'])] : [];
  const inSetup = flags['auth-in'] !== 'request';
  const inRequest = flags['auth-in'] !== 'setup';
  const settings: ConnectSettings = {
    drafts: flags.draft,
    transport: flags.transport,
    trust,
    network: {
      ...place,
      keepAliveMs: flags['keep-alive'],
      congestionControl: flags['congestion-control'],
      headers: flags.header?.map(parseHeader),
    },
    timeouts: {
      connectMs: flags['connect-timeout'],
      setupMs: flags['setup-timeout'],
      requestMs: flags['request-timeout'],
      idleMs: flags['idle-timeout'],
      closeMs: flags['close-timeout'],
    },
    ...(inSetup && tokens.length > 0 && { setup: { authorizationTokens: tokens } }),
  };
  return { settings, requestTokens: inRequest ? tokens : [] };
}

/** Where packets go and come from, as the flags say. */
export function placeSettings(
  flags: Pick<ConnectionFlags, 'bind' | 'resolve' | 'ipv4' | 'ipv6'>,
): Pick<NetworkSettings, 'bind' | 'resolve' | 'family'> {
  const { bind, resolve, ipv4, ipv6 } = flags;
  if (bind !== undefined && isIP(bind) === 0) throw badFlag('bind', bind, 'an IP address of this machine');
  return { bind, resolve: resolve ? parseResolve(resolve) : undefined, family: ipv4 ? 4 : ipv6 ? 6 : undefined };
}

/** What is trusted, and who we are, as the flags say. */
export function trustSettings(
  flags: Pick<ConnectionFlags, 'ca' | 'cert-sha256' | 'insecure' | 'servername' | 'cert' | 'key'>,
): TrustSettings {
  const { servername } = flags;
  if (servername !== undefined && !/^[^\s\p{Cc}]{1,255}$/u.test(servername)) {
    throw badFlag('servername', servername, 'a host name');
  }
  return {
    caFile: flags.ca,
    pins: flags['cert-sha256']?.map((pin) => parsePin(pin)),
    insecure: flags.insecure,
    servername,
    certFile: flags.cert,
    keyFile: flags.key,
  };
}

/** `HOST:PORT:ADDR`, where ADDR may be an IPv6 address in brackets. */
function parseResolve(values: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const map = new Map<string, string[]>();
  for (const value of values) {
    const match = /^(\[[^\]]+\]|[^:]+):(\d{1,5}):(\[[0-9a-fA-F:.]+\]|[0-9.]+|[0-9a-fA-F:]+)$/.exec(value);
    if (!match) throw badFlag('resolve', value, 'HOST:PORT:ADDR, for example relay.example:443:127.0.0.1');
    const [, host, port, address] = match as unknown as [string, string, string, string];
    const key = `${host}:${port}`;
    map.set(key, [...(map.get(key) ?? []), address.replace(/^\[|\]$/g, '')]);
  }
  return map;
}

function parseHeader(value: string): [string, string] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\t]*)$/.exec(value);
  if (!match) throw badFlag('header', value, "'Name: value' in printable ASCII");
  const [name, content] = [(match[1] as string).toLowerCase(), match[2] as string];
  if (SECRET_HEADERS.has(name)) hideSecrets([content, ...content.split(/[\s;=]+/)]);
  return [name, content];
}

/** `relay.example:4443` of a listen flag. */
export function parseListen(value: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})$/.exec(value);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new MoqtError('MOQT_E_USAGE', `--listen does not accept ${JSON.stringify(value)}`, {
      stage: 'config',
      cause: 'usage.flag',
      hint: 'expected HOST:PORT, for example localhost:4443 or [::1]:0 (0 picks a free port)',
    });
  }
  return { host: (match[1] ?? match[2]) as string, port };
}
