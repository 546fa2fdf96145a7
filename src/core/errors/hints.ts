import type { ErrorCode } from './error-codes.js';

/** What to do about a failure, by its cause: used where the error itself brings no hint. */
const BY_CAUSE: Readonly<Record<string, string>> = {
  'request.does_not_exist':
    'nobody publishes this track now: check the namespace tuple and the track name, or wait for it with --wait',
  'request.track_does_not_exist':
    'nobody publishes this track now: check the namespace tuple and the track name, or wait for it with --wait',
  'request.not_supported': 'the peer does not serve this kind of request: try another --via or --draft',
  'request.uninterested': 'the peer does not want this track or namespace',
  'request.invalid_range': 'the track has no such objects: ask for another --filter',
  'request.timeout': 'the peer gave up waiting for a publisher: start it first, or wait longer with --wait',
  'request.duplicate_subscription': 'this session has the track already',
  'request.prefix_overlap': 'this session asks for an overlapping prefix already',
  'request.excessive_load': 'the peer is overloaded: try again later',
  'request.going_away': 'the peer is going away: connect again',
  'request.malformed_track': 'the relay found contradictions in the track: look at its publisher',
  'frame.truncated': 'is the input whole, and this its --frame? What came before was published',
  'session.idle': 'nothing came from the peer for the idle timeout: is it still there? --idle-timeout makes it longer',
  'session.goaway_timeout': 'the peer asked this session to move and closed it: connect again',
  'session.protocol_violation':
    'one side broke the rules of the draft: try another --draft, and tell the authors of the peer',
  'session.no_error': 'the peer closed the session on purpose, without a reason: see its log',
  'session.internal_error': 'the peer failed: see its log',
  'setup.no_error': 'the peer closed the session without a reason: does it want a path in the URL, or a token?',
  'setup.internal_error':
    'the peer failed, or has no place for another session: its reason and its log say which; try again later',
  'setup.unauthorized': 'give a token with --auth-token, or a path with one in the URL',
};

const BY_CODE: Readonly<Partial<Record<ErrorCode, string>>> = {
  MOQT_E_UNAUTHORIZED:
    'give a token with --auth-token env:NAME or file:PATH, and check its type with --auth-token-type',
  MOQT_E_TIMEOUT: 'raise the timeout that is named, or see with -v what was waited for',
  MOQT_E_PROTOCOL: 'try another --draft, and tell the authors of the peer',
  MOQT_E_REJECTED: "the peer's reason says why",
  MOQT_E_CLOSED: 'see the log of the peer for why it ended the session',
  MOQT_E_INCOMPLETE: 'what arrived before is complete; a slow subscriber may need a paced publisher (--rate)',
  MOQT_E_USAGE: 'see --help',
};

/** A sentence on what to do, or null when there is nothing to say. */
export function hintFor(code: ErrorCode, cause: string | undefined): string | null {
  return (cause === undefined ? undefined : BY_CAUSE[cause]) ?? BY_CODE[code] ?? null;
}
