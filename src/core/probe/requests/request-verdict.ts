import type { Cause } from '../../errors/causes.js';
import { codeText } from '../../errors/codes/texts.js';
import { MoqtError } from '../../errors/moqt-error.js';
import { isCredentialCode, nameClose, nameCode } from '../../session/codes.js';
import { redirectHint } from '../../session/connect/redirects.js';
import { endKind } from '../../session/failure.js';
import type { MoqtSession, Rejection, SessionCloseInfo } from '../../session/session.js';
import { RequestRejected } from '../../session/session-errors.js';
import { goAwayHint, OTHER_WAY, shownUri, unansweredHint } from '../../session/unanswered.js';
import { SessionClosed, StreamReset } from '../../transport/transport-errors.js';
import { formatNamespace, formatTrackName } from '../../url/namespace.js';
import { escapeText } from '../../util/escape.js';
import type { RequestKind } from '../../wire/messages/control-message.js';
import type { Verdict } from '../probe-options.js';

/** What was asked, in words, and what went with it. */
export interface AskedRequest {
  readonly request: RequestKind;
  /** The namespace or track as the user writes it, fit for a terminal. */
  readonly target: string;
  readonly sentToken: boolean;
}

/** Relays that were seen not to answer a request. */
const NEVER_ANSWERED: Readonly<Partial<Record<RequestKind, string>>> = {
  FETCH: "older releases of Cloudflare's moq-rs never answer FETCH",
  SUBSCRIBE: 'a relay may hold a SUBSCRIBE until a publisher comes: start the publisher, or raise --request-timeout',
  PUBLISH: 'some relays ignore PUBLISH: try PUBLISH_NAMESPACE (--via namespace)',
  TRACK_STATUS: 'relays that do not implement TRACK_STATUS often ignore it: try --subscribe',
  PUBLISH_NAMESPACE: 'a relay that takes no publishers may ignore it: is this the address for publishers?',
};

/** Why a request failed, from the typed error that it ended with; null when it is no failure of the peer's. */
export function requestVerdict(error: unknown, asked: AskedRequest, session: MoqtSession): Verdict | null {
  if (error instanceof RequestRejected) return rejectionVerdict(error.rejection, asked);
  if (error instanceof SessionClosed) {
    const named = nameClose(error.info, session.profile, session.transport.kind);
    const goAway = session.goAwayReceived;
    return closedVerdict(goAway === null ? named : { ...named, goAway }, asked);
  }
  if (error instanceof StreamReset) return dataResetVerdict(error, asked, session);
  if (!(error instanceof MoqtError)) return null;
  if (error.reason === 'request.timeout') return timeoutVerdict(error, asked);
  if (error.reason === 'fetch.no_stream') return noStreamVerdict(error, asked);
  if (error.reason === 'request.unsupported_extension') return unsupportedVerdict(error, asked);
  if (error.reason === 'request.reset') return resetVerdict(error, asked, session);
  return null;
}

/** A code of authorisation; but a token that was not sent cannot be malformed, and some relays use that number otherwise. */
function isAuthorization(name: string, sentToken: boolean): boolean {
  if (name === 'MALFORMED_AUTH_TOKEN') return sentToken;
  return isCredentialCode(name);
}

/** REQUEST_ERROR, or the message that draft 14 has for the request. */
export function rejectionVerdict(rejection: Rejection, asked: AskedRequest): Verdict {
  const { name, code, retryAfterMs, redirect } = rejection;
  const reason = escapeText(rejection.reason, { maxLength: 200 });
  const said = `${name} (0x${code.toString(16)})${reason === '' ? '' : `: ${reason}`}`;
  const detail = {
    request: asked.request,
    target: asked.target,
    code: `0x${code.toString(16)}`,
    name,
    reason,
    retryAfterMs,
  };
  const answer = (cause: Cause, hint: string, more: Verdict['detail'] = {}): Verdict => ({
    cause,
    message: `${asked.request} ${asked.target} was refused: ${said}`,
    hint,
    detail: { ...detail, ...more },
  });
  if (isAuthorization(name, asked.sentToken)) return answer('request.unauthorized', authorizationHint(asked));
  if (name === 'NOT_SUPPORTED') return answer('request.not-supported', OTHER_WAY[asked.request]);
  if (redirect !== undefined || name === 'REDIRECT') {
    const uri = shownUri(redirect?.connectUri ?? '');
    const track = redirect === undefined || redirect.track.namespace.length === 0 ? null : trackText(redirect.track);
    const hint = redirect === undefined ? 'the peer does not say where to go' : redirectHint(redirect);
    return answer('request.redirected', hint, { uri, track });
  }
  const retry = retryAfterMs === null ? '' : `; the peer says to try again in ${retryAfterMs} ms`;
  return answer('request.rejected', `${rejectionHint(rejection, asked)}${retry}`);
}

