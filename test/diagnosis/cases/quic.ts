import { authority } from '../../support/certs.js';
import { UdpProxy } from '../../support/udp-proxy.js';
import type { DiagnosisCase, Situation } from '../case.js';
import type { Lab, RelaySituation } from '../lab.js';

const reply = (text: string | null) => (packet: Buffer) => (text === null ? packet : Buffer.from(text));

/** Our relay behind a path that carries 1200 bytes to it, and less on the way back. */
async function narrow(lab: Lab, options: RelaySituation = {}): Promise<Situation> {
  const { url, args = [] } = await lab.relay(options);
  const port = Number(/:(\d+)/.exec(url.slice('moqt:'.length))?.[1]);
  const target = { host: '127.0.0.1', port };
  const proxy = await UdpProxy.start({ target, seed: 1, toServer: { mtu: 1250 }, toClient: { mtu: 1190 } });
  lab.defer(() => proxy.close());
  return { url: `moqt://127.0.0.1:${proxy.port}/`, args };
}

export const quicCases: readonly DiagnosisCase[] = [
  {
    name: 'quic.version: only draft-29',
    expect: { cause: 'quic.version', exit: 7, withinMs: 1000, message: ['0xff00001d'], hint: ['version 1'] },
    start: (lab) => lab.relay({ faults: ['version-negotiation'] }),
  },
  {
    name: 'quic.version: only version 2',
    expect: { cause: 'quic.version', exit: 7, withinMs: 1000, message: ['v2'], hint: ['version 1'] },
    start: (lab) => lab.relay({ faults: ['version-negotiation:0x6b3343cf'], scheme: 'https' }),
  },
  ...((
    [
      ['an echo service', null],
      ['a service that speaks text', 'ERR unknown command\r\n'],
      ['one byte', '?'],
    ] as const
  ).map(([what, text]) => ({
    name: `quic.not-quic: ${what}`,
    expect: { cause: 'quic.not-quic', exit: 7, withinMs: 4000, hint: ['service', 'port'] },
    start: async (lab) => ({
      url: `moqt://127.0.0.1:${await lab.udp((packet, from, socket) => socket.send(reply(text)(packet), from.port, from.address))}/`,
    }),
  })) satisfies DiagnosisCase[]),
  {
    name: 'quic.not-quic: nonsense',
    expect: { cause: 'quic.not-quic', exit: 7, withinMs: 4000, hint: ['service'] },
    start: (lab) => lab.relay({ faults: ['udp-garbage'] }),
  },
  {
    name: 'quic.timeout: the handshake begins and never ends',
    expect: { cause: 'quic.timeout', exit: 6, withinMs: 4000, hint: ['first answer', 'overloaded'] },
    start: (lab) => lab.relay({ faults: ['stuck-handshake'] }),
  },
  {
    name: 'quic.timeout: the same below WebTransport',
    expect: { cause: 'quic.timeout', exit: 6, withinMs: 4000, hint: ['first answer', 'overloaded'] },
    start: (lab) => lab.relay({ faults: ['stuck-handshake'], scheme: 'https' }),
  },
  {
    name: 'quic.closed: the server is full',
    expect: { cause: 'quic.closed', exit: 7, withinMs: 1500, message: ['CONNECTION_REFUSED'], hint: ['full'] },
    start: (lab) => lab.relay({ faults: ['quic-close:2'] }),
  },
  {
    name: 'quic.closed: a transport parameter that the server does not like',
    expect: {
      cause: 'quic.closed',
      exit: 7,
      withinMs: 1500,
      message: ['TRANSPORT_PARAMETER_ERROR'],
      hint: ['log of the server'],
    },
    start: (lab) => lab.relay({ faults: ['quic-close:8'], scheme: 'https' }),
  },
  {
    name: 'quic.retry-loop: Retry again and again',
    expect: { cause: 'quic.retry-loop', exit: 6, withinMs: 4000, hint: ['load balancer'] },
    start: (lab) => lab.relay({ faults: ['retry-loop'] }),
  },
  {
    name: 'quic.mtu: the answers to the first packet are too large for the path',
    expect: { cause: 'quic.mtu', exit: 6, withinMs: 4000, message: ['not one packet'], hint: ['MTU', 'tunnel'] },
    start: (lab) => narrow(lab),
  },
  {
    name: 'quic.mtu: the end of a long certificate chain arrives, the rest does not',
    expect: { cause: 'quic.mtu', exit: 6, withinMs: 4000, message: ['did not finish'], hint: ['MTU', 'tunnel'] },
    async start(lab) {
      const root = await authority('Lab Root');
      const middle = await root.intermediate('Lab Intermediate');
      const leaf = await middle.issue();
      const certPem = [leaf, middle, root].map((one) => one.certPem).join('');
      return narrow(lab, { certPem, keyPem: leaf.keyPem, trust: ['--insecure'] });
    },
  },
  {
    name: 'a lossy network is no fault',
    expect: { cause: null, exit: 0, withinMs: 10_000 },
    start: (lab) =>
      lab.relay({
        faults: ['drop:5%', 'delay:30ms', 'corrupt-packets:2%'],
        args: ['--connect-timeout', '8s', '--setup-timeout', '5s'],
      }),
  },
];
