import { establishSession } from '../../../src/core/session/establish.js';
import type { SessionHandlers } from '../../../src/core/session/session.js';
import { listenQuic } from '../../../src/core/transport/quic/index.js';
import { PROFILES } from '../../../src/core/wire/drafts/index.js';
import { selfSigned } from '../../support/certs.js';
import type { DiagnosisCase, Expectation, Situation } from '../case.js';
import type { Lab } from '../lab.js';

const REQUESTS = {
  announce: ['--announce', 'lab/ns'],
  subscribe: ['--subscribe', 'lab/ns/track'],
  fetch: ['--fetch', 'lab/ns/track'],
  'track-status': ['--track-status', 'lab/ns/track'],
} as const;
type Request = keyof typeof REQUESTS;

/** Another way to what a request is for, which the hint of one that stays unanswered names. */
const HOW_ELSE: Readonly<Record<Request, string>> = {
  announce: '--via publish',
  subscribe: 'start the publisher',
  fetch: 'use SUBSCRIBE',
  'track-status': 'use SUBSCRIBE',
};

const refused = (
  request: Request,
  fault: string,
  expect: Pick<Expectation, 'cause' | 'exit' | 'hint' | 'message'>,
): DiagnosisCase => ({
  name: `${expect.cause}: ${fault}`,
  expect: { withinMs: 4000, ...expect },
  start: (lab) => lab.relay({ faults: [fault], args: REQUESTS[request] }),
});

/** A server on draft 18 that answers requests so. */
async function answering(lab: Lab, args: readonly string[], handlers: SessionHandlers): Promise<Situation> {
  const { certPem, keyPem, sha256 } = await selfSigned();
  const alpn = PROFILES.map((profile) => profile.alpn);
  const listener = await listenQuic(
    { host: '127.0.0.1', port: 0, certPem, keyPem, alpn, idleTimeoutMs: 30_000 },
    (transport) => {
      const timeouts = { setupMs: 5000, requestMs: 5000, closeMs: 1000 };
      establishSession('server', transport, { profiles: PROFILES, timeouts, handlers }).catch(() => {});
    },
  );
  lab.defer(() => listener.close({ closeSessions: { code: 0n, reason: '' } }));
  const hash = Buffer.from(sha256).toString('hex');
  return {
    url: `moqt://127.0.0.1:${listener.address.port}/`,
    args: ['--cert-sha256', hash, '--draft', '18', ...args],
  };
}

export const requestCases: readonly DiagnosisCase[] = [
  ...(Object.keys(REQUESTS) as Request[]).map((request) =>
    refused(request, `never-answer:${request}`, {
      cause: 'request.timeout',
      exit: 6,
      hint: [HOW_ELSE[request]],
      message: [request === 'announce' ? 'PUBLISH_NAMESPACE' : request.toUpperCase().replace('-', '_')],
    }),
  ),
  refused('announce', 'reject:INTERNAL_ERROR@announce:out of order', {
    cause: 'request.rejected',
    exit: 8,
    message: ['out of order'],
    hint: ['log'],
  }),
  refused('fetch', 'reject:INVALID_RANGE@fetch:nothing there', {
    cause: 'request.rejected',
    exit: 8,
    message: ['nothing there'],
    hint: ['no objects'],
  }),
  refused('announce', 'reject:UNAUTHORIZED@announce', { cause: 'request.unauthorized', exit: 5, hint: ['token'] }),
  {
    name: 'request.unauthorized: the token that was sent has expired',
    expect: { cause: 'request.unauthorized', exit: 5, withinMs: 4000, hint: ['token'] },
    start: (lab) => {
      const token = `file:${lab.file('token', 'old')}`;
      return lab.relay({
        faults: ['reject:EXPIRED_AUTH_TOKEN@subscribe'],
        args: [...REQUESTS.subscribe, '--auth-token', token],
      });
    },
  },
  refused('track-status', 'reject:NOT_SUPPORTED@track-status', {
    cause: 'request.not-supported',
    exit: 8,
    hint: ['use SUBSCRIBE'],
  }),
  refused('announce', 'reject:NOT_SUPPORTED@announce', { cause: 'request.not-supported', exit: 8, hint: ['PUBLISH'] }),
  refused('announce', 'close:0@announce', {
    cause: 'request.closed',
    exit: 7,
    message: ['PUBLISH_NAMESPACE'],
    hint: ['does not know that message', '--via publish'],
  }),
  refused('fetch', 'close:0x3@fetch', {
    cause: 'request.closed',
    exit: 7,
    message: ['PROTOCOL_VIOLATION'],
    hint: ['could not read FETCH'],
  }),
  {
    name: 'request.redirected: SUBSCRIBE goes elsewhere',
    expect: { cause: 'request.redirected', exit: 8, withinMs: 4000, hint: ['there.example'] },
    start: (lab) =>
      answering(lab, REQUESTS.subscribe, {
        onSubscribe: (request) => {
          const redirect = { connectUri: 'moqt://there.example/', track: { namespace: [], name: new Uint8Array(0) } };
          request.reject({ name: 'REDIRECT', reason: 'elsewhere', redirect });
        },
      }),
  },
  {
    name: 'request.rejected: the stream that answers a FETCH is reset',
    expect: {
      cause: 'request.rejected',
      exit: 8,
      withinMs: 4000,
      message: ['FETCH', 'UNKNOWN_OBJECT_STATUS'],
      hint: ['smaller range'],
    },
    start: (lab) =>
      answering(lab, REQUESTS.fetch, {
        onFetch: async (request) => {
          const answer = await request.accept({ endOfTrack: false, end: { group: 9n, object: 0n } });
          answer.reset('UNKNOWN_OBJECT_STATUS');
        },
      }),
  },
  {
    name: 'track.not-found: other tracks are there',
    expect: { cause: 'track.not-found', exit: 8, withinMs: 6000, hint: ['live/room1'] },
    async start(lab) {
      const situation = await lab.relay({ args: REQUESTS.subscribe });
      const session = await lab.member(situation.relay);
      await session.publishNamespace([Buffer.from('live'), Buffer.from('room1')]);
      return situation;
    },
  },
  {
    name: 'track.not-found: nothing is there',
    expect: { cause: 'track.not-found', exit: 8, withinMs: 6000, hint: ['start the publisher'] },
    start: (lab) => lab.relay({ args: [...REQUESTS.subscribe, '--draft', '16'] }),
  },
  {
    name: 'namespace.one-field: one field with slashes',
    expect: { cause: 'namespace.one-field', exit: 8, withinMs: 6000, hint: ['lab%2Fns'] },
    async start(lab) {
      const situation = await lab.relay({ args: REQUESTS.subscribe });
      const session = await lab.member(situation.relay, { onSubscribe: (request) => void request.accept() });
      await session.publishNamespace([Buffer.from('lab/ns')]);
      return situation;
    },
  },
];
