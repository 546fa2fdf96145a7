import { http3CodeName } from '../errors/codes/http3-codes.js';
import { quicCodeName } from '../errors/codes/quic-codes.js';
import type { CloseInfo, TransportSession } from '../transport/transport.js';
import { unwrapCode } from '../transport/webtransport/stream-codes.js';
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

/** How a session ended, with the name of its code. `profile` is null while no draft has been agreed on. */
export function nameClose(
  info: CloseInfo,
  profile: DraftProfile | null,
  transport: TransportSession['kind'],
): SessionCloseInfo {
  const said = unwrapped(info, profile);
  return { ...said, name: closeName(said, profile, transport) };
}

/** Some relays wrap the codes of raw QUIC too, as WebTransport does with those of its streams: no draft assigns such numbers. */
function unwrapped(info: CloseInfo, profile: DraftProfile | null): CloseInfo {
  if (!info.isApplication || profile?.codes('session').name(info.code) !== undefined) return info;
  const code = unwrapCode(info.code);
  return code === null ? info : { ...info, code };
}

/** Whether a name is of the codes that speak of credentials. */
export function isCredentialCode(name: string): boolean {
  return name === 'UNAUTHORIZED' || name.endsWith('_AUTH_TOKEN') || name.endsWith('_AUTH_TOKEN_ALIAS');
}

function closeName(info: CloseInfo, profile: DraftProfile | null, transport: TransportSession['kind']): string {
  if (info.by === 'idle') return 'IDLE_TIMEOUT';
  if (info.by === 'error') return 'TRANSPORT_ERROR';
  if (info.isApplication) return profile?.codes('session').name(info.code) ?? 'UNKNOWN';
  if (info.tlsAlert !== undefined) return info.tlsAlert;
  // 0x100–0x1ff is a TLS alert to QUIC and something else to HTTP/3; without an alert, HTTP/3 is what is left.
  const http3 = transport === 'quic' ? undefined : http3CodeName(info.code);
  return http3 ?? quicCodeName(Number(info.code)) ?? 'UNKNOWN';
}

/** The registry that the code of an end belongs to, as `moqt explain --space` names it. */
export function closeSpace(close: SessionCloseInfo): 'session' | 'quic' | 'http3' {
  if (close.isApplication) return 'session';
  return http3CodeName(close.code) === close.name ? 'http3' : 'quic';
}
