import type { DiagnosisCase } from '../case.js';

const invalid = (fault: string, draft: string, words: readonly string[]): DiagnosisCase => ({
  name: `setup.invalid: ${fault} on draft ${draft}`,
  expect: { cause: 'setup.invalid', exit: 7, withinMs: 3000, message: words },
  start: (lab) => lab.relay({ faults: [fault], args: ['--draft', draft] }),
});

const closed = (code: string, exit: number, hint: readonly string[] = []): DiagnosisCase => ({
  name: `setup.closed: ${code}`,
  expect: { cause: 'setup.closed', exit, withinMs: 3000, message: [code], hint },
  start: (lab) => lab.relay({ faults: [`close:${code}`] }),
});

const path = (code: string, draft: string): DiagnosisCase => ({
  name: `setup.path: ${code} on draft ${draft}`,
  expect: { cause: 'setup.path', exit: 8, withinMs: 3000 },
  start: (lab) => lab.relay({ faults: [`close:${code}`], path: 'odd/path', args: ['--draft', draft] }),
});

export const setupCases: readonly DiagnosisCase[] = [
  ...((['14', '16', '18'] as const).map((draft) => ({
    name: `setup.timeout: silence on draft ${draft}`,
    expect: { cause: 'setup.timeout', exit: 6, withinMs: 4000, hint: ['token'] },
    start: (lab) => lab.relay({ faults: ['silent-setup'], args: ['--draft', draft] }),
  })) satisfies DiagnosisCase[]),
  {
    name: 'setup.timeout: silence over WebTransport',
    expect: { cause: 'setup.timeout', exit: 6, withinMs: 4000 },
    start: (lab) => lab.relay({ faults: ['silent-setup'], scheme: 'https' }),
  },
  invalid('wrong-draft', '18', ['draft']),
  invalid('wrong-draft', '16', ['draft']),
  invalid('wrong-draft:16', '14', []),
  invalid('garbage-setup', '18', []),
  invalid('garbage-setup', '14', []),
  invalid('garbage-setup:http', '18', ['HTTP']),
  invalid('echo', '18', []),
  invalid('echo', '16', []),
  {
    name: 'setup.version: none of the versions in CLIENT_SETUP',
    expect: { cause: 'setup.version', exit: 7, withinMs: 3000 },
    start: (lab) => lab.relay({ faults: ['close:VERSION_NEGOTIATION_FAILED'], args: ['--draft', '14'] }),
  },
  closed('INTERNAL_ERROR', 7),
  closed('PROTOCOL_VIOLATION', 7),
  closed('UNAUTHORIZED', 5, ['token']),
  closed('EXPIRED_AUTH_TOKEN', 5, ['token']),
  path('INVALID_PATH', '18'),
  path('MALFORMED_PATH', '18'),
  path('INVALID_PATH', '14'),
  path('INVALID_AUTHORITY', '18'),
  {
    name: 'setup.closed: UNAUTHORIZED of a relay that wants a token',
    expect: { cause: 'setup.closed', exit: 5, withinMs: 3000, hint: ['token'] },
    start: (lab) => lab.relay({ authToken: 'secret' }),
  },
  {
    name: 'setup.closed: right behind SETUP',
    expect: { cause: 'setup.closed', exit: 7, withinMs: 3000, message: ['PROTOCOL_VIOLATION'] },
    start: (lab) => lab.relay({ faults: ['close:0x3@session'] }),
  },
  {
    name: 'session.goaway: to another relay',
    expect: { cause: 'session.goaway', exit: 8, withinMs: 3000, hint: ['there.example'] },
    start: (lab) => lab.relay({ faults: ['goaway:moqt://there.example/'], args: ['--announce', 'lab'] }),
  },
  {
    name: 'session.idle: the network goes dark',
    expect: { cause: 'session.idle', exit: 6, withinMs: 6000 },
    start: (lab) =>
      lab.relay({
        faults: ['blackhole:700ms', 'never-answer:announce'],
        args: ['--announce', 'lab', '--idle-timeout', '2s', '--request-timeout', '8s'],
      }),
  },
];
