import { bytesEqual } from '../util/bytes.js';
import { urlSecrets } from '../util/redact.js';
import { encodeControlMessage } from '../wire/control-codec.js';
import type { ControlMessage } from '../wire/messages/control-message.js';
import type { AuthorizationToken } from '../wire/messages/parameters.js';
import type { DraftProfile } from '../wire/profile.js';

/** `*`, one for every byte of a secret: lengths stay true, so that what is masked still decodes. */
const MASK = 0x2a;

/** A control message as a trace may hold it. */
export interface MaskedMessage {
  /** What decodes to the masked message; null when it could not be written. */
  readonly shown: Uint8Array | null;
  /** The bytes as they were on the wire, masked; null when a secret could not be taken out of them. */
  readonly raw: Uint8Array | null;
}

/**
 * Masks what must not stay in a trace: the values of authorization tokens, and tokens in the path of SETUP, in the URIs of
 * GOAWAY and of redirects. `raw` itself is left alone.
 */
export function maskMessage(profile: DraftProfile, message: ControlMessage, raw: Uint8Array): MaskedMessage {
  const masked = withoutSecrets(message);
  if (masked === message) return { shown: raw, raw };
  try {
    const shown = encodeControlMessage(profile, masked);
    // A peer may write the same message in other bytes; then there is no telling where in them the secret stands.
    return { shown, raw: bytesEqual(encodeControlMessage(profile, message), raw) ? shown : null };
  } catch {
    return { shown: null, raw: null };
  }
}

interface Fields {
  readonly authorizationTokens?: readonly AuthorizationToken[];
  readonly path?: string;
}

/** The message itself when there is nothing to hide. */
function withoutSecrets(message: ControlMessage): ControlMessage {
  const changes: Record<string, unknown> = {};
  const { options, parameters } = message as { options?: Fields; parameters?: Fields };
  for (const [name, fields] of Object.entries({ options, parameters })) {
    const masked = fields === undefined ? fields : maskFields(fields);
    if (masked !== fields) changes[name] = masked;
  }
  if (message.type === 'GOAWAY') {
    const uri = maskText(message.newSessionUri);
    if (uri !== message.newSessionUri) changes.newSessionUri = uri;
  }
  const { redirect } = message as { redirect?: { readonly connectUri: string } };
  const connectUri = redirect === undefined ? undefined : maskText(redirect.connectUri);
  if (connectUri !== redirect?.connectUri) changes.redirect = { ...redirect, connectUri };
  return Object.keys(changes).length === 0 ? message : ({ ...message, ...changes } as ControlMessage);
}

function maskFields(fields: Fields): Fields {
  const { authorizationTokens: tokens, path } = fields;
  const hasSecret = tokens?.some((token) => 'value' in token && token.value.length > 0) ?? false;
  const shownPath = path === undefined ? path : maskText(path);
  if (!hasSecret && shownPath === path) return fields;
  return {
    ...fields,
    ...(tokens === undefined ? {} : { authorizationTokens: tokens.map(maskToken) }),
    ...(shownPath === undefined ? {} : { path: shownPath }),
  };
}

function maskToken(token: AuthorizationToken): AuthorizationToken {
  return 'value' in token ? { ...token, value: new Uint8Array(token.value.length).fill(MASK) } : token;
}

/** Tokens in a URL or path, as long as they were in UTF-8. */
function maskText(text: string): string {
  let shown = text;
  for (const secret of urlSecrets(text)) {
    shown = shown.replaceAll(secret, String.fromCharCode(MASK).repeat(Buffer.byteLength(secret)));
  }
  return shown;
}
