import type { Detail, ProbeMatrix } from '../records/probe-report.js';
import { formatMs } from './quantity.js';

/** A fact about a relay in words: its value as a person reads it, and whether it is a yes, a no or neither. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  readonly state: 'yes' | 'no' | 'unknown' | 'plain';
}

/** How a relay took one request. */
export interface AnswerRow {
  readonly request: string;
  /** For a track that nobody publishes, and for one that was published; null where it was not asked. */
  readonly unknown: Fact | null;
  readonly published: Fact | null;
}

/** A fingerprint as people read it; what it does not have is left out. */
export interface FingerprintWords {
  readonly reason: string | null;
  readonly identity: readonly Fact[];
  readonly quirks: readonly { readonly cause: string; readonly message: string; readonly hint: string }[];
  readonly behaviour: readonly Fact[];
  readonly answers: readonly AnswerRow[];
  readonly limits: readonly Fact[];
  readonly parameters: readonly Fact[];
  readonly settings: readonly Fact[];
}

type Facts = { readonly [name: string]: Detail };

export const TRANSPORT_NAMES: Readonly<Record<string, string>> = {
  quic: 'raw QUIC',
  webtransport: 'WebTransport, HTTP/3',
  'webtransport-h2': 'WebTransport, HTTP/2',
};

/** Identifiers of HTTP/3 SETTINGS that say what a server can do (RFC 9114, 9204, 9220, 9297, drafts of WebTransport). */
const SETTINGS: Readonly<Record<string, string>> = {
  '0x1': 'QPACK table capacity',
  '0x6': 'largest header section',
  '0x7': 'QPACK blocked streams',
  '0x8': 'extended CONNECT',
  '0x33': 'datagrams',
  '0xffd277': 'datagrams (draft 4)',
  '0x2b603742': 'WebTransport (draft 2)',
  '0x2b603743': 'WebTransport sessions (draft 2)',
  '0xc671706a': 'WebTransport sessions (draft 7)',
  '0x14e9cd29': 'WebTransport sessions (draft 13)',
  '0x2c7cf000': 'WebTransport (draft 14)',
};

const REQUESTS = {
  publishNamespace: ['PUBLISH_NAMESPACE', null],
  subscribeNamespace: ['SUBSCRIBE_NAMESPACE', null],
  publish: ['PUBLISH', null],
  blindSubscribe: ['SUBSCRIBE', 'subscribe'],
  fetch: ['FETCH', 'fetch'],
  trackStatus: ['TRACK_STATUS', 'trackStatus'],
} as const;

/** The words for the fingerprint of a matrix. Takes any shape: what has another than it should is passed over. */
export function fingerprintWords({ fingerprint }: ProbeMatrix): FingerprintWords {
  const of = (name: string): Facts => facts(fingerprint[name]);
  const behaviour = of('behaviour');
  return {
    reason: text(fingerprint.reason),
    identity: identity(of('implementation'), of('seenOn')),
    quirks: list(fingerprint.quirks).map((one) => {
      const { cause, message, hint } = facts(one);
      return { cause: text(cause) ?? '', message: text(message) ?? '', hint: text(hint) ?? '' };
    }),
    behaviour: behaviourFacts(behaviour, of('webtransportPath'), of('earlyData'), of('migration')),
    answers: answers(behaviour),
    limits: limits(of('limits'), of('setup')),
    parameters: plain(of('transportParameters'), (name) => name),
    settings: plain(of('http3Settings'), (id) => (SETTINGS[id] === undefined ? id : `${SETTINGS[id]} (${id})`)),
  };
}

function identity(implementation: Facts, seenOn: Facts): Fact[] {
  const { guess, because, declared, server, quic, quicBecause } = implementation;
  const transport = text(seenOn.transport);
  const seen =
    transport === null ? null : `draft ${text(seenOn.draft) ?? '?'} over ${TRANSPORT_NAMES[transport] ?? transport}`;
  const why = (reason: Detail | undefined): string => (text(reason) === null ? '' : `: ${text(reason)}`);
  return [
    row('implementation', text(guess) === null ? null : `${text(guess)}${why(because)}`),
    row('calls itself', text(declared)),
    row('HTTP server', text(server)),
    row('QUIC library', text(quic) === null ? null : `${text(quic)}${why(quicBecause)}`),
    row('seen on', seen),
  ].flat();
}

