import type { Trace, TraceDirection } from '../records/trace-event.js';
import type { TraceDiff, TrackDiff } from '../records/trace-report.js';
import { SpreadMeter } from './spread.js';
import { messageName, TrackNames } from './track-names.js';

/** Examples that are listed; the counts are of all. */
const MAX_LISTED = 20;

interface SeenObject {
  readonly timeUs: number;
  readonly status: number;
  size: number;
}

interface SeenTrack {
  readonly track: string;
  readonly direction: TraceDirection;
  /** In the order of their arrival, by `group.object`. */
  readonly objects: Map<string, SeenObject>;
}

/** What the second of two runs did otherwise: messages, objects that are missing, their order and their timing. */
export function diffTraces(first: Trace, second: Trace): TraceDiff {
  const messages = diffCounts(messageCounts(first), messageCounts(second));
  const tracks = [...pairs(seenTracks(first), seenTracks(second))].map(([a, b]) => diffTrack(a, b));
  const same =
    messages.onlyFirst.length + messages.onlySecond.length === 0 &&
    tracks.every((t) => t.onlyFirstCount + t.onlySecondCount + t.changed + t.reordered === 0);
  return { same, messages, tracks, notes: [...first.notes, ...second.notes] };
}

/** By name and direction; what one end sent is compared with what the other received. */
function* pairs(
  before: Map<string, SeenTrack>,
  after: Map<string, SeenTrack>,
): Generator<readonly [SeenTrack | undefined, SeenTrack | undefined]> {
  const left = new Map(after);
  for (const [key, track] of before) {
    const other = `${track.direction === 'sent' ? 'received' : 'sent'} ${track.track}`;
    const match = after.has(key) ? key : before.has(other) ? null : other;
    yield [track, match === null ? undefined : left.get(match)];
    if (match !== null) left.delete(match);
  }
  for (const track of left.values()) yield [undefined, track];
}

function messageCounts({ events }: Trace): Map<string, number> {
  const counts = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 0) continue;
    const key = `${event.direction} ${messageName(event)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function diffCounts(first: Map<string, number>, second: Map<string, number>): TraceDiff['messages'] {
  const surplus = (a: Map<string, number>, b: Map<string, number>): string[] =>
    [...a].flatMap(([name, count]) => {
      const more = count - (b.get(name) ?? 0);
      return more > 0 ? [more === 1 ? name : `${name} (${more})`] : [];
    });
  let common = 0;
  for (const [name, count] of first) common += Math.min(count, second.get(name) ?? 0);
  return { common, onlyFirst: surplus(first, second), onlySecond: surplus(second, first) };
}

/** Aliases may differ between runs, so tracks are known by their names where a message told them. */
function seenTracks({ events }: Trace): Map<string, SeenTrack> {
  const names = new TrackNames();
  for (const event of events) if (event.kind === 0) names.add(event);
  const tracks = new Map<string, SeenTrack>();
  const streams = new Map<string, SeenTrack>();
  const track = (name: string, direction: TraceDirection): SeenTrack => {
    const key = `${direction} ${name}`;
    const seen = tracks.get(key) ?? { track: name, direction, objects: new Map() };
    tracks.set(key, seen);
    return seen;
  };
  for (const event of events) {
    if (event.kind === 1) {
      const { trackAlias, direction, peer, fetchRequestId } = event;
      const name =
        trackAlias === undefined
          ? `fetch ${fetchRequestId ?? ''}`
          : (names.find(peer, direction, trackAlias) ?? `alias ${trackAlias}`);
      streams.set(`${peer ?? ''} ${event.streamId}`, track(name, direction));
    } else if (event.kind === 3 || event.kind === 4) {
      const seen = streams.get(`${event.peer ?? ''} ${event.streamId}`) ?? track('unknown', 'received');
      const key = `${event.group}.${event.object}`;
      const object = seen.objects.get(key);
      if (event.kind === 4) {
        if (object !== undefined) object.size += event.size;
      } else if (object === undefined) {
        seen.objects.set(key, { timeUs: event.timeUs, status: event.status, size: 0 });
      }
    }
  }
  return tracks;
}

function diffTrack(first: SeenTrack | undefined, second: SeenTrack | undefined): TrackDiff {
  const { track, direction } = (first ?? second) as SeenTrack;
  const before = first?.objects ?? new Map<string, SeenObject>();
  const after = second?.objects ?? new Map<string, SeenObject>();
  const onlyFirst = [...before.keys()].filter((key) => !after.has(key));
  const onlySecond = [...after.keys()].filter((key) => !before.has(key));
  const common = [...before.keys()].filter((key) => after.has(key));
  const position = new Map([...after.keys()].map((key, i) => [key, i]));
  const later = new SpreadMeter();
  let earliest = 0;
  let changed = 0;
  const start = common[0];
  const shift = start === undefined ? 0 : at(after, start).timeUs - at(before, start).timeUs;
  for (const key of common) {
    const [a, b] = [at(before, key), at(after, key)];
    const us = b.timeUs - a.timeUs - shift;
    later.add(us);
    earliest = Math.min(earliest, us);
    if (a.size !== b.size || a.status !== b.status) changed++;
  }
  return {
    track,
    direction,
    common: common.length,
    onlyFirst: onlyFirst.slice(0, MAX_LISTED),
    onlyFirstCount: onlyFirst.length,
    onlySecond: onlySecond.slice(0, MAX_LISTED),
    onlySecondCount: onlySecond.length,
    changed,
    reordered: common.length - longestAscent(common.map((key) => position.get(key) as number)),
    laterUs: later.spread(),
    earliestUs: earliest,
  };
}

function at(objects: Map<string, SeenObject>, key: string): SeenObject {
  return objects.get(key) as SeenObject;
}

/** The length of the longest ascending subsequence: all others were moved. */
function longestAscent(positions: readonly number[]): number {
  const tails: number[] = [];
  for (const position of positions) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((tails[middle] as number) < position) low = middle + 1;
      else high = middle;
    }
    tails[low] = position;
  }
  return tails.length;
}
