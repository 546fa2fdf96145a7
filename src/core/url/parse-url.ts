import { MoqtError } from '../errors/moqt-error.js';
import { escapeText } from '../util/escape.js';
import { redactUrl } from '../util/redact.js';
import { domainToAscii, isIPv4, isIPv6 } from './host-name.js';

/** `moqt` is raw QUIC, `https` WebTransport; `http` fetches the certificate's hash first, for development. */
export type UrlScheme = 'moqt' | 'https' | 'http';

/** A URL of a MoQT server (draft-18 §3.1.2). */
export type MoqtUrl = ServerUrl<UrlScheme>;

/** A URL of a server, with one of the schemes `S`. */
export interface ServerUrl<S extends string> {
  readonly scheme: S;
  /** DNS name in lower case (IDNs in their ASCII form) or IP literal, without brackets. */
  readonly host: string;
  /** 1…65535; 443 unless given. */
  readonly port: number;
  /** Path and query exactly as given, with the leading `/` of the path; `''` when the URL has none. */
  readonly path: string;
  /** `host[:port]` as in the URI: brackets around IPv6, the port only when it is not 443. */
  readonly authority: string;
  /** Without `#`; local to us, never sent. `''` when absent. */
  readonly fragment: string;
  /** The whole URL, fit to be shown: tokens hidden, control characters escaped. */
  readonly redacted: string;
}

const DEFAULT_PORT = 443;
/** A longer one could not be named in a GOAWAY either (draft-18 §10.4). */
const MAX_URL_LENGTH = 8192;
const SCHEMES: readonly UrlScheme[] = ['moqt', 'https', 'http'];
const FORM = 'expected moqt://host[:port][/path], https://… or http://…';

/**
 * Reads a MoQT URL (draft-18 §3.1.2). Strict: whatever is not exactly such a URL is refused with MOQT_E_URL, rather than
 * repaired into something the user did not write.
 */
export function parseMoqtUrl(text: string): MoqtUrl {
  return parseServerUrl(text, SCHEMES, FORM);
}

/** As parseMoqtUrl, with other schemes; `form` says in an error what was expected. */
export function parseServerUrl<S extends string>(text: string, schemes: readonly S[], form: string): ServerUrl<S> {
  const refuse = (problem: string, expected = form, hint?: string): never => {
    throw new MoqtError('MOQT_E_URL', `bad URL ${shown(text)}: ${problem}; ${expected}`, {
      stage: 'config',
      cause: 'url.invalid',
      hint,
    });
  };
  if (text.length > MAX_URL_LENGTH)
    refuse(`it has ${text.length} characters`, `at most ${MAX_URL_LENGTH} are accepted`);
  if (text === '') refuse('it is empty');
  if (/[\s\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) {
    refuse('it contains whitespace or control characters', 'write them as %xx');
  }

  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)(?:#(.*))?$/i.exec(text);
  if (match === null) {
    const bare = text.replace(/^(moqt|https?):\/?(?=[^/])/i, '');
    const guess = /^[^/?#]+(:\d+)?([/?#]|$)/.test(bare) ? `did you mean moqt://${shown(bare)}?` : undefined;
    return refuse('it has no scheme', form, guess);
  }
  const named = (match[1] as string).toLowerCase();
  const scheme = schemes.find((one) => one === named);
  if (scheme === undefined) return refuse(`unknown scheme ${named}`, form);
  const given = match[2] as string;
  if (given.includes('@')) refuse('it carries a user name or password', 'use --auth-token for credentials');
  const { host, port, isIPv6Literal } = parseAuthority(given, refuse);
  const path = checkPath(match[3] as string, refuse);
  const bracketed = isIPv6Literal ? `[${host}]` : host;
  const authority = port === DEFAULT_PORT ? bracketed : `${bracketed}:${port}`;
  const fragment = match[4] ?? '';
  return { scheme, host, port, path, authority, fragment, redacted: shown(text) };
}

type Refuse = (problem: string, expected?: string, hint?: string) => never;

function parseAuthority(given: string, refuse: Refuse): { host: string; port: number; isIPv6Literal: boolean } {
  const bracket = /^\[([^\]]*)\](.*)$/.exec(given);
  let host: string;
  let rest: string;
  if (bracket !== null) {
    host = bracket[1] as string;
    rest = bracket[2] as string;
    if (host.includes('%')) refuse('IPv6 zone identifiers are not supported', 'use --bind to choose the interface');
    if (!isIPv6(host)) refuse(`${escapeText(host)} is no IPv6 address`, 'expected for example [2001:db8::1]');
    host = host.toLowerCase();
  } else {
    const colon = given.indexOf(':');
    host = colon === -1 ? given : given.slice(0, colon);
    rest = colon === -1 ? '' : given.slice(colon);
    if (rest.indexOf(':', 1) !== -1) refuse('it has several colons', 'write an IPv6 address in brackets: [::1]:4443');
    if (host === '') refuse('the host is empty');
    host = checkHost(host, refuse);
  }
  return { host, port: checkPort(rest, refuse), isIPv6Literal: bracket !== null };
}

function checkHost(given: string, refuse: Refuse): string {
  const problem = `${escapeText(given)} is no host name`;
  const host = /^[\x21-\x7e]*$/.test(given) ? given.toLowerCase() : domainToAscii(given);
  const labels = (host.endsWith('.') ? host.slice(0, -1) : host).split('.');
  const wellFormed = labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  if (!wellFormed || host.length > 253) refuse(problem, 'expected a DNS name or an IP address');
  // A last label of digits is an IPv4 address to every resolver; half an address must not become another one.
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) as string) && !isIPv4(host)) {
    refuse(`${escapeText(given)} is no IPv4 address`, 'expected four numbers from 0 to 255');
  }
  return host;
}

function checkPort(text: string, refuse: Refuse): number {
  if (text === '') return DEFAULT_PORT;
  const digits = /^:(\d{1,5})$/.exec(text)?.[1];
  const port = digits === undefined ? 0 : Number(digits);
  if (port < 1 || port > 65_535) refuse(`bad port ${escapeText(text.slice(1)) || '(empty)'}`, 'expected 1 to 65535');
  return port;
}

/** RFC 3986 §3.3 and §3.4; anything beyond ASCII becomes percent-encoded UTF-8, as an IRI does (RFC 3987 §3.1). */
function checkPath(given: string, refuse: Refuse): string {
  const bad = /["<>\\^`{|}[\]]/.exec(given);
  if (bad !== null) refuse(`the path contains ${bad[0]}`, 'write it as %xx');
  if (/%(?![0-9a-f]{2})/i.test(given)) refuse('the path contains a % without two hex digits', 'write % as %25');
  return given.replace(/[^\x21-\x7e]+/g, (run) => encodeURIComponent(run));
}

function shown(text: string): string {
  return escapeText(redactUrl(text), { maxLength: 300 });
}
