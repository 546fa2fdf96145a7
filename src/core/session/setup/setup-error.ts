import { MoqtError, type MoqtErrorOptions } from '../../errors/moqt-error.js';
import { alertError } from '../../transport/tls-alerts.js';
import { describeBytes } from '../../util/describe-bytes.js';
import { escapeText } from '../../util/escape.js';
import { redactUrl } from '../../util/redact.js';
import type { DraftProfile } from '../../wire/profile.js';
import { closeSpace, isCredentialCode } from '../codes.js';
import type { NamedCode, SessionCloseInfo } from '../session.js';
import type { SessionCore } from '../session-core.js';
import { foreignSetup } from './foreign-setup.js';

/** What a session was asked for, for the words of its error. */
export interface SetupAttempt {
  /** The draft that SETUP was written in. */
  readonly draft: string;
  /** ALPN or WT-Protocol. */
  readonly protocol: string;
  /** PATH and AUTHORITY as they were sent, if they were. */
  readonly path?: string | undefined;
  readonly authority?: string | undefined;
  readonly peer?: string | undefined;
  /** First bytes of what came instead of SETUP. */
  readonly unexpected?: Uint8Array | null;
  /** A stream of the peer's was reset before anything on it could be read. */
  readonly reset?: NamedCode;
}

/** Versions of drafts are 0xff000000 plus their number (draft-14 §9.3.1). */
const FIRST_VERSION = 0xff000000n;

const PLACE_CODES: ReadonlySet<string> = new Set([
  'INVALID_PATH',
  'MALFORMED_PATH',
  'INVALID_AUTHORITY',
  'MALFORMED_AUTHORITY',
]);

const RULES_BROKEN = {
  session: 'try another --draft, and tell the authors of the peer',
  transport:
    'the peer breaks the rules of what carries the session, or is a web server that knows no WebTransport: check the path of the URL, and tell its authors',
} as const;

const HINTS: Readonly<Record<string, string>> = {
  NO_ERROR: 'the peer gives no reason: does it want a path in the URL, or a token (--auth-token)? See its log',
  INTERNAL_ERROR:
    'the peer failed, or has no place for another session: its reason and its log say which; try again later',
  PROTOCOL_VIOLATION: 'it does not like our SETUP: try another --draft, and tell the authors of the peer',
  UNAUTHORIZED: 'give a token with --auth-token env:NAME or file:PATH, or a path with one in the URL',
};

/** Why a session ended before it began. */
export function setupError(core: SessionCore, close: SessionCloseInfo, attempt: SetupAttempt): MoqtError {
  if (close.by !== 'local') return closedDuringSetup(close, attempt);
  const base = { stage: 'setup', peer: attempt.peer } as const;
  if (close.name === 'INTERNAL_ERROR') return new MoqtError('MOQT_E_BUG', close.reason, base);
  const found = attempt.unexpected == null ? null : foreignSetup(attempt.unexpected, core.profile);
  const what = found === null ? '' : `; what came is ${found.what}`;
  const message = `what the peer sent is not a SETUP of draft ${attempt.draft}: ${close.reason}${what}`;
  const hint = found?.hint ?? RULES_BROKEN[close.isApplication ? 'session' : 'transport'];
  return new MoqtError('MOQT_E_PROTOCOL', message, { ...base, cause: 'setup.invalid', hint });
}

