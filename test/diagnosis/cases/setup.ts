import type { DiagnosisCase } from '../case.js';

const invalid = (
  fault: string,
  draft: string,
  words: readonly string[],
  hint: readonly string[] = ['--draft'],
): DiagnosisCase => ({
  name: `setup.invalid: ${fault} on draft ${draft}`,
  expect: { cause: 'setup.invalid', exit: 7, withinMs: 3000, message: words, hint },
  start: (lab) => lab.relay({ faults: [fault], args: ['--draft', draft] }),
});

const closed = (code: string, exit: number, hint: readonly string[] = []): DiagnosisCase => ({
  name: `setup.closed: ${code}`,
  expect: { cause: 'setup.closed', exit, withinMs: 3000, message: [code], hint },
  start: (lab) => lab.relay({ faults: [`close:${code}`] }),
});

const path = (code: string, draft: string): DiagnosisCase => ({
  name: `setup.path: ${code} on draft ${draft}`,
  expect: {
    cause: 'setup.path',
    exit: 8,
    withinMs: 3000,
    message: [code, code.endsWith('PATH') ? 'odd/path' : '127.0.0.1'],
    hint: ['path', 'host'],
  },
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
    expect: { cause: 'setup.timeout', exit: 6, withinMs: 4000, hint: ['--draft', 'token'] },
    start: (lab) => lab.relay({ faults: ['silent-setup'], scheme: 'https' }),
  },
  invalid('wrong-draft', '18', ['SETUP of draft 16'], ['--draft 16']),
  invalid('wrong-draft', '16', ['SETUP of draft 18'], ['--draft 18']),
  invalid('wrong-draft:16', '14', ['SETUP of draft 16'], ['--draft 16']),
  invalid('garbage-setup', '18', []),
  invalid('garbage-setup', '14', []),
  invalid('garbage-setup:http', '18', ['HTTP'], ['host', 'port']),
  invalid('echo', '18', ['as we sent it'], ['sends back']),
  invalid('echo', '16', ['as we sent it'], ['sends back']),
  {
    name: 'setup.version: none of the versions in CLIENT_SETUP',
    expect: { cause: 'setup.version', exit: 7, withinMs: 3000, message: ['draft 14'], hint: ['--draft'] },
    start: (lab) => lab.relay({ faults: ['close:VERSION_NEGOTIATION_FAILED'], args: ['--draft', '14'] }),
  },
  closed('INTERNAL_ERROR', 7, ['log']),
  closed('PROTOCOL_VIOLATION', 7, ['--draft']),
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
    expect: { cause: 'setup.closed', exit: 7, withinMs: 3000, message: ['PROTOCOL_VIOLATION'], hint: ['--draft'] },
    start: (lab) => lab.relay({ faults: ['close:0x3@session'] }),
  },
];
