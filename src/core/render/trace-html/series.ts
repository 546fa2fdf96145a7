import { type AnnotationEvent, TRACE_LABELS } from '../../records/trace-event.js';
import { fieldNamed } from './fields.js';
import type { PageExchange, PageMessage, PageObjects, PageSeries, PageStream, PageTrack } from './page-data.js';

interface Parts {
  readonly messages: readonly PageMessage[];
  readonly exchanges: readonly PageExchange[];
  readonly objects: PageObjects;
  readonly streams: readonly PageStream[];
  readonly tracks: readonly PageTrack[];
  readonly metrics: readonly AnnotationEvent[];
}

/** All times that the trace has both ends of; a series without points is left out. */
export function allSeries(parts: Parts): readonly PageSeries[] {
  return [answers(parts), forwarding(parts), roundTrips(parts.metrics)].filter(({ t }) => t.length > 0);
}

function answers({ messages, exchanges }: Parts): PageSeries {
  const t: number[] = [];
  const value: number[] = [];
  for (const { request, answer } of exchanges) {
    const [asked, answered] = [messages[request], messages[answer]];
    if (asked === undefined || answered === undefined) continue;
    t.push(asked.t);
    value.push(answered.t - asked.t);
  }
  return {
    name: 'request to answer',
    what: 'from a request to its answer, at the time of the request',
    line: false,
    t,
    value,
  };
}

/** An object that came in and went out again, as in a relay: both times are of one clock. */
function forwarding({ objects, streams, tracks }: Parts): PageSeries {
  const received = new Map<string, number>();
  const t: number[] = [];
  const value: number[] = [];
  const both = new Set(tracks.map(({ sent }) => sent)).size === 2;
  for (let i = 0; both && i < objects.t.length; i++) {
    const track = tracks[streams[objects.stream[i] as number]?.track ?? -1];
    if (track === undefined) continue;
    const key = `${track.name}/${objects.group[i]}/${objects.object[i]}`;
    const at = objects.t[i] as number;
    const before = received.get(key);
    if (!track.sent) received.set(key, Math.min(before ?? at, at));
    else if (before !== undefined) {
      t.push(at);
      value.push(at - before);
    }
  }
  return {
    name: 'object received to sent',
    what: 'from the receipt of an object to its forwarding',
    line: false,
    t,
    value,
  };
}

function roundTrips(metrics: readonly AnnotationEvent[]): PageSeries {
  const t: number[] = [];
  const value: number[] = [];
  for (const { timeUs, data } of metrics) {
    const ms = fieldNamed(data, 'rttms', 'smoothedrtt');
    if (typeof ms !== 'number' || !Number.isFinite(ms)) continue;
    t.push(timeUs);
    value.push(ms * 1000);
  }
  return { name: 'round trip', what: 'the transport’s smoothed round-trip time', line: true, t, value };
}

export function isMetrics(event: AnnotationEvent): boolean {
  return event.label === TRACE_LABELS.metrics;
}
