import { MoqtError } from '../../errors/moqt-error.js';
import type { Redirect, RequestError, RequestKind } from '../../wire/messages/control-message.js';
import { codeFor, nameCode } from '../codes.js';
import { redirectHint } from '../connect/redirects.js';
import { cutReason } from '../reason.js';
import type { Refusal } from '../session.js';
import type { SessionCore } from '../session-core.js';
import { RequestRejected } from '../session-errors.js';
import { RequestUnanswered } from '../unanswered.js';
import type { ExchangeEnd } from './exchange.js';
import { stageOf } from './request-deadline.js';

/** The error that a REQUEST_ERROR becomes for the caller of the request. */
export function rejectionError(core: SessionCore, request: RequestKind, message: RequestError): RequestRejected {
  const { code, name } = nameCode(core.profile, 'request-error', message.errorCode, request);
  const interval = message.retryInterval ?? 0n;
  if (message.redirect !== undefined) checkRedirect(core, request, message.redirect);
  return new RequestRejected(
    {
      request,
      code,
      name,
      reason: message.reason,
      // The wire has milliseconds plus one, and 0 for "do not retry".
      retryAfterMs: interval === 0n ? null : Number(interval - 1n),
      redirect: message.redirect,
    },
    {
      stage: stageOf(request),
      ...(message.redirect !== undefined && { hint: redirectHint(message.redirect) }),
    },
  );
}

/** What a Redirect must not say (draft-18 §10.6.1): the session is closed when it does. */
function checkRedirect(core: SessionCore, request: RequestKind, { connectUri, track }: Redirect): void {
  if (core.role === 'server' && connectUri !== '') {
    core.fail('PROTOCOL_VIOLATION', `a client redirects ${request} to another URI`);
  } else if (track.name.length > 0 && request.endsWith('_NAMESPACE')) {
    core.fail('PROTOCOL_VIOLATION', `the redirect of a ${request} names a track`);
  }
}

/** The message that a refusal becomes on the wire of this draft. */
export function refusalMessage(core: SessionCore, request: RequestKind, refusal: Refusal): RequestError {
  const { features } = core.profile;
  const redirect = redirectOf(core, request, refusal);
  const wanted = refusal.name === 'REDIRECT' && redirect === undefined ? 'DOES_NOT_EXIST' : refusal.name;
  const { code, name } = codeFor(core.profile, 'request-error', wanted, request);
  if (name !== refusal.name) core.count('refusal-code-substituted');
  return {
    type: 'REQUEST_ERROR',
    request,
    errorCode: code,
    reason: cutReason(refusal.reason),
    ...(features.retryInterval && {
      retryInterval: refusal.retryAfterMs === undefined ? 0n : BigInt(Math.ceil(refusal.retryAfterMs)) + 1n,
    }),
    ...(redirect !== undefined && { redirect }),
  };
}

/** The Redirect as this draft and this side of the session may send it. */
function redirectOf(core: SessionCore, request: RequestKind, { name, redirect }: Refusal): Redirect | undefined {
  if (name !== 'REDIRECT' || redirect === undefined) return undefined;
  if (!core.profile.codes('request-error', request).has(name)) return undefined;
  return core.role === 'client' && redirect.connectUri !== '' ? undefined : redirect;
}

/** The error of a request whose exchange ended before it was answered. */
export function endedError(request: RequestKind, end: ExchangeEnd): Error {
  if (end.kind === 'session-closed') return new RequestUnanswered(end.close, request);
  const { code } = end;
  const how =
    code === undefined ? 'ended without an answer' : `reset by the peer: ${code.name} (0x${code.code.toString(16)})`;
  return new MoqtError('MOQT_E_REJECTED', `${request} ${how}${end.reason ? `: ${end.reason}` : ''}`, {
    stage: stageOf(request),
    cause: 'request.reset',
    ...(code !== undefined && { wire: { space: 'stream-reset', ...code } }),
  });
}
