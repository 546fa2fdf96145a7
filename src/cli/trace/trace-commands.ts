import { stat } from 'node:fs/promises';
import { Args, Flags } from '@oclif/core';
import { EXIT, type ExitCode } from '../../core/errors/exit-codes.js';
import { TRACE_KINDS, type TraceNote } from '../../core/records/trace-event.js';
import { traceEventText, traceHeaderText } from '../../core/render/trace-text.js';
import type { TraceFilter } from '../../core/trace/filter.js';
import type { TraceItem } from '../../core/trace/trace-item.js';
import { escapeInvisible } from '../../core/util/escape.js';
import type { MoqtCommand } from '../base-command.js';
import { badFlag, durationFlag, optionalChoiceFlag } from '../flags/kinds.js';

/** What may wait for the disk while a trace is written. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

const group = 'FILTER';
const list = { multiple: true, multipleNonGreedy: true, delimiter: ',' } as const;

export const traceArgument = Args.string({
  required: true,
  description: 'a .moqtrace, .qlog or .mlog file, or - for stdin; its content tells which',
  ignoreStdin: true,
});

/** What part of a trace is wanted. */
export const filterFlags = {
  kind: Flags.string({
    ...list,
    helpGroup: group,
    helpValue: 'KIND',
    description: `only these: ${TRACE_KINDS.join(', ')}`,
  }),
  message: Flags.string({
    ...list,
    helpGroup: group,
    helpValue: 'NAME',
    description: 'only these control messages, such as subscribe_ok',
  }),
  direction: optionalChoiceFlag(['sent', 'received'], { helpGroup: group, description: 'only what went this way' }),
  stream: Flags.string({ ...list, helpGroup: group, helpValue: 'ID', description: 'only these streams' }),
  alias: Flags.string({ ...list, helpGroup: group, helpValue: 'N', description: 'only data of these track aliases' }),
  group: Flags.string({ helpGroup: group, helpValue: 'G|G-H', description: 'only data of these groups' }),
  peer: Flags.string({ ...list, helpGroup: group, helpValue: 'ID', description: 'only these sessions of a relay' }),
  from: durationFlag({ helpGroup: group, description: 'only from so long after the start' }),
  until: durationFlag({ helpGroup: group, description: 'only until so long after the start' }),
};

export interface FilterValues {
  readonly kind?: readonly string[] | undefined;
  readonly message?: readonly string[] | undefined;
  readonly direction?: 'sent' | 'received' | undefined;
  readonly stream?: readonly string[] | undefined;
  readonly alias?: readonly string[] | undefined;
  readonly group?: string | undefined;
  readonly peer?: readonly string[] | undefined;
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

/** Throws MOQT_E_USAGE for a word that is no kind and a number that is none. */
export function filterOf(flags: FilterValues): TraceFilter {
  for (const kind of flags.kind ?? []) {
    if (!TRACE_KINDS.includes(kind)) throw badFlag('kind', kind, `some of ${TRACE_KINDS.join(', ')}`);
  }
  return {
    kinds: flags.kind,
    messages: flags.message?.map((name) => name.toLowerCase().replaceAll('-', '_')),
    direction: flags.direction,
    streams: flags.stream?.map((text) => whole('stream', text)),
    trackAliases: flags.alias?.map((text) => whole('alias', text)),
    groups: flags.group === undefined ? undefined : range(flags.group),
    peers: flags.peer,
    fromUs: flags.from === undefined ? undefined : flags.from * 1000,
    untilUs: flags.until === undefined ? undefined : flags.until * 1000,
  };
}

/** Prints a trace as it is read, or with --json as one document; resolves with what was wrong with it. */
export async function printTrace(command: MoqtCommand, items: AsyncIterable<TraceItem>): Promise<TraceNote[]> {
  const { eventJson, headerJson } = await import('../../core/trace/event-json.js');
  if (command.output.json) {
    const { loadTrace } = await import('../../core/trace/read-trace.js');
    const { header, events, notes } = await loadTrace(items);
    command.printDocument({ header: headerJson(header), events: events.map(eventJson), notes });
    return [...notes];
  }
  const notes: TraceNote[] = [];
  const { jsonl } = command.output;
  for await (const item of items) {
    if (command.stop.signal.aborted) break;
    if (item.type === 'note') notes.push(item.note);
    else if (item.type === 'header')
      await printLine(command, jsonl ? JSON.stringify(headerJson(item.header)) : traceHeaderText(item.header));
    else await printLine(command, jsonl ? JSON.stringify(eventJson(item.event)) : traceEventText(item.event));
  }
  return notes;
}

/** Tells what is wrong with a file. A cut is how the trace of a killed program ends; damage is exit 9. */
export function tellNotes(command: MoqtCommand, notes: readonly TraceNote[]): ExitCode {
  for (const { kind, message, atByte } of notes) {
    command.warning(atByte === undefined ? message : `at byte ${atByte}: ${message}`, `trace-${kind}`);
  }
  return notes.some(({ kind }) => kind === 'corrupt') ? EXIT.incomplete : EXIT.ok;
}

/** A file to write a trace into; `input` must not be the same. */
export async function traceTarget(
  path: string,
  input: string,
): Promise<{ write(bytes: Uint8Array): Promise<void> | undefined; close(): Promise<void> }> {
  const [from, to] = await Promise.all([input, path].map((name) => stat(name).catch(() => null)));
  if (from && to && from.ino === to.ino && from.dev === to.dev)
    throw badFlag('output', path, 'another file than the one that is read');
  const { openTraceOutput } = await import('../../core/trace/trace-output.js');
  const output = await openTraceOutput(path);
  return {
    write(bytes) {
      output.write(bytes);
      return output.queuedBytes > MAX_QUEUED_BYTES ? output.flush() : undefined;
    },
    async close() {
      await output.close();
      if (output.failure !== null) throw output.failure;
    },
  };
}

async function printLine(command: MoqtCommand, line: string): Promise<void> {
  await command.stdout.write(Buffer.from(`${escapeInvisible(line)}\n`));
}

function whole(flag: string, text: string): bigint {
  if (!/^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text)) throw badFlag(flag, text, 'a whole number');
  return BigInt(text);
}

function range(text: string): { first: bigint; last: bigint } {
  const match = /^(\d{1,20})(?:-(\d{1,20}))?$/.exec(text);
  if (match === null) throw badFlag('group', text, 'a group or a range of groups, such as 3 or 3-7');
  const first = BigInt(match[1] as string);
  return { first, last: match[2] === undefined ? first : BigInt(match[2]) };
}
