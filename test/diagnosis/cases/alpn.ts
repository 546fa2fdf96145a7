import type { DiagnosisCase } from '../case.js';

export const alpnCases: readonly DiagnosisCase[] = [
  {
    name: 'alpn.none: alert 120 to whatever is offered',
    expect: { cause: 'alpn.none', exit: 7, withinMs: 3000 },
    start: (lab) => lab.relay({ faults: ['alert:120'] }),
  },
  {
    name: 'alpn.none: a relay of draft 14 only',
    expect: { cause: 'alpn.none', exit: 7, withinMs: 3000, hint: ['14'] },
    start: (lab) => lab.relay({ drafts: ['14'], args: ['--draft', '18'] }),
  },
  {
    name: 'alpn.none: a relay of WebTransport only',
    expect: { cause: 'alpn.none', exit: 7, withinMs: 3000, hint: ['https://'] },
    start: (lab) => lab.relay({ transports: ['webtransport'], scheme: 'moqt' }),
  },
  {
    name: 'alpn.none: a relay of raw QUIC only',
    expect: { cause: 'alpn.none', exit: 7, withinMs: 3000, hint: ['moqt://'] },
    start: (lab) => lab.relay({ transports: ['quic'], scheme: 'https' }),
  },
];