function rejectionHint({ name, code, reason }: Rejection, asked: AskedRequest): string {
  if (name === 'MALFORMED_AUTH_TOKEN') {
    return `no token was sent, so ${name} cannot be meant: some relays use 0x${code.toString(16)} for "not found"`;
  }
  if (name.endsWith('DOES_NOT_EXIST')) return 'nobody publishes that: check namespace and track, and the publisher';
  if (name === 'INVALID_RANGE' || name === 'NO_OBJECTS') return 'the track has no objects there (any more)';
  if (name === 'TIMEOUT') return 'the relay gave up waiting for the publisher: is it connected, and does it answer?';
  if (name === 'UNINTERESTED') return 'the peer does not want it: is this namespace allowed there?';
  if (name === 'DUPLICATE_SUBSCRIPTION') return 'this session has that track already';
  if (name === 'PREFIX_OVERLAP') return 'this session or another has announced an overlapping prefix already';
  if (name === 'EXCESSIVE_LOAD') return 'the relay is overloaded: try again later';
  if (name === 'GOING_AWAY') return 'the relay is going away: connect again';
  if (name === 'INTERNAL_ERROR') return `the relay failed at ${asked.request}: see its log`;
  if (name === 'UNKNOWN')
    return `a code of the relay's own: moqt explain ${code}${reason === '' ? '' : ', and its reason'}`;
  return `see moqt explain --space request-error ${code}`;
}

function authorizationHint({ request, sentToken }: AskedRequest): string {
  return sentToken
    ? `the token does not allow ${request} there: check its scope and expiry, --auth-token-type and --auth-in`
    : 'no token was sent: give one with --auth-token env:NAME, and with --auth-in request if the relay wants it there';
}

function timeoutVerdict(error: MoqtError, asked: AskedRequest): Verdict {
  const known = NEVER_ANSWERED[asked.request];
  return {
    cause: 'request.timeout',
    message: `${error.message} (${asked.target})`,
    hint: `the session is open, but ${asked.request} stays unanswered${known ? `: ${known}` : ''}; ${OTHER_WAY[asked.request]}`,
    detail: { request: asked.request, target: asked.target },
  };
}

/** FETCH_OK, and nothing behind it: a publisher that has no object opens a stream and ends it (draft-18 §10.12.3). */
function noStreamVerdict(error: MoqtError, asked: AskedRequest): Verdict {
  return {
    cause: 'request.timeout',
    message: `${asked.request} ${asked.target} was accepted, but ${error.message}`,
    hint: 'where there is no object the relay sends an empty stream: see its log, and whether --subscribe brings objects',
    detail: { request: asked.request, target: asked.target },
  };
}

/** Accepted, and then given up by us: the track is for those who know its property (draft-18 §2.5.1). */
function unsupportedVerdict(error: MoqtError, asked: AskedRequest): Verdict {
  return {
    cause: 'request.not-supported',
    message: `${asked.request} ${asked.target} was accepted, but ${error.message}, which is not supported here`,
    hint: 'the relay is well; the publisher makes this property mandatory: probe another track, or publish this one without it',
    detail: { request: asked.request, target: asked.target },
  };
}

/** The stream that brings what was asked for broke off. */
function dataResetVerdict({ code }: StreamReset, asked: AskedRequest, session: MoqtSession): Verdict {
  const { name } = nameCode(session.profile, 'stream-reset', code);
  const hex = `0x${code.toString(16)}`;
  const isRefusal = isAuthorization(name, asked.sentToken);
  return {
    cause: isRefusal ? 'request.unauthorized' : 'request.rejected',
    message: `${asked.request} ${asked.target}: the relay reset the stream of its answer, ${name} (${hex})`,
    hint: isRefusal ? authorizationHint(asked) : (codeText('stream-reset', name)?.try[0] ?? 'see the log of the relay'),
    detail: { request: asked.request, target: asked.target, code: hex, name },
  };
}

