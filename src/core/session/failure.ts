import { MoqtError, type MoqtErrorOptions, type Stage } from '../errors/moqt-error.js';
import { SESSION_ENDS, type SessionEndKind } from '../errors/session-ends.js';
import { SessionClosed, StreamReset, StreamStopped } from '../transport/transport-errors.js';
import type { RequestKind } from '../wire/messages/control-message.js';
import { EncodeError, WireError } from '../wire/wire-error.js';
import { closeSpace, isCredentialCode, nameClose } from './codes.js';
import type { MoqtSession, SessionCloseInfo } from './session.js';
import { goAwayHint, RequestUnanswered, shownUri, unansweredHint } from './unanswered.js';

/** The peer of a session as `host:port`, for messages. */
export function peerName(session: MoqtSession): string {
  const { host, port } = session.transport.remote;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What was under way when a session ended. */
export interface EndContext {
  readonly stage: Stage;
  /** Objects have been sent or received. */
  readonly afterData: boolean;
  /** The request that waited for its answer. */
  readonly request?: RequestKind | undefined;
  readonly peer?: string | undefined;
}

/** Why an operation could not go on after its session ended: what `SESSION_ENDS` has for the way and the moment. */
export function sessionEndedError(close: SessionCloseInfo, { stage, afterData, request, peer }: EndContext): MoqtError {
  const kind = endKind(close);
  const moment = afterData ? 'data' : request === undefined ? 'open' : 'asked';
  const { cause, code } = SESSION_ENDS[moment][kind];
  const hint = endHint(close, kind, request);
  return new MoqtError(code, endMessage(close, moment === 'asked' ? request : undefined), {
    stage,
    cause,
    wire: { space: closeSpace(close), code: close.code, name: close.name },
    ...(hint === undefined ? {} : { hint }),
    ...(peer === undefined ? {} : { peer }),
  });
}

/** In what way a session ended. What a side does after GOAWAY is the end that it announced, unless it was our own doing. */
export function endKind({ by, isApplication, name, goAway }: SessionCloseInfo): SessionEndKind {
  if (isApplication && by === 'peer' && isCredentialCode(name)) return 'credentials';
  if (by !== 'local' && (goAway !== undefined || name === 'GOAWAY_TIMEOUT')) return 'goaway';
  if (by === 'idle') return 'idle';
  if (by === 'error') return 'broken';
  return isApplication && name === 'PROTOCOL_VIOLATION' ? 'violation' : 'closed';
}

function endMessage(close: SessionCloseInfo, request: RequestKind | undefined): string {
  const { by, name, reason, goAway } = close;
  const after = goAway === undefined ? '' : ', after GOAWAY';
  if (by === 'idle') return `the session went idle${after}${request ? ` while ${request} waited for an answer` : ''}`;
  const who = by === 'peer' ? 'the peer' : by === 'local' ? 'this side' : 'the transport';
  const said = `${name} (0x${close.code.toString(16)})${reason ? `: ${reason}` : ''}`;
  return `${who} closed the session${after}: ${said}${request ? `, instead of answering ${request}` : ''}`;
}

function endHint(close: SessionCloseInfo, kind: SessionEndKind, request: RequestKind | undefined): string | undefined {
  if (kind === 'goaway') return goAwayHint(shownUri(close.goAway?.newSessionUri ?? ''));
  const isAnswer = kind === 'closed' || kind === 'violation';
  return isAnswer && request !== undefined ? unansweredHint(close, request) : undefined;
}

/** Any error that an operation met, as the one type that leaves the core. `session` names the codes of its own end. */
export function asMoqtError(error: unknown, stage: Stage, session?: MoqtSession): MoqtError {
  if (error instanceof MoqtError) return error;
  if (error instanceof SessionClosed && session !== undefined) {
    const named = nameClose(error.info, session.profile, session.transport.kind);
    const close = session.goAwayReceived === null ? named : { ...named, goAway: session.goAwayReceived };
    const request = error instanceof RequestUnanswered ? error.request : undefined;
    return sessionEndedError(close, { stage, afterData: false, request, peer: peerName(session) });
  }
  const message = error instanceof Error ? error.message : String(error);
  const options: MoqtErrorOptions = { stage, origin: error };
  if (error instanceof EncodeError) return new MoqtError('MOQT_E_ENCODE', message, options);
  if (error instanceof WireError) return new MoqtError('MOQT_E_PROTOCOL', message, options);
  if (error instanceof SessionClosed)
    return new MoqtError('MOQT_E_CLOSED', message, { ...options, cause: 'session.closed' });
  if (error instanceof StreamReset || error instanceof StreamStopped) {
    return new MoqtError('MOQT_E_INCOMPLETE', message, options);
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return new MoqtError('MOQT_E_INTERRUPTED', message, options);
  }
  return new MoqtError('MOQT_E_BUG', message, options);
}
