import type { DiagnosisCase } from '../case.js';

const reply = (text: string | null) => (packet: Buffer) => (text === null ? packet : Buffer.from(text));

export const quicCases: readonly DiagnosisCase[] = [
  {
    name: 'quic.version: only draft-29',
    expect: { cause: 'quic.version', exit: 7, withinMs: 1000, message: ['0xff00001d'] },
    start: (lab) => lab.relay({ faults: ['version-negotiation'] }),
  },
  {
    name: 'quic.version: only version 2',
    expect: { cause: 'quic.version', exit: 7, withinMs: 1000, message: ['v2'] },
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
    expect: { cause: 'quic.timeout', exit: 6, withinMs: 4000 },
    start: (lab) => lab.relay({ faults: ['stuck-handshake'] }),
  },
  {
    name: 'quic.timeout: the same below WebTransport',
    expect: { cause: 'quic.timeout', exit: 6, withinMs: 4000 },
    start: (lab) => lab.relay({ faults: ['stuck-handshake'], scheme: 'https' }),
  },
  {
    name: 'quic.closed: the server is full',
    expect: { cause: 'quic.closed', exit: 7, withinMs: 1500, message: ['CONNECTION_REFUSED'] },
    start: (lab) => lab.relay({ faults: ['quic-close:2'] }),
  },
  {
    name: 'quic.closed: a transport parameter that the server does not like',
    expect: { cause: 'quic.closed', exit: 7, withinMs: 1500, message: ['TRANSPORT_PARAMETER_ERROR'] },
    start: (lab) => lab.relay({ faults: ['quic-close:8'], scheme: 'https' }),
  },
  {
    name: 'quic.retry-loop: Retry again and again',
    expect: { cause: 'quic.retry-loop', exit: 6, withinMs: 4000, hint: ['load balancer'] },
    start: (lab) => lab.relay({ faults: ['retry-loop'] }),
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
