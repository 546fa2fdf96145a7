import type { Detail } from '../../records/probe-report.js';
import type { ConnectedSession } from '../../session/connect/connect-settings.js';
import { escapeText } from '../../util/escape.js';
import type { Answers } from './behaviour.js';

/** What an implementation can be told by. */
export interface Signs {
  /** MOQT_IMPLEMENTATION. */
  readonly declared: string | null;
  /** The `server` header of the answer to a WebTransport CONNECT. */
  readonly server: string | null;
  readonly answers: Answers;
  readonly parameters: Readonly<Record<string, number | boolean | null>> | null;
}

/** Names that implementations give themselves. */
const DECLARED: readonly (readonly [RegExp, string])[] = [
  [/^moq-lite-rs/, 'moq-relay (moq-dev)'],
  [/^aiomoqt/, 'aiomoqt'],
  [/^moqt\//, 'moqt'],
];

/** What they are told by where they give none. */
const MARKS: readonly (readonly [name: string, because: string, holds: (signs: Signs) => boolean])[] = [
  [
    'mediamtx',
    'writes "404 page not found" into WebTransport sessions',
    ({ answers }) => Object.values(answers).some(({ reason }) => reason?.includes('404 page not found') ?? false),
  ],
  [
    'mediamtx',
    'ends the session with code 0 and no reason at PUBLISH_NAMESPACE',
    ({ answers: { publishNamespace: one } }) => one.answer === 'closed' && one.code === '0x0' && one.reason === '',
  ],
  [
    'moq-relay (moq-dev)',
    'calls an unknown track unroutable',
    ({ answers }) => answers.blindSubscribe.reason?.includes('unroutable') ?? false,
  ],
  [
    'moq-relay-ietf (Cloudflare)',
    'puts "[error:…]" with a UUID into the reason of a refusal',
    ({ answers }) => /\[error:[0-9a-f]{8}-[0-9a-f-]{27}/.test(answers.blindSubscribe.reason ?? ''),
  ],
];

/** QUIC stacks by the defaults of their transport parameters. */
const STACKS: readonly (readonly [name: string, because: Readonly<Record<string, number>>])[] = [
  ['quic-go', { initial_max_data: 786_432, max_ack_delay: 26 }],
  [
    'quinn or noq',
    { initial_max_stream_data_uni: 1_250_000, max_udp_payload_size: 1472, active_connection_id_limit: 5 },
  ],
  ['picoquic', { max_udp_payload_size: 1440, active_connection_id_limit: 8 }],
];

/** Which implementation it is: what it says of itself, else what it is known by; null when it is known by nothing. */
export function implementation(signs: Signs): Detail {
  const { declared, server, parameters } = signs;
  const named = DECLARED.find(([pattern]) => pattern.test(declared ?? ''));
  const mark = MARKS.find(([, , holds]) => holds(signs));
  const stack =
    parameters &&
    STACKS.find(([, wanted]) => Object.entries(wanted).every(([name, value]) => parameters[name] === value));
  return {
    declared: declared === null ? null : escapeText(declared, { maxLength: 200 }),
    server: server === null ? null : escapeText(server, { maxLength: 100 }),
    guess: named?.[1] ?? mark?.[0] ?? null,
    because: named ? 'it says so' : (mark?.[1] ?? null),
    quic: stack ? stack[0] : null,
    quicBecause: stack ? `its ${Object.keys(stack[1]).join(', ')}` : null,
  };
}

/** The `server` header of a session's HTTP answer. */
export function serverHeader(session: ConnectedSession): string | null {
  return session.transport.http?.headers.get('server') ?? null;
}
