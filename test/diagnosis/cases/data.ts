import { deferred } from '../../../src/core/util/deferred.js';
import type { DiagnosisCase, Expectation } from '../case.js';
import { peer } from './session.js';

/** With less patience than by default. */
const ROUNDTRIP = ['--roundtrip', '--data-timeout', '2s'];

const roundtrip = (
  faults: readonly string[],
  expect: Pick<Expectation, 'cause' | 'exit' | 'hint'>,
  args: readonly string[] = [],
): DiagnosisCase => ({
  name: `${expect.cause ?? 'a good round trip'}: ${faults.join(', ') || 'no fault'}${args.length > 0 ? ` ${args[0]}` : ''}`,
  expect: { withinMs: 15_000, ...expect },
  start: (lab) => lab.relay({ faults, args: [...ROUNDTRIP, ...args] }),
});

const failed = (cause: string, ...hint: readonly string[]) => ({ cause, exit: 1, hint });

export const dataCases: readonly DiagnosisCase[] = [
  roundtrip([], { cause: null, exit: 0 }),
  roundtrip(['stall'], failed('data.none', '--via publish')),
  {
    name: 'data.none: a subscription without objects',
    expect: { cause: 'data.none', exit: 1, withinMs: 15_000, hint: ['publisher'] },
    start: (lab) => lab.relay({ faults: ['stall'], args: ['--subscribe', 'lab/ns/track'] }),
  },
  roundtrip(['drop-objects:20%'], failed('data.loss', 'dropped objects', '--rate')),
  roundtrip(['duplicate:30%'], failed('data.duplicate', 'more than once')),
  roundtrip(['corrupt:20%'], failed('data.corrupt', 'digest')),
  roundtrip(['reorder:30%'], failed('data.reordered', 'out of order')),
  roundtrip(['delay:200ms'], failed('threshold.rtt', 'path'), ['--rtt-critical', '50ms']),
  roundtrip(['delay:200ms'], failed('threshold.connect', 'stages'), ['--connect-critical', '50ms']),
  roundtrip(['delay:300ms'], failed('threshold.latency', '--rate'), ['--latency-critical', '50ms']),
  roundtrip(['delay:300ms'], failed('threshold.first-object', 'publisher'), ['--first-object-critical', '50ms']),
  roundtrip([], failed('threshold.cert-expiry', 'renew'), ['--cert-expiry-critical', '20d']),
  {
    name: 'threshold.loss: more is missing than is allowed',
    expect: { cause: 'threshold.loss', exit: 1, withinMs: 15_000, message: ['5.00 %'], hint: ['--rate'] },
    start: (lab) => lab.relay({ faults: ['drop-objects:20%'], args: [...ROUNDTRIP, '--loss-critical', '5%'] }),
  },
  {
    name: 'data.partial: objects break off in the middle',
    expect: { cause: 'data.partial', exit: 1, withinMs: 15_000, message: ['broken off'], hint: ['reset', '--rate'] },
    start: (lab) => lab.relay({ faults: ['cut:30%'], args: ROUNDTRIP }),
  },
  {
    name: 'data.closed: the relay ends the session while objects flow',
    expect: {
      cause: 'data.closed',
      exit: 9,
      withinMs: 15_000,
      message: ['objects flowed'],
      hint: ['INTERNAL_ERROR', 'log'],
    },
    start: (lab) => lab.relay({ faults: ['close:INTERNAL_ERROR@objects'], args: ROUNDTRIP }),
  },
  {
    name: 'data.closed: the network goes dark while objects flow',
    expect: { cause: 'data.closed', exit: 9, withinMs: 15_000, message: ['objects flowed'], hint: ['idle'] },
    start: (lab) =>
      lab.relay({ faults: ['blackhole:2s'], args: [...ROUNDTRIP, '--objects', '600', '--idle-timeout', '1s'] }),
  },
  {
    name: 'session.closed: after SUBSCRIBE_OK, before an object',
    expect: { cause: 'session.closed', exit: 7, withinMs: 5000, message: ['before an object'], hint: ['log'] },
    start: async (lab) => {
      const close = deferred<() => Promise<void>>();
      const situation = await peer(lab, ({ transport }) => close.resolve(() => transport.close(1n, 'no more')), {
        onSubscribe(request) {
          request.accept();
          setTimeout(() => void close.promise.then((end) => end()).catch(() => {}), 100).unref();
        },
      });
      return { ...situation, args: [...(situation.args ?? []), '--subscribe', 'lab/ns/track'] };
    },
  },
];
