import { randomInt } from 'node:crypto';
import { MoqtError } from '../../core/errors/moqt-error.js';
import { parseFrameSpec } from '../../core/framing/frame-spec.js';
import type { GroupPolicy } from '../../core/publisher/group-policy.js';
import type { Pace } from '../../core/publisher/pacer.js';
import type { PublishOptions } from '../../core/publisher/publish-options.js';
import type { Template } from '../../core/template/template.js';
import { parseFullTrackName } from '../../core/url/namespace.js';
import { parseDuration } from '../../core/util/duration.js';
import { parseSize } from '../../core/util/size.js';
import { badFlag } from '../flags/kinds.js';
import { type Input, openInput } from '../io/input.js';
import { bodySource, publishSource } from './publish-source.js';

interface PublishFlags {
  readonly frame: string;
  readonly 'object-size'?: number | undefined;
  readonly 'group-every'?: string | undefined;
  readonly forwarding: 'subgroup' | 'object' | 'datagram';
  readonly priority?: number | undefined;
  readonly 'group-order'?: 'asc' | 'desc' | undefined;
  readonly via: 'namespace' | 'publish' | 'both';
  readonly 'no-wait': boolean;
  readonly rate?: string | undefined;
  readonly interval?: number | undefined;
  readonly count?: number | undefined;
  readonly linger?: number | undefined;
  readonly body?: string | undefined;
  readonly 'request-timeout': number;
  readonly 'drain-timeout': number;
}

/** Everything that publish needs, checked and opened; nothing has been sent. */
export interface PreparedPublish {
  readonly options: PublishOptions;
  readonly totalBytes: number | null;
  readonly readsStdin: boolean;
  readonly readsTerminal: boolean;
  close(): Promise<void>;
}

export async function preparePublish(
  flags: PublishFlags,
  names: { namespace: string; track: string; files: readonly string[] },
  note: (line: string) => void,
): Promise<PreparedPublish> {
  const track = parseFullTrackName(names.namespace, names.track);
  const spec = parseFrameSpec(flags.frame, 'publish');
  if (flags['object-size'] === 0) throw badFlag('object-size', '0', 'at least 1 byte');
  const pace = parsePace(flags);
  const base = {
    track,
    via: flags.via,
    noWait: flags['no-wait'],
    objectSize: flags['object-size'],
    groupEvery: flags['group-every'] === undefined ? undefined : parseGroupPolicy(flags['group-every']),
    // Placed objects bring their forwarding along.
    forwarding: spec.kind === 'jsonl' ? undefined : flags.forwarding,
    priority: flags.priority,
    groupOrder:
      flags['group-order'] && (flags['group-order'] === 'asc' ? ('ascending' as const) : ('descending' as const)),
    pace,
    requestTimeoutMs: flags['request-timeout'],
    drainTimeoutMs: flags['drain-timeout'],
    lingerMs: flags.linger,
  };
  if (flags.body !== undefined) {
    if (names.files.length > 0) throw usage('--body and files exclude each other', 'one of them');
    const { compileTemplate } = await import('../../core/template/template.js');
    const count = flags.count ?? 1;
    const template = compileTemplate(flags.body);
    const options = { ...base, count, source: bodySource(bodies(template, count)) };
    return {
      options: defined(options),
      totalBytes: null,
      readsStdin: false,
      readsTerminal: false,
      close: async () => {},
    };
  }
  const input = await openInput(names.files);
  const options = { ...base, count: flags.count, source: await publishSource(input, spec, note) };
  return {
    options: defined(options),
    totalBytes: input.totalBytes,
    readsStdin: readsStdin(input),
    readsTerminal: input.isTerminal,
    close: () => input.close(),
  };
}

function* bodies(template: Template, count: number): Iterable<string> {
  for (let i = 1; i <= count; i++) {
    yield template({ count: i, nowNanos: BigInt(Date.now()) * 1_000_000n, random: (below) => randomInt(below) });
  }
}

function readsStdin(input: Input): boolean {
  return input.parts.some((part) => part.name === 'stdin');
}

/** `256` objects, `2s`, or `4MiB`. */
function parseGroupPolicy(text: string): GroupPolicy {
  const attempts: (() => GroupPolicy)[] = [
    () => ({ ms: parseDuration(text) }),
    () => (/^\d+$/.test(text) ? { objects: Number(text) } : { bytes: parseSize(text) }),
  ];
  for (const attempt of attempts) {
    try {
      const policy = attempt();
      if (Object.values(policy).every((value) => Number.isSafeInteger(value) && value > 0)) return policy;
    } catch (error) {
      if (!(error instanceof MoqtError)) throw error;
    }
  }
  throw badFlag('group-every', text, 'a number of objects (256), a duration (2s) or a size (4MiB)');
}

function parsePace(flags: PublishFlags): Pace | undefined {
  const { rate, interval } = flags;
  if (interval === 0) throw badFlag('interval', '0', 'a duration above 0');
  const intervalMs = interval === undefined ? {} : { intervalMs: interval };
  if (rate === undefined) return interval === undefined ? undefined : intervalMs;
  if (/^\d{1,12}(\.\d+)?$/.test(rate) && Number(rate) > 0) return { objectsPerSecond: Number(rate), ...intervalMs };
  try {
    const bytes = parseSize(rate.replace(/\/s$/, ''));
    if (bytes > 0) return { bytesPerSecond: bytes, ...intervalMs };
  } catch (error) {
    if (!(error instanceof MoqtError)) throw error;
  }
  throw badFlag('rate', rate, 'objects a second (25) or a size a second (2MiB)');
}

/** Without the properties that are undefined. */
function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}

function usage(message: string, expected: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', message, {
    stage: 'config',
    cause: 'usage.arguments',
    hint: `expected ${expected}`,
  });
}
