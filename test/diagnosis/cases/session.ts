import { establishSession } from '../../../src/core/session/establish.js';
import type { MoqtSession, SessionHandlers } from '../../../src/core/session/session.js';
import { listenQuic } from '../../../src/core/transport/quic/index.js';
import { PROFILES } from '../../../src/core/wire/drafts/index.js';
import { selfSigned } from '../../support/certs.js';
import { UdpProxy } from '../../support/udp-proxy.js';
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

/** A relay far away that accepts the SETUP of this draft, and sends the client away right after it. */
async function sentAway(lab: Lab, draft: string, code: bigint): Promise<Situation> {
  const { url, args = [] } = await peer(lab, ({ transport }) => {
    // Behind SERVER_SETUP, which a close at once would overtake.
    setTimeout(() => void transport.close(code, 'over quota').catch(() => {}), 60).unref();
  });
  const target = { host: '127.0.0.1', port: Number(/:(\d+)\/$/.exec(url)?.[1]) };
  const proxy = await UdpProxy.start({ target, seed: 1, toServer: { delayMs: 100 }, toClient: { delayMs: 100 } });
  lab.defer(() => proxy.close());
  return { url: `moqt://127.0.0.1:${proxy.port}/`, args: [...args, '--draft', draft] };
}

export const sessionCases: readonly DiagnosisCase[] = [
  ...(
    [
      ['16', 0x3n, 'PROTOCOL_VIOLATION'],
      ['14', 0x1n, 'INTERNAL_ERROR'],
    ] as const
  ).map(
    ([draft, code, name]): DiagnosisCase => ({
      name: `session.closed: right behind the SERVER_SETUP of draft ${draft}`,
      expect: {
        cause: 'session.closed',
        exit: 7,
        withinMs: 4000,
        message: [name, 'over quota'],
        hint: [name === 'INTERNAL_ERROR' ? 'log' : '--draft'],
      },
      start: (lab) => sentAway(lab, draft, code),
    }),
  ),
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
