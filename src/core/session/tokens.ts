import { bytesEqual } from '../util/bytes.js';
import type { AuthorizationToken, Parameters } from '../wire/messages/parameters.js';
import type { Refusal } from './session.js';
import type { SessionCore } from './session-core.js';

/** What a registered token counts beside its value (draft-18 §10.3.1.3). */
const TOKEN_OVERHEAD = 16;

type UseValue = Extract<AuthorizationToken, { alias: 'use-value' }>;

interface Registered {
  readonly tokenType: bigint;
  readonly value: Uint8Array;
}

export type TokenOutcome =
  | { readonly kind: 'ok'; readonly tokens: readonly UseValue[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The session is closing. */
  | { readonly kind: 'closed' };

/**
 * Authorization tokens that the peer has registered under aliases (draft-18 §10.2.2). An application sees resolved values
 * only. Aliases are forbidden unless our SETUP offered room for them.
 */
export class TokenCache {
  readonly #registered = new Map<bigint, Registered>();
  #bytes = 0;

  constructor(
    private readonly core: SessionCore,
    private readonly maxBytes: number,
  ) {}

  /** Tokens of the peer's SETUP: what does not fit the cache counts as used once. */
  setup(tokens: readonly AuthorizationToken[] = []): TokenOutcome {
    if (tokens.some(({ alias }) => alias === 'delete' || alias === 'use-alias')) {
      this.core.fail('PROTOCOL_VIOLATION', 'SETUP refers to a token alias, and none can be registered yet');
      return { kind: 'closed' };
    }
    return this.#resolve(tokens, true);
  }

  /** Parameters of a message with its tokens resolved. */
  resolve(parameters: Parameters): { readonly parameters: Parameters } | Exclude<TokenOutcome, { kind: 'ok' }> {
    const { authorizationTokens } = parameters;
    if (authorizationTokens === undefined) return { parameters };
    const outcome = this.#resolve(authorizationTokens, false);
    if (outcome.kind !== 'ok') return outcome;
    return { parameters: { ...parameters, authorizationTokens: outcome.tokens } };
  }

  #resolve(tokens: readonly AuthorizationToken[], inSetup: boolean): TokenOutcome {
    const used: UseValue[] = [];
    let refusal: Refusal | null = null;
    // All of them are processed, since a registration counts even if the message fails.
    for (const token of tokens) {
      if (token.alias === 'register' && !this.#register(token, inSetup)) return { kind: 'closed' };
      if (token.alias === 'delete') {
        if (!this.#delete(token.tokenAlias)) return this.#unknownAlias(token.tokenAlias);
        continue;
      }
      const value = token.alias === 'use-alias' ? this.#registered.get(token.tokenAlias) : token;
      if (value === undefined) return this.#unknownAlias((token as { tokenAlias: bigint }).tokenAlias);
      if (used.some((other) => other.tokenType === value.tokenType && bytesEqual(other.value, value.value))) {
        refusal = { name: 'MALFORMED_AUTH_TOKEN', reason: 'a token is repeated' };
      }
      used.push({ alias: 'use-value', tokenType: value.tokenType, value: value.value });
    }
    return refusal === null ? { kind: 'ok', tokens: used } : { kind: 'refused', refusal };
  }

  #register(token: Extract<AuthorizationToken, { alias: 'register' }>, inSetup: boolean): boolean {
    if (this.#registered.has(token.tokenAlias)) {
      this.core.fail('DUPLICATE_AUTH_TOKEN_ALIAS', `token alias ${token.tokenAlias} is registered already`);
      return false;
    }
    const size = TOKEN_OVERHEAD + token.value.length;
    if (this.#bytes + size > this.maxBytes) {
      if (inSetup) return true;
      this.core.fail('AUTH_TOKEN_CACHE_OVERFLOW', `a token of ${size} bytes exceeds the cache of ${this.maxBytes}`);
      return false;
    }
    this.#bytes += size;
    // The bytes may be a view into a buffer that is used again.
    this.#registered.set(token.tokenAlias, { tokenType: token.tokenType, value: token.value.slice() });
    return true;
  }

  #delete(alias: bigint): boolean {
    const token = this.#registered.get(alias);
    if (token === undefined) return false;
    this.#bytes -= TOKEN_OVERHEAD + token.value.length;
    return this.#registered.delete(alias);
  }

  /** The drafts ask to reject the message with a code that only the registry of sessions has. */
  #unknownAlias(alias: bigint): TokenOutcome {
    this.core.fail('UNKNOWN_AUTH_TOKEN_ALIAS', `token alias ${alias} is not registered`);
    return { kind: 'closed' };
  }
}
