import { listenQuic } from '../../../src/core/transport/quic/index.js';
import type { BidiStream, TransportSession } from '../../../src/core/transport/transport.js';
import { encodeCloseCapsule } from '../../../src/core/transport/webtransport/capsules.js';
import { encodeFrame, FRAME } from '../../../src/core/transport/webtransport/h3/frames.js';
import { encodeSettings, ourSettings } from '../../../src/core/transport/webtransport/h3/settings.js';
import { encodeVarints } from '../../../src/core/transport/webtransport/h3/varint.js';
import { encodeFieldSection } from '../../../src/core/transport/webtransport/qpack/field-section.js';
import { concatBytes, utf8 } from '../../../src/core/util/bytes.js';
import { encodeControlMessage } from '../../../src/core/wire/control-codec.js';
import { profileByDraft } from '../../../src/core/wire/drafts/index.js';
import { selfSigned } from '../../support/certs.js';
import type { DiagnosisCase, Expectation } from '../case.js';
import type { Lab } from '../lab.js';

const quirk = (name: string, expect: Partial<Expectation>, start: DiagnosisCase['start']): DiagnosisCase => ({
  name: `relay.quirk.${name}`,
  expect: { cause: null, exit: 0, withinMs: 5000, warnings: [`relay.quirk.${name}`], ...expect },
  start,
});

/** A server of one draft whose session does what `onSession` makes of it. */
async function server(
  lab: Lab,
  draft: string,
  onSession: (transport: TransportSession) => void,
  args: readonly string[],
) {
  const { certPem, keyPem, sha256 } = await selfSigned();
  const alpn = [profileByDraft(draft)?.alpn as string];
  const listener = await listenQuic(
    { host: '127.0.0.1', port: 0, certPem, keyPem, alpn, idleTimeoutMs: 30_000 },
    onSession,
  );
  lab.defer(() => listener.close({ closeSessions: { code: 0n, reason: '' } }));
  const pin = ['--cert-sha256', Buffer.from(sha256).toString('hex'), '--draft', draft];
  return { url: `moqt://127.0.0.1:${listener.address.port}/`, args: [...pin, ...args] };
}

/** Answers whatever comes on a request stream of draft 18 with these bytes. */
const answerWith = (bytes: Uint8Array) => (transport: TransportSession) => {
  transport.onIncomingUni((stream) => void stream.read().catch(() => {}));
  transport.onIncomingBidi((stream) => {
    void stream.recv
      .read()
      .then(() => stream.send.write(bytes))
      .catch(() => {});
  });
  void transport
    .openUni()
    .then((stream) => stream.write(encodeControlMessage(draft18, { type: 'SETUP', options: {} })))
    .catch(() => {});
};
const draft18 = profileByDraft('18') as NonNullable<ReturnType<typeof profileByDraft>>;
const PUBLISH_OK = encodeControlMessage(draft18, { type: 'PUBLISH_OK', parameters: { forward: false } });

/** An HTTP/3 server that writes the body of an answer into the session at its first request, and the close behind it. */
async function textInSession(lab: Lab) {
  const { certPem, keyPem, sha256 } = await selfSigned();
  const listener = await listenQuic(
    { host: '127.0.0.1', port: 0, certPem, keyPem, alpn: ['h3'], idleTimeoutMs: 30_000 },
    (quic) => {
      quic.onIncomingUni((stream) => void stream.read().catch(() => {}));
      const send = async (...parts: readonly Uint8Array[]): Promise<void> => {
        await (await quic.openUni()).write(concatBytes(parts));
      };
      let connect: BidiStream | null = null;
      quic.onIncomingBidi((stream) => {
        if (connect !== null) {
          void connect.send.write(encodeFrame(FRAME.DATA, utf8('404 page not found')));
          void connect.send.write(encodeCloseCapsule(0n, ''));
          connect.send.end();
          return;
        }
        connect = stream;
        const answer = encodeFieldSection([
          [':status', '200'],
          ['wt-protocol', '"moqt-18"'],
        ]);
        void stream.recv.read().then(
          async () => {
            await stream.send.write(encodeFrame(FRAME.HEADERS, answer));
            const setup = encodeControlMessage(draft18, { type: 'SETUP', options: {} });
            await send(encodeVarints(0x54, 0), setup);
          },
          () => {},
        );
      });
      const settings = encodeFrame(FRAME.SETTINGS, encodeSettings(ourSettings('server', 1)));
      send(encodeVarints(0), settings).catch(() => {});
    },
  );
  lab.defer(() => listener.close({ closeSessions: { code: 0n, reason: '' } }));
  const pin = ['--cert-sha256', Buffer.from(sha256).toString('hex'), '--draft', '18'];
  return { url: `https://127.0.0.1:${listener.address.port}/`, args: [...pin, '--announce', 'lab/ns'] };
}

export const quirkCases: readonly DiagnosisCase[] = [
  quirk('closes-on-unknown-request', { cause: 'request.closed', exit: 7, hint: ['PUBLISH'] }, (lab) =>
    lab.relay({ faults: ['close:0@announce'], args: ['--announce', 'lab/ns'] }),
  ),
  quirk('random-reason', { cause: 'track.not-found', exit: 8, withinMs: 8000, hint: ['publisher'] }, (lab) =>
    lab.relay({
      faults: ['reject:DOES_NOT_EXIST@subscribe:not found [error:3aa4c85c-b1d9-4ebd-a14a-cb44d6d1bd81]'],
      args: ['--subscribe', 'lab/ns/track'],
    }),
  ),
  quirk('unanswered-request', {}, (lab) =>
    lab.relay({ faults: ['never-answer:fetch'], args: ['--matrix', '--draft', '18', '--transport', 'quic'] }),
  ),
  quirk('accepts-unknown-track', {}, (lab) => lab.relay({ faults: ['stall'], args: ['--matrix', '--draft', '18'] })),
  quirk('fetch-request-ok', { cause: 'request.timeout', exit: 6, withinMs: 8000, hint: ['--subscribe'] }, (lab) =>
    server(lab, '18', answerWith(encodeControlMessage(draft18, { type: 'REQUEST_OK', parameters: {} })), [
      ...['--fetch', 'lab/ns/track'],
    ]),
  ),
  quirk('publish-ok', { cause: 'request.closed', exit: 7, withinMs: 9000, hint: ['--draft'] }, (lab) =>
    server(lab, '18', answerWith(PUBLISH_OK), ['--roundtrip', '--via', 'publish', '--data-timeout', '500ms']),
  ),
  quirk(
    'invalid-answer',
    { cause: 'request.closed', exit: 7, message: ['PUBLISH_OK to PUBLISH_NAMESPACE'], hint: ['--draft'] },
    (lab) => server(lab, '18', answerWith(PUBLISH_OK), ['--announce', 'lab/ns']),
  ),
  {
    name: 'relay.quirk.text-in-session',
    expect: {
      cause: 'request.closed',
      exit: 7,
      withinMs: 5000,
      message: ['404 page not found'],
      hint: ['mediamtx', '--via publish'],
      warnings: ['relay.quirk.text-in-session'],
    },
    start: (lab) => textInSession(lab),
  },
];