/** The request's stream ended without an answer. */
function resetVerdict(error: MoqtError, asked: AskedRequest, session: MoqtSession): Verdict {
  const { wire } = error;
  return {
    cause: 'request.rejected',
    message: `${error.message} (${asked.target})`,
    hint: `draft ${session.profile.draft} answers with REQUEST_ERROR or an OK before a request ends: see the log of the relay`,
    detail: {
      request: asked.request,
      target: asked.target,
      code: wire === undefined ? null : `0x${wire.code.toString(16)}`,
      name: wire?.name ?? null,
    },
  };
}

const WHO_ENDED: Readonly<Record<SessionCloseInfo['by'], string>> = {
  peer: 'the peer closed',
  local: 'this side closed',
  idle: 'nothing came for the idle timeout of',
  error: 'the transport broke',
};

/** The session had ended before the request could be sent. */
export function endedVerdict(close: SessionCloseInfo, asked: AskedRequest): Verdict {
  const reason = escapeText(close.reason, { maxLength: 200 });
  const code = `0x${close.code.toString(16)}`;
  const said = close.by === 'idle' ? '' : ` with ${close.name} (${code})${reason === '' ? '' : `: ${reason}`}`;
  const isRefusal = close.isApplication && isAuthorization(close.name, asked.sentToken);
  const kind = endKind(close);
  const isGoAway = kind === 'goaway';
  const cause: Cause = isRefusal
    ? 'request.unauthorized'
    : isGoAway
      ? 'session.goaway'
      : kind === 'idle'
        ? 'session.idle'
        : 'session.closed';
  const elsewhere = goAwayHint(shownUri(close.goAway?.newSessionUri ?? ''));
  const away =
    'a relay that lets a client in and then sends it away (a limit, one session for each client, a restart): see its log';
  return {
    cause,
    message: `${WHO_ENDED[close.by]} the session${said}, after SETUP and before ${asked.request} ${asked.target} was sent`,
    hint: isRefusal ? authorizationHint(asked) : isGoAway ? elsewhere : away,
    detail: { request: asked.request, target: asked.target, by: close.by, code, name: close.name, reason },
  };
}

/** The session ended instead of an answer. */
export function closedVerdict(close: SessionCloseInfo, asked: AskedRequest): Verdict {
  const reason = escapeText(close.reason, { maxLength: 200 });
  const code = `0x${close.code.toString(16)}`;
  const detail = {
    request: asked.request,
    target: asked.target,
    by: close.by,
    code,
    name: close.name,
    reason,
    application: close.isApplication,
  };
  const kind = endKind(close);
  if (kind === 'goaway') {
    return {
      cause: 'session.goaway',
      message: `the peer asked to go elsewhere (GOAWAY) and closed the session, instead of answering ${asked.request} ${asked.target}`,
      hint: goAwayHint(shownUri(close.goAway?.newSessionUri ?? '')),
      detail: { ...detail, newSessionUri: shownUri(close.goAway?.newSessionUri ?? '') },
    };
  }
  if (kind === 'idle' || kind === 'broken') {
    return {
      cause: kind === 'idle' ? 'session.idle' : 'session.closed',
      message: `the session ${kind === 'idle' ? 'went silent' : `broke: ${reason || close.name}`} while ${asked.request} ${asked.target} waited for an answer`,
      hint: 'the peer is gone, or the network between: probe again, and look whether it still runs',
      detail,
    };
  }
  const who = close.by === 'peer' ? 'the peer' : 'this side';
  const said = `${who} closed the session with ${close.name} (${code})${reason === '' ? '' : `: ${reason}`}`;
  const answer = (cause: Cause, hint: string): Verdict => ({
    cause,
    message: `${said}, instead of answering ${asked.request} ${asked.target}`,
    hint,
    detail,
  });
  if (close.isApplication && isCredentialCode(close.name)) {
    return answer('request.unauthorized', authorizationHint(asked));
  }
  return answer('request.closed', unansweredHint(close, asked.request));
}

/** A track as it is given to --subscribe. */
export function trackText(track: { readonly namespace: readonly Uint8Array[]; readonly name: Uint8Array }): string {
  return `${formatNamespace(track.namespace)}/${formatTrackName(track.name).replaceAll('/', '%2F')}`;
}
