import { establishSession } from '../../../src/core/session/establish.js';
import type { MoqtSession, SessionHandlers } from '../../../src/core/session/session.js';
import { listenQuic } from '../../../src/core/transport/quic/index.js';
import type { SendStream } from '../../../src/core/transport/transport.js';
import { encodeControlMessage } from '../../../src/core/wire/control-codec.js';
import { PROFILES, profileByDraft } from '../../../src/core/wire/drafts/index.js';
import type { DraftProfile } from '../../../src/core/wire/profile.js';
import { selfSigned } from '../../support/certs.js';
import type { DiagnosisCase, Situation } from '../case.js';
import type { Lab } from '../lab.js';

/** A peer that speaks MoQT on raw QUIC and is no relay: `welcome` gets each of its sessions. */
export async function peer(
  lab: Lab,
  welcome: (session: MoqtSession) => void,
  handlers: SessionHandlers = {},
): Promise<Situation> {
  const { certPem, keyPem, sha256 } = await selfSigned();
  const listener = await listenQuic(
    { host: '127.0.0.1', port: 0, certPem, keyPem, alpn: PROFILES.map(({ alpn }) => alpn), idleTimeoutMs: 30_000 },
    (transport) => {
      establishSession('server', transport, {
        profiles: PROFILES,
        timeouts: { setupMs: 5000, requestMs: 5000, closeMs: 1000 },
        handlers,
      }).then(welcome, () => {});
    },
  );
  lab.defer(() => listener.close({ closeSessions: { code: 0n, reason: '' } }));
  const hash = Buffer.from(sha256).toString('hex');
  return { url: `moqt://127.0.0.1:${listener.address.port}/`, args: ['--cert-sha256', hash] };
}

/** A relay that lets each client have one session: the next one replaces it. */
async function oneSessionEach(lab: Lab, code: bigint, reason: string): Promise<Situation> {
  let last: MoqtSession | null = null;
  const situation = await peer(
    lab,
    (session) => {
      void last?.transport.close(code, reason).catch(() => {});
      last = session;
    },
    { onPublishNamespace: (request) => request.accept() },
  );
  return { ...situation, args: [...(situation.args ?? []), '--roundtrip'] };
}

/** Sends its SETUP of draft 18 and does `act` with the stream that it is on. */
async function losesControl(lab: Lab, act: (stream: SendStream) => void): Promise<Situation> {
  const { certPem, keyPem, sha256 } = await selfSigned();
  const setup = encodeControlMessage(profileByDraft('18') as DraftProfile, { type: 'SETUP', options: {} });
  const listener = await listenQuic(
    { host: '127.0.0.1', port: 0, certPem, keyPem, alpn: ['moqt-18'], idleTimeoutMs: 30_000 },
    (transport) => {
      transport.onIncomingUni((stream) => void stream.read().catch(() => {}));
      transport.openUni().then(
        (stream) => {
          stream.write(setup)?.catch(() => {});
          act(stream);
        },
        () => {},
      );
    },
  );
  lab.defer(() => listener.close({ closeSessions: { code: 0n, reason: '' } }));
  const hash = Buffer.from(sha256).toString('hex');
  return { url: `moqt://127.0.0.1:${listener.address.port}/`, args: ['--cert-sha256', hash] };
}

export const sessionCases: readonly DiagnosisCase[] = [
  {
    name: 'session.closed: the control stream ends behind SETUP',
    expect: {
      cause: 'session.closed',
      exit: 7,
      withinMs: 3000,
      message: ['closed its control stream'],
      hint: ['authors'],
    },
    start: (lab) => losesControl(lab, (stream) => stream.end()),
  },
  {
    name: 'setup.timeout: the reset of the control stream overtakes SETUP',
    expect: { cause: 'setup.timeout', exit: 6, withinMs: 4000, message: ['reset a stream'], hint: ['control stream'] },
    start: (lab) => losesControl(lab, (stream) => stream.reset(1n)),
  },
  {
    name: 'session.closed: by a relay that allows one session',
    expect: {
      cause: 'session.closed',
      exit: 7,
      withinMs: 4000,
      message: ['replaced', 'before SUBSCRIBE'],
      hint: ['one session'],
    },
    start: (lab) => oneSessionEach(lab, 0x1n, 'replaced by another session'),
  },
  {
    name: 'session.goaway: to another relay',
    expect: { cause: 'session.goaway', exit: 8, withinMs: 3000, message: ['GOAWAY'], hint: ['there.example'] },
    start: (lab) => lab.relay({ faults: ['goaway:moqt://there.example/'], args: ['--announce', 'lab'] }),
  },
  {
    name: 'session.goaway: to nowhere',
    expect: { cause: 'session.goaway', exit: 8, withinMs: 3000, message: ['GOAWAY'], hint: ['connect again'] },
    start: (lab) => lab.relay({ faults: ['goaway'], args: ['--subscribe', 'lab/ns/track'] }),
  },
  {
    name: 'session.idle: the network goes dark',
    expect: { cause: 'session.idle', exit: 6, withinMs: 6000, message: ['PUBLISH_NAMESPACE'], hint: ['network'] },
    start: (lab) =>
      lab.relay({
        faults: ['blackhole:700ms', 'never-answer:announce'],
        args: ['--announce', 'lab', '--idle-timeout', '2s', '--request-timeout', '8s'],
      }),
  },
];
