import type { Cause } from '../errors/causes.js';
import { MoqtError, type MoqtErrorOptions, type Stage } from '../errors/moqt-error.js';
import { SessionClosed, StreamReset, StreamStopped } from '../transport/transport-errors.js';
import { EncodeError, WireError } from '../wire/wire-error.js';
import { closeSpace, nameClose } from './codes.js';
import type { MoqtSession, SessionCloseInfo } from './session.js';

/** The peer of a session as `host:port`, for messages. */
export function peerName(session: MoqtSession): string {
  const { host, port } = session.transport.remote;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Why an operation could not go on after its session ended. Once objects have flowed (`afterData`) every end of the session
 * means that the track is incomplete; before that the reason of the close decides.
 */
export function sessionEndedError(
  close: SessionCloseInfo,
  options: { stage: Stage; afterData: boolean; peer?: string },
): MoqtError {
  const who = close.by === 'peer' ? 'the peer' : close.by === 'local' ? 'this side' : 'the transport';
  const why =
    close.by === 'idle'
      ? 'the session went idle'
      : `${who} closed the session: ${close.name} (0x${close.code.toString(16)})${close.reason ? `: ${close.reason}` : ''}`;
  const base: MoqtErrorOptions = {
    stage: options.stage,
    cause: endCause(close, options.afterData),
    ...(options.peer === undefined ? {} : { peer: options.peer }),
    wire: { space: closeSpace(close), code: close.code, name: close.name },
  };
  if (options.afterData) return new MoqtError('MOQT_E_INCOMPLETE', why, base);
  if (close.by === 'idle') return new MoqtError('MOQT_E_TIMEOUT', why, base);
  if (close.isApplication && close.name === 'UNAUTHORIZED') return new MoqtError('MOQT_E_UNAUTHORIZED', why, base);
  if (close.isApplication && close.name === 'PROTOCOL_VIOLATION') return new MoqtError('MOQT_E_PROTOCOL', why, base);
  return new MoqtError('MOQT_E_CLOSED', why, base);
}

function endCause({ by, name }: SessionCloseInfo, afterData: boolean): Cause {
  if (afterData) return 'data.closed';
  if (by === 'idle') return 'session.idle';
  return name === 'GOAWAY_TIMEOUT' ? 'session.goaway' : 'session.closed';
}

/** Any error that an operation met, as the one type that leaves the core. `session` names the codes of its own end. */
export function asMoqtError(error: unknown, stage: Stage, session?: MoqtSession): MoqtError {
  if (error instanceof MoqtError) return error;
  if (error instanceof SessionClosed && session !== undefined) {
    const close = nameClose(error.info, session.profile, session.transport.kind);
    return sessionEndedError(close, { stage, afterData: false, peer: peerName(session) });
  }
  const message = error instanceof Error ? error.message : String(error);
  const options: MoqtErrorOptions = { stage, origin: error };
  if (error instanceof EncodeError) return new MoqtError('MOQT_E_ENCODE', message, options);
  if (error instanceof WireError) return new MoqtError('MOQT_E_PROTOCOL', message, options);
  if (error instanceof SessionClosed) return new MoqtError('MOQT_E_CLOSED', message, options);
  if (error instanceof StreamReset || error instanceof StreamStopped) {
    return new MoqtError('MOQT_E_INCOMPLETE', message, options);
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return new MoqtError('MOQT_E_INTERRUPTED', message, options);
  }
  return new MoqtError('MOQT_E_BUG', message, options);
}
