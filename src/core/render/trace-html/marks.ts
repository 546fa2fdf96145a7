import {
  type ErrorEvent,
  TRACE_LABELS,
  type TraceEvent,
  type TraceValue,
  traceKindName,
} from '../../records/trace-event.js';
import { fieldNamed, pageFields, pageText, rawHex } from './fields.js';
import { codeText, type TraceNames } from './names.js';
import type { PageField, PageMark, PageMarkKind } from './page-data.js';

type Mark = Pick<PageMark, 'kind' | 'title' | 'fields'> & Partial<PageMark>;

/** What the timeline shows of an event that is neither a message nor about streams and objects; null for those. */
export function markOf(event: TraceEvent, peer: number, names: TraceNames): PageMark | null {
  const mark = describe(event, names);
  if (mark === null) return null;
  return { t: event.timeUs, from: event.timeUs, seq: event.sequence, peer, raw: null, rawLeftOut: 0, ...mark };
}

function describe(event: TraceEvent, names: TraceNames): Mark | null {
  switch (event.kind) {
    case 2:
      return of('note', `stream ${event.streamId} ended: ${codeText(names, 'stream-reset', event.errorCode)}`);
    case 5:
      return of('state', `${pageText(event.from)} → ${pageText(event.to)}`);
    case 6:
      return {
        ...of('error', errorText(event, names)),
        fields: fieldsOf({
          kind: event.errorKind,
          stream: event.streamId,
          code: event.errorCode,
          reason: event.reason,
        }),
        ...rawHex(event.raw, event.rawLength),
      };
    case 7:
      return annotation(event.label, event.data, event.timeUs);
    case 8:
      return {
        ...of('state', 'peer connected'),
        fields: fieldsOf({ endpoint: event.endpoint, transport: event.transport, role: event.role, side: event.side }),
      };
    case 9:
      return {
        ...of(
          event.errorCode === 0n ? 'state' : 'error',
          `peer disconnected: ${codeText(names, 'session', event.errorCode)}`,
        ),
        fields: fieldsOf({ code: event.errorCode, reason: event.reason }),
      };
    case 'unknown':
      return { ...of('note', traceKindName(event)), fields: pageFields(event.fields) };
    default:
      return null;
  }
}

/** The code's name, unless the reason begins with it; a transport that failed without a code has only a reason. */
export function errorText({ errorKind, errorCode, reason }: ErrorEvent, names: TraceNames): string {
  const said = pageText(reason);
  if (errorKind === 'transport') return said === '' ? `0x${errorCode.toString(16)}` : said;
  const name = names.code('session', errorCode)?.name ?? '';
  const rest = name !== '' && said.startsWith(name) ? said.slice(name.length).replace(/^: */, '') : said;
  return `${codeText(names, 'session', errorCode)}${rest === '' ? '' : `: ${rest}`}`;
}

function annotation(label: string, data: TraceValue, t: number): Mark | null {
  if (label === TRACE_LABELS.metrics) return null;
  const fields = data === null ? [] : pageFields(data);
  if (label !== TRACE_LABELS.stage) {
    const message = fieldNamed(data, 'message', 'text');
    const title = typeof message === 'string' ? `${pageText(label)}: ${pageText(message)}` : pageText(label);
    return { kind: 'note', title, fields };
  }
  const begin = fieldNamed(data, 'startms');
  const end = fieldNamed(data, 'endms');
  const length = typeof begin === 'number' && typeof end === 'number' && end >= begin ? (end - begin) * 1000 : 0;
  const stage = fieldNamed(data, 'stage');
  return { kind: 'stage', title: typeof stage === 'string' ? pageText(stage) : 'stage', fields, from: t - length };
}

function of(kind: PageMarkKind, title: string): { kind: PageMarkKind; title: string; fields: readonly PageField[] } {
  return { kind, title, fields: [] };
}

function fieldsOf(values: Readonly<Record<string, TraceValue | undefined>>): readonly PageField[] {
  return pageFields(
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as TraceValue,
  );
}