function behaviourFacts(behaviour: Facts, path: Facts, early: Facts, migration: Facts): Fact[] {
  const held = behaviour.blindSubscribeAllowed === 'held';
  return [
    yesNo('brings objects from publisher to subscriber', behaviour.forwardsObjects),
    yesNo('accepts PUBLISH', behaviour.acceptsPublish),
    yesNo('answers FETCH', behaviour.answersFetch),
    yesNo('serves objects by FETCH', behaviour.servesFetch),
    yesNo('answers TRACK_STATUS', behaviour.answersTrackStatus),
    held
      ? [{ label: 'accepts SUBSCRIBE before there is a publisher', value: 'holds it', state: 'yes' } as const]
      : yesNo('accepts SUBSCRIBE before there is a publisher', behaviour.blindSubscribeAllowed),
    yesNo('tells latecomers of earlier announcements', behaviour.replaysAnnouncements),
    yesNo('lets WebTransport in at any path', path.anyPathAccepted, path.answer),
    yesNo('keeps the names of each path apart', path.namesScopedByPath),
    yesNo('resumes TLS sessions', early.resumed, early.resumed === true ? null : early.why),
    yesNo('takes 0-RTT', early.accepted, early.why),
    yesNo('goes on after the client moved to another port', migration.survived, migration.why),
  ].flat();
}

function answers(behaviour: Facts): AnswerRow[] {
  const published = facts(behaviour.publishedTrack);
  return Object.entries(REQUESTS).flatMap(([name, [request, later]]) => {
    const unknown = answer(behaviour[name]);
    const known = later === null ? null : answer(published[later]);
    return unknown === null && known === null ? [] : [{ request, unknown, published: known }];
  });
}

function answer(value: Detail | undefined): Fact | null {
  const { answer: how, code, name, reason, ms } = facts(value);
  if (typeof how !== 'string') return null;
  const after = typeof ms === 'number' ? formatMs(ms) : '?';
  const said = [text(name) === null ? null : `${text(name)} (${text(code)})`, text(reason) || null]
    .filter(Boolean)
    .join(': ');
  const fact = (state: Fact['state'], words: string): Fact => ({ label: '', state, value: words });
  switch (how) {
    case 'accepted':
      return fact('yes', `accepted after ${after}`);
    case 'refused':
      return fact('plain', `refused with ${said || 'no code'} after ${after}`);
    case 'closed':
      return fact('no', `ended the session with ${said} after ${after}`);
    case 'invalid':
      return fact('no', `answered what the draft forbids: ${said}`);
    case 'none':
      return fact('no', `no answer within ${after}`);
    default:
      return fact('unknown', `not tried: ${text(reason) ?? how}`);
  }
}

function limits(values: Facts, setup: Facts): Fact[] {
  const unknownOptions = list(setup.unknownOptions).map(
    (one) => `${text(facts(one).type)} = ${text(facts(one).value)}`,
  );
  const ids = facts(values.maxRequestId);
  const count = (value: Detail | undefined): string | null =>
    typeof value === 'number' ? value.toLocaleString('en') : null;
  const idle = values.idleTimeoutMs;
  return [
    row('streams that the client may open, one-way', count(values.uniStreams)),
    row('streams that the client may open, two-way', count(values.bidiStreams)),
    row(
      'largest datagram',
      typeof values.maxDatagramSize === 'number' ? `${count(values.maxDatagramSize)} bytes` : null,
    ),
    row('idle timeout', typeof idle === 'number' ? `${idle / 1000} s` : null),
    ...Object.entries(ids).map(([draft, value]) => row(`MAX_REQUEST_ID on draft ${draft}`, text(value))),
    row('AUTH_TOKEN_CACHE_SIZE', text(setup.maxAuthTokenCacheSize)),
    row('SETUP options of its own', unknownOptions.length === 0 ? null : unknownOptions.join(', ')),
  ].flat();
}

function plain(values: Facts, label: (name: string) => string): Fact[] {
  return Object.entries(values).flatMap(([name, value]) => row(label(name), value === null ? null : String(value)));
}

function row(label: string, value: string | null): Fact[] {
  return value === null ? [] : [{ label, value, state: 'plain' }];
}

/** With its reason, where there is one; nothing when the fact does not apply. */
function yesNo(label: string, value: Detail | undefined, why?: Detail): Fact[] {
  const reason = text(why);
  const because = reason === null ? '' : `: ${reason}`;
  if (value === true) return [{ label, value: `yes${because}`, state: 'yes' }];
  if (value === false) return [{ label, value: `no${because}`, state: 'no' }];
  return value === undefined || (value === null && reason === null)
    ? []
    : [{ label, value: `unknown${because}`, state: 'unknown' }];
}

function facts(value: Detail | undefined): Facts {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Facts) : {};
}

function list(value: Detail | undefined): readonly Detail[] {
  return Array.isArray(value) ? value : [];
}

function text(value: Detail | undefined): string | null {
  return value === null || value === undefined || typeof value === 'object' ? null : String(value);
}
