import type { PageField } from '../page-data.js';
import { bytes, duration } from './format.js';
import { type Model, type Ref, refIndex } from './model.js';
import type { Colour } from './palette.js';
import { familyColour } from './palette.js';

/** An item as the tooltip and the details show it. */
export interface Description {
  readonly title: string;
  readonly sub: string;
  readonly colour: Colour;
  readonly facts: readonly PageField[];
  readonly fields: readonly PageField[];
  readonly raw: string | null;
  readonly rawLeftOut: number;
  readonly links: readonly { readonly text: string; readonly ref: Ref }[];
}

const STATUS = ['normal', 'end of group', 'end of track', 'does not exist'];

export function describe(model: Model, ref: Ref): Description {
  if (ref.startsWith('m')) return message(model, ref);
  if (ref.startsWith('k')) return mark(model, ref);
  return ref.startsWith('s') ? stream(model, refIndex(ref)) : object(model, refIndex(ref));
}

function message(model: Model, ref: Ref): Description {
  const { data } = model;
  const one = model.message(ref);
  if (one === null) throw new RangeError(ref);
  const exchange = data.exchanges[one.exchange];
  const links: { text: string; ref: Ref }[] = [];
  let wait: PageField[] = [];
  if (exchange !== undefined) {
    const request = data.messages[exchange.request];
    const answer = data.messages[exchange.answer];
    if (request !== undefined && answer !== undefined) {
      wait = [
        [
          one === answer ? 'answers' : 'answered by',
          `${one === answer ? request.name : answer.name}, after ${duration(answer.t - request.t)}`,
        ],
      ];
    } else if (one === request) wait = [['answered by', 'nothing in this trace']];
    for (const index of [exchange.request, exchange.answer, ...exchange.more]) {
      const other = data.messages[index];
      if (other !== undefined && other !== one)
        links.push({ text: `${other.name} at ${duration(other.t)}`, ref: `m${index}` });
    }
  }
  return {
    title: one.name,
    sub: one.summary,
    colour: familyColour(one.family),
    facts: [
      ['time', duration(one.t)],
      ['direction', one.sent ? `sent: ${data.here} → ${data.there}` : `received: ${data.there} → ${data.here}`],
      ...wait,
      ['type', one.type],
      ...(one.stream === null ? [] : ([['stream', one.stream]] as const)),
      ...session(model, one.peer),
    ],
    fields: one.fields,
    raw: one.raw,
    rawLeftOut: one.rawLeftOut,
    links,
  };
}

function mark(model: Model, ref: Ref): Description {
  const one = model.mark(ref);
  if (one === null) throw new RangeError(ref);
  const kind = { state: 'state', error: 'error', note: 'annotation', stage: 'stage' }[one.kind];
  return {
    title: one.title,
    sub: kind,
    colour: one.kind === 'error' ? 'bad' : one.kind === 'note' ? 'warn' : 'good',
    facts: [
      ['time', duration(one.t)],
      ...(one.from < one.t ? ([['took', duration(one.t - one.from)]] as const) : []),
      ...session(model, one.peer),
    ],
    fields: one.fields,
    raw: one.raw,
    rawLeftOut: one.rawLeftOut,
    links: [],
  };
}

function stream(model: Model, index: number): Description {
  const one = model.data.streams[index];
  if (one === undefined) throw new RangeError(`s${index}`);
  const track = model.data.tracks[one.track];
  const objects = model.objectsOf[index] ?? [];
  const size = objects.reduce((sum, object) => sum + Math.max(0, model.data.objects.size[object] ?? 0), 0);
  const end =
    one.type === 'datagram'
      ? 'datagram'
      : one.end === null
        ? 'open at the end of the trace'
        : one.reset === null
          ? 'finished'
          : `reset: ${one.reset}`;
  const facts: (PageField | null)[] = [
    ['time', duration(one.t)],
    ['direction', track?.sent ? 'sent' : 'received'],
    one.type === 'datagram' ? null : ['end', one.end === null ? end : `${end}, at ${duration(one.end)}`],
    one.end === null || one.type === 'datagram' ? null : ['open for', duration(one.end - one.t)],
    one.group === null ? null : ['group', one.group],
    one.subgroup === null ? null : ['subgroup', one.subgroup],
    ['objects', String(objects.length)],
    size === 0 ? null : ['payload', bytes(size)],
  ];
  return {
    title: one.type === 'datagram' ? `datagram ${one.id}` : `${one.type} stream ${one.id}`,
    sub: model.trackName(one),
    colour: one.reset !== null ? 'bad' : track?.sent ? 'sent' : 'received',
    facts: [...facts.filter((fact) => fact !== null), ...session(model, track?.peer ?? 0)],
    fields: [],
    raw: one.header,
    rawLeftOut: one.headerLeftOut,
    links: objects
      .slice(0, 12)
      .map((object) => ({ text: `object ${model.data.objects.object[object]}`, ref: `o${object}` as Ref })),
  };
}

function object(model: Model, index: number): Description {
  const { objects, streams, tracks } = model.data;
  const on = objects.stream[index] ?? -1;
  const carrier = streams[on];
  const size = objects.size[index] ?? -1;
  const priority = objects.priority[index] ?? -1;
  const facts: (PageField | null)[] = [
    ['time', duration(objects.t[index] ?? 0)],
    ['group', objects.group[index] ?? ''],
    ['object', objects.object[index] ?? ''],
    ['status', STATUS[objects.status[index] ?? 0] ?? String(objects.status[index])],
    ['payload', size < 0 ? 'not in this trace' : bytes(size)],
    priority < 0 ? null : ['priority', String(priority)],
  ];
  return {
    title: `object ${objects.group[index]}.${objects.object[index]}`,
    sub: carrier === undefined ? '' : model.trackName(carrier),
    colour: tracks[carrier?.track ?? -1]?.sent ? 'sent' : 'received',
    facts: facts.filter((fact) => fact !== null),
    fields: [],
    raw: null,
    rawLeftOut: 0,
    links: carrier === undefined ? [] : [{ text: `${carrier.type} stream ${carrier.id}`, ref: `s${on}` }],
  };
}

function session(model: Model, peer: number): PageField[] {
  return model.data.peers.length > 1 ? [['session', model.data.peers[peer] ?? '']] : [];
}