/** The peer, or the transport, ended the session while SETUP was under way. */
export function closedDuringSetup(close: SessionCloseInfo, attempt: SetupAttempt): MoqtError {
  const { peer, draft } = attempt;
  const code = `${close.name} (0x${close.code.toString(16)})`;
  const reason = close.reason === '' ? '' : `: ${escapeText(close.reason, { maxLength: 300 })}`;
  const wire = { space: closeSpace(close), code: close.code, name: close.name };
  const base: MoqtErrorOptions = { stage: 'setup', cause: 'setup.closed', peer, wire };
  if (close.by === 'idle') {
    return new MoqtError('MOQT_E_TIMEOUT', 'the peer went silent during SETUP', { ...base, cause: 'setup.timeout' });
  }
  if (close.tlsAlert !== undefined) {
    // TLS 1.3 lets a client be done before the server has looked at the client's certificate.
    const who = 'the server';
    return alertError({
      alert: close.tlsAlert,
      who,
      offered: [attempt.protocol],
      peer: peer ?? '',
      wire,
      alpnHint: '',
    });
  }
  const message = `the peer closed the session during SETUP: ${code}${reason}`;
  if (isCredentialCode(close.name)) {
    return new MoqtError('MOQT_E_UNAUTHORIZED', message, { ...base, hint: HINTS.UNAUTHORIZED as string });
  }
  if (PLACE_CODES.has(close.name)) {
    return new MoqtError('MOQT_E_REJECTED', `${message}; ${placeSent(close.name, attempt)}`, {
      ...base,
      cause: 'setup.path',
      hint: "check the URL's path and host: the relay serves only those that it knows (/, /moq, /moq-relay …)",
    });
  }
  if (close.name === 'VERSION_NEGOTIATION_FAILED') {
    return new MoqtError('MOQT_E_VERSION', `${message} (offered: draft ${draft})`, {
      ...base,
      cause: 'setup.version',
      hint: `the relay does not speak draft ${draft}: offer others with --draft`,
    });
  }
  return new MoqtError('MOQT_E_PROTOCOL', message, {
    ...base,
    hint: closeHint(close),
  });
}

function closeHint({ isApplication, name, reason }: SessionCloseInfo): string {
  if (!isApplication)
    return 'QUIC itself was ended, not the session: a server that failed or restarts, or a proxy in front of it; see their logs';
  if (name === 'NO_ERROR' && reason !== '')
    return 'its reason says why: does it want another path in the URL, or a token (--auth-token)? See its log';
  return HINTS[name] ?? 'see the log of the peer for why it ended the session, and try another --draft';
}

/** The session is open, and the peer says nothing. */
export function setupTimeout(ms: number, { draft, peer, unexpected, reset }: SetupAttempt): MoqtError {
  const other = unexpected == null ? '' : `; what came instead begins with ${describeBytes(unexpected)}`;
  if (reset !== undefined) {
    const code = `${reset.name} (0x${reset.code.toString(16)})`;
    const what = `the peer reset a stream with ${code} before anything on it could be read`;
    return new MoqtError('MOQT_E_TIMEOUT', `no SETUP came within ${ms} ms, and ${what}${other}`, {
      stage: 'setup',
      cause: 'setup.timeout',
      peer,
      hint: 'perhaps its control stream, whose bytes a reset takes along: a server that drops the session without closing it; see its log, and try another --draft',
    });
  }
  return new MoqtError('MOQT_E_TIMEOUT', `the session is open, but no SETUP came within ${ms} ms${other}`, {
    stage: 'setup',
    cause: 'setup.timeout',
    peer,
    hint: `a server that speaks something else than draft ${draft} (try another --draft), waits for a token (--auth-token), or hangs: see its log; --setup-timeout waits longer`,
  });
}

/** The server chose a version inside SETUP that was not offered; or what was read as one is none (draft-14 §9.3). */
export function versionMismatch(
  version: bigint | undefined,
  offered: readonly DraftProfile[],
  attempt: SetupAttempt,
): MoqtError | null {
  if (version === undefined || version < FIRST_VERSION) return null;
  const name = versionName(version);
  const ours = offered.map(({ versionCode }) => versionName(versionCode)).join(', ');
  return new MoqtError('MOQT_E_VERSION', `no version in common: the server chose ${name}, offered was ${ours}`, {
    stage: 'setup',
    cause: 'setup.version',
    peer: attempt.peer,
    hint: `the relay speaks ${name}: offer other drafts with --draft`,
  });
}

/** `draft 14 (0xff00000e)`. */
function versionName(version: bigint): string {
  const draft = version - FIRST_VERSION;
  const hex = `0x${version.toString(16)}`;
  return draft > 0n && draft < 256n ? `draft ${draft} (${hex})` : hex;
}

function placeSent(name: string, { path, authority }: SetupAttempt): string {
  if (name.endsWith('AUTHORITY')) return `the authority sent was ${shown(authority)}`;
  return `the path sent was ${shown(path)}`;
}

function shown(text: string | undefined): string {
  return text === undefined || text === '' ? 'empty' : `"${escapeText(redactUrl(text), { maxLength: 200 })}"`;
}
