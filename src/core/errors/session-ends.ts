import type { Cause } from './causes.js';
import type { ErrorCode } from './error-codes.js';

/** How far the work had come when its session ended. */
export type SessionMoment =
  /** After SETUP; nothing is waited for, or a subscription that has brought no object yet. */
  | 'open'
  /** A request waits for its answer. */
  | 'asked'
  /** The first object has been sent or received. */
  | 'data';

/** In what way it ended, the first that fits. */
export type SessionEndKind =
  /** The peer closed it with a code that speaks of credentials. */
  | 'credentials'
  /** After the peer's GOAWAY, in whatever way. */
  | 'goaway'
  /** Nothing came for the idle timeout. */
  | 'idle'
  /** The transport failed: a reset, a socket error, a TCP connection that broke. */
  | 'broken'
  /** A side broke the protocol, and the other one said so. */
  | 'violation'
  /** The peer, or the network between, closed it with any other code. */
  | 'closed';

interface SessionEnd {
  readonly cause: Cause;
  readonly code: ErrorCode;
}

const INCOMPLETE: SessionEnd = { cause: 'data.closed', code: 'MOQT_E_INCOMPLETE' };
const GOAWAY: SessionEnd = { cause: 'session.goaway', code: 'MOQT_E_CLOSED' };
const IDLE: SessionEnd = { cause: 'session.idle', code: 'MOQT_E_TIMEOUT' };
const BROKEN: SessionEnd = { cause: 'session.closed', code: 'MOQT_E_CLOSED' };

/**
 * What the end of a session means to every command. The exit codes follow from cause and code (`exitCodeOf`): after the
 * first object any end is 9; before it credentials are 5, silence 6, GOAWAY 8, and any other end 7.
 */
export const SESSION_ENDS: Readonly<Record<SessionMoment, Readonly<Record<SessionEndKind, SessionEnd>>>> = {
  open: {
    credentials: { cause: 'session.closed', code: 'MOQT_E_UNAUTHORIZED' },
    goaway: GOAWAY,
    idle: IDLE,
    broken: BROKEN,
    violation: { cause: 'session.closed', code: 'MOQT_E_PROTOCOL' },
    closed: { cause: 'session.closed', code: 'MOQT_E_CLOSED' },
  },
  asked: {
    credentials: { cause: 'request.unauthorized', code: 'MOQT_E_UNAUTHORIZED' },
    goaway: GOAWAY,
    idle: IDLE,
    broken: BROKEN,
    violation: { cause: 'request.closed', code: 'MOQT_E_PROTOCOL' },
    closed: { cause: 'request.closed', code: 'MOQT_E_CLOSED' },
  },
  data: {
    credentials: INCOMPLETE,
    goaway: INCOMPLETE,
    idle: INCOMPLETE,
    broken: INCOMPLETE,
    violation: INCOMPLETE,
    closed: INCOMPLETE,
  },
};
