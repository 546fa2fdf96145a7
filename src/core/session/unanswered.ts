import { codeText } from '../errors/codes/texts.js';
import { SessionClosed } from '../transport/transport-errors.js';
import { escapeText } from '../util/escape.js';
import { redactUrl } from '../util/redact.js';
import type { RequestKind } from '../wire/messages/control-message.js';
import { closeSpace } from './codes.js';
import type { SessionCloseInfo } from './outcome.js';

/** The session ended while a request waited for its answer. */
export class RequestUnanswered extends SessionClosed {
  constructor(
    close: SessionCloseInfo,
    readonly request: RequestKind,
  ) {
    super(close);
  }
}

/** Another way to what a request is for, where a peer does not support it. */
export const OTHER_WAY: Readonly<Record<RequestKind, string>> = {
  PUBLISH_NAMESPACE: 'publish with PUBLISH instead of PUBLISH_NAMESPACE (moqt publish --via publish)',
  PUBLISH: 'publish with PUBLISH_NAMESPACE instead of PUBLISH (moqt publish --via namespace)',
  SUBSCRIBE: 'try another --draft; a relay without SUBSCRIBE serves publishers only',
  FETCH: 'use SUBSCRIBE, and --from group for the objects that the relay still has, instead of FETCH',
  TRACK_STATUS: 'use SUBSCRIBE instead: its answer says what TRACK_STATUS would',
  SUBSCRIBE_NAMESPACE: 'name the track and use SUBSCRIBE instead of listing namespaces',
  SUBSCRIBE_TRACKS: 'name the track and use SUBSCRIBE instead',
  REQUEST_UPDATE: 'end the subscription and make another instead of updating it',
};

/** What to do about a session that a side closed instead of answering. */
export function unansweredHint(close: SessionCloseInfo, request: RequestKind): string {
  const mediamtx = request === 'PUBLISH_NAMESPACE' ? ' (mediamtx does this: it knows PUBLISH and SUBSCRIBE only)' : '';
  if (close.strayText !== undefined) {
    return `the relay ended the session at ${request}, and text hides why: it probably does not know that message${mediamtx}; ${OTHER_WAY[request]}`;
  }
  if (close.by === 'local' && !close.isApplication) {
    return `the peer left right after ${request}, and not as HTTP wants it: probably it does not know that message${mediamtx}; ${OTHER_WAY[request]}`;
  }
  if (close.by === 'local')
    return 'what the peer answered breaks the rules of the draft: tell its authors; try another --draft';
  if (close.code === 0n && close.reason === '') {
    return `code 0 without a reason, right after ${request}: the relay does not know that message${mediamtx}; ${OTHER_WAY[request]}`;
  }
  if (close.name === 'PROTOCOL_VIOLATION') {
    return `the relay could not read ${request}, or does not expect it: try another --draft; ${OTHER_WAY[request]}`;
  }
  const known = codeText(closeSpace(close), close.name);
  const look = known?.try[0] ?? `see the log of the relay, and moqt explain --space ${closeSpace(close)} ${close.code}`;
  return `${look}; ${OTHER_WAY[request]}`;
}

/** A URI that a peer named, fit for a terminal; null for an empty one. */
export function shownUri(uri: string): string | null {
  return uri === '' ? null : escapeText(redactUrl(uri), { maxLength: 300 });
}

/** What to do about a GOAWAY. `uri` is fit for a terminal; null: the peer named none. */
export function goAwayHint(uri: string | null): string {
  return uri === null
    ? 'the relay is shutting down, restarting or moving its load: connect again in a while'
    : `connect to ${uri} instead`;
}
