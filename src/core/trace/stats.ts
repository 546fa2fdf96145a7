import type { StreamOpenedEvent, TraceDirection, TraceEvent, TraceHeader, TraceNote } from '../records/trace-event.js';
import { TRACE_LABELS, traceKindName } from '../records/trace-event.js';
import type { TraceStats, TraceTrack } from '../records/trace-report.js';
import { isMap } from './header-fields.js';
import { SpreadMeter } from './spread.js';
import { traceFileError } from './trace-error.js';
import type { TraceItem } from './trace-item.js';
import { messageName, TrackNames } from './track-names.js';

const MAX_ERRORS = 100;
/** Streams whose header is remembered for the objects on them. */
const MAX_STREAMS = 200_000;

interface Track {
  readonly alias: bigint | null;
  readonly direction: TraceDirection;
  readonly peer: string | undefined;
  streams: number;
  datagrams: number;
  groups: number;
  lastGroup: bigint | null;
  objects: number;
  bytes: number;
  firstUs: number;
  lastUs: number;
  lastObjectUs: number | null;
  readonly gaps: SpreadMeter;
}

/** Figures of a trace, in one pass and bounded memory. */
export async function traceStats(items: AsyncIterable<TraceItem>): Promise<TraceStats> {
  const meter = new StatsMeter();
  for await (const item of items) meter.add(item);
  return meter.stats();
}

class StatsMeter {
  private header: TraceHeader | null = null;
  private offsetUs = 0;
  private events = 0;
  private lastUs = 0;
  private reset = 0;
  private dropped = 0;
  private readonly kinds = new Map<string, number>();
  private readonly messages = new Map<string, { name: string; direction: TraceDirection; count: number }>();
  private readonly tracks = new Map<string, Track>();
  private readonly streams = new Map<string, Track>();
  private readonly errors: TraceStats['errors'][number][] = [];
  private readonly notes: TraceNote[] = [];
  private readonly names = new TrackNames();

  add(item: TraceItem): void {
    if (item.type === 'note') this.notes.push(item.note);
    else if (item.type === 'event') this.event(item.event, item.event.timeUs + this.offsetUs);
    else {
      this.header ??= item.header;
      this.offsetUs = Math.round((item.header.startTime - this.header.startTime) * 1000);
    }
  }

  stats(): TraceStats {
    const { header } = this;
    if (header === null) throw traceFileError('the trace has no header');
    return {
      protocol: header.protocol,
      perspective: header.perspective,
      detail: header.detail,
      startTime: header.startTime,
      endpoint: header.endpoint ?? null,
      durationUs: this.lastUs,
      events: this.events,
      kinds: Object.fromEntries(this.kinds),
      messages: [...this.messages.values()],
      streamsReset: this.reset,
      tracks: [...this.tracks.values()].map((track) => this.track(track)),
      errors: this.errors,
      dropped: this.dropped,
      notes: this.notes,
    };
  }

  private event(event: TraceEvent, timeUs: number): void {
    this.events++;
    this.lastUs = Math.max(this.lastUs, timeUs);
    const kind = traceKindName(event);
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    switch (event.kind) {
      case 0: {
        this.names.add(event);
        const name = messageName(event);
        const key = `${event.direction} ${name}`;
        const entry = this.messages.get(key) ?? { name, direction: event.direction, count: 0 };
        entry.count++;
        this.messages.set(key, entry);
        break;
      }
      case 1:
        this.opened(event, timeUs);
        break;
      case 2:
        if (event.errorCode !== 0n) this.reset++;
        this.streams.delete(streamKey(event));
        break;
      case 3:
        this.object(this.trackOf(event, timeUs), event.group, timeUs);
        break;
      case 4:
        this.trackOf(event, timeUs).bytes += event.size;
        break;
      case 6: {
        const { errorCode, reason } = event;
        if (this.errors.length < MAX_ERRORS) this.errors.push({ timeUs, errorCode, reason });
        break;
      }
      case 7:
        if (event.label === TRACE_LABELS.dropped && isMap(event.data)) this.dropped += Number(event.data.events ?? 0);
        break;
      default:
    }
  }

  private opened(event: StreamOpenedEvent, timeUs: number): void {
    const { trackAlias = null, direction, peer, fetchRequestId } = event;
    const key = `${peer ?? ''} ${direction} ${trackAlias ?? `fetch ${fetchRequestId}`}`;
    const track = this.tracks.get(key) ?? newTrack(trackAlias, direction, peer, timeUs);
    this.tracks.set(key, track);
    if (event.streamType === 'datagram') track.datagrams++;
    else track.streams++;
    if (this.streams.size < MAX_STREAMS) this.streams.set(streamKey(event), track);
  }

  /** Objects whose stream was not seen to open have a track of their own. */
  private trackOf(event: { readonly streamId: bigint; readonly peer?: string | undefined }, timeUs: number): Track {
    const found = this.streams.get(streamKey(event));
    if (found !== undefined) return found;
    const key = `${event.peer ?? ''} unknown`;
    const track = this.tracks.get(key) ?? newTrack(null, 'received', event.peer, timeUs);
    this.tracks.set(key, track);
    return track;
  }

  private object(track: Track, group: bigint, timeUs: number): void {
    track.objects++;
    if (track.lastGroup !== group) track.groups++;
    track.lastGroup = group;
    if (track.lastObjectUs !== null) track.gaps.add(Math.max(0, timeUs - track.lastObjectUs));
    track.lastObjectUs = timeUs;
    track.lastUs = timeUs;
  }

  private track({ alias, direction, peer, gaps, lastGroup: _g, lastObjectUs: _o, ...figures }: Track): TraceTrack {
    const name = alias === null ? null : this.names.find(peer, direction, alias);
    return { name, trackAlias: alias, direction, peer: peer ?? null, ...figures, gapUs: gaps.spread() };
  }
}

function newTrack(alias: bigint | null, direction: TraceDirection, peer: string | undefined, timeUs: number): Track {
  const counts = { streams: 0, datagrams: 0, groups: 0, objects: 0, bytes: 0 };
  const times = { firstUs: timeUs, lastUs: timeUs, lastObjectUs: null };
  return { alias, direction, peer, ...counts, ...times, lastGroup: null, gaps: new SpreadMeter() };
}

function streamKey({ streamId, peer = '' }: { readonly streamId: bigint; readonly peer?: string | undefined }): string {
  return `${peer} ${streamId}`;
}
