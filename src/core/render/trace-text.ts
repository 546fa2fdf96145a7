import { type TraceEvent, type TraceHeader, type TraceValue, traceKindName } from '../records/trace-event.js';
import type { Spread, TraceDiff, TraceStats } from '../records/trace-report.js';
import { toHex } from '../util/bytes.js';
import { escapeText } from '../util/escape.js';

const STATUS = ['', ' end of group', ' end of track', ' does not exist'];
const MAX_VALUE = 300;

/** One line about where a trace comes from. */
export function traceHeaderText(header: TraceHeader): string {
  const start = new Date(header.startTime);
  const words = [
    header.protocol,
    header.perspective,
    header.transport,
    header.endpoint,
    `detail ${header.detail}`,
    Number.isNaN(start.getTime()) || header.startTime === 0 ? undefined : start.toISOString(),
    header.source,
  ];
  return `# ${words.flatMap((word) => (word === undefined ? [] : [clean(word)])).join(' · ')}`;
}

/** One line an event: time, direction, what it is, and its fields. */
export function traceEventText(event: TraceEvent): string {
  const peer = event.peer === undefined ? '' : ` [${clean(event.peer)}]`;
  return `${`+${(event.timeUs / 1000).toFixed(3)}`.padStart(12)} ms${peer} ${what(event)}`;
}

function what(event: TraceEvent): string {
  switch (event.kind) {
    case 0: {
      const { message_type: type, ...fields } = isPlainMap(event.message) ? event.message : { message_type: undefined };
      const name = typeof type === 'string' ? type.toUpperCase() : `message 0x${event.messageType.toString(16)}`;
      const shown = isPlainMap(event.message) ? fieldsText(fields) : valueText(event.message);
      return `${arrow(event.direction)} ${clean(name)}${stream(event.streamId)} ${shown}`.trimEnd();
    }
    case 1: {
      const { trackAlias, group, subgroup, fetchRequestId } = event;
      const parts = Object.entries({ alias: trackAlias, group, subgroup, request: fetchRequestId });
      const shown = parts.flatMap(([name, value]) => (value === undefined ? [] : [` ${name} ${value}`])).join('');
      return `${arrow(event.direction)} ${event.streamType}${event.streamType === 'datagram' ? '' : stream(event.streamId)}${shown}`;
    }
    case 2:
      return `  stream ${event.streamId} ${event.errorCode === 0n ? 'ended' : `ended with 0x${event.errorCode.toString(16)}`}`;
    case 3:
      return `  object ${event.group}.${event.object}${place(event.streamId)} priority ${event.priority}${STATUS[event.status] ?? ` status ${event.status}`}`;
    case 4:
      return `  payload ${event.group}.${event.object}${place(event.streamId)} ${event.size} B`;
    case 5:
      return `  ${clean(event.from)} → ${clean(event.to)}`;
    case 6:
      return `  error 0x${event.errorCode.toString(16)} ${clean(event.reason)}`;
    case 7:
      return `  ${clean(event.label)} ${valueText(event.data)}`;
    case 8:
      return `  peer connected ${clean([event.endpoint, event.transport, event.role, event.side].filter(Boolean).join(' '))}`;
    case 9:
      return `  peer disconnected 0x${event.errorCode.toString(16)} ${clean(event.reason ?? '')}`.trimEnd();
    default:
      return `  ${traceKindName(event)} ${fieldsText(event.fields)}`;
  }
}

