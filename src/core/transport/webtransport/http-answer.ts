import { httpStatusName } from '../../errors/codes/http-statuses.js';
import { codeText } from '../../errors/codes/texts.js';
import type { ErrorCode } from '../../errors/error-codes.js';
import { MoqtError, type MoqtErrorOptions } from '../../errors/moqt-error.js';
import { escapeText } from '../../util/escape.js';
import { redactUrl } from '../../util/redact.js';
import { parseStringItem } from './structured-field.js';

/** What the answer to an extended CONNECT is read against. */
export interface AskedFor {
  /** Path and query of the request. */
  readonly path: string;
  /** What `WT-Available-Protocols` offered. */
  readonly protocols: readonly string[];
  /** `host:port`, for the error. */
  readonly peer: string;
}

/** A failure to open a WebTransport session, over whichever version of HTTP. */
export function webTransportError(
  peer: string,
  code: ErrorCode,
  message: string,
  options: Omit<MoqtErrorOptions, 'stage' | 'peer'>,
): MoqtError {
  return new MoqtError(code, message, { ...options, stage: 'webtransport', peer });
}

/** Why the session does not exist; null when the status is 2xx. */
export function refusal(
  status: number,
  headers: ReadonlyMap<string, string>,
  { path, protocols, peer }: AskedFor,
): MoqtError | null {
  if (status >= 200 && status <= 299) return null;
  const shownPath = redactUrl(path);
  const name = httpStatusName(status);
  const wire = { space: 'http', code: BigInt(status), name: `HTTP ${status}` };
  if (status === 401 || status === 403) {
    return webTransportError(
      peer,
      'MOQT_E_UNAUTHORIZED',
      `the peer answered ${status}: not authorised for ${shownPath}`,
      {
        cause: 'webtransport.unauthorized',
        hint: 'give a token the way this relay expects it: --header, --auth-token, or in the URL',
        wire,
      },
    );
  }
  if (status >= 300 && status <= 399) {
    const location = headers.get('location');
    const shownLocation = location === undefined ? '' : escapeText(redactUrl(location), { maxLength: 300 });
    const where = location === undefined ? 'without a location' : `to ${shownLocation}`;
    return webTransportError(peer, 'MOQT_E_REJECTED', `the peer answered ${status}: redirects ${where}`, {
      cause: 'webtransport.redirect',
      hint: `redirects are not followed: use ${location === undefined ? 'the new URL' : shownLocation}`,
      wire,
    });
  }
  const hints: Readonly<Record<number, string>> = {
    404: "check the URL's path: relays serve /, /moq, /moq-relay …",
    406: `it seems to support none of what was offered: ${protocols.join(', ') || 'no protocol'}`,
    503: 'it has no place for another session, or is going away: try again later',
    429: 'it limits how often or how many may connect: try again later',
  };
  const words = name === undefined ? '' : ` (${name.toLowerCase().replaceAll('_', ' ')})`;
  return webTransportError(peer, 'MOQT_E_REJECTED', `the peer answered ${status}${words} for ${shownPath}`, {
    cause: status === 404 ? 'webtransport.not-found' : 'webtransport.rejected',
    hint: hints[status] ?? (name === undefined ? undefined : codeText('http', name)?.try[0]) ?? hintOfClass(status),
    wire,
  });
}

/** For a status that has no text of its own. */
function hintOfClass(status: number): string {
  return status >= 500
    ? 'the server, or what is behind it, failed: see its log'
    : "the server does not take the request: check the URL's path and its query; see its log";
}

/**
 * The protocol that `WT-Protocol` names; '' when the field is absent, or no String. Throws MoqtError (`protocol.mismatch`)
 * for one that was not offered: what would be spoken then is not ours. With `bare` an offered one may also stand there
 * without quotes.
 */
export function chosenProtocol(
  headers: ReadonlyMap<string, string>,
  { protocols, peer }: AskedFor,
  { bare = false } = {},
): string {
  const field = headers.get('wt-protocol');
  if (bare && field !== undefined && protocols.includes(field)) return field;
  const chosen = field === undefined ? null : parseStringItem(field);
  if (chosen === null) return '';
  if (protocols.includes(chosen)) return chosen;
  const shown = escapeText(chosen, { maxLength: 80 });
  const offered = protocols.join(', ') || 'none';
  const lite = /^moq(?:-?lite|l$)/i.test(chosen) ? ', which is moq-lite, another protocol' : '';
  throw webTransportError(
    peer,
    'MOQT_E_VERSION',
    `the peer chose the protocol "${shown}"${lite}; offered: ${offered}`,
    {
      cause: 'protocol.mismatch',
      hint: 'the relay must choose among what is offered: try its other paths, or --draft to offer other drafts',
    },
  );
}
