import { parseFrameSpec } from '../../core/framing/frame-spec.js';
import { compileFormat, type Format } from '../../core/render/format.js';
import type { Assertions } from '../../core/subscriber/assertions.js';
import type { SubscribeOptions } from '../../core/subscriber/subscribe-options.js';
import { parseFullTrackName } from '../../core/url/namespace.js';
import { parseDuration } from '../../core/util/duration.js';
import type { SubscriptionFilter } from '../../core/wire/messages/parameters.js';
import { badFlag } from '../flags/kinds.js';
import { OBJECT_VARIABLES } from './object-variables.js';
import { WRITE_OUT_VARIABLES } from './subscribe-report.js';

interface SubscribeFlags {
  readonly frame: string;
  readonly jsonl: boolean;
  readonly format?: string | undefined;
  readonly 'write-out'?: string | undefined;
  readonly from?: 'now' | 'group' | 'next-group' | undefined;
  readonly filter?: string | undefined;
  readonly order: 'group' | 'arrival' | 'latest';
  readonly 'reorder-bound'?: number | undefined;
  readonly 'reorder-wait'?: number | undefined;
  readonly priority?: number | undefined;
  readonly 'group-order'?: 'asc' | 'desc' | undefined;
  readonly wait?: string | undefined;
  readonly count?: number | undefined;
  readonly for?: number | undefined;
  readonly 'allow-gaps': boolean;
  readonly 'expect-objects'?: number | undefined;
  readonly within?: number | undefined;
  readonly 'max-gap'?: number | undefined;
  readonly sha256?: string | undefined;
  readonly 'request-timeout': number;
}

export interface PreparedSubscribe {
  readonly options: SubscribeOptions;
  readonly spec: ReturnType<typeof parseFrameSpec>;
  readonly format: Format | null;
  readonly writeOut: Format | null;
}

/** Checks everything about a subscription before anything is sent. */
export function prepareSubscribe(
  flags: SubscribeFlags,
  names: { namespace: string; track: string },
): PreparedSubscribe {
  const track = parseFullTrackName(names.namespace, names.track);
  // --jsonl says the same as --frame jsonl.
  if (flags.jsonl && flags.frame !== 'raw' && flags.frame !== 'jsonl')
    throw badFlag('frame', flags.frame, 'jsonl, or nothing, beside --jsonl');
  const spec = parseFrameSpec(flags.jsonl ? 'jsonl' : flags.frame, 'subscribe');
  const format = flags.format === undefined ? null : compileFormat(flags.format, OBJECT_VARIABLES);
  const writeOut = flags['write-out'] === undefined ? null : compileFormat(flags['write-out'], WRITE_OUT_VARIABLES);
  const limits = {
    ...(flags['reorder-bound'] !== undefined && { reorderBound: flags['reorder-bound'] }),
    ...(flags['reorder-wait'] !== undefined && { reorderWaitMs: flags['reorder-wait'] }),
  };
  const filter = chooseFilter(flags);
  const assertions = chooseAssertions(flags);
  return {
    spec,
    format,
    writeOut,
    options: {
      track,
      order: flags.order,
      limits,
      allowGaps: flags['allow-gaps'],
      requestTimeoutMs: flags['request-timeout'],
      ...(filter !== undefined && { filter }),
      ...(assertions !== undefined && { assertions }),
      ...(flags.priority !== undefined && { priority: flags.priority }),
      ...(flags['group-order'] !== undefined && {
        groupOrder: flags['group-order'] === 'asc' ? 'ascending' : 'descending',
      }),
      ...(flags.wait !== undefined && { waitMs: flags.wait === 'forever' ? 0 : parseWait(flags.wait) }),
      ...(flags.count !== undefined && { count: flags.count }),
      ...(flags.for !== undefined && flags.for > 0 && { forMs: flags.for }),
    },
  };
}

function parseWait(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw badFlag('wait', text, 'nothing, or a duration such as 10s');
  }
}

function chooseFilter(flags: SubscribeFlags): SubscribeOptions['filter'] | undefined {
  switch (flags.from) {
    case 'now':
      return { type: 'largest-object' };
    case 'group':
      return 'current-group';
    case 'next-group':
      return { type: 'next-group-start' };
    case undefined:
      return flags.filter === undefined ? undefined : parseFilter(flags.filter);
  }
}

const MAX_ID = 2n ** 62n - 1n;

/** `largest`, `next-group`, `start:GROUP.OBJECT`, `range:GROUP.OBJECT-GROUP`. */
function parseFilter(text: string): SubscriptionFilter {
  if (text === 'largest') return { type: 'largest-object' };
  if (text === 'next-group') return { type: 'next-group-start' };
  const match = /^(?:start:(\d{1,19})\.(\d{1,19})|range:(\d{1,19})\.(\d{1,19})-(\d{1,19}))$/.exec(text);
  if (match) {
    const start = { group: BigInt((match[1] ?? match[3]) as string), object: BigInt((match[2] ?? match[4]) as string) };
    const end = match[5] === undefined ? null : BigInt(match[5]);
    const fits =
      start.group <= MAX_ID && start.object <= MAX_ID && (end === null || (end <= MAX_ID && end >= start.group));
    if (fits)
      return end === null ? { type: 'absolute-start', start } : { type: 'absolute-range', start, endGroup: end };
  }
  throw badFlag('filter', text, 'largest, next-group, start:GROUP.OBJECT or range:GROUP.OBJECT-LASTGROUP');
}

function chooseAssertions(flags: SubscribeFlags): Assertions | undefined {
  const { sha256 } = flags;
  if (sha256 !== undefined && !/^[0-9a-fA-F]{64}$/.test(sha256)) throw badFlag('sha256', sha256, '64 hex digits');
  const assertions: Assertions = {
    ...(flags['expect-objects'] !== undefined && { expectObjects: flags['expect-objects'] }),
    ...(flags.within !== undefined && { withinMs: flags.within }),
    ...(flags['max-gap'] !== undefined && { maxGapMs: flags['max-gap'] }),
    ...(sha256 !== undefined && { sha256 }),
  };
  return Object.keys(assertions).length > 0 ? assertions : undefined;
}
