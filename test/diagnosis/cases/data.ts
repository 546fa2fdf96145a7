import type { DiagnosisCase, Expectation } from '../case.js';

const roundtrip = (
  faults: readonly string[],
  expect: Pick<Expectation, 'cause' | 'exit'>,
  args: readonly string[] = [],
): DiagnosisCase => ({
  name: `${expect.cause ?? 'a good round trip'}: ${faults.join(', ') || 'no fault'}${args.length > 0 ? ` ${args[0]}` : ''}`,
  expect: { withinMs: 15_000, ...expect },
  start: (lab) => lab.relay({ faults, args: ['--roundtrip', ...args] }),
});

const failed = (cause: string) => ({ cause, exit: 1 });

export const dataCases: readonly DiagnosisCase[] = [
  roundtrip([], { cause: null, exit: 0 }),
  roundtrip(['stall'], failed('data.none')),
  {
    name: 'data.none: a subscription without objects',
    expect: { cause: 'data.none', exit: 1, withinMs: 15_000, hint: ['publisher'] },
    start: (lab) => lab.relay({ faults: ['stall'], args: ['--subscribe', 'lab/ns/track'] }),
  },
  roundtrip(['drop-objects:20%'], failed('data.loss')),
  roundtrip(['duplicate:30%'], failed('data.duplicate')),
  roundtrip(['corrupt:20%'], failed('data.corrupt')),
  roundtrip(['reorder:30%'], failed('data.reordered')),
  roundtrip(['delay:200ms'], failed('threshold.rtt'), ['--rtt-critical', '50ms']),
  roundtrip(['delay:200ms'], failed('threshold.connect'), ['--connect-critical', '50ms']),
  roundtrip(['delay:300ms'], failed('threshold.latency'), ['--latency-critical', '50ms']),
  roundtrip(['delay:300ms'], failed('threshold.first-object'), ['--first-object-critical', '50ms']),
  roundtrip([], failed('threshold.cert-expiry'), ['--cert-expiry-critical', '20d']),
];