export function traceStatsText(stats: TraceStats): string {
  const lines = [
    `${clean(stats.protocol)}, seen by ${clean(stats.perspective)}: ${stats.events} events in ${ms(stats.durationUs)}`,
    `events     ${Object.entries(stats.kinds)
      .map(([kind, count]) => `${count} ${clean(kind)}`)
      .join(', ')}`,
    ...stats.messages.map(
      ({ name, direction, count }) => `${arrow(direction)} ${clean(name.toUpperCase())} × ${count}`,
    ),
  ];
  for (const track of stats.tracks) {
    const name = track.name ?? (track.trackAlias === null ? 'no alias' : `alias ${track.trackAlias}`);
    const carriers = [
      track.streams > 0 ? `${track.streams} streams` : '',
      track.datagrams > 0 ? `${track.datagrams} datagrams` : '',
    ];
    lines.push(
      `${arrow(track.direction)} ${clean(name)}: ${track.objects} objects, ${track.bytes} B in ${track.groups} groups on ${carriers.filter(Boolean).join(' and ') || 'no stream'}, ${ms(track.lastUs - track.firstUs)}${track.gapUs === null ? '' : `; between objects ${spread(track.gapUs)}`}`,
    );
  }
  if (stats.streamsReset > 0) lines.push(`${stats.streamsReset} streams were reset`);
  for (const { timeUs, errorCode, reason } of stats.errors) {
    lines.push(`error at ${ms(timeUs)}: 0x${errorCode.toString(16)} ${clean(reason)}`);
  }
  if (stats.dropped > 0) lines.push(`${stats.dropped} events were left out by the writer`);
  return lines.join('\n');
}

export function traceDiffText(diff: TraceDiff): string {
  const { messages } = diff;
  const lines = [
    diff.same ? 'same messages, objects and order' : 'the runs differ',
    `messages: ${messages.common} in common`,
    ...messages.onlyFirst.map((name) => `- ${clean(name)}`),
    ...messages.onlySecond.map((name) => `+ ${clean(name)}`),
  ];
  for (const track of diff.tracks) {
    const later = track.laterUs === null ? '' : `; later by ${spread(track.laterUs)}`;
    const moved = track.reordered > 0 ? `, ${track.reordered} in another order` : '';
    const changed = track.changed > 0 ? `, ${track.changed} with another size or status` : '';
    lines.push(
      `${arrow(track.direction)} ${clean(track.track)}: ${track.common} objects in common${changed}${moved}${later}`,
    );
    if (track.onlyFirstCount > 0) lines.push(`- ${list(track.onlyFirst, track.onlyFirstCount)}`);
    if (track.onlySecondCount > 0) lines.push(`+ ${list(track.onlySecond, track.onlySecondCount)}`);
  }
  return lines.join('\n');
}

function list(examples: readonly string[], count: number): string {
  return `${count} objects: ${examples.join(' ')}${count > examples.length ? ' …' : ''}`;
}

function spread({ p50, p90, p99, max }: Spread): string {
  return `p50 ${ms(p50)}, p90 ${ms(p90)}, p99 ${ms(p99)}, max ${ms(max)}`;
}

function ms(us: number): string {
  return `${(us / 1000).toFixed(us < 10_000 ? 3 : 1)} ms`;
}

function arrow(direction: 'sent' | 'received'): string {
  return direction === 'sent' ? '→' : '←';
}

function stream(id: bigint | undefined): string {
  return id === undefined ? '' : ` stream ${id}`;
}

/** Datagrams have IDs beyond those of streams, which say nothing to a person. */
function place(streamId: bigint): string {
  return streamId >= 2n ** 62n ? ' datagram' : ` stream ${streamId}`;
}

function fieldsText(fields: { readonly [key: string]: TraceValue | undefined }): string {
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined);
  return shown.map(([key, value]) => `${clean(key)}=${valueText(value as TraceValue)}`).join(' ');
}

function valueText(value: TraceValue): string {
  if (typeof value === 'string') return clean(value, MAX_VALUE);
  const json = JSON.stringify(value, (_, item: unknown) => {
    if (item instanceof Uint8Array) return toHex(item);
    return typeof item === 'bigint' ? String(item) : item instanceof Map ? Object.fromEntries(item) : item;
  });
  return clean(json ?? '', MAX_VALUE);
}

function isPlainMap(value: TraceValue): value is { readonly [key: string]: TraceValue } {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function clean(text: string, maxLength = 200): string {
  return escapeText(text, { maxLength });
}
