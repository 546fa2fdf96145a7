import type { CloseInfo, TransportSession } from '../transport/transport.js';
import type { RequestKind } from '../wire/messages/control-message.js';
import type { CodeSpace, DraftProfile } from '../wire/profile.js';
import type { NamedCode, SessionCloseInfo } from './session.js';

/**
 * Names that stand in when a draft lacks the one asked for, the nearest in meaning first. INTERNAL_ERROR, which every
 * registry has, comes last of all.
 */
const NEAREST: Readonly<Record<CodeSpace, Readonly<Record<string, readonly string[]>>>> = {
  session: { TOO_MANY_REQUESTS: ['PROTOCOL_VIOLATION'] },
  'request-error': {
    DOES_NOT_EXIST: ['UNINTERESTED'],
    UNINTERESTED: ['DOES_NOT_EXIST', 'NOT_SUPPORTED'],
    UNSUPPORTED_EXTENSION: ['NOT_SUPPORTED'],
    REDIRECT: ['DOES_NOT_EXIST', 'UNINTERESTED'],
    INVALID_JOINING_REQUEST_ID: ['DOES_NOT_EXIST'],
    NO_OBJECTS: ['INVALID_RANGE'],
    MALFORMED_AUTH_TOKEN: ['UNAUTHORIZED'],
    EXPIRED_AUTH_TOKEN: ['UNAUTHORIZED'],
    UNKNOWN_AUTH_TOKEN_ALIAS: ['MALFORMED_AUTH_TOKEN', 'UNAUTHORIZED'],
  },
  'publish-done': { EXCESSIVE_LOAD: ['TOO_FAR_BEHIND'] },
  'stream-reset': {
    TOO_FAR_BEHIND: ['DELIVERY_TIMEOUT'],
    GOING_AWAY: ['CANCELLED'],
    EXPIRED_AUTH_TOKEN: ['CANCELLED'],
  },
};

/** The number to send for `name` in this draft; the nearest one when the draft lacks it. */
export function codeFor(profile: DraftProfile, space: CodeSpace, name: string, request?: RequestKind): NamedCode {
  const table = profile.codes(space, request);
  const candidates = [name, ...(NEAREST[space][name] ?? []), 'INTERNAL_ERROR'];
  for (const candidate of candidates) {
    if (!table.has(candidate)) continue;
    const code = table.code(candidate);
    return { code, name: table.name(code) ?? candidate };
  }
  return { code: 0n, name: 'UNKNOWN' };
}

/** The name of a code that arrived; `UNKNOWN` when this draft has none, which is never an error (draft-18 §14). */
export function nameCode(profile: DraftProfile, space: CodeSpace, code: bigint, request?: RequestKind): NamedCode {
  return { code, name: profile.codes(space, request).name(code) ?? 'UNKNOWN' };
}

/** RFC 9000 §20.1. */
const QUIC_CODES: readonly string[] = [
  'NO_ERROR',
  'INTERNAL_ERROR',
  'CONNECTION_REFUSED',
  'FLOW_CONTROL_ERROR',
  'STREAM_LIMIT_ERROR',
  'STREAM_STATE_ERROR',
  'FINAL_SIZE_ERROR',
  'FRAME_ENCODING_ERROR',
  'TRANSPORT_PARAMETER_ERROR',
  'CONNECTION_ID_LIMIT_REACHED',
  'PROTOCOL_VIOLATION',
  'INVALID_TOKEN',
  'APPLICATION_ERROR',
  'CRYPTO_BUFFER_EXCEEDED',
  'KEY_UPDATE_ERROR',
  'AEAD_LIMIT_REACHED',
  'NO_VIABLE_PATH',
];

/** RFC 9114 §8.1, from 0x100 on. */
const H3_CODES: readonly string[] = [
  'H3_NO_ERROR',
  'H3_GENERAL_PROTOCOL_ERROR',
  'H3_INTERNAL_ERROR',
  'H3_STREAM_CREATION_ERROR',
  'H3_CLOSED_CRITICAL_STREAM',
  'H3_FRAME_UNEXPECTED',
  'H3_FRAME_ERROR',
  'H3_EXCESSIVE_LOAD',
  'H3_ID_ERROR',
  'H3_SETTINGS_ERROR',
  'H3_MISSING_SETTINGS',
  'H3_REQUEST_REJECTED',
  'H3_REQUEST_CANCELLED',
  'H3_REQUEST_INCOMPLETE',
  'H3_MESSAGE_ERROR',
  'H3_CONNECT_ERROR',
  'H3_VERSION_FALLBACK',
];

/** How a session ended, with the name of its code. `profile` is null while no draft has been agreed on. */
export function nameClose(
  info: CloseInfo,
  profile: DraftProfile | null,
  transport: TransportSession['kind'],
): SessionCloseInfo {
  return { ...info, name: closeName(info, profile, transport) };
}

function closeName(info: CloseInfo, profile: DraftProfile | null, transport: TransportSession['kind']): string {
  if (info.by === 'idle') return 'IDLE_TIMEOUT';
  if (info.by === 'error') return 'TRANSPORT_ERROR';
  if (info.isApplication) return profile?.codes('session').name(info.code) ?? 'UNKNOWN';
  if (info.tlsAlert !== undefined) return info.tlsAlert;
  const code = Number(info.code);
  // 0x100–0x1ff is a TLS alert to QUIC and something else to HTTP/3; without an alert, HTTP/3 is what is left.
  if (transport !== 'quic' && code >= 0x100) return H3_CODES[code - 0x100] ?? 'UNKNOWN';
  if (code >= 0x100 && code < 0x200) return `CRYPTO_ERROR_${code - 0x100}`;
  return QUIC_CODES[code] ?? 'UNKNOWN';
}
