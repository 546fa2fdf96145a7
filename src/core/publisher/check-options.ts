import { MoqtError } from '../errors/moqt-error.js';
import type { MoqtSession } from '../session/session.js';
import { BYTES_GROUP_POLICY, checkGroupPolicy, type GroupPolicy, RECORDS_GROUP_POLICY } from './group-policy.js';
import type { PublishOptions } from './publish-options.js';

const DEFAULT_OBJECT_BYTES = 16 * 1024;
/** The largest header of an object datagram without properties (draft-18 §11.3.1), and some room. */
const DATAGRAM_HEADER_BYTES = 32;

export interface Settled {
  readonly objectSize: number;
  readonly groupEvery: GroupPolicy;
}

/** Throws MoqtError for options that cannot work, before anything is sent; fills in what depends on the source and the peer. */
export function settleOptions(session: MoqtSession, options: PublishOptions): Settled {
  checkNumber('the object size', options.objectSize, 1, Number.MAX_SAFE_INTEGER);
  checkNumber('the priority', options.priority, 0, 255);
  checkNumber('the count', options.count, 1, Number.MAX_SAFE_INTEGER);
  const groupEvery =
    options.groupEvery ?? (options.source.kind === 'bytes' ? BYTES_GROUP_POLICY : RECORDS_GROUP_POLICY);
  checkGroupPolicy(groupEvery);
  const objectSize = options.objectSize ?? DEFAULT_OBJECT_BYTES;
  if (options.forwarding !== 'datagram' || options.source.kind === 'objects') return { objectSize, groupEvery };

  const limit = session.transport.maxDatagramSize;
  if (limit === null) {
    throw new MoqtError('MOQT_E_USAGE', 'the peer takes no datagrams', {
      stage: 'publish',
      cause: 'datagram.unsupported',
      hint: 'forward by streams instead',
    });
  }
  const fits = limit - DATAGRAM_HEADER_BYTES;
  if (options.source.kind === 'bytes' && options.objectSize !== undefined && options.objectSize > fits) {
    throw new MoqtError('MOQT_E_ENCODE', `objects of ${objectSize} bytes do not fit a datagram to this peer`, {
      stage: 'publish',
      cause: 'datagram.too-large',
      hint: `an object size of ${fits} bytes or less fits`,
    });
  }
  return { objectSize: options.objectSize ?? Math.min(objectSize, fits), groupEvery };
}

function checkNumber(what: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= min && value <= max)) return;
  throw new MoqtError('MOQT_E_USAGE', `${what} must be a whole number from ${min} to ${max}, not ${value}`, {
    stage: 'config',
    cause: 'publish.option',
  });
}
