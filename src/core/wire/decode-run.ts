import type { DataLimits } from './data-layout.js';
import type { EncodedRun, FragmentRun } from './encoded-run.js';
import type { ObjectFragment } from './messages/object.js';
import { SubgroupDecoder } from './subgroup.js';

/** For what was within the limits when it arrived. */
const NO_LIMITS: DataLimits = { maxObjectBytes: Number.MAX_SAFE_INTEGER, maxPropertiesBytes: Number.MAX_SAFE_INTEGER };

/** Goes on in the middle of a stream, with the bytes of a run whose first piece is known. */
class RunDecoder extends SubgroupDecoder {
  constructor({ layout, hasProperties, previous }: EncodedRun, piece: ObjectFragment) {
    super({ data: layout }, NO_LIMITS);
    const { group, subgroup, priority } = piece.header;
    this.header = { trackAlias: 0n, group, subgroup, priority, hasProperties, endOfGroup: false, firstObject: false };
    this.subgroup = subgroup;
    this.priority = priority;
    this.first = false;
    this.previous = previous;
    this.previousNumber = Math.min(Number(previous), Number.MAX_SAFE_INTEGER);
    this.resumeAt(piece);
  }
}

/** The pieces of a run once more: equal to those that it came with, the first of which is `first`, and views into its bytes. */
export function decodeRun(run: EncodedRun, first: ObjectFragment): FragmentRun {
  return new RunDecoder(run, first).push(run.bytes);
}
