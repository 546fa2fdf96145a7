import { timingSafeEqual } from 'node:crypto';
import type { ConnectRequest } from '../transport/transport.js';
import { utf8 } from '../util/bytes.js';
import type { AuthorizationToken, SetupOptions } from '../wire/messages/parameters.js';

/** What a WebTransport request says of its credentials. */
export type HttpCredentials = 'right' | 'wrong' | 'none';

/** Query parameters that carry a token, as relays in use name them. */
const QUERY_NAMES = ['token', 'jwt', 'access_token'];

/**
 * One secret for the whole relay. A session shows it in the AUTHORIZATION_TOKEN option of its SETUP, on any transport;
 * in the query of its path, or over WebTransport with the CONNECT request as `Authorization: Bearer …`. Only such a
 * request can be answered with 401 when it shows a wrong one; a request without any is let through to its SETUP. A
 * session that is let in need not show it again, but a MoQT request that carries tokens must carry the right one.
 */
export class TokenCheck {
  readonly #expected: Uint8Array;

  constructor(token: string | Uint8Array) {
    this.#expected = typeof token === 'string' ? utf8(token) : token;
  }

  http(request: Pick<ConnectRequest, 'path' | 'headers'>): HttpCredentials {
    const shown = shownIn(request);
    if (shown.length === 0) return 'none';
    return shown.some((token) => this.#matches(utf8(token))) ? 'right' : 'wrong';
  }

  /** On raw QUIC the path, and with it the query, is an option, too. */
  setup({ authorizationTokens = [], path = '' }: SetupOptions): boolean {
    return this.tokens(authorizationTokens) || shownInQuery(path).some((token) => this.#matches(utf8(token)));
  }

  tokens(tokens: readonly AuthorizationToken[]): boolean {
    return tokens.some((token) => {
      const value = tokenValue(token);
      return value !== null && this.#matches(value);
    });
  }

  #matches(token: Uint8Array): boolean {
    // timingSafeEqual wants equal lengths; the length of the secret is not what is protected.
    return token.length === this.#expected.length && timingSafeEqual(token, this.#expected);
  }
}

function tokenValue(token: AuthorizationToken): Uint8Array | null {
  return token.alias === 'use-value' || token.alias === 'register' ? token.value : null;
}

function shownIn({ path, headers }: Pick<ConnectRequest, 'path' | 'headers'>): string[] {
  const shown = shownInQuery(path);
  const bearer = /^Bearer +(.+)$/i.exec(headers.get('authorization') ?? '');
  if (bearer !== null) shown.push((bearer[1] as string).trim());
  return shown;
}

function shownInQuery(path: string): string[] {
  const question = path.indexOf('?');
  if (question < 0) return [];
  const query = new URLSearchParams(path.slice(question + 1));
  return QUERY_NAMES.flatMap((name) => query.getAll(name));
}
