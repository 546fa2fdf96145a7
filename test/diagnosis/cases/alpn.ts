import type { DiagnosisCase } from '../case.js';

export const alpnCases: readonly DiagnosisCase[] = [
  {
    name: 'alpn.none: alert 120 to whatever is offered',
    expect: { cause: 'alpn.none', exit: 7, withinMs: 3000, hint: ['offered was moqt-18', 'alone'] },
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
  {
    name: 'alpn.first-only: a relay that looks only at the head of the list',
    expect: { cause: 'alpn.first-only', exit: 7, withinMs: 3000, message: ['moqt-16'], hint: ['--draft 16'] },
    start: (lab) => lab.relay({ faults: ['first-alpn:moqt-16'] }),
  },
  {
    name: 'alpn.first-only: the draft that it wants stands last',
    expect: { cause: 'alpn.first-only', exit: 7, withinMs: 3000, message: ['moqt-18'], hint: ['--draft 18'] },
    start: (lab) => lab.relay({ faults: ['first-alpn:moqt-18'], args: ['--draft', '14,16,18'] }),
  },
];
