import type { CodeSpaceName } from '../errors/codes/code-space.js';
import type { RankedMeaning } from '../records/explanation.js';
import type { Entry } from './entry.js';
import type { Reading } from './read-input.js';

/** How likely a bare number is of a space, and why it may be. The steps between them matter, not the values. */
const SPACES: Readonly<Record<CodeSpaceName, { readonly weight: number; readonly why: string }>> = {
  session: { weight: 60, why: 'if a session was closed with it' },
  'request-error': { weight: 60, why: 'if it was the answer to a request' },
  'stream-reset': { weight: 45, why: 'if a stream was reset or stopped with it' },
  'publish-done': { weight: 40, why: 'if a subscription ended with it' },
  webtransport: { weight: 90, why: 'a number that only WebTransport uses' },
  http3: { weight: 50, why: 'HTTP/3 numbers its codes from 0x100 on' },
  http: { weight: 55, why: 'if it was the answer to the CONNECT of WebTransport' },
  quic: { weight: 30, why: 'if the connection itself failed' },
  tls: { weight: 20, why: 'if it was called a TLS alert' },
  http2: { weight: 15, why: 'if WebTransport ran over HTTP/2' },
  cause: { weight: 80, why: 'a cause that moqt names' },
  error: { weight: 80, why: 'an error code of moqt' },
  exit: { weight: 5, why: 'if moqt itself ended with it' },
};

const OWN_CODE = 25;
const WORDS = 100;

/** What the place of an entry is judged by, beyond the words. */
export interface RankContext {
  readonly reading: Reading;
  /** The newest draft among those that were asked for. */
  readonly newest: string | undefined;
  /** The implementation that was asked for. */
  readonly implementation: string | null;
  /** The number came out of one that WebTransport wrapped. */
  readonly unwrapped: boolean;
  /** Entries that the words name. */
  readonly named: ReadonlySet<Entry>;
  readonly exact: ReadonlySet<Entry>;
}

/** The entries as meanings, the likeliest first. */
export function rank(entries: readonly Entry[], context: RankContext): RankedMeaning[] {
  return entries
    .map((entry) => ({ entry, ...judge(entry, context) }))
    .sort((a, b) => b.score - a.score)
    .map(({ entry, why }) => ({ ...entry.meaning, why }));
}

function judge(entry: Entry, context: RankContext): { score: number; why: string } {
  const { meaning } = entry;
  const { reading } = context;
  const reasons: string[] = [];
  let score = meaning.implementation === null ? SPACES[meaning.space].weight : OWN_CODE;
  const because = (points: number, reason: string): void => {
    score += points;
    reasons.push(reason);
  };
  if (context.named.has(entry)) because(WORDS + (context.exact.has(entry) ? 20 : 0), 'named in the text');
  if (reading.spaces.has(meaning.space)) {
    because(reading.saysSpace ? 2 * WORDS : WORDS, `the words speak of ${SPACE_TOPICS[meaning.space]}`);
  }
  const wanted = meaning.implementation;
  if (wanted !== null && (context.implementation === wanted || reading.implementations.has(wanted))) {
    because(WORDS, `${wanted} was named`);
  } else if (wanted !== null) because(0, `if the peer is ${wanted}`);
  if (meaning.messages.some((message) => reading.messages.has(message))) because(40, 'the request was named');
  const draft = meaning.drafts.find((known) => reading.drafts.has(known));
  if (draft !== undefined) because(40, `draft ${draft} was named`);
  if (entry.common !== null) because(30, entry.common);
  if (context.newest !== undefined && meaning.drafts.length > 0 && !meaning.drafts.includes(context.newest)) {
    because(-8, `only in draft ${meaning.drafts.join(' and ')}`);
  }
  if (context.unwrapped && meaning.space === 'stream-reset') because(15, 'WebTransport wraps the codes of streams');
  if (meaning.space === 'http' && reading.hexadecimal) because(-50, 'a status is seldom written in hexadecimal');
  if (isAlertOfQuic(entry)) because(18, 'QUIC carries TLS alerts as 0x100 plus their number');
  return { score, why: reasons.length > 0 ? reasons.join('; ') : SPACES[meaning.space].why };
}

function isAlertOfQuic({ meaning, number }: Entry): boolean {
  return meaning.space === 'quic' && number !== null && number >= 0x100n && number <= 0x1ffn;
}

const SPACE_TOPICS: Readonly<Record<CodeSpaceName, string>> = {
  session: 'the close of a session',
  'request-error': 'the answer to a request',
  'publish-done': 'the end of a subscription',
  'stream-reset': 'a stream that was reset',
  webtransport: 'WebTransport',
  http3: 'HTTP/3',
  http2: 'HTTP/2',
  http: 'an HTTP status',
  quic: 'QUIC',
  tls: 'TLS',
  cause: 'a cause',
  error: 'an error of moqt',
  exit: 'an exit code',
};
